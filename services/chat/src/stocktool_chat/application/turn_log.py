"""Writes a running turn's events: stored first, then sent, in batches that grow when the table is slow.

Words of documents are stored by reference and sent as they are.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

from stocktool_chat.application.live_turns import LiveTurn
from stocktool_chat.application.ports import TurnStore
from stocktool_chat.domain.conversation import Claim, Ending
from stocktool_chat.domain.events import TEXT_DELTA, Event, NewEvent, joined, numbered
from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.sealing import CONTEXT, Known, Passage, Sealer
from stocktool_chat.domain.tool_results import ToolResult
from stocktool_chat.domain.turn_view import TurnView

MAX_BATCH = 64
_SHORTEST_SECONDS = 0.25
_LONGEST_SECONDS = 1.0
_LOAD_FACTOR = 8  # a write that takes 50 ms spaces batches by 400 ms


class TurnLog:
    """The events of one run of a turn.

    Args:
        view: Folded from what is stored already.
        interval: Seconds between batches while the table is quick.
    """

    def __init__(
        self, store: TurnStore, claim: Claim, live: LiveTurn, view: TurnView, interval: float = _SHORTEST_SECONDS
    ) -> None:
        self.view = view
        self._store = store
        self._claim = claim
        self._live = live
        self._pending: list[NewEvent] = []
        self._results: list[ToolResult] = []
        self._wake = asyncio.Event()
        self._at_once = False
        self._shortest = self._interval = interval
        self._writing = asyncio.Lock()
        self._sealer = Sealer()
        self._said = ""  # the end of the text that was stored

    async def know(self, passages: Sequence[Passage]) -> None:
        """Learn words of documents before anything that may quote them is taken: they are stored by reference."""
        if passages:
            self._sealer.know(await asyncio.to_thread(lambda: [Known.of(each) for each in passages]))

    def add(self, *events: NewEvent, result: ToolResult | None = None) -> None:
        """Take events; the first piece of text goes out at once, since somebody waits for it."""
        if result is not None:
            self._results.append(result)
        for event in events:
            if event.type == TEXT_DELTA and not self.view.text_parts:
                self._at_once = True
            self.view.take(event)
            self._pending.append(event)
        self._wake.set()

    async def run(self) -> None:
        """Store and send until cancelled.

        Raises:
            LeaseLost: Another process runs the turn.
        """
        last = float("-inf")
        while True:
            await self._wake.wait()
            self._wake.clear()
            wait = last + self._interval - time.monotonic()
            while wait > 0 and not self._at_once:
                # More events do not shorten the wait; only one that must go out at once does.
                try:
                    async with asyncio.timeout(wait):
                        await self._wake.wait()
                    self._wake.clear()
                except TimeoutError:
                    break
                wait = last + self._interval - time.monotonic()
            self._at_once = False
            last = time.monotonic()
            await self._flush()

    async def finish(self, last: list[NewEvent], ending: Ending) -> None:
        """Store the last events with the turn's end, then send them.

        Raises:
            LeaseLost: Another process runs the turn.
        """
        await self._flush()
        async with self._writing:
            events = numbered(last, self._live.last_id + 1)
            # A long answer over many passages takes some 20 ms to be looked through.
            ending = replace(ending, summary=await asyncio.to_thread(self._sealer.object, ending.summary))
            await self._store.finish(self._claim, self._sealed(events), self._sealed_results(self._results), ending)
            self._live.publish(events)

    async def _flush(self) -> None:
        async with self._writing:
            pending, self._pending = joined(self._pending), []
            results, self._results = self._results, []
            events: list[Event] = numbered(pending, self._live.last_id + 1)
            for at in range(0, len(events), MAX_BATCH):
                batch = events[at : at + MAX_BATCH]
                begin = time.monotonic()
                stored = self._sealed(batch)
                await self._store.append(self._claim, stored, self._sealed_results(results) if at == 0 else ())
                took = time.monotonic() - begin
                self._interval = max(self._shortest, min(_LONGEST_SECONDS, took * _LOAD_FACTOR))
                self._live.publish(batch)

    def _sealed(self, events: Sequence[Event]) -> list[Event]:
        """Events as they are stored; those that are sent keep their words."""
        return [Event(event.id, event.type, self._sealed_data(event)) for event in events]

    def _sealed_data(self, event: Event) -> JsonObject:
        if event.type == TEXT_DELTA:
            text = str(event.data["text"])
            sealed = self._sealer.text(text, self._said)
            self._said = (self._said + text)[-CONTEXT:]
            return {"text": sealed}
        return self._sealer.object(event.data)

    def _sealed_results(self, results: Sequence[ToolResult]) -> list[ToolResult]:
        return [replace(each, result=self._sealer.object(each.result)) for each in results]
