"""Numbers, days, encodings, fingerprints and whatever else a hostile file may hold."""

from __future__ import annotations

from datetime import date, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stocktool_stock.adapters.import_files.decode import decode
from stocktool_stock.domain.imports.dates import BadDate, DateOrder, DateStyle, Moment, decide_order, read_moment
from stocktool_stock.domain.imports.numbers import BadNumber, DecimalSign, NumberStyle, decide_style, read_number
from stocktool_stock.domain.imports.ofx_text import parse_ofx
from stocktool_stock.domain.imports.options import (
    MAX_BYTES,
    MAX_CELL,
    MAX_COLUMNS,
    MAX_ROWS,
    ReadOptions,
    UnreadableFile,
)
from stocktool_stock.domain.imports.read_text import PRESETS, read_text
from stocktool_stock.domain.imports.rows import ImportRow, with_fingerprints
from stocktool_stock.domain.ledger import Draft

POINT, COMMA, OPEN = NumberStyle(DecimalSign.POINT), NumberStyle(DecimalSign.COMMA), NumberStyle(None)
OPTIONS = ReadOptions(today=date(2024, 11, 29))


@pytest.mark.parametrize(
    ("text", "style", "number"),
    [
        ("1.234,56", OPEN, "1234.56"),
        ("1,234.56", OPEN, "1234.56"),
        ("1 234,56", OPEN, "1234.56"),
        ("1\u202f234,56", OPEN, "1234.56"),
        ("1\u00a0234.5", OPEN, "1234.5"),
        ("1'234.56", OPEN, "1234.56"),
        ("1\u2019234,5", OPEN, "1234.5"),
        ("1.234.567", OPEN, "1234567"),
        ("12,34,567.89", OPEN, "1234567.89"),
        ("1.234", POINT, "1.234"),
        ("1.234", COMMA, "1234"),
        ("1,234", POINT, "1234"),
        ("0.123", OPEN, "0.123"),
        ("1234.567", OPEN, "1234.567"),
        ("(12.50)", POINT, "-12.50"),
        ("($1,259.59)", POINT, "-1259.59"),
        ("-$40503.61", POINT, "-40503.61"),
        ("$-5", POINT, "-5"),
        ("12,50-", COMMA, "-12.50"),
        ("\u22127", POINT, "-7"),
        ("EUR 5,00", COMMA, "5.00"),
        ("5.00 USD", POINT, "5.00"),
        ("US$3", POINT, "3"),
        ("+3", POINT, "3"),
        ("25 %", POINT, "0.25"),
        ("12,5%", COMMA, "0.125"),
        ("1.5E-3", POINT, "0.0015"),
        (".5", POINT, "0.5"),
    ],
)
def test_numbers_as_people_write_them(text: str, style: NumberStyle, number: str) -> None:
    assert read_number(text, style) == Decimal(number)


@pytest.mark.parametrize("text", ["", " ", "-", "--", "n/a", "Not available", "—"])
def test_texts_that_say_there_is_no_number(text: str) -> None:
    assert read_number(text, POINT) is None


@pytest.mark.parametrize(
    ("text", "style", "says"),
    [
        ("1.234", OPEN, "two ways"),
        ("12.50", COMMA, "contradicts"),
        ("1.2.3", POINT, "contradicts"),
        ("1.2.3", OPEN, "groups of three"),
        ("1,23,4.5", POINT, "groups of three"),
        ("1.234,56,7", OPEN, "two decimal signs"),
        ("abc", POINT, "is no number"),
        ("1e999999999", POINT, "is no number"),
        ("NaN5", POINT, "is no number"),
        ("٣", POINT, "is no number"),
        ("1_000", POINT, "is no number"),
        ("9" * 61, POINT, "more than 60"),
    ],
)
def test_texts_that_are_no_number(text: str, style: NumberStyle, says: str) -> None:
    with pytest.raises(BadNumber, match=says):
        read_number(text, style)


def test_one_number_without_doubt_decides_the_decimal_sign_of_a_file() -> None:
    assert decide_style(["1.234", "2.000", "7"]) == OPEN
    assert decide_style(["1.234", "2,5"]) == COMMA
    assert decide_style(["1.234", "0.5"]) == POINT
    assert decide_style(["1,5", "0.5"]) == NumberStyle(None, mixed=True)
    assert decide_style(["1,5"], DecimalSign.POINT) == POINT


