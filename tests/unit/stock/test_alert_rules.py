"""Rules of alerts: reading them, judging them, firing once, and when they would have fired."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_kit.core.errors import InvalidArgument
from stocktool_stock.domain.alert_backtest import MOST_DAYS, backtest
from stocktool_stock.domain.alert_rule_reader import read_rule
from stocktool_stock.domain.alert_rules import (
    MOST_LEAVES,
    Group,
    Mode,
    Not,
    Price,
    Rule,
    Side,
    Stale,
    leaves,
    portfolios_of,
    rule_json,
    symbols_of,
)
from stocktool_stock.domain.alert_truth import Facts, Measure, Truth, missing, truth_of
from stocktool_stock.domain.alert_words import title, words
from stocktool_stock.domain.alerts import AlertStatus, Decision, decide, read_until
from stocktool_stock.domain.exact import Undefined

from tests.factories.alerts import ABOVE_240, NOW, an_alert

HOUR = timedelta(hours=1)
EARNINGS = {"kind": "earnings", "symbol": "AAPL", "days": 7}
WEIGHT = {"kind": "weight", "portfolio_id": "prt_1", "symbol": "AAPL", "above": 0.3}
DRAWDOWN = {"kind": "drawdown", "portfolio_id": "prt_1", "days": 30, "above": 0.1}
MOVE = {"kind": "move", "symbol": "MSFT", "days": 5, "below": -0.05}
STALE = {"kind": "stale", "symbol": "JPM", "hours": 24}


def facts_of(rule: Rule, *values: Measure | str) -> Facts:
    """Facts by the order of the leaves; text is a price."""
    read = [Decimal(value) if isinstance(value, str) else value for value in values]
    return dict(zip(leaves(rule), read, strict=True))


def judged(rule: object, *values: Measure | str) -> Truth:
    read = read_rule(rule)
    return truth_of(read, facts_of(read, *values))


@pytest.mark.parametrize("rule", [ABOVE_240, EARNINGS, WEIGHT, DRAWDOWN, MOVE, STALE])
def test_rule_is_written_as_it_was_read(rule: dict[str, Any]) -> None:
    joined = {"kind": "any", "of": [rule, {"kind": "not", "of": {"kind": "all", "of": [rule, ABOVE_240]}}]}
    for each in (rule, joined):
        assert rule_json(read_rule(each)) == each


def test_rule_names_its_symbols_and_portfolios() -> None:
    rule = read_rule({"kind": "all", "of": [ABOVE_240, MOVE, WEIGHT, DRAWDOWN]})
    assert symbols_of(rule) == ["AAPL", "MSFT"]
    assert portfolios_of(rule) == ["prt_1"]


@pytest.mark.parametrize(
    ("rule", "pointer"),
    [
        (None, "/rule"),
        ([], "/rule"),
        ({}, "/rule/kind"),
        ({"kind": ["price"]}, "/rule/kind"),
        ({"kind": "price", "symbol": "AAPL"}, "/rule"),
        ({"kind": "price", "symbol": "AAPL", "above": "1", "below": "2"}, "/rule"),
        ({"kind": "price", "symbol": "no symbol", "above": "1"}, "/rule/symbol"),
        ({"kind": "price", "symbol": 7, "above": "1"}, "/rule/symbol"),
        *(
            ({"kind": "price", "symbol": "AAPL", "above": bad}, "/rule/above")
            for bad in ("0", "-1", "NaN", "Infinity", "1e99", "x", None, True, "0.0000000000001", float("nan"))
        ),
        ({"kind": "price", "symbol": "AAPL", "above": "1", "currency": "dollars"}, "/rule/currency"),
        ({"kind": "price", "symbol": "AAPL", "above": "1", "level": "1"}, "/rule/level"),
        (MOVE | {"days": 0}, "/rule/days"),
        (MOVE | {"days": 251}, "/rule/days"),
        (MOVE | {"days": True}, "/rule/days"),
        (MOVE | {"below": -1.5}, "/rule/below"),
        (WEIGHT | {"above": 1.01}, "/rule/above"),
        (WEIGHT | {"portfolio_id": ""}, "/rule/portfolio_id"),
        (DRAWDOWN | {"above": float("inf")}, "/rule/above"),
        (DRAWDOWN | {"below": 0.1}, "/rule/below"),
        (STALE | {"hours": "soon"}, "/rule/hours"),
        (EARNINGS | {"days": 91}, "/rule/days"),
        ({"kind": "all", "of": []}, "/rule/of"),
        ({"kind": "all", "of": "AAPL"}, "/rule/of"),
        ({"kind": "all", "of": [ABOVE_240, {"kind": "not", "of": 3}]}, "/rule/of/1/of"),
        ({"kind": "all", "of": [ABOVE_240] * (MOST_LEAVES + 1)}, "/rule/of"),
        ({"kind": "any", "of": [{"kind": "all", "of": [ABOVE_240] * 5}] * 2}, "/rule"),
        (
            {"kind": "not", "of": {"kind": "not", "of": {"kind": "not", "of": {"kind": "not", "of": ABOVE_240}}}},
            "/rule/of/of/of/of",
        ),
    ],
)
def test_what_is_no_rule_is_refused_by_place(rule: object, pointer: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        read_rule(rule)
    assert pointer in [violation.pointer for violation in refused.value.violations]


@pytest.mark.parametrize(
    ("rule", "value", "truth"),
    [
        (ABOVE_240, "240.01", True),
        (ABOVE_240, "240", False),
        ({"kind": "price", "symbol": "AAPL", "below": "240"}, "239.99", True),
        ({"kind": "price", "symbol": "AAPL", "below": "240"}, "240", False),
        (MOVE, -0.051, True),
        (MOVE, -0.05, False),
        (WEIGHT, 0.31, True),
        (WEIGHT, 0.0, False),
        (DRAWDOWN, 0.11, True),
        (DRAWDOWN, 0.1, False),
        (STALE, 24.5, True),
        (STALE, 24.0, False),
        (EARNINGS, 7.0, True),
        (EARNINGS, 0.0, True),
        (EARNINGS, 8.0, False),
        (EARNINGS, -1.0, False),
    ],
)
def test_leaf_compares_its_measure(rule: object, value: Measure | str, truth: bool) -> None:
    assert judged(rule, value) is (Truth.TRUE if truth else Truth.FALSE)


T, F, U = "241", "239", Undefined("no price")


@pytest.mark.parametrize(  # Kleene's tables, written out
    ("mode", "values", "truth"),
    [
        ("all", (T, T), Truth.TRUE),
        ("all", (T, F), Truth.FALSE),
        ("all", (T, U), Truth.UNDEFINED),
        ("all", (F, U), Truth.FALSE),
        ("all", (U, U), Truth.UNDEFINED),
        ("any", (F, F), Truth.FALSE),
        ("any", (T, F), Truth.TRUE),
        ("any", (T, U), Truth.TRUE),
        ("any", (F, U), Truth.UNDEFINED),
    ],
)
def test_groups_follow_kleene(mode: str, values: tuple[Measure | str, ...], truth: Truth) -> None:
    other = {"kind": "price", "symbol": "MSFT", "above": "240"}
    rule = {"kind": mode, "of": [ABOVE_240, other]}
    assert judged(rule, *values) is truth
    negated = {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE, Truth.UNDEFINED: Truth.UNDEFINED}
    assert judged({"kind": "not", "of": rule}, *values) is negated[truth]


def test_unknown_earnings_never_fire_and_say_so() -> None:
    rule = read_rule({"kind": "all", "of": [ABOVE_240, EARNINGS]})
    facts = facts_of(rule, "300", Undefined("no earnings date is known"))
    assert decide(an_alert(rule_json(rule)), facts, NOW) is Decision.NOTHING
    assert missing(rule, facts) == {"/rule/of/1": "no earnings date is known"}


def rules(depth: int = 3) -> st.SearchStrategy[Rule]:
    leaf = st.one_of(
        st.builds(
            Price,
            st.sampled_from(["AAPL", "MSFT"]),
            st.sampled_from(list(Side)),
            st.integers(1, 500).map(Decimal),
        ),
        st.builds(Stale, st.just("JPM"), st.floats(1, 100)),
    )
    if depth == 0:
        return leaf
    deeper = rules(depth - 1)
    group = st.builds(Group, st.sampled_from(list(Mode)), st.lists(deeper, min_size=1, max_size=3).map(tuple))
    return st.one_of(leaf, group, st.builds(Not, deeper))


@given(rules(), st.integers(1, 500), st.integers(1, 500), st.floats(0, 100), st.floats(0, 0.5))
def test_slack_only_ever_makes_a_rule_truer(rule: Rule, apple: int, microsoft: int, hours: float, slack: float) -> None:
    values = {"AAPL": Decimal(apple), "MSFT": Decimal(microsoft), "JPM": hours}
    facts = {leaf: values[leaf.symbol] for leaf in leaves(rule) if isinstance(leaf, Price | Stale)}
    if truth_of(rule, facts) is Truth.TRUE:
        assert truth_of(rule, facts, slack) is Truth.TRUE
    if truth_of(rule, facts, slack) is Truth.FALSE:
        assert truth_of(rule, facts) is Truth.FALSE


def walk(prices: list[str], **changes: Any) -> list[Decision]:
    alert = an_alert(**changes)
    decisions = []
    for price in prices:
        decision = decide(alert, facts_of(alert.rule, price), NOW)
        alert = alert.after(decision, NOW)
        decisions.append(decision)
    return decisions


FIRE, REARM, NOTHING = Decision.FIRE, Decision.REARM, Decision.NOTHING


def test_repeating_alert_fires_again_only_after_a_clear_fall() -> None:
    # The margin of one percent ends at 237.60: 239 is noise around the level, 237.60 itself is not.
    prices = ["239", "241", "242", "239", "241", "237.61", "237.60", "239", "240.5"]
    assert walk(prices, repeat=True) == [
        *(NOTHING, FIRE, NOTHING, NOTHING, NOTHING, NOTHING, REARM, NOTHING, FIRE),
    ]


def test_one_shot_fires_once() -> None:
    assert walk(["241", "100", "241"]) == [FIRE, NOTHING, NOTHING]


def test_margin_under_not_is_on_the_other_side() -> None:
    prices = ["241", "239", "241", "242.39", "242.40", "242.41", "239"]
    rule = {"kind": "not", "of": ABOVE_240}
    assert walk(prices, rule=rule, repeat=True) == [
        *(NOTHING, FIRE, NOTHING, NOTHING, NOTHING, REARM, FIRE),
    ]


def test_snoozed_alert_keeps_its_shot() -> None:
    alert = an_alert(snoozed_until=NOW + HOUR)
    facts = facts_of(alert.rule, "241")
    assert alert.status(NOW) is AlertStatus.SNOOZED
    assert decide(alert, facts, NOW) is NOTHING
    assert decide(alert, facts, NOW + HOUR) is FIRE


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"enabled": False}, AlertStatus.DISABLED),
        ({"expires_at": NOW}, AlertStatus.EXPIRED),
        ({"armed": False}, AlertStatus.FIRED),
        ({"armed": False, "repeat": True, "expires_at": NOW - HOUR}, AlertStatus.EXPIRED),
    ],
)
def test_alert_that_is_over_does_nothing(changes: dict[str, Any], status: AlertStatus) -> None:
    alert = an_alert(**changes)
    assert alert.status(NOW) is status
    assert decide(alert, facts_of(alert.rule, "241"), NOW) is NOTHING
    assert decide(alert, facts_of(alert.rule, "1"), NOW) is NOTHING


@pytest.mark.parametrize("away", [timedelta(0), -HOUR, timedelta(days=367)])
def test_snooze_ends_within_a_year(away: timedelta) -> None:
    with pytest.raises(InvalidArgument):
        read_until(NOW + away, NOW)
    assert read_until(None, NOW) is None
    assert read_until(NOW + HOUR, NOW) == NOW + HOUR


def test_title_names_what_holds_and_its_measure() -> None:
    rule = read_rule({"kind": "any", "of": [ABOVE_240, MOVE]})
    assert title("Apple", rule, facts_of(rule, "241.5", 0.01)) == "Apple: AAPL is above 240 (now 241.5)"
    assert words(rule) == "(AAPL is above 240 or MSFT moved below -5 % in 5 days)"
    assert len(title("x" * 80, read_rule({"kind": "all", "of": [DRAWDOWN] * 8}), {})) <= 240


def test_backtest_fires_as_the_live_alert_does() -> None:
    prices = ["239", "241", "242", "239", "241", "237", "239", "240.5", "241"]
    days = [date(2024, 1, 1) + timedelta(days=number) for number in range(len(prices))]
    alert = an_alert(armed=False, enabled=False, fired_count=3)
    (leaf,) = leaves(alert.rule)
    columns: dict[Any, list[Measure]] = {leaf: [Decimal(price) for price in prices]}
    columns[leaf][0] = Undefined("no price is known yet")
    found = backtest(alert, days, columns)
    assert found.fired == [days[1], days[7]]
    assert found.rearmed == [days[5]]
    assert (found.true_days, found.undefined_days) == (5, 1)
    assert found.undefined == {"/rule": "no price is known yet"}


def test_backtest_is_bounded() -> None:
    alert = an_alert()
    (leaf,) = leaves(alert.rule)
    days = [date(2020, 1, 1) + timedelta(days=number) for number in range(1000)]
    found = backtest(alert, days, {leaf: [Decimal(241)] * 1000})
    assert len(found.days) == MOST_DAYS
    assert found.fired == [days[-MOST_DAYS]]
