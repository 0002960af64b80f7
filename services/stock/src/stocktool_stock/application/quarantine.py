"""Prints that cannot be prices: kept aside, listed, and let go when somebody vouches for them."""

from __future__ import annotations

from collections import OrderedDict
from datetime import date

import structlog
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import StockToolError
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_stock.application.provider_ports import KeptPrint, PrintStore
from stocktool_stock.domain.bars import Bars, Fault
from stocktool_stock.domain.quotes import Quote

_REMEMBERED = 1000
_AT_MOST = 50

log = structlog.get_logger()


class Quarantine:
    """Where fetches put the prints they keep aside.

    Args:
        store: Keeps them.
        clock: Real time.
    """

    def __init__(self, store: PrintStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._told: OrderedDict[str, None] = OrderedDict()

    async def keep(self, bars: Bars) -> None:
        """Put away what was kept aside of a series, the newest fifty."""
        for one in bars.aside[-_AT_MOST:]:
            await self._put(
                KeptPrint(
                    symbol=bars.symbol,
                    kind="bar",
                    day=one.day,
                    price=one.price,
                    currency=bars.currency,
                    fault=one.fault,
                    last_good=one.last_good,
                    source=bars.source,
                    seen_at=self._clock.now(),
                )
            )

    async def keep_quote(self, quote: Quote, fault: Fault, last_good: float | None) -> None:
        """Put a quote away."""
        await self._put(
            KeptPrint(
                symbol=quote.symbol,
                kind="quote",
                day=quote.as_of.date(),
                price=float(quote.price.amount),
                currency=quote.price.currency,
                fault=fault,
                last_good=last_good,
                source=quote.source,
                seen_at=self._clock.now(),
            )
        )

    async def released(self, symbol: str, kind: str = "bar") -> frozenset[date]:
        """Days whose prints somebody vouched for; none where the store does not answer."""
        try:
            page = await self._store.list(symbol, PageRequest(page_size=200))
        except StockToolError as error:
            log.warning("quarantine_unreadable", reason=error.reason, detail=error.message)
            return frozenset()
        return frozenset(one.day for one in page.items if one.released and one.kind == kind)

    async def list(self, symbol: str, page: PageRequest) -> Page[KeptPrint]:
        """List prints kept aside, of one symbol or of all."""
        return await self._store.list(symbol, page)

    async def release(self, print_id: str, by: str) -> KeptPrint:
        """Vouch for a print; `by` is who does.

        Raises:
            NotFound: There is none of this name.
        """
        kept = await self._store.release(print_id, by)
        log.info("print_released", symbol=kept.symbol, kind=kept.kind, day=kept.day.isoformat())
        return kept

    async def _put(self, kept: KeptPrint) -> None:
        if kept.id in self._told:
            return
        try:
            await self._store.put(kept)
        except StockToolError as error:
            log.warning("quarantine_unwritable", reason=error.reason, detail=error.message)
            return
        log.warning("print_kept_aside", symbol=kept.symbol, kind=kept.kind, fault=kept.fault.value)
        self._told[kept.id] = None
        while len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
