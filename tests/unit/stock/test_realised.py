"""Realised gains: holding periods, terms, effects and repurchases. Sources are named in each test."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_stock.domain.bookkeeping import keep_book
from stocktool_stock.domain.holding_period import HoldingRule, days_held
from stocktool_stock.domain.ledger import Entry, Ledger
from stocktool_stock.domain.lots import CostMethod
from stocktool_stock.domain.portfolio import Portfolio
from stocktool_stock.domain.rates import RateTable
from stocktool_stock.domain.realised import RealisedSale, realised_sales, total, totals_by_symbol

from tests.factories.stock import a_portfolio, a_rate_table, an_entry, day

US = HoldingRule()


def realised(
    *entries: Entry, portfolio: Portfolio | None = None, rates: RateTable | None = None, rule: HoldingRule = US
) -> list[RealisedSale]:
    standing, table = Ledger(entries).standing, rates or a_rate_table()
    book = keep_book(standing, portfolio or a_portfolio(), table)
    return realised_sales(book.sales, standing, table, rule)


@pytest.mark.parametrize(
    ("acquired", "sold", "is_long"),
    [
        # Publication 550, "Holding period": bought on 5 February, held more than one year from 6 February on.
        ("2009-02-05", "2010-02-05", False),
        ("2009-02-05", "2010-02-06", True),
        # Revenue Ruling 66-7: the last day of a month is held long from the first of the thirteenth month after.
        ("2023-02-28", "2024-02-29", False),
        ("2023-02-28", "2024-03-01", True),
        ("2024-02-29", "2025-02-28", False),
        ("2024-02-29", "2025-03-01", True),
        ("2024-02-28", "2025-02-28", False),
        ("2024-02-28", "2025-03-01", True),
        ("2023-12-31", "2024-12-31", False),
        ("2023-12-31", "2025-01-01", True),
        ("2024-01-02", "2024-01-02", False),
    ],
)
def test_long_is_more_than_a_year_by_the_calendar(acquired: str, sold: str, *, is_long: bool) -> None:
    assert US.is_long(day(acquired), day(sold)) is is_long


def test_another_rule_counts_days() -> None:
    rule = HoldingRule(days=183)
    assert [rule.is_long(day("2024-01-01"), day(on)) for on in ("2024-07-02", "2024-07-03")] == [False, True]
    assert days_held(day("2024-01-01"), day("2024-07-02")) == 183
    assert HoldingRule(days=0).is_long(day("2024-01-01"), day("2024-01-02"))


def test_one_sale_can_be_long_and_short() -> None:
    [sale] = realised(
        an_entry("buy", "2022-01-03", "X", quantity="10", price="100"),
        an_entry("buy", "2023-06-01", "X", quantity="10", price="130"),
        an_entry("sell", "2024-01-03", "X", quantity="15", price="150", fee="15"),
    )
    # proceeds 2235, by shares 1490 and 745; costs 1000 and 650
    assert [(lot.days_held, lot.long_term, lot.proceeds, lot.gain) for lot in sale.lots] == [
        (730, True, 1490, 490),
        (216, False, 745, 95),
    ]
    sums = total([sale])
    assert (sums.proceeds, sums.cost, sums.gain, sums.long_term, sums.short_term) == (2235, 1650, 585, 490, 95)


def test_gain_is_price_effect_and_currency_effect() -> None:
    rates = a_rate_table("EUR", {("USD", "2023-01-03"): "0.8", ("USD", "2024-03-01"): "0.9"})
    [sale] = realised(
        an_entry("buy", "2023-01-03", "X", quantity="10", price="100"),
        an_entry("sell", "2024-03-01", "X", quantity="10", price="120"),
        portfolio=a_portfolio(base_currency="EUR", accounts={"acc_1": "USD"}),
        rates=rates,
    )
    # 1200 x 0.9 - 1000 x 0.8 = 280, of it 200 dollars x 0.9 by price and 1000 x 0.1 by the dollar
    assert (sale.sale.gain, sale.price_effect, sale.currency_effect) == (280, 180, 100)


@pytest.mark.parametrize(
    ("bought", "flagged"), [("2009-10-24", True), ("2009-10-25", False), ("2009-09-10", True), ("2009-08-24", False)]
)
def test_a_loss_with_a_repurchase_within_thirty_days_is_flagged(bought: str, *, flagged: bool) -> None:
    """Publication 550, "Wash Sales": shares bought for 1,000, sold for 750, bought again within 30 days."""
    again = an_entry("buy", bought, "X", quantity="100", price="8", account_id="acc_2")
    [sale] = realised(
        an_entry("buy", "2009-06-01", "X", quantity="100", price="10"),
        an_entry("sell", "2009-09-24", "X", quantity="100", price="7.50"),
        again,
        portfolio=a_portfolio(accounts={"acc_1": "USD", "acc_2": "USD"}),
    )
    assert sale.sale.gain == -250
    assert sale.repurchases == ((again.id,) if flagged else ())


def test_a_gain_or_the_purchase_of_the_sold_shares_themselves_is_no_wash_sale() -> None:
    up = realised(
        an_entry("buy", "2024-01-02", "X", quantity="10", price="10"),
        an_entry("sell", "2024-01-10", "X", quantity="10", price="11"),
        an_entry("buy", "2024-01-11", "X", quantity="10", price="11"),
    )
    down = realised(
        an_entry("buy", "2024-01-02", "Y", quantity="10", price="10"),
        an_entry("sell", "2024-01-10", "Y", quantity="10", price="9"),
        an_entry("buy", "2024-01-11", "Z", quantity="10", price="11"),
    )
    assert up[0].repurchases == down[0].repurchases == ()


def test_shares_keep_their_term_through_a_spin_off_a_merger_and_a_transfer() -> None:
    sales = realised(
        an_entry("buy", "2023-01-03", "X", quantity="10", price="100"),
        an_entry("spin_off", "2024-01-02", "X", new_symbol="Y", ratio="1", cost_fraction="0.5"),
        an_entry("merger", "2024-01-03", "X", new_symbol="Z", ratio="2"),
        an_entry("transfer_in", "2024-01-03", "W", quantity="1", cost_basis="10", acquired="2022-12-30"),
        an_entry("transfer_out", "2024-01-03", "Z", quantity="20", to_account_id="acc_2"),
        an_entry("sell", "2024-01-04", "Y", quantity="10", price="60"),
        an_entry("sell", "2024-01-04", "Z", quantity="20", price="30", account_id="acc_2"),
        an_entry("sell", "2024-01-04", "W", quantity="1", price="30"),
        portfolio=a_portfolio(accounts={"acc_1": "USD", "acc_2": "USD"}),
    )
    assert [(s.sale.symbol, s.sale.gain, s.lots[0].days_held, s.lots[0].long_term) for s in sales] == [
        ("Y", 100, 366, True),
        ("Z", 100, 366, True),
        ("W", 20, 370, True),
    ]


trades = st.lists(
    st.tuples(
        st.booleans(), st.decimals("0.001", "100", places=3), st.decimals("0", "90", places=4), st.integers(1, 28)
    ),
    min_size=2,
    max_size=14,
)


@given(trades, st.sampled_from(CostMethod))
def test_parts_add_up_to_the_gain_of_the_book(
    rows: list[tuple[bool, Decimal, Decimal, int]], method: CostMethod
) -> None:
    rates = {("USD", f"2024-{month:02}-{n:02}"): f"0.{70 + n}" for month in (1, 3) for n in range(1, 29)}
    portfolio = a_portfolio(base_currency="EUR", accounts={"acc_1": "USD"}, cost_method=method)
    bought = [(q, p, n) for is_buy, q, p, n in rows if is_buy]
    room = sum((q for q, _, _ in bought), Decimal(0))
    entries = [an_entry("buy", f"2024-01-{n:02}", "X", quantity=str(q), price=str(p), fee="1") for q, p, n in bought]
    for is_buy, quantity, price, n in rows:
        if not is_buy and quantity <= room:
            room -= quantity
            entries.append(an_entry("sell", f"2024-03-{n:02}", "X", quantity=str(quantity), price=str(price), fee="2"))
    table = a_rate_table("EUR", rates)
    standing = Ledger(entries).standing
    book = keep_book(standing, portfolio, table)
    sales = realised_sales(book.sales, standing, table, HoldingRule(days=50))
    sums = total(sales)
    assert sums.gain == sums.proceeds - sums.cost
    for each in (book.realised, sums.short_term + sums.long_term, sums.price_effect + sums.currency_effect):
        assert abs(each - sums.gain) < Decimal("1e-20")
    for sale in sales:
        assert sum((lot.lot.quantity for lot in sale.lots), Decimal(0)) == sale.sale.quantity
        assert abs(sum((lot.proceeds for lot in sale.lots), Decimal(0)) - sale.sale.proceeds) < Decimal("1e-20")
    assert totals_by_symbol(sales) == ({"X": sums} if sales else {})
