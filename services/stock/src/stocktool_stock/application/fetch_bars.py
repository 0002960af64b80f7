"""Asks for series: what the archive has costs no call, then only what is new, then all where the two disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import structlog
from stocktool_kit.core.clock import MarketClock
from stocktool_kit.core.errors import StockToolError

from stocktool_stock.application.fetch_queue import FetchQueue
from stocktool_stock.application.provider_health import ProviderHealth
from stocktool_stock.application.provider_ports import BarArchive, MarketProvider
from stocktool_stock.application.quarantine import Quarantine
from stocktool_stock.application.suggest import suggestions
from stocktool_stock.domain.bars import ARCHIVED, Bars, is_archived
from stocktool_stock.domain.calendar import last_closed, session_of
from stocktool_stock.domain.prints import screened
from stocktool_stock.domain.quotes import SymbolNotFound

_OVERLAP = timedelta(days=10)
_SAME = 1e-6  # relative; a split or dividend moves earlier adjusted closes by far more
_FIRST_ZONE = timedelta(hours=14)  # where the day begins before all others

log = structlog.get_logger()


class FetchBars:
    """Fetches series for the cache.

    Args:
        provider: Asked for what the archive lacks.
        health: Told of the sources that answered.
        clock: The market's; what ends after its last closed session is not archived.
        quarantine: Told of the prints kept aside.
        archive: Series by symbol and year; None: there is none.
        queue: Runs the writing of the archive, which no reader waits for.
    """

    def __init__(
        self,
        provider: MarketProvider,
        health: ProviderHealth,
        clock: MarketClock,
        quarantine: Quarantine,
        *,
        archive: BarArchive | None = None,
        queue: FetchQueue | None = None,
    ) -> None:
        self._provider = provider
        self._health = health
        self._clock = clock
        self._quarantine = quarantine
        self._archive = archive
        self._queue = queue

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
                if not is_archived(bars.source):
                    self._health.answered(bars.source)
                answered[symbol] = bars
        return answered

    async def _series(self, symbol: str, known: Bars | None) -> Bars:
        archived: Bars | None = None
        if known is None:
            known = archived = await self._archived(symbol)
        if known is not None and await self._is_vouched_for(known):
            known = archived = None  # only the provider still has the bar
        if archived is not None and archived.last_day is not None and archived.last_day >= self._settled():
            return archived
        try:
            bars = await self._asked(symbol, known)
        except SymbolNotFound:
            raise
        except StockToolError as error:
            if archived is None:
                raise
            log.warning("bars_from_archive", symbol=symbol, reason=error.reason, detail=error.message)
            self._health.failed(error)
            return replace(archived, source=archived.source.removesuffix(ARCHIVED) + ARCHIVED)
        self._keep(bars, known)
        if bars.aside:
            await self._quarantine.keep(bars)
        return bars

    async def _asked(self, symbol: str, known: Bars | None) -> Bars:
        if known is not None and known.last_day is not None:
            recent = await self._provider.bars(symbol, known.last_day - _OVERLAP)
            if recent is None:
                return known
            start = recent.first_day
            before = None if start is None else _close_before(known, start)
            if before is not None:
                recent = await self._screened(recent, before)
                joined = joined_with(known, recent)
                if joined is not None:
                    return joined
        whole = await self._provider.bars(symbol)
        if whole is None:
            raise SymbolNotFound(symbol)
        return await self._screened(whole, None)

    async def _screened(self, bars: Bars, before: tuple[date, float] | None) -> Bars:
        latest = (self._clock.now() + _FIRST_ZONE).date()
        found = screened(bars, latest=latest, before=before)
        if not await self._is_vouched_for(found):
            return found
        return screened(bars, latest=latest, before=before, released=await self._quarantine.released(bars.symbol))

    async def _is_vouched_for(self, bars: Bars) -> bool:
        """Whether somebody vouched for one of the prints that were kept aside."""
        if not bars.aside:
            return False
        released = await self._quarantine.released(bars.symbol)
        return any(one.day in released for one in bars.aside)

    async def _archived(self, symbol: str) -> Bars | None:
        if self._archive is None:
            return None
        try:
            return await self._archive.read(symbol)
        except StockToolError as error:
            log.warning("bar_archive_unreadable", symbol=symbol, reason=error.reason, detail=error.message)
            return None

    def _keep(self, bars: Bars, known: Bars | None) -> None:
        """Archive what is settled, if that is more or other than what was known."""
        if self._archive is None or self._queue is None:
            return
        settled = bars.between(None, self._settled())
        if not len(settled):
            return
        if settled.last_day is not None and settled.last_day != bars.last_day:
            session = session_of(settled.last_day)
            settled = replace(settled, as_of=settled.as_of if session is None else session.closes)
        if known is not None and _is_the_same(settled, known.between(None, self._settled())):
            return
        archive = self._archive

        async def write() -> None:
            try:
                await archive.write(settled)
            except StockToolError as error:
                log.warning("bar_archive_unwritable", symbol=bars.symbol, reason=error.reason, detail=error.message)

        try:
            self._queue.submit(write, waits=True)
        except StockToolError:
            log.warning("bar_archive_put_off", symbol=bars.symbol)  # the next fetch with news writes it

    def _settled(self) -> date:
        return last_closed(self._clock.now()).day


def _close_before(bars: Bars, day: date) -> tuple[date, float] | None:
    found = bars.close_on(day - timedelta(days=1))
    return None if found is None else (found[1], found[0])


def _is_the_same(bars: Bars, known: Bars) -> bool:
    return (
        len(bars) == len(known)
        and bars.last_day == known.last_day
        and bars.splits == known.splits
        and bars.dividends == known.dividends
        and bars.aside == known.aside
        and np.array_equal(bars.adjusted_close, known.adjusted_close, equal_nan=True)
    )


def joined_with(known: Bars, recent: Bars) -> Bars | None:
    """Append what is new in `recent`; None when the overlap disagrees, so that the whole must be fetched again.

    A split or a dividend since the last fetch changes all earlier adjusted prices, and shows as a difference there.
    A known bar whose day is now among the prints kept aside stays as it was.
    """
    fresh_splits = {split.ex_date for split in recent.splits} - {split.ex_date for split in known.splits}
    fresh_dividends = {one.ex_date for one in recent.dividends} - {one.ex_date for one in known.dividends}
    if fresh_splits or fresh_dividends or not len(recent):
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
    start = recent.days[0]
    doubted = np.array([one.day for one in recent.aside], dtype="datetime64[D]")
    rows = np.flatnonzero((known.days < start) | np.isin(known.days, doubted))
    joined = known.taken(rows).followed_by(recent)
    return replace(
        joined,
        splits=known.splits,
        dividends=known.dividends,
        aside=tuple(one for one in known.aside if np.datetime64(one.day, "D") < start) + recent.aside,
    )
