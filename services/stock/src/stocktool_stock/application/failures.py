"""Errors of single symbols as entries of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stocktool_kit.core.errors import StockToolError

from stocktool_stock.domain.quotes import ProviderUnavailable, SymbolFailure, SymbolNotFound


def failures(symbols: Sequence[str], failed: Mapping[str, Exception]) -> list[SymbolFailure]:
    """Write the failures in the order of `symbols`."""
    result = []
    for symbol in symbols:
        error = failed.get(symbol)
        if isinstance(error, StockToolError):
            near = error.suggestions if isinstance(error, SymbolNotFound) else ()
            result.append(SymbolFailure(symbol, error.reason, error.message, near))
    return result


def raised(failure: SymbolFailure) -> StockToolError:
    """The error of a failure that is a whole request's outcome."""
    if failure.reason == SymbolNotFound.reason:
        return SymbolNotFound(failure.symbol, failure.suggestions)
    return ProviderUnavailable(failure.detail, symbol=failure.symbol)
