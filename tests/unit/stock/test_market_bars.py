"""Series: cutting, joining, appending what is new, and when they are stale."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_kit.core.clock import MarketClock
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.testing.clock import FakeClock
from stocktool_stock.adapters.packed import pack_bars, unpack_bars
from stocktool_stock.application.cached_reads import Read, Reads
from stocktool_stock.application.fetch_bars import FetchBars, joined_with
from stocktool_stock.application.get_bars import GetBars
from stocktool_stock.application.provider_health import ProviderHealth
from stocktool_stock.application.quarantine import Quarantine
from stocktool_stock.domain.bars import Bars, Interval
from stocktool_stock.domain.quotes import SymbolNotFound

from tests.factories.market import some_bars
from tests.fakes.market_stores import FakePrints

DEMO_NOW = datetime(2024, 11, 29, 21, 30, tzinfo=UTC)
COLUMNS = ("open", "high", "low", "close", "adjusted_close", "volume")


def test_cut_includes_both_ends_and_is_a_view() -> None:
    bars = some_bars([1, 2, 3, 4, 5])  # Monday to Friday
    cut = bars.between(date(2024, 1, 2), date(2024, 1, 4))
    assert cut.close.tolist() == [2, 3, 4]
    assert (cut.first_day, cut.last_day) == (date(2024, 1, 2), date(2024, 1, 4))
    assert np.shares_memory(cut.close, bars.close)
    assert len(bars.between(date(2025, 1, 1))) == 0


def test_close_on_a_day_is_the_last_one_known_by_then() -> None:
    bars = some_bars([1, float("nan"), 3])
    assert bars.close_on(date(2024, 1, 2)) == (1.0, date(2024, 1, 1))
    assert bars.close_on(date(2030, 1, 1)) == (3.0, date(2024, 1, 3))
    assert bars.close_on(date(2023, 12, 31)) is None


def test_split_factor_counts_splits_after_the_day() -> None:
    # Apple's, by its investor relations: 7 for 1 on 2014-06-09, 4 for 1 on 2020-08-31.
    bars = some_bars([1.0], splits=[("2014-06-09", "7"), ("2020-08-31", "4")])
    assert bars.split_factor_after(date(2014, 6, 8)) == 28
    assert bars.split_factor_after(date(2014, 6, 9)) == 4
    assert bars.split_factor_after(date(2020, 8, 31)) == Decimal(1)


def test_weeks_run_from_monday_and_are_dated_by_their_last_trading_day() -> None:
    days = ["2024-11-21", "2024-11-22", "2024-11-25", "2024-11-27", "2024-11-29", "2024-12-02"]
    weekly = some_bars([1, 2, 3, 4, 5, 6], days=days).by(Interval.WEEK)
    assert [str(day) for day in weekly.days] == ["2024-11-22", "2024-11-29", "2024-12-02"]
    assert weekly.close.tolist() == [2, 5, 6]
    monthly = some_bars([1, 2, 3, 4, 5, 6], days=days).by(Interval.MONTH)
    assert monthly.close.tolist() == [5, 6]


def test_interval_nobody_knows_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        Interval.of("7d")
    assert Interval.of("") is Interval.DAY


@given(
    st.lists(st.floats(0.0001, 1e6) | st.just(float("nan")), min_size=1, max_size=60),
    st.booleans(),
)
def test_packing_is_the_identity(closes: list[float], adjusted: bool) -> None:
    bars = some_bars(closes, splits=[("2020-08-31", "4"), ("2021-08-02", "0.125")])
    if adjusted:
        object.__setattr__(bars, "adjusted_close", bars.close * 0.5)
    back = unpack_bars(pack_bars(bars))
    assert np.array_equal(back.days, bars.days)
    for name in COLUMNS:
        assert np.array_equal(getattr(back, name), getattr(bars, name), equal_nan=True)
    assert (back.splits, back.symbol, back.currency, back.as_of) == (bars.splits, "AAPL", "USD", bars.as_of)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"format": 99}\nxx', b"\x00\x01"])
def test_packed_bars_of_another_version_are_refused(body: bytes) -> None:
    with pytest.raises((ValueError, KeyError)):
        unpack_bars(body)


def test_new_bars_are_appended() -> None:
    known = some_bars([1, 2, 3, 4])
    recent = some_bars([3, 4, 5, 6], start="2024-01-03")
    joined = joined_with(known, recent)
    assert joined is not None
    assert joined.close.tolist() == [1, 2, 3, 4, 5, 6]
    assert joined.last_day == date(2024, 1, 8)


def test_last_known_bar_may_change_since_its_session_may_have_run() -> None:
    joined = joined_with(some_bars([1, 2, 3, 4]), some_bars([3, 4.5, 5], start="2024-01-03"))
    assert joined is not None
    assert joined.close.tolist() == [1, 2, 3, 4.5, 5]


@pytest.mark.parametrize(
    "recent",
    [
        some_bars([1.5, 2, 2.5], start="2024-01-03"),  # half of what was known: a split or dividend meanwhile
        some_bars([3, 4, 5], start="2024-01-03", splits=[("2024-01-05", "2")]),
        some_bars([9, 9], start="2024-02-01"),  # a gap
        some_bars([]),
    ],
)
def test_series_is_fetched_anew_when_the_overlap_disagrees(recent: Bars) -> None:
    assert joined_with(some_bars([1, 2, 3, 4]), recent) is None


class Provider:
    """Gives a series, whole or from a day on."""

    def __init__(self, bars: Bars | None) -> None:
        self.series = bars
        self.asked: list[date | None] = []

    async def bars(self, symbol: str, start: date | None = None) -> Bars | None:
        self.asked.append(start)
        if self.series is None:
            raise SymbolNotFound(symbol)
        cut = self.series.between(start)
        return cut if len(cut) else None

    async def search(self, query: str, limit: int, *, fuzzy: bool = False) -> list[object]:
        return []


async def fetched(provider: Provider, known: Mapping[str, Bars]) -> Bars | SymbolNotFound:
    real = FakeClock()
    clock = MarketClock(real, lambda: DEMO_NOW)
    fetch = FetchBars(provider, ProviderHealth(real), clock, Quarantine(FakePrints(), real))  # type: ignore[arg-type]
    return (await fetch(["AAPL"], known))["AAPL"]


async def test_only_what_is_new_is_asked_for() -> None:
    whole = some_bars([float(n) for n in range(1, 101)])
    provider = Provider(whole)
    bars = await fetched(provider, {"AAPL": whole.between(None, date(2024, 4, 1))})
    assert isinstance(bars, Bars)
    assert bars.close.tolist() == whole.close.tolist()
    assert provider.asked == [date(2024, 4, 1) - timedelta(days=10)]


async def test_whole_series_is_asked_for_after_a_split() -> None:
    whole = some_bars([float(n) for n in range(1, 101)])
    provider = Provider(whole)
    doubled = some_bars([2.0 * n for n in range(1, 91)])
    bars = await fetched(provider, {"AAPL": doubled})
    assert isinstance(bars, Bars)
    assert bars.close.tolist() == whole.close.tolist()
    assert provider.asked[-1] is None


async def test_symbol_nobody_knows_is_told() -> None:
    assert isinstance(await fetched(Provider(None), {}), SymbolNotFound)


class Cached:
    """Reads that always find a series."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars

    async def get(self, keys: object) -> Reads[Bars]:
        return Reads({"AAPL": Read(self._bars)}, {})


