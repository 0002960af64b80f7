"""Daily price history, cached as whole series and cut on reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from stocktool_kit.core.clock import MarketClock
from stocktool_kit.core.errors import InvalidArgument

from stocktool_stock.application.cached_reads import CachedReads, Read
from stocktool_stock.application.failures import failures
from stocktool_stock.application.market_ports import BarsBatch
from stocktool_stock.application.provider_health import ProviderHealth
from stocktool_stock.application.provider_ports import MarketProvider
from stocktool_stock.application.suggest import suggestions
from stocktool_stock.domain.bars import Bars, Interval
from stocktool_stock.domain.calendar import ZONE, last_closed, session_of
from stocktool_stock.domain.quotes import SymbolNotFound

_OVERLAP = timedelta(days=10)
_SAME = 1e-6  # relative; a split or dividend moves earlier adjusted closes by far more
_FOREIGN_LAG = timedelta(days=5)


class GetBars:
    """The `BarSource` of the mesh."""

    def __init__(self, reads: CachedReads[Bars], clock: MarketClock) -> None:
        self._reads = reads
        self._clock = clock

    async def bars(
        self, symbol: str, start: date | None = None, end: date | None = None, *, interval: Interval = Interval.DAY
    ) -> Bars:
        """Give bars from `start` to `end`, both included; see `BarSource`."""
        until = self._until(start, end)
        reads = await self._reads.get([symbol])
        if symbol in reads.failed:
            raise reads.failed[symbol]
        return self._cut(reads.found[symbol], start, until).by(interval)

    async def many(self, symbols: Sequence[str], start: date | None = None, end: date | None = None) -> BarsBatch:
        """Give daily bars of several symbols, read together."""
        until = self._until(start, end)
        wanted = list(dict.fromkeys(symbols))
        reads = await self._reads.get(wanted)
        bars = {symbol: self._cut(reads.found[symbol], start, until) for symbol in wanted if symbol in reads.found}
        return BarsBatch(bars, failures(wanted, reads.failed))

    async def refreshed(self, symbols: Sequence[str]) -> BarsBatch:
        """Ask the provider now for what is new, whatever the age of what is stored."""
        wanted = list(dict.fromkeys(symbols))
        reads = await self._reads.refresh(wanted)
        until = self._until(None, None)
        return BarsBatch(
            {symbol: self._cut(read, None, until) for symbol, read in reads.found.items()},
            failures(wanted, reads.failed),
        )

    def _until(self, start: date | None, end: date | None) -> date:
        today = self._clock.now().astimezone(ZONE).date()
        if start is not None and end is not None and start > end:
            raise InvalidArgument.of("start", "must not be after the end")
        return today if end is None else min(end, today)

    def _cut(self, read: Read[Bars], start: date | None, end: date) -> Bars:
        whole = read.value
        bars = whole.between(start, end)
        due = min(end, last_closed(self._clock.now()).day)
        if whole.zone and whole.zone != ZONE.key:
            due -= _FOREIGN_LAG  # its calendar is not known here
        # Stale is what ends before the last session asked for; days cut off by the caller are no lack of data.
        stale = whole.last_day is None or whole.last_day < due
        as_of = whole.as_of
        if bars.last_day is not None and bars.last_day != whole.last_day:
            session = session_of(bars.last_day)
            as_of = session.closes if session is not None else as_of
        if (bars.stale, bars.as_of) == (stale, as_of):
            return bars
        return replace(bars, stale=stale, as_of=as_of)


class FetchBars:
    """Asks the provider for series: the whole at first, then only what is new."""

    def __init__(self, provider: MarketProvider, health: ProviderHealth) -> None:
        self._provider = provider
        self._health = health

    async def __call__(self, symbols: Sequence[str], known: Mapping[str, Bars]) -> Mapping[str, Bars | SymbolNotFound]:
        """Fetch one symbol after the other; the queue runs several such calls at a time."""
        answered: dict[str, Bars | SymbolNotFound] = {}
        for symbol in symbols:
            try:
                bars = await self._series(symbol, known.get(symbol))
            except SymbolNotFound:
                near = await suggestions(self._provider, [symbol])
                answered[symbol] = SymbolNotFound(symbol, near[symbol])
            else:
                self._health.answered(bars.source)
                answered[symbol] = bars
        return answered

    async def _series(self, symbol: str, known: Bars | None) -> Bars:
        if known is not None and known.last_day is not None:
            recent = await self._provider.bars(symbol, known.last_day - _OVERLAP)
            if recent is None:
                return known
            joined = joined_with(known, recent)
            if joined is not None:
                return joined
        whole = await self._provider.bars(symbol)
        if whole is None:
            raise SymbolNotFound(symbol)
        return whole


def joined_with(known: Bars, recent: Bars) -> Bars | None:
    """Append what is new in `recent`; None when the overlap disagrees, so that the whole must be fetched again.

    A split or a dividend since the last fetch changes all earlier adjusted prices, and shows as a difference there.
    """
    fresh_splits = {split.ex_date for split in recent.splits} - {split.ex_date for split in known.splits}
    if fresh_splits or not len(recent):
        return None
    _, old, new = np.intersect1d(known.days, recent.days, assume_unique=True, return_indices=True)
    if not len(old):
        return None
    # The last known bar may have been that of a running session: all before it must agree.
    settled_old, settled_new = old[:-1], new[:-1]
    for name in ("close", "adjusted_close"):
        before, after = getattr(known, name)[settled_old], getattr(recent, name)[settled_new]
        if not np.allclose(before, after, rtol=_SAME, atol=0.0, equal_nan=True):
            return None
    keep = int(np.searchsorted(known.days, recent.days[0]))
    return replace(
        known,
        days=np.concatenate([known.days[:keep], recent.days]),
        open=np.concatenate([known.open[:keep], recent.open]),
        high=np.concatenate([known.high[:keep], recent.high]),
        low=np.concatenate([known.low[:keep], recent.low]),
        close=np.concatenate([known.close[:keep], recent.close]),
        adjusted_close=np.concatenate([known.adjusted_close[:keep], recent.adjusted_close]),
        volume=np.concatenate([known.volume[:keep], recent.volume]),
        source=recent.source,
        as_of=recent.as_of,
    )
