"""Files of each vendor (tests/data/imports, see the README there) against drafts worked out by hand."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ofxtools.Parser import OFXTree
from stocktool_stock.adapters.import_files.decode import decode
from stocktool_stock.domain.imports.dates import DateOrder
from stocktool_stock.domain.imports.numbers import DecimalSign
from stocktool_stock.domain.imports.options import ColumnMapping, ReadOptions, UnreadableFile
from stocktool_stock.domain.imports.read_text import PRESETS, read_text
from stocktool_stock.domain.imports.rows import ImportFile, ImportRow

DATA = Path(__file__).parents[2] / "data" / "imports"
TODAY = date(2024, 11, 29)

Booked = tuple[int, str, str, str, dict[str, str]]
"""Row, type, day, symbol as the file has it, and the rest of the draft."""


def read(name: str, **options: Any) -> ImportFile:
    text, _ = decode((DATA / name).read_bytes())
    return read_text(text, ReadOptions(today=TODAY, **options))


def booked(file: ImportFile) -> list[Booked]:
    return [_booked(row) for row in file.rows if row.draft is not None and not row.problems]


def _booked(row: ImportRow) -> Booked:
    draft = row.draft
    assert draft is not None
    assert draft.day is not None
    rest = {
        each.name: str(value)
        for each in fields(draft)
        if each.name not in ("type", "day", "symbol", "note") and (value := getattr(draft, each.name)) not in (None, ())
    }
    return row.row, draft.type, draft.day.isoformat(), row.symbol_text, rest


def skipped(file: ImportFile) -> dict[int, str]:
    return {row.row: row.skipped for row in file.rows if row.skipped}


USD, EUR, GBP = {"currency": "USD"}, {"currency": "EUR"}, {"currency": "GBP"}


def test_an_activity_statement_of_interactive_brokers() -> None:
    file = read("ibkr.csv")
    assert (file.preset, file.format) == ("ibkr", "csv")
    assert booked(file) == [
        (30, "deposit", "2020-08-03", "", {"amount": "10000"} | USD),
        # 10 x 400.25 are the 4,002.50 of the proceeds, so the price says it all; row 11 is a part of it.
        (10, "buy", "2020-08-03", "AAPL", {"quantity": "10", "price": "400.25", "fee": "1.05"} | USD),
        # On the report date, the first day with forty shares, not on the evening before.
        (41, "split", "2020-08-31", "AAPL", {"ratio": "4:1"}),
        (20, "dividend", "2020-11-12", "AAPL", {"amount": "8.2", "tax": "1.23"} | USD),
        (34, "fee", "2021-02-03", "", {"amount": "1.5"} | USD),
        # 8.20 paid, taken back, and 8.40 paid: one dividend of 8.40.
        (21, "dividend", "2021-02-11", "AAPL", {"amount": "8.4"} | USD),
        # A rebate of 0.50 on 3,333.33: 3,332.83 left the account.
        (14, "buy", "2021-03-01", "MSFT", {"quantity": "1000", "amount": "3332.83"} | USD),
        (12, "sell", "2021-03-01", "AAPL", {"quantity": "15", "price": "127.79", "fee": "1.2"} | USD),
        (37, "interest", "2021-03-03", "", {"amount": "2.17"} | USD),
        (38, "fee", "2021-04-05", "", {"amount": "0.44"} | USD),
        (27, "interest", "2021-05-13", "", {"amount": "0.4"} | USD),
        (31, "withdrawal", "2024-01-05", "", {"amount": "500"} | USD),
    ]
    reasons = skipped(file)
    assert reasons.keys() == {11, 16, 18, 22, 23, 26, 42}
    assert "part of the dividend in row 20" in reasons[26]
    assert "symbol WBD, new_symbol VNT, ratio 1:10; the statement does not tell the part of the cost" in reasons[42]
    assert file.warnings == ("sections that book nothing here: Commission Adjustments (1)",)
    assert {row.isin for row in file.rows if row.symbol_text == "MSFT"} == {"US5949181045"}


def test_transactions_of_schwab() -> None:
    file = read("schwab.csv")
    assert (file.preset, file.currency) == ("schwab", "USD")
    assert booked(file) == [
        (14, "deposit", "2024-01-02", "", {"amount": "10000"} | USD),
        # 10 x 470.1234 is 4,701.234, and 4,702.58 less the fee of 1.34 is what was paid: 4,701.24.
        (13, "buy", "2024-01-03", "SPY", {"quantity": "10", "amount": "4701.24", "fee": "1.34"} | USD),
        (11, "fee", "2024-01-23", "", {"amount": "25.65"} | USD),
        (9, "dividend", "2024-01-30", "SPY", {"amount": "15.23"} | USD),
        (10, "interest", "2024-01-31", "", {"amount": "1.63"} | USD),
        (8, "buy", "2024-02-01", "SPY", {"quantity": "0.0312", "amount": "15.23"} | USD),
        (7, "transfer_out", "2024-02-12", "SPY", {"quantity": "1"} | USD),
        (6, "sell", "2024-02-26", "SPY", {"quantity": "2", "price": "505.01", "fee": "0.03"} | USD),
        (5, "buy", "2024-06-13", "AVGO", {"quantity": "1", "price": "1680"} | USD),
        # The nine shares that came; what was held before makes it ten for one.
        (4, "split", "2024-07-15", "AVGO", {"quantity": "9"}),
        (3, "tax", "2024-09-06", "IBN", {"amount": "1.3"} | USD),
    ]
    assert skipped(file) == {
        12: "options are not kept",
        15: "Spin-off is not a kind that can be booked; do so by hand",
    }


def test_the_history_of_a_fidelity_account() -> None:
    file = read("fidelity.csv")
    assert file.preset == "fidelity"
    assert booked(file) == [
        (11, "tax", "2024-03-11", "NSRGY", {"amount": "3.2"} | USD),
        (10, "deposit", "2024-03-11", "", {"amount": "6000"} | USD),
        (9, "buy", "2024-03-14", "AAPL", {"quantity": "10", "price": "172.5", "fee": "4.95"} | USD),
        (8, "interest", "2024-03-15", "", {"amount": "21.45"} | USD),
        (6, "dividend", "2024-03-18", "VOO", {"amount": "23.5"} | USD),
        (5, "buy", "2024-03-18", "VOO", {"quantity": "0.05", "price": "470"} | USD),
        (4, "sell", "2024-03-20", "AAPL", {"quantity": "4", "price": "180", "fee": "0.02"} | USD),
    ]
    assert skipped(file).keys() == {7, 12}  # cash moved into its fund, a merger; the small print is no row at all


def test_the_history_of_trading_212() -> None:
    file = read("trading212.csv")
    assert file.preset == "trading212"
    assert booked(file) == [
        (2, "deposit", "2024-05-01", "", {"amount": "10000"} | GBP),
        # 1,201.80 paid, 1.80 of it for the exchange: 1,200 pounds, which are 10 x 150 dollars at 1.25.
        (3, "buy", "2024-05-02", "AAPL", {"quantity": "10", "amount": "1200", "fee": "1.8"} | GBP),
        # 7,050 pence are 70.50 pounds; 7,085.25 less the stamp duty of 35.25 are 100 of them.
        (4, "buy", "2024-05-03", "VOD", {"quantity": "100", "price": "70.5", "tax": "35.25"} | GBP),
        (5, "sell", "2024-06-27", "AAPL", {"quantity": "4", "amount": "500", "fee": "0.75"} | GBP),
        # 6 x 0.25 are 1.50 dollars, 0.23 kept back: 1.27 dollars are 1.00 pounds, so the tax is 0.23 / 1.27 = 0.18.
        (6, "dividend", "2024-08-15", "AAPL", {"amount": "1.18", "tax": "0.18"} | GBP),
        (7, "interest", "2024-08-31", "", {"amount": "0.91"} | GBP),
        (9, "withdrawal", "2024-09-02", "", {"amount": "100"} | GBP),
    ]
    assert skipped(file).keys() == {8}
    assert {row.symbol_currency for row in file.rows if row.symbol_text == "VOD"} == {"GBP"}


def test_the_two_halves_of_a_split_of_trading_212_are_one() -> None:
    file = read("trading212-split.csv")
    assert (4, "split", "2024-07-15", "BAR", {"ratio": "10:90"}) in booked(file)
    [alone] = [row for row in file.rows if row.row == 5]
    assert [problem.field for problem in alone.problems] == ["ratio"]


def test_activities_of_ghostfolio_as_json() -> None:
    file = read("ghostfolio.json")
    assert (file.preset, file.format) == ("ghostfolio", "json")
    assert booked(file) == [
        (1, "fee", "2021-09-01", "", {"amount": "49"} | USD),
        (2, "buy", "2021-09-16", "MSFT", {"quantity": "5", "price": "298.58", "fee": "19"} | USD),
        (3, "dividend", "2021-11-17", "MSFT", {"amount": "3.1"} | USD),  # 5 x 0.62
        (4, "buy", "2022-01-01", "Penthouse Apartment", {"quantity": "1", "price": "500000"} | USD),
        (5, "interest", "2022-02-01", "", {"amount": "12.5"} | USD),
    ]
    assert skipped(file).keys() == {6, 7}  # a liability, and a draft in the future
    assert {row.account_text for row in file.rows if row.row < 4} == {"My Online Trading Account"}


def test_activities_of_ghostfolio_as_csv() -> None:
    """16-09-2021 can only be the sixteenth, so that 01-09-2021 is in September."""
    assert booked(read("ghostfolio.csv")) == [
        (4, "fee", "2021-09-01", "", {"amount": "49"} | USD),
        (2, "buy", "2021-09-16", "MSFT", {"quantity": "5", "price": "298.58", "fee": "19"} | USD),
        (3, "dividend", "2021-11-17", "MSFT", {"amount": "3.1"} | USD),
    ]


def test_transactions_of_portfolio_performance_in_german() -> None:
    file = read("portfolio-performance-de.csv")
    assert file.preset == "portfolio-performance"
    assert booked(file) == [
        (2, "deposit", "2024-01-15", "", {"amount": "5000"} | EUR),
        (3, "buy", "2024-01-16", "EUNL.DE", {"quantity": "10", "amount": "1000", "fee": "4.99"} | EUR),
        (4, "buy", "2024-02-01", "AAPL", {"quantity": "12.5", "amount": "2111.4", "fee": "1"} | EUR),
        (5, "dividend", "2024-04-10", "SAP.DE", {"amount": "20", "tax": "5.28"} | EUR),  # 14.72 came
        (6, "sell", "2024-06-03", "EUNL.DE", {"quantity": "5", "amount": "500", "fee": "5", "tax": "15"} | EUR),
        (7, "interest", "2024-06-30", "", {"amount": "3.21"} | EUR),
        (8, "fee", "2024-06-30", "", {"amount": "0.5"} | EUR),
        (9, "transfer_in", "2024-07-01", "SAP.DE", {"quantity": "3", "amount": "1500"} | EUR),
        (10, "transfer_out", "2024-07-02", "SAP.DE", {"quantity": "1"} | EUR),
        (11, "interest", "2024-07-03", "", {"amount": "7.77"} | EUR),
        (12, "fee", "2024-07-04", "", {"amount": "9.9"} | EUR),
        (13, "transfer_out", "2024-07-05", "", {"amount": "100"} | EUR),
        (14, "withdrawal", "2024-07-06", "", {"amount": "50"} | EUR),
    ]
    [refund] = [row for row in file.rows if row.row == 11]
    assert "booked as interest" in refund.notes[0]


def test_the_two_exports_of_portfolio_performance_say_the_same() -> None:
    """A securities account writes purchases positive and in the language of the program; they are the same bookings."""
    german = {entry[1:] for entry in map(_frozen, booked(read("portfolio-performance-de.csv")))}
    english = {entry[1:] for entry in map(_frozen, booked(read("portfolio-performance-en.csv")))}
    assert len(english) == 2
    assert english <= german


def _frozen(entry: Booked) -> tuple[object, ...]:
    return (*entry[:4], tuple(sorted(entry[4].items())))


STATEMENT: list[Booked] = [
    (7, "deposit", "2024-01-02", "", {"amount": "5000"} | USD),
    (8, "interest", "2024-01-31", "", {"amount": "1.23"} | USD),
    (9, "fee", "2024-02-29", "", {"amount": "5"} | USD),
    (1, "buy", "2024-03-14", "AAPL", {"quantity": "10", "price": "172.5", "fee": "5"} | USD),  # 4.95 + 0.05
    (2, "sell", "2024-03-20", "AAPL", {"quantity": "4", "price": "180", "fee": "1"} | USD),
    (3, "dividend", "2024-03-21", "AAPL", {"amount": "1.8", "tax": "0.36"} | USD),  # 1.44 came
    (4, "reinvest", "2024-03-22", "AAPL", {"quantity": "0.1", "amount": "17.25"} | USD),
    (5, "split", "2024-03-25", "AAPL", {"ratio": "2:1"}),
]


def test_an_investment_statement_in_ofx() -> None:
    file = read("statement.ofx")
    assert (file.preset, file.format, file.currency) == ("ofx", "ofx", "USD")
    assert booked(file) == STATEMENT
    assert skipped(file) == {6: "options are not kept"}
    assert {row.account_text for row in file.rows} == {"U100"}


def test_the_statement_says_to_ofxtools_what_it_says_to_us() -> None:
    tree = OFXTree()
    with (DATA / "statement.ofx").open("rb") as source:
        tree.parse(source)
    [statement] = tree.convert().statements
    rows = {row.row: row.draft for row in read("statement.ofx").rows}
    buy, sell, income, reinvest, split, _, *cash = statement.transactions
    for number, theirs in ((1, buy), (2, sell), (4, reinvest)):
        ours = rows[number]
        assert ours is not None
        assert ours.day == theirs.dttrade.date()
        assert ours.quantity == str(abs(theirs.units))
    assert rows[3] is not None
    assert rows[3].amount == str((income.total + income.withholding).normalize())
    assert rows[5] is not None
    assert rows[5].ratio == f"{split.numerator}:{split.denominator}"
    amounts = [abs(one.stmttrn.trnamt) for one in cash]
    assert [Decimal(draft.amount or 0) for draft in map(rows.get, (7, 8, 9)) if draft] == amounts


def test_a_bank_statement_in_xml() -> None:
    file = read("statement.qfx")
    assert booked(file) == [
        (1, "deposit", "2024-01-15", "", {"amount": "1500"} | EUR),
        (2, "withdrawal", "2024-01-16", "", {"amount": "20.5"} | EUR),
    ]
    assert [row.draft.note for row in file.rows if row.draft] == ["Salary", "Café"]


def test_a_file_of_quicken() -> None:
    """DivX pays the dividend out at once; twenty new shares per ten old are a split of two for one."""
    file = read("quicken.qif")
    assert (file.preset, file.format) == ("qif", "qif")
    assert booked(file) == [
        (17, "deposit", "2024-01-02", "", {"amount": "5000"}),
        (22, "buy", "2024-03-14", "AAPL", {"quantity": "10", "price": "172.5", "fee": "4.95"}),
        (31, "sell", "2024-03-20", "AAPL", {"quantity": "4", "price": "180", "fee": "1"}),
        (39, "dividend", "2024-03-21", "AAPL", {"amount": "1.44"}),
        (39, "withdrawal", "2024-03-21", "", {"amount": "1.44"}),
        (45, "reinvest", "2024-03-22", "AAPL", {"quantity": "0.1", "amount": "17.25"}),
        (52, "split", "2024-03-25", "AAPL", {"ratio": "20:10"}),
        (57, "fee", "2024-03-26", "", {"amount": "5"}),
    ]
    assert skipped(file) == {62: "short positions are not kept"}


MAPPING = ColumnMapping(
    columns={
        "Handelstag": "date",
        "Vorgang": "type",
        "Kennung": "symbol",
        "Stückzahl": "quantity",
        "Kurs": "price",
        "Entgelt": "fee",
        "Währung": "currency",
    },
    types={"Order Kauf": "buy", "order verkauf": "sell", "Umschichtung": ""},
)


def test_columns_and_kinds_mapped_by_the_client() -> None:
    file = read("generic-de.csv", mapping=MAPPING)
    assert file.preset == "generic"
    assert booked(file) == [
        (2, "buy", "2024-02-05", "AAPL", {"quantity": "10", "price": "172.5", "fee": "1"} | USD),
        (3, "sell", "2024-02-13", "AAPL", {"quantity": "4", "price": "180", "fee": "1"} | USD),
    ]
    assert skipped(file).keys() == {4}


def test_a_csv_of_an_unknown_shape_is_refused_with_what_to_do() -> None:
    with pytest.raises(UnreadableFile, match="map columns"):
        read("generic-de.csv")


@pytest.mark.parametrize(
    ("columns", "types", "says"),
    [
        ({"Handelstag": "day"}, {}, "no field"),
        ({"Kurs": "price"}, {}, "no column maps to date"),
        ({"Handelstag": "date"}, {"Kauf": "bye"}, "no type of entry"),
        ({"Handelstag": "date", "Stück": "quantity"}, {}, "missing: Stück"),
    ],
)
def test_a_mapping_that_cannot_be_meant(columns: dict[str, str], types: dict[str, str], says: str) -> None:
    with pytest.raises(UnreadableFile, match=says):
        read("generic-de.csv", mapping=ColumnMapping(columns, types))


@pytest.mark.parametrize("preset", [preset for preset in PRESETS if preset.template], ids=lambda preset: preset.name)
def test_every_template_is_read_by_its_own_preset(preset: Any) -> None:
    file = read_text(preset.template, ReadOptions(today=TODAY))
    assert file.preset == preset.name
    entry = next(entry for entry in booked(file))
    assert (entry[1], entry[2], entry[3]) == ("buy", "2024-03-14", "AAPL")
    assert entry[4]["quantity"] == "10"


def test_a_preset_named_by_the_client_goes_before_the_headings() -> None:
    with pytest.raises(UnreadableFile, match="missing: ISIN"):
        read("schwab.csv", preset="trading212")
    with pytest.raises(UnreadableFile, match="is no preset"):
        read("schwab.csv", preset="etrade")


AMBIGUOUS = "date,type,symbol,quantity,price\n{0}/04/2024,buy,AAPL,1.000,{1}\n05/04/2024,sell,AAPL,1.000,{1}\n"


def test_days_and_numbers_of_two_readings_are_asked_about() -> None:
    file = read_text(AMBIGUOUS.format("03", "2.000"), ReadOptions(today=TODAY))
    assert booked(file) == []
    for row in file.rows:
        assert {problem.field for problem in row.problems} == {"date", "quantity", "price"}
    told = read_text(
        AMBIGUOUS.format("03", "2.000"),
        ReadOptions(today=TODAY, date_order=DateOrder.DAY_FIRST, decimal=DecimalSign.COMMA),
    )
    assert [(entry[2], entry[4]["quantity"]) for entry in booked(told)] == [
        ("2024-04-03", "1000"),
        ("2024-04-05", "1000"),
    ]


def test_one_row_that_leaves_no_doubt_decides_for_the_column() -> None:
    file = read_text(AMBIGUOUS.format("13", '"2.000,50"'), ReadOptions(today=TODAY))
    assert [(entry[2], entry[4]["quantity"]) for entry in booked(file)] == [
        ("2024-04-05", "1000"),
        ("2024-04-13", "1000"),
    ]


def test_a_file_that_lists_the_newest_first_is_turned_round() -> None:
    text = (
        "date,type,symbol,quantity,price\n"
        "2024-03-15,buy,X,1,1\n2024-03-14,sell,AAPL,5,10\n2024-03-14,buy,AAPL,5,9\n2024-01-02,buy,Y,1,1\n"
    )
    assert [row.row for row in read_text(text, ReadOptions(today=TODAY)).rows] == [5, 4, 3, 2]


def test_a_reverse_split_of_schwab_is_one_of_two_rows() -> None:
    """Thirty-two old shares go under their CUSIP, one new share comes under the symbol."""
    text = (
        "Date,Action,Symbol,Description,Quantity,Price,Fees & Comm,Amount\n"
        "06/10/2024,Reverse Split,TNXP,TONIX PHARMA HLDGS,1,,,\n"
        "06/10/2024,Reverse Split,890260854,TONIX PHARMA HLDGS XXXREVERSE SPLIT EFF: 06/10/24,-32,,,\n"
    )
    file = read_text(text, ReadOptions(today=TODAY))
    assert booked(file) == [(2, "split", "2024-06-10", "TNXP", {"ratio": "1:32"})]
    assert skipped(file).keys() == {3}