def use_case(last_day: str, *, zone: str = "America/New_York") -> GetBars:
    bars = some_bars([1.0, 2.0], days=["2012-01-03", last_day])
    object.__setattr__(bars, "zone", zone)
    clock = MarketClock(FakeClock(), lambda: DEMO_NOW)
    return GetBars(Cached(bars), clock)  # type: ignore[arg-type]


async def test_series_that_ends_before_the_last_session_is_stale() -> None:
    assert not (await use_case("2024-11-29").bars("AAPL")).stale
    assert (await use_case("2024-11-27").bars("AAPL")).stale
    assert not (await use_case("2024-11-27", zone="Europe/Berlin").bars("AAPL")).stale
    assert (await use_case("2024-11-27").bars("AAPL", end=date(2024, 11, 29))).stale


async def test_range_that_the_data_cover_is_not_stale_and_dated_by_its_own_last_close() -> None:
    bars = await use_case("2024-11-27").bars("AAPL", end=date(2012, 1, 3))
    assert not bars.stale
    assert bars.as_of == datetime(2012, 1, 3, 21, tzinfo=UTC)


async def test_bars_after_the_market_s_today_are_not_shown() -> None:
    bars = await use_case("2024-12-02").bars("AAPL", end=date(2030, 1, 1))
    assert bars.last_day == date(2012, 1, 3)


async def test_start_after_end_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        await use_case("2024-11-29").bars("AAPL", date(2024, 2, 1), date(2024, 1, 1))