@given(
    number=st.decimals(min_value=-(10**9), max_value=10**9, allow_nan=False, allow_infinity=False, places=4),
    sign=st.sampled_from([DecimalSign.POINT, DecimalSign.COMMA]),
    grouping=st.sampled_from(["", " ", "\u202f", "'", "other"]),
    negative=st.sampled_from(["minus", "brackets", "after"]),
    currency=st.sampled_from(["", "$", "€", "USD "]),
)
def test_what_is_written_in_any_style_is_read_back(
    number: Decimal, sign: DecimalSign, grouping: str, negative: str, currency: str
) -> None:
    point, other = (".", ",") if sign is DecimalSign.POINT else (",", ".")
    whole, decimals = f"{abs(number):,.4f}".split(".")
    body = whole.replace(",", other if grouping == "other" else grouping) + point + decimals
    text = f"{currency}{body}"
    if number < 0:
        text = {"minus": f"-{text}", "brackets": f"({text})", "after": f"{text}-"}[negative]
    assert read_number(text, NumberStyle(sign)) == number


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-03-14", Moment(date(2024, 3, 14))),
        ("2024-03-14, 09:30:05", Moment(date(2024, 3, 14), "09:30:05")),
        ("2024-03-14T23:30:00.000Z", Moment(date(2024, 3, 14), "23:30:00")),
        ("20240314", Moment(date(2024, 3, 14))),
        ("14.3.24", Moment(date(2024, 3, 14))),
        ("03/14/2024 09:15 PM", Moment(date(2024, 3, 14), "21:15:00")),
        ("3/14'24", Moment(date(2024, 3, 14))),
        ("Mar-14-2024", Moment(date(2024, 3, 14))),
        ("14. März 2024", Moment(date(2024, 3, 14))),
        ("5 Okt 2024", Moment(date(2024, 10, 5))),
        ("7/7/1999", Moment(date(1999, 7, 7))),
    ],
)
def test_days_as_brokers_write_them(text: str, moment: Moment) -> None:
    assert read_moment(text, DateStyle(None)) == moment


@pytest.mark.parametrize("text", ["03/04/2024", "31/31/2024", "2024-02-30", "yesterday", "2024-03-14 25:00", "1" * 80])
def test_days_that_are_none_or_two(text: str) -> None:
    with pytest.raises(BadDate):
        read_moment(text, DateStyle(None))


def test_an_instant_is_given_the_day_of_the_zone_asked_for() -> None:
    east = timezone(timedelta(hours=9))
    assert read_moment("2024-03-14T23:30:00Z", DateStyle(None), east) == Moment(date(2024, 3, 15), "08:30:00")
    assert read_moment("2024-03-14T23:30:00", DateStyle(None), east) == Moment(date(2024, 3, 14), "23:30:00")


@given(
    days=st.lists(st.dates(date(1971, 1, 1), date(2069, 12, 31)), min_size=1, max_size=30),
    order=st.sampled_from(DateOrder),
)
def test_a_column_is_read_in_its_order_or_asked_about(days: list[date], order: DateOrder) -> None:
    """Never another day than the one written: either all are right, or those of two readings are refused."""
    form = "%d/%m/%Y" if order is DateOrder.DAY_FIRST else "%m/%d/%Y"
    texts = [day.strftime(form) for day in days]
    style = decide_order(texts)
    clear = any(day.day > 12 for day in days)
    for text, day in zip(texts, days, strict=True):
        if clear or day.day == day.month:
            assert read_moment(text, style) == Moment(day)
        else:
            with pytest.raises(BadDate, match="two ways"):
                read_moment(text, style)


GERMAN = "Datum;Typ;Wert;Buchungswährung\n2024-01-15;Gebühren;-9,90;EUR\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (GERMAN.encode(), "utf-8"),
        (GERMAN.encode("utf-8-sig"), "utf-8"),
        (GERMAN.encode("utf-16"), "utf-16"),
        (GERMAN.encode("utf-16-le"), "utf-16-le"),
        (GERMAN.encode("utf-16-be"), "utf-16-be"),
        (GERMAN.encode("cp1252"), "cp1252"),
        (GERMAN.encode("cp1252") * 300, "cp1252"),
    ],
)
def test_encodings_are_told_by_their_bytes(content: bytes, encoding: str) -> None:
    text, found = decode(content)
    assert text.startswith(GERMAN)
    assert found == encoding
    row = read_text(text, OPTIONS).rows[0]
    assert row.draft is not None
    assert (row.draft.type, row.draft.amount) == ("fee", "9.9")


