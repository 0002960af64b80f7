"""Batches of events: stored before they are sent, the first text at once, the rest in groups."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from stocktool_chat.application.live_turns import LiveTurn
from stocktool_chat.application.turn_log import MAX_BATCH, TurnLog
from stocktool_chat.domain import events
from stocktool_chat.domain.conversation import (
    Claim,
    Conversation,
    ConversationId,
    Ending,
    OpenTurn,
    Turn,
    TurnState,
    TurnUsage,
    new_turn_id,
)
from stocktool_chat.domain.errors import LeaseLost
from stocktool_chat.domain.events import Event
from stocktool_chat.domain.tool_results import ToolResult
from stocktool_chat.domain.turn_view import TurnView
from stocktool_kit.core.ids import OwnerId

from tests.eventually import eventually
from tests.fakes.chat_store import FakeChatStore

NOW = datetime(2026, 11, 22, 17, 5, tzinfo=UTC)
OWNER = OwnerId("usr_1")


class RecordingStore(FakeChatStore):
    """Also remembers the sizes of batches."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    async def append(self, claim: Claim, events: Sequence[Event], results: Sequence[ToolResult]) -> None:
        await super().append(claim, events, results)
        self.batches.append(len(events))


@asynccontextmanager
async def a_log(interval: float = 0.25) -> AsyncIterator[tuple[TurnLog, RecordingStore, LiveTurn, Claim]]:
    store = RecordingStore()
    conversation = Conversation(ConversationId("cnv_1"), OWNER, "", pinned=False, created_at=NOW, updated_at=NOW)
    await store.create(conversation, None)
    turn = Turn(new_turn_id(NOW), conversation.id, OWNER, "Q", "m", NOW)
    claim = Claim(conversation.id, turn.id, OWNER, fence=1, attempt=1, holder="pod")
    await store.start(turn, OpenTurn(claim, "", NOW + timedelta(15)), [], "t", None)
    live = LiveTurn(conversation.id, turn.id, OWNER)
    log = TurnLog(store, claim, live, TurnView(), interval)
    running = asyncio.create_task(log.run())
    try:
        yield log, store, live, claim
    finally:
        running.cancel()
        await asyncio.wait([running])


async def test_first_text_goes_out_at_once_and_the_rest_waits_for_its_batch() -> None:
    async with a_log(interval=3600) as (log, store, live, claim):
        log.add(events.tool_started("c1", "get_risk", {}))
        await eventually(lambda: store.batches == [1], every=0.001)
        log.add(events.tool_finished("c1", ok=True, duration_ms=1, summary=""), result=ToolResult("c1", {"beta": 1.1}))
        log.add(events.text_delta("He"))
        await eventually(lambda: len(store.batches) == 2, every=0.001)
        for piece in ("ll", "o, ", "you"):
            log.add(events.text_delta(piece))
            await asyncio.sleep(0)
        await log.finish([events.turn_completed()], Ending(TurnState.COMPLETED, {"text": "Hello, you"}, NOW, None))

        assert store.batches == [1, 2, 1, 1]  # the last one is the end
        stored = await store.events(claim.conversation_id, claim.turn_id, 0)
        assert [event.id for event in stored] == [1, 2, 3, 4, 5]
        assert stored[3].data == {"text": "llo, you"}
        assert live.last_id == 5
        assert await store.results(claim.conversation_id, claim.turn_id) == {"c1": {"beta": 1.1}}


async def test_what_waits_goes_out_by_itself_in_one_batch() -> None:
    async with a_log() as (log, store, _, _):
        log.add(events.text_delta("He"))
        await eventually(lambda: store.batches == [1], every=0.001)
        log.add(*(events.text_delta(piece) for piece in ("ll", "o")))
        await eventually(lambda: store.batches == [1, 1], every=0.001)


async def test_large_bursts_are_split() -> None:
    async with a_log() as (log, store, live, _):
        log.add(*(events.tool_started(f"c{n}", "get_risk", {}) for n in range(MAX_BATCH + 5)))
        await eventually(lambda: live.last_id == MAX_BATCH + 5)
        assert store.batches == [MAX_BATCH, 5]


async def test_finish_stores_what_is_left_with_the_end() -> None:
    async with a_log() as (log, store, live, claim):
        log.add(events.text_delta("All"))
        last = [events.usage("m", 1, 1, None), events.turn_completed()]
        ending = Ending(TurnState.COMPLETED, {"text": "All"}, NOW, TurnUsage("m", 1, 1, None))
        await log.finish(last, ending)

        stored = await store.events(claim.conversation_id, claim.turn_id, 0)
        assert [event.type for event in stored] == ["text.delta", "usage", "turn.completed"]
        assert (await store.turn(claim.conversation_id, claim.turn_id)).text == "All"
        assert live.last_id == 3


async def test_nothing_is_sent_that_was_not_stored() -> None:
    async with a_log() as (log, store, live, claim):
        await store.discard(claim)
        log.add(events.text_delta("Never seen"))
        with pytest.raises(LeaseLost):
            await log.finish(
                [events.turn_completed()], Ending(TurnState.COMPLETED, {}, NOW, TurnUsage("m", 1, 1, None))
            )
        assert live.last_id == 0
