"""Daily price history, cached as whole series and cut on reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from stocktool_kit.core.clock import MarketClock
from stocktool_kit.core.errors import InvalidArgument

from stocktool_stock.application.cached_reads import CachedReads, Read
from stocktool_stock.application.failures import failures
from stocktool_stock.application.market_ports import BarsBatch
from stocktool_stock.domain.bars import Bars, Dividend, Interval, Split
from stocktool_stock.domain.calendar import ZONE, last_closed, session_of

_FOREIGN_LAG = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Actions:
    """Dividends and splits of one symbol with an ex-date in a range, oldest first.

    Attributes:
        age_seconds: Whole seconds from `as_of` to the market's now.
        names_no_dividend: None is known in the whole history.
    """

    symbol: str
    currency: str
    dividends: Sequence[Dividend]
    splits: Sequence[Split]
    source: str
    as_of: datetime
    age_seconds: int
    stale: bool
    names_no_dividend: bool

    def undefined(self) -> dict[str, str]:
        """What cannot be told, with the reason."""
        if self.names_no_dividend:
            return {
                "dividends": "the source names none; it may be that there were none, or that its closes contain them"
            }
        return {}


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

    async def actions(self, symbol: str, start: date | None = None, end: date | None = None) -> Actions:
        """Give dividends and splits with an ex-date from `start` to `end`, both included; errors as of `bars`."""
        until = self._until(start, end)
        bars = await self.bars(symbol)
        first = start or date.min
        return Actions(
            symbol=bars.symbol,
            currency=bars.currency,
            dividends=[one for one in bars.dividends if first <= one.ex_date <= until],
            splits=[one for one in bars.splits if first <= one.ex_date <= until],
            source=bars.source,
            as_of=bars.as_of,
            age_seconds=self.age_seconds(bars),
            stale=bars.stale,
            names_no_dividend=not bars.dividends,
        )

    def age_seconds(self, bars: Bars) -> int:
        """Whole seconds from the last close to the market's now."""
        return max(0, int((self._clock.now() - bars.as_of).total_seconds()))

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
