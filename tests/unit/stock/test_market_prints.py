"""Prints that cannot be prices: none among 35 years of real closes, all of those put among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stocktool_market.adapters.bundled import load_series
from stocktool_stock.domain.bars import Bars, Dividend, Fault, Split
from stocktool_stock.domain.prints import fault_of_quote, screened, verdict_of_bars

from tests.factories.market import some_bars

TODAY = date(2024, 11, 29)


@cache
def real() -> Mapping[str, Bars]:
    """The bundled series: 23 symbols, the longest from 1990 to 2024."""
    result = {}
    for symbol, series in load_series().items():
        splits = tuple(Split(one.ex_date, Decimal(str(one.ratio))) for one in series.splits)
        columns = (series.open, series.high, series.low, series.close, series.adjusted_close, series.volume)
        opens, high, low, close, adjusted, volume = columns
        result[symbol] = Bars(
            symbol,
            "USD",
            series.days,
            opens,
            high,
            low,
            close,
            adjusted,
            volume,
            splits,
            "demo data",
            datetime(2024, 11, 29, 18, tzinfo=UTC),
        )
    return result


def changed(bars: Bars, row: int, factor: float) -> Bars:
    close = bars.close.copy()
    close[row] *= factor
    return replace(bars, close=close)


def faults(bars: Bars, **more: object) -> dict[str, Fault]:
    found = screened(bars, **{"latest": TODAY, **more})  # type: ignore[arg-type]
    assert len(found) + len(found.aside) == len(bars)
    return {one.day.isoformat(): one.fault for one in found.aside}


def test_real_prices_are_all_taken() -> None:
    # 2000, 2008 and 2020 are in them, Apple's fall by half on 2000-09-29 too, and a threefold rise of 1990-04-10.
    assert len(real()) == 23
    for bars in real().values():
        assert screened(bars, latest=TODAY) is bars


def test_crash_of_1987_is_a_price() -> None:
    # S&P 500, closes of 1987-10-16, -19 and -20: 282.70, 224.84, 236.83 (S&P Dow Jones Indices).
    days = ["1987-10-16", "1987-10-19", "1987-10-20"]
    assert faults(some_bars([282.70, 224.84, 236.83], days=days)) == {}


@pytest.mark.parametrize("symbol", ["AAPL", "GE", "GOOG"])
def test_split_the_provider_did_not_adjust_for_is_no_fault(symbol: str) -> None:
    bars = real()[symbol]
    for split in bars.splits:
        before = bars.days < np.datetime64(split.ex_date, "D")
        raw = replace(bars, close=np.where(before, bars.close * float(split.ratio), bars.close))
        assert faults(raw) == {}
        soon = raw.between(None, split.ex_date)  # with the split unknown, the first session is not believed yet
        unknown = faults(replace(soon, splits=()))
        assert bool(unknown) is (max(split.ratio, 1 / split.ratio) > 4)


@pytest.mark.parametrize(
    ("price", "fault"),
    [
        (23_733.0, Fault.HUNDREDFOLD),
        (2.3733, Fault.HUNDREDFOLD),
        (0.25, Fault.DIVIDEND),
        (0.0, Fault.NOT_POSITIVE),
        (-237.33, Fault.NOT_POSITIVE),
        (float("inf"), Fault.NOT_FINITE),
        (1200.0, Fault.JUMP),
        (40.0, Fault.JUMP),
    ],
)
def test_impossible_close_is_kept_aside_and_named(price: float, fault: Fault) -> None:
    bars = real()["AAPL"]
    close = bars.close.copy()
    close[-1] = price
    dividends = (Dividend(date(2024, 11, 8), Decimal("0.25")),)  # Apple's of that day, by its investor relations
    found = screened(replace(bars, close=close, dividends=dividends), latest=TODAY)
    assert [(one.day, one.fault, one.last_good) for one in found.aside] == [(TODAY, fault, 234.93)]
    assert found.last_day == date(2024, 11, 27)


def test_day_that_has_not_come_and_candle_upside_down_are_kept_aside() -> None:
    bars = real()["MSFT"]
    high, low = bars.high.copy(), bars.low.copy()
    high[10], low[10] = 20.0, 30.0
    found = faults(replace(bars, high=high, low=low), latest=date(2013, 2, 27))
    upside_down = bars.days[10].item().isoformat()
    assert found == {upside_down: Fault.HIGH_BELOW_LOW, "2013-02-28": Fault.FUTURE, "2013-03-01": Fault.FUTURE}


@settings(max_examples=40, deadline=None)
@given(
    symbol=st.sampled_from(["AAPL", "JPM", "GE", "SPY", "META", "AMD"]),
    row=st.integers(0, 2_000),
    factor=st.sampled_from([100.0, 0.01, 98.0, 0.0102, -1.0, 0.0, 20.0, 0.05, float("inf")]),
    days=st.integers(1, 2),
)
def test_bad_print_is_found_wherever_it_stands_and_nothing_else(
    symbol: str, row: int, factor: float, days: int
) -> None:
    bars = real()[symbol]
    wrong = range(row, row + days)
    close = bars.close.copy()
    close[list(wrong)] *= factor
    found = screened(replace(bars, close=close), latest=TODAY)
    assert [one.day for one in found.aside] == [bars.days[at].item() for at in wrong]
    kept = [at for at in range(len(bars)) if at not in wrong]
    assert np.array_equal(found.close, bars.close[kept])


def test_new_level_is_believed_after_three_sessions_and_one_in_pence_never() -> None:
    bars = real()["JPM"]
    for sessions, believed in ((2, False), (3, True)):
        close = bars.close.copy()
        close[-sessions:] *= 0.2
        found = screened(replace(bars, close=close), latest=TODAY)
        assert (len(found.aside) == 0) is believed
    close = bars.close.copy()
    close[-200:] *= 100
    assert len(screened(replace(bars, close=close), latest=TODAY).aside) == 200


def test_bars_after_the_last_good_one_are_judged_by_it() -> None:
    bars = some_bars([100.0, 101.0, 10_200.0], start="2024-11-25")
    late = bars.between(date(2024, 11, 27))
    assert faults(late) == {}  # alone it says nothing
    assert faults(late, before=(date(2024, 11, 26), 101.0)) == {"2024-11-27": Fault.HUNDREDFOLD}
    assert faults(late, before=(date(2024, 11, 26), 101.0), released={date(2024, 11, 27)}) == {}


def test_long_silence_explains_a_jump_but_no_unit() -> None:
    days = ["2024-01-02", "2024-06-03"]
    assert faults(some_bars([10.0, 55.0], days=days)) == {}
    assert faults(some_bars([10.0, 1000.0], days=days)) != {}


@pytest.mark.parametrize(
    ("price", "made_on", "last_good", "fault"),
    [
        (100.0, TODAY, 98.0, None),
        (100.0, TODAY, None, None),
        (float("nan"), TODAY, 98.0, Fault.NOT_FINITE),
        (-1.0, TODAY, None, Fault.NOT_POSITIVE),
        (100.0, TODAY + timedelta(days=2), 98.0, Fault.FUTURE),
        (9_800.0, TODAY, 98.0, Fault.HUNDREDFOLD),
        (500.0, TODAY, 98.0, Fault.JUMP),
    ],
)
def test_quote_is_judged_by_the_last_good_one(
    price: float, made_on: date, last_good: float | None, fault: Fault | None
) -> None:
    assert fault_of_quote(price, made_on, latest=TODAY, last_good=last_good) == fault


def test_bars_bear_out_a_quote_after_a_split_or_a_real_fall() -> None:
    last = (date(2024, 11, 22), 400.0)
    # 10 for 1 on the 25th: bars before it are adjusted, the last quote is not.
    split = some_bars([39.5, 40.0, 40.4, 40.1], start="2024-11-21", splits=[("2024-11-25", "10")])
    assert verdict_of_bars(40.2, last, Fault.JUMP, split, latest=TODAY) is None
    # A fall to a fifth that three sessions agree on.
    fallen = some_bars([398.0, 400.0, 80.0, 79.0, 81.0], start="2024-11-21")
    assert verdict_of_bars(80.5, last, Fault.JUMP, fallen, latest=TODAY) is None
    # One session is no more than the print itself.
    once = some_bars([398.0, 400.0, 80.0], start="2024-11-21")
    assert verdict_of_bars(80.0, last, Fault.JUMP, once, latest=TODAY) is Fault.JUMP
    # The known quote was the wrong one: no bar was ever near it.
    strange = some_bars([3.98, 4.0, 4.1], start="2024-11-21")
    assert verdict_of_bars(4.05, last, Fault.HUNDREDFOLD, strange, latest=TODAY) is None
    flipped = some_bars([398.0, 400.0, 4.1], start="2024-11-21")
    assert verdict_of_bars(4.1, last, Fault.HUNDREDFOLD, flipped, latest=TODAY) is Fault.HUNDREDFOLD
