"""The shard leases of one process: one record in the cache table, replaced under a condition."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog
from opentelemetry.instrumentation.utils import suppress_instrumentation
from stocktool_kit.aws.table import Attr, ConditionFailed, Table
from stocktool_kit.core.clock import Clock, instant, parse_instant
from stocktool_kit.core.errors import StockToolError
from stocktool_kit.core.ids import new_ulid

from stocktool_stock.domain.shards import SHARDS, Holding, ShardRecord, mask_of, shard_of

log = structlog.get_logger()

KEY = {"symbol": "L#provider", "data_type": "shards"}
_ATTEMPTS = 8
_MARGIN = timedelta(seconds=1)  # a call begun now must still be ours when it goes out
_LOOKED = timedelta(seconds=1)

Reshare = Callable[[float, float | None], None]
"""Told of this process's new part of all shards, and of how many seconds the gained ones were nobody's."""


class ShardLeases:
    """Who may call the provider, process by process.

    Args:
        table: The cache table.
        clock: Real time.
        reshare: See `Reshare`.
        eager: Hold a fair part from the start and for good, as servers do; else only while calls are made.
        holder: Name of this process; made up when not given.
        term: Time after which what was not renewed is others'.
    """

    def __init__(
        self,
        table: Table,
        clock: Clock,
        reshare: Reshare,
        *,
        eager: bool = False,
        holder: str = "",
        term: timedelta = timedelta(seconds=15),
    ) -> None:
        self._table = table
        self._clock = clock
        self._reshare = reshare
        self._eager = eager
        self._holder = holder or new_ulid()
        self._term = term
        self._mine: Holding | None = None
        self._others = False
        self._looked: datetime | None = None
        self._used: datetime | None = None
        self._share = 0.0
        self._writing = asyncio.Lock()

    @property
    def is_member(self) -> bool:
        """Whether anything is held."""
        return self._mine is not None

    @property
    def has_others(self) -> bool:
        """Whether other processes held something at the last look."""
        return self._others

    async def mine(self, keys: Sequence[str]) -> list[str]:
        """The keys whose shards this process holds, taking what is free."""
        now = self._clock.now()
        held = self._held(keys, now)
        if len(held) < len(keys) and not (self._looked is not None and now < self._looked + _LOOKED):
            await self._divide([key for key in keys if key not in held])
            held = self._held(keys, self._clock.now())
        if held:
            self._used = now
        return held

    async def tend(self) -> None:
        """Renew what is held, and share it out anew; a process that only calls now and then leaves when it does not."""
        now = self._clock.now()
        if not self._eager:
            if self._mine is None:
                return
            if self._used is None or now - self._used > self._term:
                await self.leave()
                return
        with suppress_instrumentation():
            await self._divide([])

    async def leave(self) -> None:
        """Let go of everything."""
        async with self._writing:
            if self._mine is None:
                return
            self._set(None, None)
            with suppress(StockToolError):  # it ends by itself
                await self._write(lambda record, now: record.without(self._holder, now))

    def _held(self, keys: Sequence[str], now: datetime) -> list[str]:
        if self._mine is None or self._mine.until - _MARGIN <= now:
            return []
        return [key for key in keys if self._mine.mask & (1 << shard_of(key))]

    async def _divide(self, wanted: Sequence[str]) -> None:
        async with self._writing:
            if wanted and len(self._held(wanted, self._clock.now())) == len(wanted):
                return  # a twin took them while we waited
            saved: timedelta | None = None
            lapsed = False
            mask = mask_of(map(shard_of, wanted))

            def change(record: ShardRecord, now: datetime) -> ShardRecord | None:
                nonlocal saved, lapsed
                saved, lapsed = record.saved(now), record.holding(self._holder, now) is None
                self._others = any(name != self._holder and held.until > now for name, held in record.holders.items())
                if not self._eager and record.holding(self._holder, now) is None and not record.free(now) & mask:
                    return None
                return record.divided(self._holder, now, self._term)

            try:
                record = await self._write(change)
            except StockToolError as error:
                # Nobody can take ours while the table does not answer: go on with them, and look again next time.
                log.warning("shards_unknown", detail=error.message)
                return
            now = self._clock.now()
            self._looked = now
            if lapsed:  # what it saved up since then was the free shards', and comes with them
                self._set(None, None)
            self._set(record.holding(self._holder, now), saved)

    async def _write(self, change: Callable[[ShardRecord, datetime], ShardRecord | None]) -> ShardRecord:
        for _ in range(_ATTEMPTS):
            item = await self._table.get(KEY)
            record = _record(item)
            changed = change(record, self._clock.now())
            if changed is None:
                return record
            unchanged = Attr("symbol").not_exists() if item is None else Attr("version").eq(record.version)
            try:
                await self._table.put(_item(changed), unchanged)
            except ConditionFailed:
                continue
            return changed
        log.warning("shards_contended")
        return _record(await self._table.get(KEY))

    def _set(self, holding: Holding | None, saved: timedelta | None) -> None:
        self._mine = holding
        share = 0.0 if holding is None else holding.count / SHARDS
        if share != self._share:
            log.info("provider_share", share=share)
            self._share = share
            self._reshare(share, None if saved is None else saved.total_seconds())


def _record(item: dict[str, Any] | None) -> ShardRecord:
    if item is None:
        return ShardRecord()
    return ShardRecord(
        {
            name: Holding(parse_instant(str(held["until"])), int(str(held["mask"]), 16))
            for name, held in item["holders"].items()
        },
        parse_instant(str(item["freed_at"])) if item.get("freed_at") else None,
        int(item["version"]),
    )


def _item(record: ShardRecord) -> dict[str, Any]:
    return {
        **KEY,
        "holders": {
            name: {"until": instant(held.until), "mask": f"{held.mask:016x}"} for name, held in record.holders.items()
        },
        "freed_at": None if record.freed_at is None else instant(record.freed_at),
        "version": record.version,
    }
