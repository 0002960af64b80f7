"""Runs a turn's tool calls again, as the user who asks, and keeps what differs as a record of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import DeadlineExceeded, StockToolError
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import new_id
from stocktool_kit.core.once import once

from stocktool_chat.application.ports import ConversationStore, RerunStore, Toolbox, ToolSession, TurnStore
from stocktool_chat.domain.citations import number_passages
from stocktool_chat.domain.conversation import ConversationId, Turn, TurnId
from stocktool_chat.domain.earlier_results import EarlierResults
from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.proposals import Prepared
from stocktool_chat.domain.references import filled_object
from stocktool_chat.domain.reruns import (
    MOST_DIFFERENCES,
    MOST_PER_TURN,
    Difference,
    OldCall,
    Rerun,
    TooManyReruns,
    TurnStillRuns,
    calls_to_repeat,
    differences,
)

_LONGEST_SECONDS = 45.0  # the edge waits a minute


class Reruns:
    """A caller's turns, run again.

    Args:
        tool_seconds: Time of one call.
    """

    def __init__(
        self,
        *,
        conversations: ConversationStore,
        turns: TurnStore,
        store: RerunStore,
        toolbox: Toolbox,
        clock: Clock,
        tool_seconds: float,
    ) -> None:
        self._conversations = conversations
        self._turns = turns
        self._store = store
        self._toolbox = toolbox
        self._clock = clock
        self._tool_seconds = tool_seconds

    async def run(
        self, caller: Caller, conversation_id: ConversationId, turn_id: TurnId, key: IdempotencyKey | None = None
    ) -> Rerun:
        """Make the calls of an ended turn again, one after the other, and store what differs.

        Raises:
            ConversationNotFound, TurnNotFound: The caller has none by this id.
            TurnStillRuns, NothingToRerun, TooManyReruns: There is nothing to compare, or enough was kept.
            DeadlineExceeded: The tools took too long together.
        """

        async def attempt() -> Rerun:
            return await self._attempt(caller, conversation_id, turn_id, key)

        return await once(lambda: self._store.earlier_rerun(conversation_id, turn_id, key), attempt)

    async def _attempt(
        self, caller: Caller, conversation_id: ConversationId, turn_id: TurnId, key: IdempotencyKey | None
    ) -> Rerun:
        conversation = await self._conversations.get(conversation_id, caller.owner)
        turn = await self._turns.turn(conversation_id, turn_id)
        if turn.summary is None:
            raise TurnStillRuns("the answer is still being given; run it again when it has ended")
        # Figures are compared, not words: what is kept by reference needs not be read for it.
        stored = await self._turns.results(conversation_id, turn_id)
        calls = calls_to_repeat(turn.summary, {call_id: filled_object(each, {}) for call_id, each in stored.items()})
        kept = await self._store.reruns(conversation_id, turn_id)
        if len(kept) >= MOST_PER_TURN:
            raise TooManyReruns(f"this answer was run again {MOST_PER_TURN} times, which is as many as are kept")
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                rerun = await self._compared(turn, calls)
        except TimeoutError as error:
            raise DeadlineExceeded(f"the tools did not answer within {_LONGEST_SECONDS:g} s") from error
        return await self._store.add_rerun(rerun, conversation.retention, key)

    async def of_turn(self, caller: Caller, conversation_id: ConversationId, turn_id: TurnId) -> Sequence[Rerun]:
        """What running the turn again gave, oldest first.

        Raises:
            ConversationNotFound, TurnNotFound: The caller has none by this id.
        """
        await self._conversations.get(conversation_id, caller.owner)
        await self._turns.turn(conversation_id, turn_id)
        return await self._store.reruns(conversation_id, turn_id)

    async def _compared(self, turn: Turn, calls: Sequence[OldCall]) -> Rerun:
        receipts = (turn.summary or {}).get("receipts")
        earlier, citation = EarlierResults(), 1
        session = self._toolbox.session(turn.id, earlier)
        found: list[Difference] = []
        failed: dict[str, str] = {}
        compared = 0
        for call in calls:  # in their order: a calculation takes figures of the calls before it
            try:
                given = await self._called(session, call)
            except StockToolError as error:
                failed[call.call_id] = error.reason
                continue
            result, citation = number_passages(given, citation)
            earlier.add(call.call_id, call.name, result)
            count, different = differences(call, result, receipts)
            compared += count
            found += different
        found.sort(key=lambda each: each.shown_as is None)
        return Rerun(
            id=new_id("rrn"),
            conversation_id=turn.conversation_id,
            turn_id=turn.id,
            owner=turn.owner,
            ran_at=self._clock.now(),
            compared=compared,
            changed=len(found),
            differences=tuple(found[:MOST_DIFFERENCES]),
            failed=failed,
        )

    async def _called(self, session: ToolSession, call: OldCall) -> JsonObject:
        try:
            async with asyncio.timeout(self._tool_seconds):
                given = await session.call(call.name, call.arguments)
        except TimeoutError as error:
            raise DeadlineExceeded(f"{call.name} did not answer within {self._tool_seconds:g} s") from error
        return {} if isinstance(given, Prepared) else given
