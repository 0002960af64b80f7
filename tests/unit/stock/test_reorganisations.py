"""Spin-offs and mergers. Expected values are worked out by hand or stand in the sources named."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_stock.domain.book import Book
from stocktool_stock.domain.bookkeeping import keep_book
from stocktool_stock.domain.daily import DailyValuer
from stocktool_stock.domain.days import days64
from stocktool_stock.domain.ledger import Entry, EntryType, Ledger, NoFraction, NothingHeld, ShortSale
from stocktool_stock.domain.lots import CostMethod
from stocktool_stock.domain.portfolio import Portfolio
from stocktool_stock.domain.rates import RateTable
from stocktool_stock.domain.valuation import value_book

from tests.factories.stock import a_portfolio, a_rate_table, an_entry, day, some_bars

TWO = {"acc_1": "USD", "acc_2": "USD"}


def book_of(
    *entries: Entry, portfolio: Portfolio | None = None, rates: RateTable | None = None, until: str | None = None
) -> Book:
    last = day(until) if until else None
    return keep_book(Ledger(entries).standing, portfolio or a_portfolio(), rates or a_rate_table(), until=last)


def left(book: Book, symbol: str, account_id: str = "acc_1") -> list[tuple[str, Decimal, Decimal]]:
    return [(str(lot.day), lot.quantity, lot.cost) for lot in book.lots.get((account_id, symbol), [])]


def test_a_spin_off_shares_the_cost_out_and_keeps_the_days() -> None:
    # AT&T's Form 8937 of 2022: 0.241917 WBD for one T, 24.32 % of the cost goes with them.
    book = book_of(
        an_entry("buy", "2020-01-02", "T", quantity="100", price="39"),
        an_entry("buy", "2021-06-01", "T", quantity="50", price="29"),
        an_entry("spin_off", "2022-04-11", "T", new_symbol="WBD", ratio="0.241917", cost_fraction="0.2432"),
    )
    assert left(book, "T") == [
        ("2020-01-02", 100, Decimal(3900) - Decimal("948.48")),
        ("2021-06-01", 50, Decimal(1450) - Decimal("352.64")),
    ]
    assert left(book, "WBD") == [
        ("2020-01-02", Decimal("24.1917"), Decimal("948.48")),
        ("2021-06-01", Decimal("12.09585"), Decimal("352.64")),
    ]
    assert book.realised == 0
    assert [flow.implied for flow in book.flows] == [True, True]


def test_cash_in_lieu_sells_the_fraction_of_a_new_share() -> None:
    book = book_of(
        an_entry("deposit", "2020-01-02", amount="3900"),
        an_entry("buy", "2020-01-02", "T", quantity="100", price="39"),
        an_entry(
            "spin_off", "2022-04-11", "T", new_symbol="WBD", ratio="0.241917", cost_fraction="0.2432", amount="4.70"
        ),
    )
    # 24.1917 shares cost 948.48; 0.1917 of one go for 4.70
    cost = Decimal("948.48") * Decimal("0.1917") / Decimal("24.1917")
    [sale] = book.sales
    assert (sale.symbol, sale.quantity, sale.proceeds, sale.type) == (
        "WBD",
        Decimal("0.1917"),
        Decimal("4.70"),
        EntryType.SPIN_OFF,
    )
    assert abs(sale.cost - cost) < Decimal("1e-20")
    assert left(book, "WBD")[0][1] == 24
    assert book.cash["acc_1", "USD"] == Decimal("4.70")


def test_cash_in_lieu_of_nothing_is_refused() -> None:
    with pytest.raises(NoFraction):
        book_of(
            an_entry("buy", "2020-01-02", "T", quantity="100", price="39"),
            an_entry("spin_off", "2022-04-11", "T", new_symbol="W", ratio="0.25", cost_fraction="0.2", amount="1"),
        )


@pytest.mark.parametrize("kind", ["spin_off", "merger"])
def test_without_shares_there_is_nothing_to_change(kind: str) -> None:
    with pytest.raises(NothingHeld):
        book_of(an_entry(kind, "2022-04-11", "T", new_symbol="W", ratio="1", cost_fraction="0.2"))


def test_a_merger_turns_the_lots_of_every_account_into_new_ones() -> None:
    book = book_of(
        an_entry("buy", "2020-01-02", "OLD", quantity="10", price="30"),
        an_entry("buy", "2019-01-02", "NEW", quantity="1", price="50"),
        an_entry("buy", "2021-01-04", "OLD", quantity="4", price="40", account_id="acc_2"),
        an_entry("merger", "2022-03-01", "OLD", new_symbol="NEW", ratio="1/2", account_id=""),
        portfolio=a_portfolio(accounts=TWO),
    )
    assert left(book, "NEW") == [("2019-01-02", 1, 50), ("2020-01-02", 5, 300)]
    assert left(book, "NEW", "acc_2") == [("2021-01-04", 2, 160)]
    assert left(book, "OLD") == left(book, "OLD", "acc_2") == []
    assert book.quantities["acc_1", "OLD"][-1] == (day("2022-03-01"), 0)
    assert book.quantities["acc_1", "NEW"][-1] == (day("2022-03-01"), 6)
    assert book.realised == 0
    assert [(r.account_id, r.symbol, r.new_symbol) for r in book.reorganisations] == [
        ("acc_1", "OLD", "NEW"),
        ("acc_2", "OLD", "NEW"),
    ]


def test_a_merger_of_one_account_leaves_the_others_alone() -> None:
    book = book_of(
        an_entry("buy", "2020-01-02", "OLD", quantity="10", price="30"),
        an_entry("buy", "2021-01-04", "OLD", quantity="4", price="40", account_id="acc_2"),
        an_entry("merger", "2022-03-01", "OLD", new_symbol="NEW", ratio="1", account_id="acc_2"),
        portfolio=a_portfolio(accounts=TWO),
    )
    assert left(book, "OLD") == [("2020-01-02", 10, 300)]
    assert left(book, "NEW", "acc_2") == [("2021-01-04", 4, 160)]


@pytest.mark.parametrize(
    ("cost", "price", "gain", "new_cost"),
    [
        # A share of old stock becomes a new one worth `price` and 4 in cash (IRC 356, 358; per share, ten shares).
        ("10", "12", 40, 100),  # realised 6, recognised 4 of it: 10 - 4 + 4
        ("14", "12", 20, 120),  # realised 2, all of it: 14 - 4 + 2
        ("20", "12", 0, 160),  # a loss of 4 is not recognised: 20 - 4
        ("10", None, 0, 60),  # no price: cash lowers the cost first
        ("3", None, 10, 0),  # and what exceeds the cost is gain
    ],
)
def test_cash_beside_new_shares_is_taxed_up_to_the_gain(cost: str, price: str | None, gain: int, new_cost: int) -> None:
    book = book_of(
        an_entry("deposit", "2020-01-02", amount="1000"),
        an_entry("buy", "2020-01-02", "OLD", quantity="10", price=cost),
        an_entry("merger", "2022-03-01", "OLD", new_symbol="NEW", ratio="1", amount_per_share="4", price=price),
    )
    assert book.realised == gain
    assert left(book, "NEW") == [("2020-01-02", 10, new_cost)]
    assert book.cash["acc_1", "USD"] == 1000 - 10 * Decimal(cost) + 40
    assert (book.sales[0].proceeds, book.sales[0].type) == (40, EntryType.MERGER)


def test_cash_of_a_merger_is_reckoned_lot_by_lot() -> None:
    book = book_of(
        an_entry("buy", "2020-01-02", "OLD", quantity="10", price="10"),
        an_entry("buy", "2020-02-03", "OLD", quantity="10", price="20"),
        an_entry("merger", "2022-03-01", "OLD", new_symbol="NEW", ratio="1", amount_per_share="4", price="12"),
    )
    # the first lot gains 6 a share, of which 4 count; the second loses 4, which do not lower it
    assert book.realised == 40
    assert left(book, "NEW") == [("2020-01-02", 10, 100), ("2020-02-03", 10, 160)]


def test_a_merger_in_dollars_of_shares_bought_in_pounds_keeps_costs_in_both_currencies() -> None:
    rates = a_rate_table(
        "EUR", {("GBP", "2020-01-02"): "1.2", ("GBP", "2022-03-01"): "1.25", ("USD", "2022-03-01"): "1"}
    )
    book = book_of(
        an_entry("buy", "2020-01-02", "OLD", quantity="10", price="10", currency="GBP"),
        an_entry("merger", "2022-03-01", "OLD", new_symbol="NEW", ratio="1", amount_per_share="2.5"),
        portfolio=a_portfolio(base_currency="EUR", accounts={"acc_1": "GBP"}),
        rates=rates,
    )
    # 25 dollars are 25 euros and 20 pounds: 100 - 20 pounds, 120 - 25 euros
    [lot] = book.lots["acc_1", "NEW"]
    assert (lot.cost, lot.base_cost) == (80, 95)
    assert book.cash["acc_1", "USD"] == 25


def test_daily_values_pass_a_spin_off_and_a_merger_without_a_jump() -> None:
    """One T at 20 becomes T at 15 and half a W at 10; W then merges at 2 for 1 into V at 5. No return anywhere."""
    entries = (
        an_entry("deposit", "2024-01-02", amount="200"),
        an_entry("buy", "2024-01-02", "T", quantity="10", price="20"),
        an_entry("spin_off", "2024-01-04", "T", new_symbol="W", ratio="1/2", cost_fraction="0.25"),
        an_entry("merger", "2024-01-08", "W", new_symbol="V", ratio="2"),
    )
    # W traded for two days only, V split 5 for 1 after the last of them: its close of 5 is quoted as 1.
    bars = {
        "T": some_bars("T", {"2024-01-02": 20, "2024-01-03": 20, "2024-01-04": 15, "2024-01-08": 15, "2024-01-10": 15}),
        "W": some_bars("W", {"2024-01-04": 10, "2024-01-05": 10}),
        "V": some_bars("V", {"2024-01-02": 1, "2024-01-08": 1, "2024-01-10": 1}, splits=[("2024-01-10", "5")]),
    }
    entries = (*entries, an_entry("split", "2024-01-10", "V", ratio="5"))
    book = book_of(*entries)
    days = days64([day(f"2024-01-{n:02}") for n in (2, 3, 4, 5, 8, 9, 10)])
    values = DailyValuer(book, days, bars, {}, a_rate_table()).values()
    np.testing.assert_allclose(values.values, 200.0)
    assert values.flows.tolist() == [200, 0, 0, 0, 0, 0, 0]
    for on in ("2024-01-03", "2024-01-05", "2024-01-08", "2024-01-10"):
        at = value_book(book_of(*entries, until=on), bars, a_rate_table(), as_of=day(on))
        assert at.total.amount == 200, on
        assert at.unbooked_splits == ()


def test_without_market_prices_the_new_shares_are_worth_what_the_old_ones_were() -> None:
    book = book_of(
        an_entry("deposit", "2024-01-02", amount="200"),
        an_entry("buy", "2024-01-02", "T", quantity="5", price="40"),
        an_entry("split", "2024-01-03", "T", ratio="2"),
        an_entry("spin_off", "2024-01-04", "T", new_symbol="W", ratio="1/2", cost_fraction="0.25"),
        an_entry("merger", "2024-01-08", "W", new_symbol="V", ratio="2", amount_per_share="1"),
    )
    # ten T at 20: 15 each beside five W at 10, which become ten V at 4.5 and 5 in cash
    valued = value_book(book, {}, a_rate_table(), as_of=day("2024-01-09"))
    assert {h.symbol: h.market_value.amount for h in valued.holdings if h.market_value} == {"T": 150, "V": 45}
    assert valued.total.amount == 200


@pytest.mark.parametrize("splits", [[""], ["acc_1", "acc_2"]])
def test_a_split_on_the_day_of_a_trade_leaves_the_value_without_market_prices(splits: list[str]) -> None:
    book = book_of(
        an_entry("deposit", "2024-01-02", amount="600"),
        an_entry("buy", "2024-01-02", "X", quantity="4", price="100"),
        an_entry("buy", "2024-01-02", "X", quantity="2", price="100", account_id="acc_2"),
        *(an_entry("split", "2024-01-02", "X", ratio="4", account_id=account_id) for account_id in splits),
        portfolio=a_portfolio(accounts=TWO),
    )
    assert {trade.price for trade in book.trade_prices["X"]} == {25}
    [holding] = value_book(book, {}, a_rate_table(), as_of=day("2024-01-02")).holdings
    assert holding.market_value is not None
    assert (holding.quantity, holding.market_value.amount) == (24, 600)


def test_a_price_that_is_said_stands_in_until_the_market_has_one() -> None:
    book = book_of(
        an_entry("buy", "2024-01-02", "T", quantity="10", price="20"),
        an_entry("spin_off", "2024-01-04", "T", new_symbol="W", ratio="1", cost_fraction="0.25", price="7"),
    )
    valued = value_book(book, {}, a_rate_table(), as_of=day("2024-01-09"))
    assert {h.symbol: h.price.price.amount for h in valued.holdings if h.price} == {"T": 15, "W": 7}


def test_a_split_that_the_market_made_of_a_spin_off_is_not_offered() -> None:
    """Yahoo tells GE's spin-off of GE HealthCare as a split of 1281 for 1000, which is none."""
    bars = {
        "GE": some_bars("GE", {"2023-01-03": 50, "2023-01-05": 50}, splits=[("2023-01-04", "1.281")]),
        "GEHC": some_bars("GEHC", {"2023-01-04": 42, "2023-01-05": 42}),
    }
    bought = an_entry("buy", "2022-01-03", "GE", quantity="30", price="64")
    spin = an_entry("spin_off", "2023-01-04", "GE", new_symbol="GEHC", ratio="1/3", cost_fraction="0.22")
    with_it = value_book(book_of(bought, spin), bars, a_rate_table(), as_of=day("2023-01-05"))
    assert with_it.unbooked_splits == ()
    assert with_it.total.amount == 30 * 50 + 10 * 42
    without = value_book(book_of(bought), bars, a_rate_table(), as_of=day("2023-01-05"))
    assert [symbol for symbol, _ in without.unbooked_splits] == ["GE"]


