"""Rebalancing plans: worked by hand, and what must hold for every plan."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stocktool_stock.application.rebalance_report import RebalancePlan, Request
from stocktool_stock.domain.allocation import AllocationBy
from stocktool_stock.domain.ledger import Entry
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.domain.rebalance import (
    Fee,
    GroupState,
    Mode,
    Rules,
    Side,
    Situation,
    fill_shortfalls,
    outside_band,
    plan_trades,
    wanted_values,
)
from stocktool_stock.domain.targets import Targets

from tests.factories.stock import OWNER, a_portfolio, an_entry
from tests.fakes.stock_planning import PROFILES, bars, planning

D = Decimal
BARS = bars()


def a_situation(
    *, prices: dict[str, str], held: dict[str, dict[str, str]], purses: dict[str, str], wanted: dict[str, str],
    reserve: str = "0",
) -> Situation:  # fmt: skip
    return Situation(
        prices={s: D(p) for s, p in prices.items()},
        held={s: {a: D(q) for a, q in accounts.items()} for s, accounts in held.items()},
        purses={a: D(c) for a, c in purses.items()},
        reserve=D(reserve),
        wanted={s: D(w) for s, w in wanted.items()},
        first_account=next(iter(purses)),
    )


def brief(situation: Situation, rules: Rules) -> list[tuple[str, str, str, str]]:
    return [
        (t.symbol, t.side.value, t.account_id, format(t.quantity.normalize(), "f"))
        for t in plan_trades(situation, rules)
    ]


def test_full_sells_what_is_above_and_buys_what_is_below() -> None:
    # 10 A at 100 and 5 B at 100; half each of 1500 is 750: sell 2.5 A, buy 2.5 B.
    situation = a_situation(
        prices={"A": "100", "B": "100"}, held={"A": {"x": "10"}, "B": {"x": "5"}}, purses={"x": "0"},
        wanted={"A": "750", "B": "750"},
    )  # fmt: skip
    assert brief(situation, Rules()) == [("A", "sell", "x", "2.5"), ("B", "buy", "x", "2.5")]
    # Whole shares: 2 A are sold, the proceeds buy 2 B.
    assert brief(situation, Rules(whole_shares=True)) == [("A", "sell", "x", "2"), ("B", "buy", "x", "2")]


def test_buy_only_fills_the_largest_shortfall_first() -> None:
    # Shortfalls 500, 300, 100 and 400 to spend: down to 200 each, so 300, 100 and nothing.
    assert fill_shortfalls({"A": D(500), "B": D(300), "C": D(100)}, D(400)) == {"A": D(300), "B": D(100)}
    # The smallest joins once the others have come down to it: 500 + 300 + 100 - 750 = 150, 50 each stays.
    assert fill_shortfalls({"A": D(500), "B": D(300), "C": D(100)}, D(750)) == {"A": D(450), "B": D(250), "C": D(50)}
    assert fill_shortfalls({"A": D(5), "B": D(-3)}, D(100)) == {"A": D(5)}
    situation = a_situation(
        prices={"A": "10", "B": "10", "C": "10"}, held={"C": {"x": "200"}}, purses={"x": "400"},
        wanted={"A": "500", "B": "300", "C": "100"},
    )  # fmt: skip
    assert brief(situation, Rules(mode=Mode.BUY_ONLY)) == [("A", "buy", "x", "30"), ("B", "buy", "x", "10")]


def test_fees_come_out_of_the_same_purse() -> None:
    # 1000 pays for 99 shares at 10 with 1 + 0.5 % of fees: 990 + 5.95; a hundred would cost 1006.
    situation = a_situation(prices={"A": "10"}, held={}, purses={"x": "1000"}, wanted={"A": "1000"})
    [trade] = plan_trades(situation, Rules(whole_shares=True, fee=Fee(D(1), D("0.005"))))
    assert (trade.quantity, trade.amount, trade.fee) == (D(99), D(990), D("5.95"))


def test_a_reserve_stays_and_negative_cash_is_made_good_first() -> None:
    situation = a_situation(
        prices={"A": "10", "B": "10"}, held={"A": {"x": "100"}}, purses={"x": "-200"}, reserve="100",
        wanted={"A": "300", "B": "400"},
    )  # fmt: skip
    # 700 come in, 200 go to the overdraft and 100 stay: 400 buy B.
    assert brief(situation, Rules()) == [("A", "sell", "x", "70"), ("B", "buy", "x", "40")]


def test_an_account_pays_for_its_own_purchases() -> None:
    situation = a_situation(
        prices={"A": "10"}, held={"A": {"y": "1"}}, purses={"x": "50", "y": "30"}, wanted={"A": "1000"}
    )
    assert brief(situation, Rules()) == [("A", "buy", "x", "5"), ("A", "buy", "y", "3")]


def test_a_position_that_is_to_go_goes_to_the_last_digit() -> None:
    situation = a_situation(
        prices={"A": "3"}, held={"A": {"x": "1.234567890123", "y": "2"}}, purses={"x": "0", "y": "0"}, wanted={"A": "0"}
    )
    assert brief(situation, Rules()) == [("A", "sell", "y", "2"), ("A", "sell", "x", "1.234567890123")]
    assert brief(situation, Rules(whole_shares=True)) == [("A", "sell", "y", "2"), ("A", "sell", "x", "1")]


def test_what_is_too_small_leaves_its_share_to_others() -> None:
    situation = a_situation(prices={"A": "10", "B": "10"}, held={}, purses={"x": "120"}, wanted={"A": "100", "B": "40"})
    # 90 and 30 evenly filled; with at least 50 a trade all that A lacks is bought.
    assert brief(situation, Rules()) == [("A", "buy", "x", "9"), ("B", "buy", "x", "3")]
    assert brief(situation, Rules(min_trade=D(50))) == [("A", "buy", "x", "10")]


def test_a_slice_is_split_as_its_holdings_are() -> None:
    groups = [
        GroupState("Energy", D("0.5"), D(300), ("A", "B")),
        GroupState("Health", D("0.3"), D(0), ("C", "D")),
        GroupState("Other", D("0.2"), D(150), ("E",), locked=D(150)),
    ]
    values = {"A": D(200), "B": D(100), "C": D(0), "D": D(0), "E": D(0)}
    wanted = wanted_values(groups, D(900), values)
    assert {name: round(value, 20) for name, value in wanted.items()} == {
        "A": 300, "B": 150, "C": 135, "D": 135, "E": 30,
    }  # fmt: skip
    # Weights 1/3, 0 and 1/6 are 16.7, 30 and 3.3 points off.
    assert outside_band(groups, D(900), D("0.16")) == ["Energy", "Health"]
    assert outside_band(groups, D(900), D("0.3")) == []


amounts = st.decimals(min_value=0, max_value=100_000, places=2)
prices = st.decimals(min_value="0.01", max_value=5_000, places=3)


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    symbols = draw(st.lists(st.sampled_from("ABCDEF"), min_size=1, max_size=6, unique=True))
    accounts = draw(st.lists(st.sampled_from("xyz"), min_size=1, max_size=3, unique=True))
    quantity = st.decimals(min_value=0, max_value=1_000, places=4)
    return Situation(
        prices={symbol: draw(prices) for symbol in symbols},
        held={s: {a: draw(quantity) for a in accounts if draw(st.booleans())} for s in symbols if draw(st.booleans())},
        purses={a: draw(st.decimals(min_value=-1_000, max_value=50_000, places=2)) for a in accounts},
        reserve=draw(st.sampled_from([D(0), D(100), D(5_000)])),
        wanted={symbol: draw(amounts) for symbol in symbols},
        first_account=accounts[0],
    )


rules = st.builds(
    Rules,
    mode=st.sampled_from(Mode),
    whole_shares=st.booleans(),
    fee=st.builds(
        Fee, fixed=st.sampled_from([D(0), D("1"), D("4.995")]), rate=st.sampled_from([D(0), D("0.001"), D("0.0333")])
    ),
    min_trade=st.sampled_from([D(0), D(250)]),
)


@settings(max_examples=80, deadline=None)
@given(situations(), rules)
def test_no_plan_spends_or_sells_more_than_there_is(situation: Situation, given_rules: Rules) -> None:
    trades = plan_trades(situation, given_rules)
    assert trades == plan_trades(situation, given_rules)
    purses = dict(situation.purses)
    held = {s: dict(accounts) for s, accounts in situation.held.items()}
    for trade in trades:
        assert trade.quantity > 0
        assert trade.amount == trade.quantity * situation.prices[trade.symbol] >= given_rules.min_trade
        assert not given_rules.whole_shares or trade.quantity % 1 == 0
        if trade.side is Side.SELL:
            assert given_rules.mode is Mode.FULL
            held[trade.symbol][trade.account_id] -= trade.quantity
            assert held[trade.symbol][trade.account_id] >= 0
            purses[trade.account_id] += trade.amount - trade.fee
        else:
            purses[trade.account_id] -= trade.amount + trade.fee
    bought_from = {trade.account_id for trade in trades if trade.side is Side.BUY}
    assert all(purses[account] >= 0 for account in bought_from)
    if bought_from:
        assert sum(purse for purse in purses.values() if purse > 0) >= situation.reserve
    assert not {t.symbol for t in trades if t.side is Side.BUY} & {t.symbol for t in trades if t.side is Side.SELL}


@settings(max_examples=60, deadline=None)
@given(situations(), rules)
def test_every_trade_brings_its_symbol_nearer(situation: Situation, given_rules: Rules) -> None:
    after = {symbol: situation.value(symbol) for symbol in situation.wanted}
    for trade in plan_trades(situation, given_rules):
        after[trade.symbol] += trade.amount if trade.side is Side.BUY else -trade.amount
    for symbol, wanted in situation.wanted.items():
        assert abs(after[symbol] - wanted) <= abs(situation.value(symbol) - wanted)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from("ABCDEF"), amounts, min_size=1), amounts)
def test_filling_is_the_least_sum_of_squares(shortfalls: dict[str, Decimal], budget: Decimal) -> None:
    """Its optimality conditions: what got a part comes down to one level, and nothing else lies above it."""
    parts = fill_shortfalls(shortfalls, budget)
    lacking = sum(shortfalls.values())
    assert sum(parts.values()) == pytest.approx(min(budget, lacking), abs=D("1e-9"))
    left = {name: lack - parts.get(name, D(0)) for name, lack in shortfalls.items()}
    if parts and budget < lacking:
        level = max(left.values())
        assert all(left[name] == pytest.approx(level, abs=D("1e-9")) for name in parts)
    assert all(0 <= parts.get(name, D(0)) <= lack for name, lack in shortfalls.items())


@st.composite
def ledgers(draw: st.DrawFn) -> list[Entry]:
    """Cash in three accounts of two currencies, and purchases that it pays for."""
    accounts = {"acc_1": "USD", "acc_2": "EUR", "acc_3": "USD"}
    entries: list[Entry] = []
    for account_id, currency in accounts.items():
        amount = draw(st.decimals(min_value=700, max_value=20_000, places=2))
        entries.append(an_entry("deposit", "2024-01-02", amount=str(amount), currency=currency, account_id=account_id))
    for symbol in ("A", "B"):
        account_id = draw(st.sampled_from(sorted(accounts)))
        quantity = draw(st.decimals(min_value="0.01", max_value=30, places=3))
        rate = "0.8" if accounts[account_id] == "EUR" else None
        entries.append(
            an_entry(
                "buy", "2024-01-03", symbol, quantity=str(quantity), price="10", account_id=account_id, fx_rate=rate
            )
        )
    return entries


@settings(max_examples=25, deadline=None)
@given(
    ledgers(),
    st.lists(st.integers(1, 20), min_size=4, max_size=4),
    st.sampled_from([D(0), D("1234.56")]),
    rules,
    st.sampled_from(["", "acc_2"]),
)
def test_the_ledger_agrees_with_every_plan(
    entries: list[Entry], parts: list[int], cash: Decimal, given_rules: Rules, account_id: str
) -> None:
    made = planning(BARS, PROFILES)
    weights = {name: D(part) / sum(parts) for name, part in zip(("A", "B", "C", "cash"), parts, strict=True)}
    request = Request(
        targets=Targets(AllocationBy.HOLDING, weights),
        mode=given_rules.mode,
        cash=cash,
        whole_shares=given_rules.whole_shares,
        fee_fixed=given_rules.fee.fixed,
        fee_rate=given_rules.fee.rate,
        min_trade=given_rules.min_trade,
        account_id=account_id,
    )

    async def planned() -> RebalancePlan:
        await made.keep(a_portfolio(accounts={"acc_1": "USD", "acc_2": "EUR", "acc_3": "USD"}), entries)
        return await made.uses.rebalance(OWNER, PortfolioId("prt_1"), request)

    plan = asyncio.run(planned())
    dust = D("1e-30")
    assert abs(plan.total_before.amount + cash - plan.fees.amount - plan.total_after.amount) < dust
    spent = plan.bought.amount - plan.sold.amount + plan.fees.amount
    before = next(group.value_before.amount for group in plan.groups if group.key == "cash")
    assert abs(before + cash - spent - plan.cash_left.amount) < dust
    assert plan.cash_left.amount >= -dust
    assert not account_id or {each.trade.account_id for each in plan.trades} <= {account_id}
    for each in plan.trades:
        assert (each.sale is not None) == (each.trade.side is Side.SELL)
        if each.sale is not None:
            assert each.sale.quantity == each.trade.quantity
            assert abs(each.sale.proceeds - each.trade.amount + each.trade.fee) < dust
    before_drift, after_drift = plan.figures["drift_before"], plan.figures["drift_after"]
    if not cash and not plan.fees.amount:
        assert after_drift <= before_drift + 1e-9
