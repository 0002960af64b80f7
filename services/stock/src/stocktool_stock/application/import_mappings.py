"""Mappings that users keep for their imports."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_stock.domain.imports.generic import check_mapping
from stocktool_stock.domain.imports.saved_mappings import SavedMapping, check_name
from stocktool_stock.domain.instruments import parse_symbol


class MappingStore(Protocol):
    """Mappings by owner and name."""

    async def get(self, owner: OwnerId, name: str) -> SavedMapping:
        """Read one.

        Raises:
            MappingNotFound: The owner keeps none by this name.
        """
        ...

    async def list(self, owner: OwnerId, page: PageRequest) -> Page[SavedMapping]:
        """List an owner's, by name."""
        ...

    async def put(self, saved: SavedMapping, key: IdempotencyKey | None, actor: str) -> SavedMapping:
        """Keep one, in place of the one by its name, once per request.

        Raises:
            TooManyMappings: The owner keeps as many as there may be.
        """
        ...

    async def delete(self, owner: OwnerId, name: str, key: IdempotencyKey | None, actor: str) -> None:
        """Delete one, once per request.

        Raises:
            MappingNotFound: The owner keeps none by this name.
        """
        ...


class ImportMappings:
    """Reads and writes the caller's mappings."""

    def __init__(self, store: MappingStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def get(self, caller: Caller, name: str) -> SavedMapping:
        """One by its name.

        Raises:
            MappingNotFound: The caller keeps none by this name.
        """
        return await self._store.get(caller.owner, check_name(name))

    async def list(self, caller: Caller, page: PageRequest) -> Page[SavedMapping]:
        """The caller's, by name."""
        return await self._store.list(caller.owner, page)

    async def put(self, caller: Caller, saved: SavedMapping, *, key: IdempotencyKey | None) -> SavedMapping:
        """Keep one; its owner and time are set here.

        Raises:
            InvalidArgument: It maps to fields, types or symbols that do not exist.
            TooManyMappings: The caller keeps as many as there may be.
        """
        check_name(saved.name)
        if saved.mapping is not None:
            check_mapping(saved.mapping)
        symbols = {text: parse_symbol(symbol, f"/symbols/{text[:60]}") for text, symbol in saved.symbols.items()}
        kept = replace(saved, owner=caller.owner, updated_at=self._clock.now(), symbols=symbols)
        return await self._store.put(kept, key, caller.subject)

    async def delete(self, caller: Caller, name: str, *, key: IdempotencyKey | None) -> None:
        """Delete one.

        Raises:
            MappingNotFound: The caller keeps none by this name.
        """
        await self._store.delete(caller.owner, check_name(name), key, caller.subject)