steps = st.lists(
    st.tuples(
        st.sampled_from(["buy", "sell", "split", "spin_off", "merger", "transfer"]),
        st.decimals("0.001", "50", places=3),
        st.sampled_from(["1", "2", "1/3", "7/5", "1/10"]),
        st.sampled_from(["X", "Y"]),
    ),
    min_size=1,
    max_size=14,
)


@given(steps, st.sampled_from(CostMethod))
def test_whatever_happens_cost_is_neither_made_nor_lost(
    rows: list[tuple[str, Decimal, str, str]], method: CostMethod
) -> None:
    """Cash spent less cash received equals the cost still held less the gain realised, in every account and symbol.

    Splits, reverse splits, spin-offs, mergers and transfers between own accounts move cost and make no gain.
    """
    portfolio = a_portfolio(accounts=TWO, cost_method=method)
    entries = [an_entry("deposit", "2023-12-01", amount="1")]
    spent = Decimal(0)
    for kind, number, ratio, symbol in rows:
        other = "Y" if symbol == "X" else "X"
        held = sum(
            (lot.quantity for lot in book_of(*entries, portfolio=portfolio).lots.get(("acc_1", symbol), [])), Decimal(0)
        )
        quantity = str(min(number, held))
        price = number * 3
        if kind == "buy":
            entries.append(an_entry("buy", "2024-01-02", symbol, quantity=str(number), price=str(price)))
            spent += number * price
        elif not held:
            continue
        elif kind == "sell":
            entries.append(an_entry("sell", "2024-01-02", symbol, quantity=quantity, price=str(price)))
            spent -= Decimal(quantity) * price
        elif kind == "transfer":
            entries.append(an_entry("transfer_out", "2024-01-02", symbol, quantity=quantity, to_account_id="acc_2"))
        elif kind == "split":
            entries.append(an_entry("split", "2024-01-02", symbol, ratio="2" if ratio == "1" else ratio, account_id=""))
        else:
            cash = str(number) if kind == "merger" else None
            entries.append(
                an_entry(
                    kind,
                    "2024-01-02",
                    symbol,
                    new_symbol=other,
                    ratio=ratio,
                    account_id="acc_1",
                    cost_fraction="0.37" if kind == "spin_off" else None,
                    amount_per_share=cash,
                )
            )
            spent -= held * number if kind == "merger" else 0
    book = book_of(*entries, portfolio=portfolio)
    lots = [lot for each in book.lots.values() for lot in each]
    assert abs(sum((lot.cost for lot in lots), Decimal(0)) - book.realised - spent) < Decimal("1e-18")
    assert abs(sum((lot.base_cost for lot in lots), Decimal(0)) - book.realised - spent) < Decimal("1e-18")
    for position, rows_of in book.quantities.items():
        assert rows_of[-1][1] == sum((lot.quantity for lot in book.lots[position]), Decimal(0))
        assert len({lot.id for lot in book.lots[position]}) == len(book.lots[position])
        assert all(lot.quantity > 0 for lot in book.lots[position])
    assert book.cash["acc_1", "USD"] == 1 - spent


