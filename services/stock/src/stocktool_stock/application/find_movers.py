"""The movers of the last session among the symbols somebody asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from stocktool_stock.application.known_symbols import KnownSymbols
from stocktool_stock.application.market_ports import QuoteSource
from stocktool_stock.domain.quotes import Quote

_AT_ONCE = 100
_MOST = 200


@dataclass(frozen=True, slots=True)
class Movers:
    """Who rose and fell most, from one close to the last price.

    Attributes:
        gainers: Largest rise first.
        losers: Largest fall first.
        considered: Symbols with a change that is no older than it should be.
        left_out: Symbols whose price is stale or without a change; they cannot be ranked with the others.
        now: The market's now, to which ages count.
    """

    gainers: Sequence[Quote]
    losers: Sequence[Quote]
    considered: int
    left_out: int
    now: datetime


class FindMovers:
    """Ranks known symbols by the change of their price.

    Args:
        known: The symbols.
        quotes: Their prices.
    """

    def __init__(self, known: KnownSymbols, quotes: QuoteSource) -> None:
        self._known = known
        self._quotes = quotes

    async def __call__(self, limit: int) -> Movers:
        """Give at most `limit` on either side, of at most two hundred symbols."""
        symbols = (await self._known.read())[:_MOST]
        quotes: list[Quote] = []
        batch = await self._quotes.quotes(symbols[:_AT_ONCE])
        quotes += batch.quotes
        for at in range(_AT_ONCE, len(symbols), _AT_ONCE):
            quotes += (await self._quotes.quotes(symbols[at : at + _AT_ONCE])).quotes
        ranked = sorted(
            (
                (quote.change_fraction, quote.symbol, quote)
                for quote in quotes
                if not quote.stale and quote.change_fraction
            ),
            key=lambda entry: (entry[0], entry[1]),
        )
        falls = [quote for fraction, _, quote in ranked if fraction < 0]
        rises = [quote for fraction, _, quote in reversed(ranked) if fraction > 0]
        considered = sum(not quote.stale and quote.change_fraction is not None for quote in quotes)
        return Movers(rises[:limit], falls[:limit], considered, len(symbols) - considered, batch.now)
