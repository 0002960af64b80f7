"""Measures of rules now and over the last year, worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from stocktool_stock.application.alert_facts import GatherFacts
from stocktool_stock.application.alert_ports import PortfolioDays
from stocktool_stock.application.backtest_alert import BacktestAlert
from stocktool_stock.domain.alert_rule_reader import read_rule
from stocktool_stock.domain.alert_rules import leaves
from stocktool_stock.domain.alert_truth import Measure
from stocktool_stock.domain.bars import Bars
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.quotes import Quote, QuoteBatch, SymbolFailure

from tests.factories.alerts import ME, an_alert
from tests.factories.market import CLOSE_OF_THE_DEMO, a_quote, some_bars
from tests.fakes.alerts import FakeEarnings, FakePortfolioDays
from tests.fakes.stock_portfolios import FakeBars, FakeMarket

TODAY = date(2024, 11, 29)
WEEK = ["2024-11-22", "2024-11-25", "2024-11-26", "2024-11-27", "2024-11-29"]
BARS = some_bars([100.0, 110.0, 121.0, 90.0, 99.0], days=WEEK)
DAYS = PortfolioDays(
    np.array(WEEK, dtype="datetime64[D]"),
    np.array([1.0, 1.2, 1.1, 0.9, 0.96]),
    {"AAPL": np.array([0.1, 0.2, 0.3, np.nan, 0.4])},
)


class _Quotes:
    def __init__(self, *quotes: Quote, now: datetime = CLOSE_OF_THE_DEMO) -> None:
        self._batch = QuoteBatch(quotes, [SymbolFailure("NOPE", "SYMBOL_NOT_FOUND", "no such symbol")], now)

    async def quotes(self, symbols: Sequence[str]) -> QuoteBatch:
        return self._batch


async def measured(
    rule: dict[str, Any], quotes: _Quotes | None = None, bars: Bars = BARS, earnings: FakeEarnings | None = None
) -> Measure:
    gather = GatherFacts(
        quotes or _Quotes(a_quote(price="99")),
        FakeBars({"AAPL": bars}),
        FakePortfolioDays({"prt_1": DAYS}),
        earnings or FakeEarnings(),
        FakeMarket(TODAY),
    )
    read = read_rule(rule)
    (leaf,) = leaves(read)
    return (await gather(ME, [read]))[leaf]


def price(symbol: str = "AAPL", **more: Any) -> dict[str, Any]:
    return {"kind": "price", "symbol": symbol, "above": "1"} | more


def move(days: int) -> dict[str, Any]:
    return {"kind": "move", "symbol": "AAPL", "days": days, "above": 0.1}


def drawdown(days: int, portfolio_id: str = "prt_1") -> dict[str, Any]:
    return {"kind": "drawdown", "portfolio_id": portfolio_id, "days": days, "above": 0.1}


async def test_price_is_the_quote_exactly_and_in_its_currency() -> None:
    assert await measured(price()) == Decimal(99)
    assert await measured(price(currency="EUR")) == Undefined("the price is in USD, the rule in EUR")
    assert await measured(price("NOPE")) == Undefined("no price is known: no such symbol")


async def test_move_counts_sessions_back_from_the_close_before_the_quotes_day() -> None:
    # The quote is of the 29th, whose bar is there already: one session ago is the 27th at 90, three the 25th at 110.
    assert await measured(move(1)) == pytest.approx(99 / 90 - 1)
    assert await measured(move(3)) == pytest.approx(99 / 110 - 1)
    assert await measured(move(4)) == pytest.approx(99 / 100 - 1)
    assert isinstance(await measured(move(5)), Undefined)
    # Without the day's bar the last close is the first to count.
    assert await measured(move(1), bars=BARS.between(end=date(2024, 11, 27))) == pytest.approx(99 / 90 - 1)


async def test_stale_counts_hours_on_the_markets_clock() -> None:
    late = _Quotes(a_quote(), now=CLOSE_OF_THE_DEMO + timedelta(hours=30, minutes=30))
    assert await measured({"kind": "stale", "symbol": "AAPL", "hours": 24}, late) == pytest.approx(30.5)


async def test_earnings_count_days_to_the_next_and_are_undefined_when_unknown() -> None:
    rule = {"kind": "earnings", "symbol": "AAPL", "days": 7}
    known = FakeEarnings({"AAPL": [date(2024, 10, 31), date(2024, 12, 4), date(2025, 1, 30)]})
    assert await measured(rule, earnings=known) == 5.0
    assert await measured(rule, earnings=FakeEarnings({"AAPL": [TODAY]})) == 0.0
    assert await measured(rule) == Undefined("no earnings date is known")
    assert await measured(rule, earnings=FakeEarnings({"AAPL": [date(2024, 10, 31)]})) == Undefined(
        "no earnings date is known"
    )


async def test_portfolio_measures_are_of_its_last_day() -> None:
    assert await measured({"kind": "weight", "portfolio_id": "prt_1", "symbol": "AAPL", "above": 0.1}) == 0.4
    assert await measured(drawdown(10)) == pytest.approx(1 - 0.96 / 1.2)
    assert await measured(drawdown(2)) == pytest.approx(1 - 0.96 / 1.1)
    assert await measured(drawdown(2, "prt_gone")) == Undefined("no such portfolio")


async def backtested(rule: dict[str, Any], bars: Bars, **more: Any) -> Any:
    walk = BacktestAlert(
        FakeBars({"AAPL": bars}),
        FakePortfolioDays({"prt_1": DAYS}),
        FakeEarnings({"AAPL": [date(2024, 11, 1)]}),
        FakeMarket(TODAY),
    )
    return (await walk(an_alert(rule, **more))).found


async def test_backtest_of_prices_fires_on_the_days_that_cross() -> None:
    bars = some_bars([*[100.0] * 200, 111.0, 112.0, 109.5, 111.0, 100.0, 120.0, 120.0], start="2024-02-01")
    days = [day.astype(object) for day in bars.days]
    found = await backtested(price(above="110"), bars)
    # 109.5 is within one percent of the level, so the crossing after it is not another one; 100 is clear.
    assert found.fired == [days[200], days[205]]
    assert found.rearmed == [days[204]]
    assert 250 <= len(found.days) <= 262
    assert found.undefined["/rule"] == "the price history does not reach back so far"
    found = await backtested({"kind": "move", "symbol": "AAPL", "days": 1, "above": 0.15}, bars)
    assert found.fired == [days[205]]


async def test_backtest_of_staleness_portfolios_and_earnings() -> None:
    gone = some_bars([1.0] * 10, start="2024-11-01")  # the last on 2024-11-14, a Thursday
    stale = await backtested({"kind": "stale", "symbol": "AAPL", "hours": 100}, gone)
    assert stale.fired == [date(2024, 11, 19)]  # five days; the day before it were four, 96 hours
    fall = await backtested(drawdown(10), BARS)
    assert fall.fired == [date(2024, 11, 27)]  # 1 - 0.9 / 1.2
    heavy = await backtested({"kind": "weight", "portfolio_id": "prt_1", "symbol": "AAPL", "above": 0.25}, BARS)
    assert heavy.fired == [date(2024, 11, 26)]
    assert heavy.undefined["/rule"].startswith("the portfolio's total")
    report = await backtested({"kind": "earnings", "symbol": "AAPL", "days": 3}, BARS)
    assert report.fired == [date(2024, 10, 29)]
    assert report.undefined["/rule"] == "no earnings date is known"