@given(steps, st.data())
def test_entries_may_be_entered_in_any_order_of_days(
    rows: list[tuple[str, Decimal, str, str]], data: st.DataObject
) -> None:
    """A back-dated entry works out everything after it: the book is that of the same days entered in order."""
    entries = [
        an_entry("buy", on, symbol, quantity="1000", price="10")
        for on, symbol in (("2023-12-29", "X"), ("2024-01-01", "Y"))
    ]
    for number, (kind, quantity, ratio, symbol) in enumerate(rows, start=2):
        on, other = f"2024-01-{number:02}", "Y" if symbol == "X" else "X"
        if kind in {"buy", "sell"}:
            entries.append(an_entry(kind, on, symbol, quantity=str(quantity), price="7"))
        elif kind == "split" and ratio not in {"1", "1/10"}:
            entries.append(an_entry("split", on, symbol, ratio=ratio, account_id=""))
        elif kind == "spin_off":
            entries.append(an_entry(kind, on, symbol, new_symbol=other, ratio="1/2", cost_fraction="0.5"))
    try:
        expected = book_of(*entries)
    except ShortSale:
        return
    shuffled = data.draw(st.permutations(entries))
    numbered = [replace(entry, sequence=number) for number, entry in enumerate(shuffled, start=1)]
    assert book_of(*numbered) == expected
