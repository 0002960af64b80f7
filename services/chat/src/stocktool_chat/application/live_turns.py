"""Turns that run in this process: readers attach to them without a detour over the table."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from stocktool_kit.core.ids import OwnerId

from stocktool_chat.domain.conversation import ConversationId, TurnId
from stocktool_chat.domain.events import Event


class LiveTurn:
    """One running turn: its stored events so far, and a signal when there are more.

    Args:
        events: Events stored by an earlier attempt; ids go on after them.
    """

    def __init__(
        self, conversation_id: ConversationId, turn_id: TurnId, owner: OwnerId, events: Sequence[Event] = ()
    ) -> None:
        self.conversation_id = conversation_id
        self.turn_id = turn_id
        self.owner = owner
        self.stop = asyncio.Event()
        self._events = list(events)
        self._closed = False
        self._changed = asyncio.Event()

    @property
    def last_id(self) -> int:
        """Id of the last stored event."""
        return self._events[-1].id if self._events else 0

    def publish(self, events: Sequence[Event]) -> None:
        """Hand stored events to the readers."""
        self._events.extend(events)
        self._wake()

    def close(self) -> None:
        """No more events come from this process."""
        self._closed = True
        self._wake()

    async def follow(self, after: int) -> AsyncIterator[Sequence[Event]]:
        """Give batches of events after an id, waiting for more, until the turn ends or leaves this process."""
        position = max(after, 0)  # event n stands at index n - 1
        while True:
            changed = self._changed
            batch = self._events[position:]
            if batch:
                position += len(batch)
                yield batch
            elif self._closed:
                return
            else:
                await changed.wait()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


class LiveTurns:
    """The turns of this process by id."""

    def __init__(self) -> None:
        self._turns: dict[TurnId, LiveTurn] = {}

    def __len__(self) -> int:
        return len(self._turns)

    def add(self, live: LiveTurn) -> None:
        """Let readers find it."""
        self._turns[live.turn_id] = live

    def remove(self, live: LiveTurn) -> None:
        """Close it; readers attached to it still get what is stored."""
        live.close()
        if self._turns.get(live.turn_id) is live:
            del self._turns[live.turn_id]

    def get(self, turn_id: TurnId) -> LiveTurn | None:
        """The running turn, None when it does not run here."""
        return self._turns.get(turn_id)

    def of(self, conversation_id: ConversationId) -> list[LiveTurn]:
        """Running turns of a conversation."""
        return [live for live in self._turns.values() if live.conversation_id == conversation_id]
