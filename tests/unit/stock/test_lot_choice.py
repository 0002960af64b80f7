"""Chosen lots, transfers with their lots, fees in other currencies. Expected values are worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest
from stocktool_stock.domain.book import Book
from stocktool_stock.domain.bookkeeping import keep_book
from stocktool_stock.domain.ledger import Entry, Ledger
from stocktool_stock.domain.lots import CostMethod, Lot, LotNotOpen, placed
from stocktool_stock.domain.portfolio import Portfolio
from stocktool_stock.domain.rates import RateTable

from tests.factories.stock import a_portfolio, a_rate_table, an_entry, day

TWO = {"acc_1": "USD", "acc_2": "USD"}


def book_of(*entries: Entry, portfolio: Portfolio | None = None, rates: RateTable | None = None) -> Book:
    return keep_book(Ledger(entries).standing, portfolio or a_portfolio(), rates or a_rate_table())


def left(book: Book, symbol: str = "X", account_id: str = "acc_1") -> list[tuple[str, Decimal, Decimal]]:
    return [(str(lot.day), lot.quantity, lot.cost) for lot in book.lots.get((account_id, symbol), [])]


@pytest.mark.parametrize(
    ("chosen", "gain"),
    [(None, 1300), (2, -1500), (0, 1300), (1, 600)],
)
def test_identified_shares_are_the_ones_sold_else_the_first_bought(chosen: int | None, gain: int) -> None:
    """J. K. Lasser's Your Income Tax 2013, section 30.2, "Earmarking Stock Lots": Acme Steel, 100 sold at 90.

    Unless another lot is identified those of 1998 count as sold (first in, first out, Publication 550); the lot of 2000
    makes a loss of 1,500.
    """
    lots = [
        an_entry("buy", "1998-05-04", "ACME", quantity="100", price="77"),
        an_entry("buy", "1999-05-04", "ACME", quantity="200", price="84"),
        an_entry("buy", "2000-05-04", "ACME", quantity="100", price="105"),
    ]
    choice = None if chosen is None else {lots[chosen].id: "100"}
    book = book_of(*lots, an_entry("sell", "2001-05-04", "ACME", quantity="100", price="90", lots=choice))
    assert book.realised == gain
    assert [lot.id for lot in book.sales[0].lots] == [lots[chosen or 0].id]


def test_a_choice_can_span_lots() -> None:
    """The Motley Fool, "Identifying Stock Sold for Tax Purposes": 1,000 at 15, 1,000 at 35, sold at 32."""
    first = an_entry("buy", "2000-01-10", "W", quantity="1000", price="15")
    second = an_entry("buy", "2000-02-25", "W", quantity="1000", price="35")
    sale = an_entry("sell", "2000-04-12", "W", quantity="1000", price="32", lots={second.id: "1000"})
    assert book_of(first, second, sale).realised == -3000
    # half of each, by hand: 8500 - 1500
    halves = an_entry("sell", "2000-04-12", "W", quantity="1000", price="32", lots={second.id: "500", first.id: "500"})
    book = book_of(first, second, halves)
    assert book.realised == 7000
    assert left(book, "W") == [("2000-01-10", 500, 7500), ("2000-02-25", 500, 17500)]


def test_chosen_shares_given_away_leave_the_rest_to_fifo() -> None:
    """Publication 550, "Identifying stock": had the 50 shares given away been identified as those of 2003."""
    bought = [
        an_entry("buy", "2002-05-01", "XYZ", quantity="100", price="10"),
        an_entry("buy", "2003-01-15", "XYZ", quantity="200", price="11"),
    ]
    gift = an_entry("transfer_out", "2003-07-15", "XYZ", quantity="50", lots={bought[1].id: "50"})
    book = book_of(*bought, gift, an_entry("sell", "2008-04-15", "XYZ", quantity="130", price="12"))
    assert book.sales[0].cost == 100 * 10 + 30 * 11
    assert [flow.amount for flow in book.flows if flow.symbol] == [-550]


def test_a_part_of_a_lot_leaves_the_rest_with_its_cost() -> None:
    first = an_entry("buy", "2024-01-02", "X", quantity="10", price="100")
    second = an_entry("buy", "2024-01-03", "X", quantity="10", price="110")
    sale = an_entry("sell", "2024-02-01", "X", quantity="4", price="120", lots={second.id: "4"})
    book = book_of(first, second, sale)
    assert book.realised == 40
    assert left(book) == [("2024-01-02", 10, 1000), ("2024-01-03", 6, 660)]


def test_a_choice_counts_shares_after_a_split() -> None:
    bought = an_entry("buy", "2024-01-02", "X", quantity="10", price="100")
    book = book_of(
        bought,
        an_entry("buy", "2024-01-03", "X", quantity="1", price="1"),
        an_entry("split", "2024-02-01", "X", ratio="4"),
        an_entry("sell", "2024-03-01", "X", quantity="20", price="30", lots={bought.id: "20"}),
    )
    assert book.realised == 100  # 600 - half of 1000
    assert left(book) == [("2024-01-02", 20, 500), ("2024-01-03", 4, 1)]


def test_under_average_cost_a_choice_says_which_days_go_and_not_what_they_cost() -> None:
    first = an_entry("buy", "2023-01-02", "X", quantity="10", price="100")
    second = an_entry("buy", "2024-01-03", "X", quantity="10", price="200")
    sale = an_entry("sell", "2024-02-01", "X", quantity="10", price="150", lots={second.id: "10"})
    book = book_of(first, second, sale, portfolio=a_portfolio(cost_method=CostMethod.AVERAGE))
    assert book.realised == 0
    assert left(book) == [("2023-01-02", 10, 1500)]


@pytest.mark.parametrize(("lot", "field"), [("txn_unknown", "lot_id"), ("bought", "quantity")])
def test_a_lot_that_is_not_there_or_too_small_is_named(lot: str, field: str) -> None:
    bought = an_entry("buy", "2024-01-02", "X", quantity="3", price="100")
    other = an_entry("buy", "2024-01-02", "X", quantity="3", price="100")
    chosen = bought.id if lot == "bought" else lot
    sale = an_entry("sell", "2024-02-01", "X", quantity="5", price="120", lots={other.id: "1", chosen: "4"})
    with pytest.raises(LotNotOpen) as caught:
        book_of(bought, other, sale)
    assert (caught.value.entry_id, caught.value.index, caught.value.field) == (sale.id, 1, field)


def test_a_lot_of_another_account_cannot_be_chosen() -> None:
    bought = an_entry("buy", "2024-01-02", "X", quantity="3", price="100", account_id="acc_2")
    here = an_entry("buy", "2024-01-02", "X", quantity="3", price="100")
    sale = an_entry("sell", "2024-02-01", "X", quantity="1", price="120", lots={bought.id: "1"})
    with pytest.raises(LotNotOpen):
        book_of(bought, here, sale, portfolio=a_portfolio(accounts=TWO))


def test_shares_brought_in_stand_where_their_acquisition_has_them() -> None:
    book = book_of(
        an_entry("buy", "2022-05-02", "X", quantity="10", price="50"),
        an_entry("transfer_in", "2024-01-02", "X", quantity="5", cost_basis="100", acquired="2019-03-01"),
        an_entry("sell", "2024-06-03", "X", quantity="5", price="60"),
    )
    # the transferred ones are the oldest: 300 - 100
    assert book.realised == 200
    assert left(book) == [("2022-05-02", 10, 500)]


def test_cost_brought_in_is_told_at_the_rate_of_its_acquisition() -> None:
    book = book_of(
        an_entry("opening", "2024-01-02", "X", quantity="5", cost_basis="100", price="40", acquired="2019-03-01"),
        portfolio=a_portfolio(base_currency="EUR", accounts={"acc_1": "USD"}),
        rates=a_rate_table("EUR", {("USD", "2019-03-01"): "0.8", ("USD", "2024-01-02"): "0.9"}),
    )
    [lot] = book.lots["acc_1", "X"]
    assert (lot.day, lot.cost, lot.base_cost) == (day("2019-03-01"), 100, 80)
    assert [(flow.day, flow.amount) for flow in book.flows] == [(day("2024-01-02"), 200)]  # at the day's price
    assert book.trade_prices["X"][0].price == 40


def test_shares_moved_to_an_own_account_keep_their_lots_and_are_no_flow() -> None:
    book = book_of(
        an_entry("buy", "2022-01-03", "X", quantity="10", price="50"),
        an_entry("buy", "2023-01-03", "X", quantity="10", price="70"),
        an_entry("buy", "2024-01-03", "X", quantity="1", price="80", account_id="acc_2"),
        an_entry("transfer_out", "2024-02-01", "X", quantity="12", to_account_id="acc_2"),
        portfolio=a_portfolio(accounts=TWO),
    )
    assert left(book) == [("2023-01-03", 8, 560)]
    assert left(book, account_id="acc_2") == [("2022-01-03", 10, 500), ("2023-01-03", 2, 140), ("2024-01-03", 1, 80)]
    assert all(lot.account_id == "acc_2" for lot in book.lots["acc_2", "X"])
    assert book.realised == 0
    assert [flow.implied for flow in book.flows] == [True, True, True]  # the purchases alone
    assert [(f.account_id, f.quantity) for f in book.internal_flows] == [("acc_1", -12), ("acc_2", 12)]
    assert book.quantities["acc_2", "X"][-1] == (day("2024-02-01"), 13)


def test_lots_that_come_back_stay_apart_from_those_that_stayed() -> None:
    bought = an_entry("buy", "2022-01-03", "X", quantity="10", price="50")
    book = book_of(
        bought,
        an_entry("transfer_out", "2024-02-01", "X", quantity="4", to_account_id="acc_2"),
        an_entry("transfer_out", "2024-02-02", "X", quantity="4", to_account_id="acc_1", account_id="acc_2"),
        portfolio=a_portfolio(accounts=TWO),
    )
    assert [(lot.id, lot.quantity) for lot in book.lots["acc_1", "X"]] == [(bought.id, 6), (f"{bought.id}.2", 4)]


def test_cash_moved_to_an_own_account_is_no_flow_and_ends_no_implied_deposits() -> None:
    book = book_of(
        an_entry("buy", "2024-01-02", "X", quantity="1", price="100"),
        an_entry("transfer_out", "2024-02-01", amount="40", to_account_id="acc_2"),
        portfolio=a_portfolio(accounts=TWO),
    )
    assert book.cash["acc_2", "USD"] == 40
    assert [(flow.account_id, flow.amount) for flow in book.internal_flows] == [("acc_1", -40), ("acc_2", 40)]
    assert [(flow.amount, flow.implied) for flow in book.flows] == [(100, True), (40, True)]


def test_a_fee_in_another_currency_is_paid_from_the_accounts_own_cash_at_the_days_rate() -> None:
    # A London share bought in pounds in a dollar account of a euro portfolio; the broker charges francs.
    rates = {("GBP", "2024-01-02"): "1.2", ("USD", "2024-01-02"): "0.8", ("CHF", "2024-01-02"): "1.0"}
    book = book_of(
        an_entry("deposit", "2024-01-02", amount="1000", currency="USD"),
        an_entry(
            "buy",
            "2024-01-02",
            "X",
            quantity="10",
            price="20",
            currency="GBP",
            fx_rate="1.5",
            fee="8",
            fee_currency="CHF",
            tax="1",
        ),
        portfolio=a_portfolio(base_currency="EUR", accounts={"acc_1": "USD"}),
        rates=a_rate_table("EUR", rates),
    )
    # 201 pounds at 1.5 dollars, 8 francs at 1 / 0.8 dollars
    assert book.cash["acc_1", "USD"] == Decimal(1000) - Decimal("301.5") - 10
    [lot] = book.lots["acc_1", "X"]
    assert lot.base_cost == Decimal(201) * Decimal("1.2") + 8
    assert lot.cost == Decimal(201) + 8 * Decimal("0.833333333333")  # francs in pounds, to twelve places
    assert (book.fees, book.taxes) == (8, Decimal("1.2"))
    assert [(p.amount, p.currency) for p in book.payments[1:]] == [(-10, "USD"), (Decimal("-301.5"), "USD")]


def test_a_sales_fee_in_another_currency_lowers_its_proceeds() -> None:
    rates = {("USD", "2024-01-02"): "0.8", ("USD", "2024-02-01"): "0.8"}
    book = book_of(
        an_entry("deposit", "2024-01-02", amount="1000"),
        an_entry("buy", "2024-01-02", "X", quantity="10", price="100"),
        an_entry("sell", "2024-02-01", "X", quantity="10", price="110", fee="8", fee_currency="EUR"),
        portfolio=a_portfolio(base_currency="EUR", accounts={"acc_1": "USD"}),
        rates=a_rate_table("EUR", rates),
    )
    assert book.realised == 1100 * Decimal("0.8") - 8 - 800
    assert book.cash["acc_1", "USD"] == 1100 - 10  # eight euros are ten dollars


def test_a_dividends_tax_in_another_currency_leaves_the_dividend_whole() -> None:
    book = book_of(
        an_entry("deposit", "2024-01-02", amount="1000", currency="EUR"),
        an_entry("dividend", "2024-02-01", "X", amount="50", tax="5", tax_currency="EUR"),
        portfolio=a_portfolio(base_currency="EUR", accounts={"acc_1": "EUR"}),
        rates=a_rate_table("EUR", {("USD", "2024-02-01"): "0.9"}),
    )
    assert (book.cash["acc_1", "USD"], book.cash["acc_1", "EUR"]) == (50, 995)
    assert (book.income, book.taxes) == (45, 5)


def test_placing_keeps_the_order_of_days_and_ids_apart() -> None:
    def lot(lot_id: str, on: str) -> Lot:
        return Lot(lot_id, "acc_1", "X", day(on), Decimal(1), Decimal(1), "USD", Decimal(1))

    there = [lot("a", "2020-01-01"), lot("a.2", "2021-01-01"), lot("b", "2022-01-01")]
    result = placed(there, [lot("a", "2020-06-01"), lot("c", "2019-01-01")])
    assert [each.id for each in result] == ["c", "a", "a.3", "a.2", "b"]
