"""Symbols that exist and that somebody asked for: among them movers are found. Nothing says who asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import structlog
from stocktool_kit.core.errors import StockToolError

MOST = 500

log = structlog.get_logger()


class SymbolStore(Protocol):
    """A set of symbols."""

    async def add(self, symbols: Sequence[str]) -> None:
        """Put symbols in."""
        ...

    async def read(self) -> Sequence[str]:
        """Give them all."""
        ...


class KnownSymbols:
    """Remembers symbols, at most five hundred; each process tells the store of each once."""

    def __init__(self, store: SymbolStore) -> None:
        self._store = store
        self._told: set[str] = set()

    async def add(self, symbols: Sequence[str]) -> None:
        """Remember symbols; forgotten when the store does not answer."""
        new = [symbol for symbol in symbols if symbol not in self._told]
        if not new or len(self._told) >= MOST:
            return
        try:
            await self._store.add(new)
        except StockToolError as error:
            log.warning("known_symbols_unwritable", reason=error.reason, detail=error.message)
            return
        self._told.update(new)

    async def read(self) -> Sequence[str]:
        """The symbols, in order, at most five hundred."""
        return sorted(await self._store.read())[:MOST]
