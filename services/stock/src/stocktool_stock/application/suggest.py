"""Names near a symbol that nothing trades under."""

from __future__ import annotations

from collections.abc import Sequence

from stocktool_kit.core.errors import StockToolError

from stocktool_stock.application.provider_ports import MarketProvider

_AT_MOST = 3
_ASKED_FOR = 5  # unknown symbols of one request that are worth a search each


async def suggestions(provider: MarketProvider, symbols: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Find up to three known symbols near each unknown one; none where the search fails, since they are a courtesy."""
    result: dict[str, tuple[str, ...]] = dict.fromkeys(symbols, ())
    for symbol in symbols[:_ASKED_FOR]:
        try:
            found = await provider.search(symbol, _AT_MOST, fuzzy=True)
        except StockToolError:
            break
        result[symbol] = tuple(one.symbol for one in found if one.symbol != symbol)[:_AT_MOST]
    return result
