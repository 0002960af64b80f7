"""From ledger to book: cash, lots, gains, flows. Expected values are worked out by hand in each test."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_stock.domain.book import Book
from stocktool_stock.domain.bookkeeping import keep_book
from stocktool_stock.domain.ledger import Entry, Ledger, NothingHeld, ShortSale
from stocktool_stock.domain.lots import CostMethod
from stocktool_stock.domain.portfolio import Portfolio
from stocktool_stock.domain.rates import RateTable

from tests.factories.stock import a_portfolio, a_rate_table, an_entry, day


def book_of(
    *entries: Entry,
    portfolio: Portfolio | None = None,
    rates: RateTable | None = None,
    until: str | None = None,
) -> Book:
    return keep_book(
        Ledger(entries).standing,
        portfolio or a_portfolio(),
        rates or a_rate_table(),
        until=day(until) if until else None,
    )


def test_fees_belong_to_cost_and_lower_proceeds() -> None:
    book = book_of(
        an_entry("deposit", "2024-01-02", amount="10000"),
        an_entry("buy", "2024-01-02", "AAPL", quantity="10", price="100", fee="5"),
        an_entry("sell", "2024-02-01", "AAPL", quantity="4", price="120", fee="3"),
    )
    # cost of four: 1005 / 10 * 4 = 402; proceeds 480 - 3 = 477
    assert book.realised == Decimal(75)
    assert book.cash["acc_1", "USD"] == 10000 - 1005 + 477
    assert [(lot.quantity, lot.cost) for lot in book.lots["acc_1", "AAPL"]] == [(6, 603)]
    assert book.fees == 8


@pytest.mark.parametrize(
    ("method", "gain"),
    [(CostMethod.FIFO, 1500), (CostMethod.LIFO, 500), (CostMethod.HIFO, 500), (CostMethod.AVERAGE, 1000)],
)
def test_the_cost_method_decides_the_gain(method: CostMethod, gain: int) -> None:
    # 100 at 10, then 100 at 20; 100 sold at 25: 25*100 - 1000, - 2000, - 2000, - 1500
    book = book_of(
        an_entry("buy", "2024-01-02", "X", quantity="100", price="10"),
        an_entry("buy", "2024-01-03", "X", quantity="100", price="20"),
        an_entry("sell", "2024-01-04", "X", quantity="100", price="25"),
        portfolio=a_portfolio(cost_method=method),
    )
    assert book.realised == gain


def test_selling_more_than_is_held_names_the_shortfall() -> None:
    with pytest.raises(ShortSale) as caught:
        book_of(
            an_entry("buy", "2024-01-02", "AAPL", quantity="10", price="100"),
            an_entry("sell", "2024-02-01", "AAPL", quantity="12.5", price="120"),
        )
    assert caught.value.metadata == {
        "symbol": "AAPL",
        "date": "2024-02-01",
        "quantity": "12.5",
        "held": "10",
        "shortfall": "2.5",
        "account_id": "acc_1",
    }


def test_shares_of_one_account_do_not_cover_a_sale_in_another() -> None:
    portfolio = a_portfolio(accounts={"acc_1": "USD", "acc_2": "USD"})
    with pytest.raises(ShortSale):
        book_of(
            an_entry("buy", "2024-01-02", "AAPL", quantity="10", price="100"),
            an_entry("sell", "2024-02-01", "AAPL", quantity="1", price="120", account_id="acc_2"),
            portfolio=portfolio,
        )


def test_a_back_dated_sale_that_leaves_a_later_one_short_is_refused() -> None:
    buy = an_entry("buy", "2024-01-02", "AAPL", quantity="10", price="100")
    later = an_entry("sell", "2024-03-01", "AAPL", quantity="10", price="100")
    back_dated = an_entry("sell", "2024-02-01", "AAPL", quantity="1", price="100")
    with pytest.raises(ShortSale) as caught:
        book_of(buy, later, back_dated)
    assert caught.value.metadata["date"] == "2024-03-01"


def test_within_a_day_the_order_of_entry_counts() -> None:
    buy = an_entry("buy", "2024-01-02", "X", quantity="1", price="10")
    sell = an_entry("sell", "2024-01-02", "X", quantity="1", price="11")
    assert book_of(sell, buy).realised == 1  # given in any order, sorted by sequence
    first_sell = an_entry("sell", "2024-01-03", "X", quantity="1", price="11")
    late_buy = an_entry("buy", "2024-01-03", "X", quantity="1", price="10")
    with pytest.raises(ShortSale):
        book_of(first_sell, late_buy)


def test_without_deposits_what_lacks_at_the_end_of_a_day_counts_as_paid_in() -> None:
    book = book_of(
        an_entry("buy", "2024-01-02", "X", quantity="10", price="100"),
        an_entry("sell", "2024-02-01", "X", quantity="5", price="120"),
        an_entry("buy", "2024-03-01", "Y", quantity="1", price="1000"),
    )
    # 1000 on the first day; 600 came back in February, so March lacks 400
    assert [(flow.day, flow.amount, flow.implied) for flow in book.flows] == [
        (day("2024-01-02"), 1000, True),
        (day("2024-03-01"), 400, True),
    ]
    assert book.cash["acc_1", "USD"] == 0


def test_one_deposit_ends_implied_ones_and_cash_may_go_negative() -> None:
    book = book_of(
        an_entry("buy", "2024-01-02", "X", quantity="10", price="100"),
        an_entry("deposit", "2024-06-01", amount="300"),
    )
    assert [(flow.amount, flow.implied) for flow in book.flows] == [(300, False)]
    assert book.cash["acc_1", "USD"] == -700


def test_a_trade_in_another_currency_converts_the_accounts_cash() -> None:
    portfolio = a_portfolio(base_currency="EUR", accounts={"acc_1": "EUR"})
    book = book_of(
        an_entry("deposit", "2024-01-02", amount="1000", currency="EUR"),
        an_entry("buy", "2024-01-02", "AAPL", quantity="2", price="110", currency="USD", fx_rate="0.9"),
        portfolio=portfolio,
        rates=a_rate_table("EUR", {("USD", "2024-01-02"): "0.9"}),
    )
    assert book.cash["acc_1", "EUR"] == Decimal(802)  # 1000 - 220 * 0.9
    assert ("acc_1", "USD") not in book.cash
    [lot] = book.lots["acc_1", "AAPL"]
    assert (lot.cost, lot.currency, lot.base_cost) == (220, "USD", 198)


def test_a_split_multiplies_lots_in_all_accounts() -> None:
    portfolio = a_portfolio(accounts={"acc_1": "USD", "acc_2": "USD"})
    book = book_of(
        an_entry("buy", "2024-01-02", "X", quantity="10", price="100"),
        an_entry("buy", "2024-01-02", "X", quantity="3", price="100", account_id="acc_2"),
        an_entry("split", "2024-02-01", "X", ratio="4", account_id=""),
        portfolio=portfolio,
    )
    assert book.quantities["acc_1", "X"] == [(day("2024-01-02"), 10), (day("2024-02-01"), 40)]
    assert book.quantities["acc_2", "X"][-1] == (day("2024-02-01"), 12)


def test_dividends_per_share_use_what_is_held_and_count_as_income() -> None:
    book = book_of(
        an_entry("deposit", "2024-01-02", amount="1000"),
        an_entry("buy", "2024-01-02", "X", quantity="10", price="100"),
        an_entry("dividend", "2024-02-01", "X", amount_per_share="0.25", tax="0.5"),
        an_entry("interest", "2024-02-02", amount="3"),
        an_entry("fee", "2024-02-03", amount="1"),
    )
    assert book.income == Decimal("5.5")
    assert book.cash["acc_1", "USD"] == Decimal(4)  # 2.5 - 0.5 + 3 - 1
    assert (book.fees, book.taxes) == (1, Decimal("0.5"))
    with pytest.raises(NothingHeld):
        book_of(an_entry("dividend", "2024-02-01", "X", amount_per_share="0.25"))


def test_reinvested_dividends_add_shares_and_no_cash() -> None:
    book = book_of(
        an_entry("deposit", "2024-01-02", amount="1000"),
        an_entry("buy", "2024-01-02", "X", quantity="10", price="100"),
        an_entry("reinvest", "2024-02-01", "X", quantity="0.5", price="50"),
    )
    assert book.cash["acc_1", "USD"] == 0
    assert book.income == 25
    assert book.quantities["acc_1", "X"][-1][1] == Decimal("10.5")


def test_tax_on_a_reinvested_dividend_was_withheld_before_and_takes_no_cash() -> None:
    book = book_of(
        an_entry("deposit", "2024-01-02", amount="1000"),
        an_entry("buy", "2024-01-02", "X", quantity="10", price="90"),
        an_entry("reinvest", "2024-02-01", "X", quantity="0.5", price="50", tax="4.41"),
    )
    assert book.cash["acc_1", "USD"] == 100
    assert (book.income, book.taxes) == (Decimal("29.41"), Decimal("4.41"))
    # At the day's price nothing is gained but the dividend after tax: shares for 25, which is income less tax.
    worth = Decimal("10.5") * 50 + book.cash["acc_1", "USD"]
    unrealised = Decimal("10.5") * 50 - sum(lot.cost for lot in book.lots["acc_1", "X"])
    assert worth - 1000 == unrealised + book.income - book.taxes


def test_transferred_shares_carry_their_cost_and_realise_nothing() -> None:
    book = book_of(
        an_entry("opening", "2024-01-02", "X", quantity="10", amount="500"),
        an_entry("transfer_out", "2024-02-01", "X", quantity="4"),
    )
    assert book.realised == 0
    assert [(flow.symbol, flow.quantity, flow.amount) for flow in book.flows] == [("X", 10, 500), ("X", -4, -200)]
    assert book.lots["acc_1", "X"][0].cost == 300


def test_entries_after_the_day_asked_for_do_not_count() -> None:
    book = book_of(
        an_entry("deposit", "2024-01-02", amount="100"),
        an_entry("deposit", "2024-01-03", amount="100"),
        until="2024-01-02",
    )
    assert book.cash["acc_1", "USD"] == 100


trades = st.lists(
    st.tuples(st.booleans(), st.decimals("0.001", "1000", places=3), st.decimals("0", "500", places=4)),
    min_size=1,
    max_size=12,
)  # fmt: skip


@given(trades, st.sampled_from(CostMethod))
def test_lots_sum_to_the_holding_and_gains_to_the_cash(
    rows: list[tuple[bool, Decimal, Decimal]], method: CostMethod
) -> None:
    """Cash spent less cash received equals cost still held less gain realised, whatever the method."""
    entries: list[Entry] = []
    quantity = spent = Decimal(0)
    for is_buy, amount, price in rows:
        if not is_buy and amount > quantity:
            continue
        kind = "buy" if is_buy else "sell"
        entries.append(an_entry(kind, "2024-01-02", "X", quantity=str(amount), price=str(price)))
        quantity += amount if is_buy else -amount
        spent += amount * price if is_buy else -amount * price
    book = book_of(an_entry("deposit", "2024-01-01", amount="1"), *entries, portfolio=a_portfolio(cost_method=method))
    lots = book.lots.get(("acc_1", "X"), [])
    assert sum((lot.quantity for lot in lots), Decimal(0)) == quantity
    assert abs(sum((lot.cost for lot in lots), Decimal(0)) - book.realised - spent) < Decimal("1e-20")
    assert book.cash["acc_1", "USD"] == 1 - spent
