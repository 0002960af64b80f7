"""Income by month and holding, yields, and the next twelve months. Expected numbers are worked by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stocktool_stock.application.measure_income import IncomeReport, MeasureIncome
from stocktool_stock.application.portfolio_reader import PortfolioReader
from stocktool_stock.domain.bookkeeping import keep_book
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.income import expected, month_of, received, summed, summed_by, year_before
from stocktool_stock.domain.ledger import Entry
from stocktool_stock.http.income import IncomeModel

from tests.factories.stock import OWNER, a_portfolio, a_rate_table, an_entry, day, some_bars
from tests.fakes.analyses import at_once
from tests.fakes.stock_portfolios import FakeBars, FakeMarket, FakePortfolios, FakeRates

TODAY = day("2024-11-29")
BARS = FakeBars({"X": some_bars("X", {"2023-01-02": 50, "2024-11-29": 50})})


async def measured(entries: Sequence[Entry], **range_: object) -> IncomeReport:
    """The report of a ledger, from the use case; a euro is 1.25 dollars on every day."""
    store = FakePortfolios()
    newest = max((entry.sequence for entry in entries), default=0)
    portfolio = replace(a_portfolio(accounts={"acc_1": "USD", "acc_2": "USD"}), last_sequence=newest)
    store.heads[portfolio.id], store.entries[portfolio.id] = portfolio, list(entries)
    reader = PortfolioReader(store, BARS, FakeRates(), FakeMarket(TODAY))
    return await MeasureIncome(reader, at_once)(OWNER, portfolio.id, **range_)  # type: ignore[arg-type]


def bought(quantity: str = "10", on: str = "2023-01-02", **more: str) -> Entry:
    return an_entry("buy", on, "X", quantity=quantity, price="40", **more)


async def test_what_was_received_is_told_gross_tax_and_net_by_month_and_holding() -> None:
    report = await measured(
        [
            bought(),
            an_entry("dividend", "2024-03-15", "X", amount_per_share="0.50", tax="0.75"),  # 5.00 for ten shares
            an_entry("dividend", "2024-06-14", "X", amount="6", tax="0.9", fee="0.10"),
            an_entry("interest", "2024-06-28", amount="4", tax="1", currency="EUR"),  # 5.00 and 1.25 in dollars
        ]
    )
    assert (report.received.gross, report.received.tax, report.received.net) == (16, Decimal("2.90"), 13)
    assert {month: total.gross for month, total in report.by_month.items()} == {
        "2024-03": 5, "2024-04": 0, "2024-05": 0, "2024-06": 11,
    }  # fmt: skip
    assert [(row.symbol, row.received.gross, row.received.net) for row in report.by_holding] == [
        ("X", 11, Decimal("9.25")),
        ("", 5, Decimal("3.75")),
    ]


async def test_expected_income_is_last_years_per_share_for_the_shares_held_now() -> None:
    report = await measured(
        [
            bought(),
            an_entry("dividend", "2023-03-15", "X", amount="99"),  # longer ago than a year
            an_entry("dividend", "2024-03-15", "X", amount="5"),
            an_entry("split", "2024-05-01", "X", ratio="2"),
            an_entry("dividend", "2024-06-14", "X", amount_per_share="0.30"),  # of twenty shares
            an_entry("buy", "2024-07-01", "X", quantity="10", price="30"),
        ]
    )
    # 0.25 and 0.30 of today's shares, thirty of them; cost 10 x 40 + 10 x 30, value 30 x 50.
    assert [(each.day, each.gross) for each in report.expected] == [
        (day("2025-03-15"), Decimal("7.5")),
        (day("2025-06-14"), 9),
    ]
    assert report.yields.expected == Decimal("16.5")
    assert report.yields.yield_on_cost == pytest.approx(16.5 / 700, rel=1e-12)
    assert report.yields.trailing_yield == pytest.approx(16.5 / 1500, rel=1e-12)
    assert (report.trailing.gross, report.trailing.payments) == (11, 2)


async def test_an_account_without_payments_takes_those_of_the_other_and_none_counts_twice() -> None:
    both = [bought(), bought("4", account_id="acc_2"), an_entry("dividend", "2024-03-15", "X", amount="5")]
    report = await measured(both)
    assert report.yields.expected == 7  # half a dollar for each of fourteen
    paid = an_entry("dividend", "2024-03-18", "X", amount="4", account_id="acc_2")
    assert (await measured([*both, paid])).yields.expected == 9  # five for the ten, four for the four


async def test_trades_of_the_same_day_count_in_the_order_of_their_entry() -> None:
    report = await measured(
        [
            bought(),
            an_entry("dividend", "2024-03-15", "X", amount_per_share="1"),
            bought("5", "2024-03-15"),
            an_entry("dividend", "2024-03-15", "X", amount_per_share="1"),
            an_entry("sell", "2024-03-15", "X", quantity="15", price="40"),
        ]
    )
    assert [payment.gross for payment in report.payments] == [10, 15]
    assert isinstance(report.yields.expected, Undefined)


async def test_a_reinvested_dividend_counts_with_the_tax_taken_before() -> None:
    reinvested = an_entry("reinvest", "2024-03-15", "X", quantity="0.1", amount="4", tax="1")
    report = await measured([bought(), reinvested])
    assert (report.received.gross, report.received.tax, report.received.net) == (5, 1, 4)
    assert report.expected[0].gross == Decimal("0.5") * Decimal("10.1")


async def test_a_range_has_both_its_ends_and_the_trailing_year_does_not_depend_on_its_start() -> None:
    paid = ["2024-01-31", "2024-02-01", "2024-02-29", "2024-03-01"]
    entries = [bought(), *(an_entry("dividend", on, "X", amount="1") for on in paid)]
    report = await measured(entries, start=day("2024-02-01"), end=day("2024-02-29"))
    assert (report.received.gross, report.trailing.gross) == (2, 3)
    assert [each.day.isoformat() for each in report.expected] == ["2025-01-31", "2025-02-01", "2025-02-28"]


async def test_without_history_the_figures_say_why() -> None:
    body = IncomeModel.of(await measured([bought()])).model_dump(mode="json")
    assert (body["expected"], body["yield_on_cost"], body["received"]["gross"]["amount"]) == (None, None, "0.00")
    assert set(body["undefined"]) == {"expected", "yield_on_cost", "trailing_yield"}
    assert (body["by_month"], body["expected_payments"]) == ([], [])
    empty = IncomeModel.of(await measured([])).model_dump(mode="json")
    assert (empty["by_holding"], empty["start"], empty["end"]) == ([], "2024-11-29", "2024-11-29")


async def test_a_dividend_for_shares_long_gone_counts_and_says_nothing_per_share() -> None:
    late = an_entry("dividend", "2024-03-15", "X", amount="5")
    report = await measured([bought(), an_entry("sell", "2024-03-01", "X", quantity="10", price="50"), late])
    assert report.received.gross == 5
    assert report.warnings == ("a dividend of X came when no shares were held, so it says nothing per share",)


def test_the_day_a_year_before() -> None:
    assert year_before(day("2024-02-29")) == day("2023-02-28")
    assert year_before(day("2024-11-29")) == day("2023-11-29")


DAYS = st.sampled_from(["2023-12-01", "2023-12-31", "2024-02-29", "2024-02-29", "2024-07-15", "2024-11-29"])
CENTS = st.decimals("0.0001", 100_000, places=4)
PAID = st.tuples(st.sampled_from(["dividend", "per_share", "interest"]), DAYS, st.sampled_from(["X", "Y"]), CENTS)


@settings(max_examples=60)
@given(st.lists(PAID, max_size=12), st.decimals("0.000001", 1000, places=6), st.sampled_from(["USD", "EUR"]))
def test_sums_by_month_and_by_holding_are_the_total_and_the_books_income(
    paid: list[tuple[str, str, str, Decimal]], shares: Decimal, currency: str
) -> None:
    entries = [an_entry("buy", "2023-01-02", symbol, quantity=str(shares), price="1") for symbol in ("X", "Y")]
    for kind, on, symbol, amount in sorted(paid, key=lambda each: each[1]):
        text, tax = str(amount), str(amount / 4)
        if kind == "interest":
            entries.append(an_entry(kind, on, amount=text, tax=tax, currency=currency))
        else:
            sizes = {"amount_per_share": text} if kind == "per_share" else {"amount": text}
            entries.append(an_entry("dividend", on, symbol, tax=tax, currency=currency, **sizes))
    rates = a_rate_table(rates={("EUR", entry.day.isoformat()): "1.0837" for entry in entries})
    book = keep_book(entries, a_portfolio(), rates)
    payments = received(entries, book, rates, until=TODAY)
    total = summed(payments)
    assert total.gross == book.income
    assert total.tax == book.taxes
    for key in (month_of, lambda payment: payment.symbol):
        parts = summed_by(payments, key).values()
        assert sum(part.gross for part in parts) == total.gross
        assert sum(part.net for part in parts) == total.net == total.gross - total.tax
    # Nothing was bought, sold or split since: what is expected is what the dividends of the year were.
    dividends = sum(payment.gross for payment in payments if payment.symbol)
    assert sum(each.gross for each in expected(payments, book, end=TODAY)) == pytest.approx(
        dividends, rel=Decimal("1e-40")
    )
