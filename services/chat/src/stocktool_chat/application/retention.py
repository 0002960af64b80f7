"""Keeps conversations as long as their owner chose: new ones from the start, those that exist soon after."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock

from stocktool_chat.application.ports import RetentionStore
from stocktool_chat.domain.retention import Change, Retention

_TAKES_AT_MOST = timedelta(minutes=2)


class KeepConversations:
    """Reads and changes the choice, and brings it to conversations that exist."""

    def __init__(self, store: RetentionStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.chosen = asyncio.Event()

    async def read(self, caller: Caller) -> Retention:
        """What the caller chose, or the default of 30 days."""
        return await self._store.retention(caller.owner)

    async def choose(self, caller: Caller, retention: Retention) -> None:
        """Choose; conversations that exist follow in the background, however often the process dies meanwhile."""
        await self._store.choose(Change(caller.owner, retention, self._clock.now()))
        self.chosen.set()

    async def sweep(self) -> int:
        """Bring choices to conversations that exist; answers how many choices that were."""
        done = 0
        for change in await self._store.unapplied():
            until = self._clock.now() + _TAKES_AT_MOST
            if await self._store.take(change, self._clock.now(), until):
                await self._store.apply(change)
                done += 1
        return done
