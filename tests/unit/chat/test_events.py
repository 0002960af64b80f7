"""Events, their folding, the stream's format, and readers of a running turn."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

from hypothesis import given
from hypothesis import strategies as st
from stocktool_chat.application.live_turns import LiveTurn, LiveTurns
from stocktool_chat.domain import events
from stocktool_chat.domain.conversation import ConversationId, TurnId
from stocktool_chat.domain.errors import ModelRateLimited
from stocktool_chat.domain.events import Event
from stocktool_chat.domain.turn_view import fold, with_results
from stocktool_chat.http.sse import COMMENT, encoded, event_stream
from stocktool_kit.core.ids import OwnerId


def deltas(*texts: str, first: int = 1) -> list[Event]:
    return [Event(first + offset, "text.delta", {"text": text}) for offset, text in enumerate(texts)]


def a_live_turn(*stored: Event) -> LiveTurn:
    return LiveTurn(ConversationId("cnv_1"), TurnId("trn_1"), OwnerId("usr_1"), stored)


def test_deltas_that_follow_each_other_become_one_and_others_keep_their_place() -> None:
    given_events = [events.text_delta("a"), events.text_delta("b"), events.turn_restarted(2), events.text_delta("c")]

    merged = events.joined(given_events)

    assert [(event.type, dict(event.data)) for event in merged] == [
        ("text.delta", {"text": "ab"}),
        ("turn.restarted", {"attempt": 2}),
        ("text.delta", {"text": "c"}),
    ]


@given(st.lists(st.text()))
def test_joining_loses_no_text(texts: list[str]) -> None:
    merged = events.joined([events.text_delta(text) for text in texts])
    assert "".join(str(event.data["text"]) for event in merged) == "".join(texts)


def test_failure_is_told_as_a_problem_with_the_time_to_wait() -> None:
    event = events.turn_failed(ModelRateLimited("busy", retry_after_seconds=7))
    assert event.data["problem"] == {
        "type": "urn:stocktool:problem:model-rate-limited",
        "title": "Model rate limited",
        "detail": "busy",
        "reason": "MODEL_RATE_LIMITED",
        "retry_after_seconds": 7,
    }


def test_restart_clears_what_was_shown() -> None:
    view = fold(
        events.numbered(
            [
                events.turn_started("trn_1", "m"),
                events.tool_started("c1", "get_risk", {}),
                events.text_delta("Old"),
                events.turn_restarted(2),
                events.tool_started("c2", "get_quotes", {"symbols": ["AAPL"]}),
                events.tool_finished("c2", ok=True, duration_ms=12.34, summary="1 items (AAPL)"),
                events.text_delta("New"),
                events.usage("m", 10, 5, None),
                events.turn_completed(),
            ],
            1,
        )
    )
    summary = with_results(view.summary(), {"c2": {"items": []}})

    assert (view.attempt, view.state, summary["text"]) == (2, "completed", "New")
    assert summary["tool_calls"] == [
        {
            "call_id": "c2",
            "name": "get_quotes",
            "arguments": {"symbols": ["AAPL"]},
            "ok": True,
            "duration_ms": 12.3,
            "summary": "1 items (AAPL)",
            "result": {"items": []},
        }
    ]


@given(st.text())
def test_any_text_survives_the_stream_format(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    block = encoded([Event(7, "text.delta", {"text": text})]).decode()

    lines = block.split("\n")
    assert lines[:2] == ["id: 7", "event: text.delta"]
    assert lines[3:] == ["", ""]
    assert json.loads(lines[2].removeprefix("data: ")) == {"text": text}


async def batches(*given_batches: Sequence[Event], then_wait: bool = False) -> AsyncIterator[Sequence[Event]]:
    for batch in given_batches:
        yield batch
    if then_wait:
        await asyncio.Event().wait()


async def test_stream_ends_with_its_batches() -> None:
    blocks = [block async for block in event_stream(batches(deltas("a"), deltas("b", first=2)), asyncio.Event(), 5)]
    assert blocks == [COMMENT, encoded(deltas("a")), encoded(deltas("b", first=2))]


async def test_silent_stream_comments_until_the_process_drains() -> None:
    draining = asyncio.Event()
    blocks = []
    async for block in event_stream(batches(deltas("a"), then_wait=True), draining, 0.01):
        blocks.append(block)
        if len(blocks) == 5:
            draining.set()
    assert blocks[:2] == [COMMENT, encoded(deltas("a"))]
    assert set(blocks[2:]) == {COMMENT}


async def test_readers_of_a_running_turn_get_all_of_it_from_where_they_were() -> None:
    live = a_live_turn(*deltas("one"))

    async def read(after: int) -> list[Event]:
        return [event async for batch in live.follow(after) for event in batch]

    async with asyncio.TaskGroup() as group:
        readers = [group.create_task(read(after)) for after in (0, 1, 2)]
        await asyncio.sleep(0)
        live.publish(deltas("two", "three", first=2))
        await asyncio.sleep(0)
        live.publish(deltas("four", first=4))
        live.close()

    assert [[event.id for event in reader.result()] for reader in readers] == [[1, 2, 3, 4], [2, 3, 4], [3, 4]]


def test_a_removed_turn_is_found_no_more() -> None:
    lives, live = LiveTurns(), a_live_turn()
    lives.add(live)
    assert lives.get(live.turn_id) is live
    assert lives.of(live.conversation_id) == [live]
    lives.remove(live)
    assert lives.get(live.turn_id) is None
    assert len(lives) == 0
