"""Reads, follows and stops turns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.errors import StockToolError

from stocktool_chat.application.live_turns import LiveTurn, LiveTurns
from stocktool_chat.application.ports import ConversationStore, Peers, TurnStore
from stocktool_chat.application.quotes import Quotes
from stocktool_chat.domain.conversation import ConversationId, Turn, TurnId, TurnState
from stocktool_chat.domain.events import Event
from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.turn_view import fold, with_results

_POLL_SECONDS = 0.5


class Turns:
    """A caller's turns, whichever process runs them.

    Args:
        address: gRPC target of this process, so that it does not ask itself.
    """

    def __init__(
        self,
        conversations: ConversationStore,
        store: TurnStore,
        lives: LiveTurns,
        peers: Peers,
        quotes: Quotes,
        *,
        address: str,
        poll_seconds: float = _POLL_SECONDS,
    ) -> None:
        self._conversations = conversations
        self._store = store
        self._lives = lives
        self._peers = peers
        self._quotes = quotes
        self._address = address
        self._poll_seconds = poll_seconds

    async def read(
        self, caller: Caller, conversation_id: ConversationId, turn_id: TurnId
    ) -> tuple[Turn, JsonObject, int]:
        """A whole turn as far as it is stored: the turn, its fold with tool results, and its attempt.

        Raises:
            ConversationNotFound, TurnNotFound: The caller has no such conversation or turn.
        """
        await self._conversations.get(conversation_id, caller.owner)
        turn = await self._store.turn(conversation_id, turn_id)
        stored = await self._store.results(conversation_id, turn_id)
        attempt, summary = turn.attempt, turn.summary
        if summary is None:
            view = fold(await self._store.events(conversation_id, turn_id, 0))
            attempt, summary = view.attempt, view.summary()
        summary, results = await self._quotes.view(summary, stored)
        return turn, with_results(summary, results), attempt

    async def stop(self, caller: Caller, conversation_id: ConversationId, turn_id: TurnId) -> None:
        """Ask a turn to stop; one that has ended stays as it is.

        The wish is stored first, so that it holds whichever process runs the turn, then told to that process.
        """
        live = self._live(caller, conversation_id, turn_id)
        if live is not None:
            live.stop.set()
            return
        await self._conversations.get(conversation_id, caller.owner)
        await self._store.turn(conversation_id, turn_id)
        running = await self._store.request_stop(turn_id)
        if running is not None and running.address != self._address:
            await self._peers.stop(running.address, conversation_id, turn_id)

    async def check(self, caller: Caller, conversation_id: ConversationId, turn_id: TurnId) -> None:
        """Refuse a turn that is not the caller's, before a stream is opened for it.

        Raises:
            ConversationNotFound, TurnNotFound: See `read`.
        """
        if self._live(caller, conversation_id, turn_id) is None:
            await self._conversations.get(conversation_id, caller.owner)
            await self._store.turn(conversation_id, turn_id)

    async def watch(
        self, conversation_id: ConversationId, turn_id: TurnId, after: int
    ) -> AsyncIterator[Sequence[Event]]:
        """Follow a turn from an event on, to its terminal event; `check` it first.

        Attaches to a turn of this process, else to the process that runs it, and reads the table when neither can be
        had: while nobody runs the turn, or the one that does cannot be reached.
        """

        async def before() -> list[Event]:
            return [each for each in await self._store.events(conversation_id, turn_id, 0) if each.id <= after]

        async with aclosing(self._batches(conversation_id, turn_id, after)) as batches:
            async for batch in self._quotes.stream(batches, before if after else None):
                yield batch

    async def _batches(
        self, conversation_id: ConversationId, turn_id: TurnId, after: int
    ) -> AsyncGenerator[Sequence[Event]]:
        while True:
            async for batch in self._source(conversation_id, turn_id, after):
                if not batch:
                    continue
                yield batch
                after = batch[-1].id
                if batch[-1].is_terminal:
                    return
            stored = await self._store.events(conversation_id, turn_id, after)
            if stored:
                yield stored
                after = stored[-1].id
                if stored[-1].is_terminal:
                    return
                continue
            if self._lives.get(turn_id) is None:
                turn = await self._store.turn(conversation_id, turn_id)
                if turn.state is not TurnState.RUNNING:
                    # It may have ended since its events were looked for.
                    if stored := await self._store.events(conversation_id, turn_id, after):
                        yield stored
                    return
                await asyncio.sleep(self._poll_seconds)

    async def _source(
        self, conversation_id: ConversationId, turn_id: TurnId, after: int
    ) -> AsyncIterator[Sequence[Event]]:
        """Batches from whoever runs the turn; ends when nobody does, or cannot be asked."""
        live = self._lives.get(turn_id)
        if live is not None:
            async for batch in live.follow(after):
                yield batch
            return
        running = await self._store.open_turn(turn_id)
        if running is None or running.address == self._address:
            return
        try:
            async for event in self._peers.watch(running.address, conversation_id, turn_id, after):
                yield [event]
        except StockToolError:
            return  # the table has what is stored

    def _live(self, caller: Caller, conversation_id: ConversationId, turn_id: TurnId) -> LiveTurn | None:
        live = self._lives.get(turn_id)
        if live is None or live.conversation_id != conversation_id or live.owner != caller.owner:
            return None
        return live
