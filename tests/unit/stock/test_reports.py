"""Tax lots in sum, and documents that stay readable whatever is in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stocktool_stock.adapters.csv_tax_lots import tax_lots_csv
from stocktool_stock.adapters.pdf_paper import MAX_ROWS, Column, Paper
from stocktool_stock.adapters.pdf_tax_lots import label_of, tax_lots_pdf
from stocktool_stock.application.market_ports import MarketMode, ProviderState, Status
from stocktool_stock.application.report_tax_lots import TaxLotsReport
from stocktool_stock.domain.bookkeeping import keep_book
from stocktool_stock.domain.holding_period import HoldingRule
from stocktool_stock.domain.ledger import Entry
from stocktool_stock.domain.lots import CostMethod
from stocktool_stock.domain.portfolio import Account
from stocktool_stock.domain.realised import realised_sales
from stocktool_stock.domain.tax_lots import tax_lots
from stocktool_stock.domain.valuation import value_book

from tests.factories.stock import a_portfolio, a_rate_table, an_entry, day, some_bars

NOW = datetime(2024, 11, 29, 21, tzinfo=UTC)
MARKET = Status(
    now=NOW, mode=MarketMode.REPLAY, open=False, calendar="XNYS", time_zone="America/New_York",
    session=NOW.date(), session_close=NOW, next_open=NOW, provider_state=ProviderState.OK, provider_detail="",
    source="demo",
)  # fmt: skip
NOTHING = Decimal("1e-20")
BARS = {"X": some_bars("X", {"2023-01-02": 50, "2024-11-29": 60})}


def a_report(
    entries: Sequence[Entry], method: CostMethod = CostMethod.FIFO, start: str = "2023-01-01", account: str = "Main"
) -> TaxLotsReport:
    portfolio = replace(a_portfolio(cost_method=method), accounts=(Account("acc_1", account, "USD"),))
    book = keep_book(entries, portfolio, a_rate_table())
    valuation = value_book(book, BARS, a_rate_table(), as_of=day("2024-11-29"))
    sales = realised_sales(book.sales, entries, a_rate_table(), HoldingRule())
    lots = tax_lots(sales, valuation.holdings, start=day(start), end=day("2024-11-29"), rule=HoldingRule())
    return TaxLotsReport(portfolio, lots, valuation, MARKET, (), {"cost_method": method.value})


def rows_of(report: TaxLotsReport) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(tax_lots_csv(report).decode())))


def text_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [str(page.get_textpage().get_text_range()) for page in document]
    finally:
        document.close()


BOUGHT = st.tuples(st.integers(0, 300), st.integers(1, 50), st.decimals("0.01", 500, places=2))


@settings(max_examples=40)
@given(st.lists(BOUGHT, min_size=1, max_size=8), st.integers(1, 400), st.sampled_from(list(CostMethod)))
def test_lots_sum_to_the_totals_under_every_method(
    bought: list[tuple[int, int, Decimal]], sold: int, method: CostMethod
) -> None:
    entries = [
        an_entry("buy", str(date(2023, 1, 2) + timedelta(days=after)), "X", quantity=str(shares), price=str(price))
        for after, shares, price in sorted(bought)
    ]
    held = sum(shares for _, shares, _ in bought)
    entries.append(an_entry("sell", "2024-06-03", "X", quantity=str(min(sold, held)), price="55.55", fee="1.23"))
    report = a_report(entries, method)
    lots = report.lots
    close = pytest.approx  # parts of a sale are divided to sixty digits
    assert lots.total.gain == close(sum(part.gain for each in lots.sales for part in each.lots), abs=NOTHING)
    assert lots.total.gain == close(lots.total.short_term + lots.total.long_term, abs=NOTHING)
    assert lots.total.proceeds == close(min(sold, held) * Decimal("55.55") - Decimal("1.23"), abs=NOTHING)
    assert lots.total.cost + lots.open_cost == close(sum(shares * price for _, shares, price in bought), abs=NOTHING)
    assert sum(each.lot.quantity for each in lots.open) == held - min(sold, held)
    value = sum(each.value for each in lots.open if each.value is not None)
    assert value == close(Decimal((held - min(sold, held)) * 60), abs=NOTHING)
    rows = rows_of(report)
    assert len(rows) == len(lots.open) + sum(len(each.lots) for each in lots.sales)


def test_only_sales_of_the_period_count_and_terms_follow_the_calendar() -> None:
    entries = [
        an_entry("buy", "2023-01-03", "X", quantity="10", price="40"),
        an_entry("sell", "2023-12-29", "X", quantity="1", price="50"),
        an_entry("sell", "2024-01-03", "X", quantity="2", price="50"),
        an_entry("sell", "2024-01-04", "X", quantity="3", price="50"),
    ]
    sold = [row for row in rows_of(a_report(entries, start="2024-01-01")) if row["status"] == "sold"]
    assert [(row["quantity"], row["days_held"], row["term"], row["gain"]) for row in sold] == [
        ("2", "365", "short", "20.00"),  # a year and a day make it long
        ("3", "366", "long", "30.00"),
    ]


def test_a_name_that_looks_like_a_formula_stays_text() -> None:
    entry = an_entry("buy", "2023-01-03", "X", quantity="1", price="40")
    [row] = rows_of(a_report([entry], account='=HYPERLINK("http://x")'))
    assert row["account"] == '\'=HYPERLINK("http://x")'


def test_the_document_has_its_label_its_lots_and_their_sums() -> None:
    entries = [
        an_entry("buy", "2023-01-03", "X", quantity="10", price="40"),
        an_entry("sell", "2024-01-04", "X", quantity="3", price="35"),
        an_entry("buy", "2024-01-10", "X", quantity="1", price="36"),
    ]
    text = " ".join(" ".join(text_of(tax_lots_pdf(a_report(entries)))).split())
    assert "DEMO DATA: market of 2024-11-29" in text
    assert "X 3 2023-01-03 2024-01-04 long* 105.00 120.00 -15.00" in text  # bought again within thirty days
    assert "Total 105.00 120.00 -15.00" in text
    assert "X Main 7 2023-01-03 long 280.00 420.00 140.00" in text
    assert label_of(replace(MARKET, mode=MarketMode.REAL)) == ""


def test_a_long_table_has_its_head_on_each_page_and_an_end() -> None:
    paper = Paper("Long", subject="S", label="", reference="r", on=date(2024, 1, 1))
    columns = (Column("First", 40), Column("Second", 40, right=True))
    paper.rows(columns, [[f"row {n}", str(n)] for n in range(MAX_ROWS + 7)])
    pages = text_of(paper.finished())
    assert all("First" in page and f"Page {at} of {len(pages)}" in page for at, page in enumerate(pages, 1))
    assert sum(page.count("row ") for page in pages) == MAX_ROWS
    assert "and 7 more rows" in pages[-1]


def test_what_does_not_fit_is_cut_and_what_the_font_lacks_is_a_question_mark() -> None:
    paper = Paper("Ä 投资", subject="S", label="", reference="r", on=date(2024, 1, 1))
    paper.rows((Column("Name", 20), Column("Next", 40)), [["W" * 60, "stays"]])
    [page] = text_of(paper.finished())
    assert "Ä ??" in page
    assert "W…" in page
    assert "W" * 20 not in page
    assert "stays" in page
