"""Vouching for a print that was kept aside."""

from __future__ import annotations

from stocktool_stock.application.get_bars import GetBars
from stocktool_stock.application.get_quotes import GetQuotes
from stocktool_stock.application.provider_ports import KeptPrint
from stocktool_stock.application.quarantine import Quarantine


class ReleasePrint:
    """Releases a print and has its symbol fetched again, so that it counts at once."""

    def __init__(self, quarantine: Quarantine, bars: GetBars, quotes: GetQuotes) -> None:
        self._quarantine = quarantine
        self._bars = bars
        self._quotes = quotes

    async def __call__(self, print_id: str, by: str) -> KeptPrint:
        """Release a print in the name of `by`; where the provider is silent now, it counts from the next fetch on.

        Raises:
            NotFound: There is none of this name.
        """
        kept = await self._quarantine.release(print_id, by)
        await (self._bars.refreshed([kept.symbol]) if kept.kind == "bar" else self._quotes.refreshed([kept.symbol]))
        return kept