def test_a_table_of_central_europe_is_read_as_such() -> None:
    polish = "data,typ,opis\n2024-01-15,opłata,Za prowadzenie rachunku świadczeń i usług płatniczych żółć gęś\n" * 20
    assert decode(polish.encode("cp1250")) == (polish, "cp1250")


def test_what_is_no_text_or_too_large_is_refused() -> None:
    for content in (b"PK\x03\x04\x00\x00\x00\x01\x02", b"%PDF-1.7\n\x00\x01\x02\x03", b"a" * (MAX_BYTES + 1)):
        with pytest.raises(UnreadableFile):
            decode(content)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("date,type,amount\n" + "1\n" * (MAX_ROWS + 10_001), "more than 100,000 rows"),
        (",".join(["date", "type", "amount", *["x"] * MAX_COLUMNS]), "columns"),
        ("date,type,amount\n2024-01-01,deposit," + "1" * (MAX_CELL + 1), "line 2 has a cell"),
        ('date,type,amount\n2024-01-01,deposit,"' + "1\n" * 70_000, "line"),
        ("<OFX>" + "<A>" * 100 + "</A>", "deep"),
        ('{"activities": [1]}', "no list of objects"),
        ('{"activities": [{"quantity": 1e999}]}', "out of range"),
        ('{"activities": [{"quantity": NaN}]}', "NaN is no number"),
        ('{"format": "stocktool-portfolio/9"}', "another version"),
        ("[" * 100_000, "no valid JSON"),
        ("!Type:Memorized\nPx\n^\n", "no entry"),
    ],
)
def test_limits_and_shapes_are_kept(text: str, says: str) -> None:
    with pytest.raises(UnreadableFile, match=says):
        read_text(text, OPTIONS)


def test_entities_of_a_statement_are_not_expanded() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><OFX><A>&c;</A></OFX>'
    assert parse_ofx(bomb).find("OFX", "A").text == "&c;"  # type: ignore[union-attr]


PIECES = [
    *("2024-01-02", "03/04/2024", "buy", "Sell", "DIVIDEND RECEIVED x", "Trades", "Data", "Header", "Order", "Stocks"),
    *("AAPL", "1,5", "-3", "(4.00)", "1e5", "", '"', ";", "\x00", "=1+1", "Stock split open", "10:0", "\u202e", "€"),
]
HEADS = ["", "<OFX><INVSTMTRS><INVTRANLIST>", "!Type:Invst\n", '{"activities":[', *(one.template for one in PRESETS)]


@settings(max_examples=150, deadline=None)
@given(
    head=st.sampled_from(HEADS),
    lines=st.lists(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=12)), max_size=16), max_size=8),
)
def test_no_file_is_more_than_an_error(head: str, lines: list[list[str]]) -> None:
    """Whatever stands below the headings of a preset gives rows or the error of an unreadable file, nothing else."""
    text = head + "\n".join(",".join(cells) for cells in lines)
    try:
        file = read_text(text, OPTIONS)
    except UnreadableFile:
        return
    for row in file.rows:
        assert row.row >= 1
        assert row.draft is not None or row.skipped or row.problems


def _row(amount: str, symbol: str = "AAPL", number: int = 1) -> ImportRow:
    return ImportRow(number, Draft("dividend", date(2024, 1, 2), amount=amount), symbol_text=symbol)


def _prints(*rows: ImportRow, scope: str = "acc_1") -> list[str]:
    return [row.fingerprint for row in with_fingerprints(rows, scope)]


def test_equal_rows_of_one_file_are_two_and_those_of_the_next_file_the_same_two() -> None:
    first = _prints(_row("1.50"), _row("1.50", number=2), _row("2"))
    assert len(set(first)) == 3
    assert _prints(_row("1.5", number=9), _row("1.500"), _row("2.0")) == first
    assert set(_prints(_row("2"), _row("3"))) & set(first) == {first[2]}


def test_a_fingerprint_is_of_what_the_file_says_and_of_its_account() -> None:
    [known] = _prints(_row("1"))
    assert _prints(_row("1"), scope="acc_2") != [known]
    assert _prints(_row("1", symbol="MSFT")) != [known]
    resolved = ImportRow(1, Draft("dividend", date(2024, 1, 2), symbol="AAPL.X", amount="1"), symbol_text="AAPL")
    assert _prints(resolved) == [known]
    assert _prints(ImportRow(1, skipped="nothing")) == [""]
