"""The chat: how long its first word takes beside the same call of the SDK, two hundred turns at once with a thousand
readers, the replay of a stored turn, and what a streamed event costs.

All but the last run against a mesh of its own. Two hundred turns go to the chat process itself, since the edge would
limit one user. The cost of an event is that of this process, which reads a stream of a server beside it: once with the
SDK alone, once through the model's adapter, the turn's log and the encoding for a reader.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import openai
from stocktool_chat.adapters.dynamodb_turns import DynamoDbTurns
from stocktool_chat.adapters.grpc_tools import TOOLS
from stocktool_chat.adapters.model_routes import ModelRoutes
from stocktool_chat.adapters.openai_model import open_model
from stocktool_chat.application.live_turns import LiveTurn
from stocktool_chat.application.ports import ModelStep, TurnStore
from stocktool_chat.application.turn_log import MAX_BATCH, TurnLog
from stocktool_chat.domain import events
from stocktool_chat.domain.conversation import (
    Claim,
    ConversationId,
    Ending,
    OpenTurn,
    Turn,
    TurnId,
    TurnState,
    TurnUsage,
    new_turn_id,
)
from stocktool_chat.domain.prompt import INSTRUCTIONS
from stocktool_chat.domain.summaries import capped, to_json
from stocktool_chat.domain.turn_view import TurnView
from stocktool_chat.http.sse import event_stream
from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.table import Table
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.testing.aws import emulated

from stocktool_dev.bench import QUESTION, BenchFailed, emit, ended, own_mesh, signed_in, started
from stocktool_dev.bench import events as events_of
from stocktool_dev.emulator import free_port
from stocktool_dev.layout import Layout

_PAIRS = 15
_TURNS = 200
_READERS_PER_TURN = 5
_ASKING = 16  # questions on their way at a time; all turns then run at once
_STORED_EVENTS = 500
_REPLAYS = 40
_STREAMED = 4_000
_PATIENCE = 300.0
_SERVER = """
import json, sys
import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
def line(event):
    return f"event: {event['type']}\\ndata: {json.dumps(event)}\\n\\n".encode()
delta = line({"type": "response.output_text.delta", "item_id": "m", "output_index": 0, "content_index": 0,
              "delta": "words ", "sequence_number": 1, "logprobs": []})
usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2, "input_tokens_details": {"cached_tokens": 0},
         "output_tokens_details": {"reasoning_tokens": 0}}
end = line({"type": "response.completed", "sequence_number": 2, "response": {
    "id": "r", "object": "response", "created_at": 0, "model": "m", "status": "completed", "output": [], "tools": [],
    "parallel_tool_calls": True, "tool_choice": "auto", "usage": usage}})
app = FastAPI()
@app.get("/ready")
async def ready():
    return {}
@app.post("/v1/responses")
async def responses():
    async def body():
        for _ in range(int(sys.argv[2])):
            yield delta
        yield end
    return StreamingResponse(body(), media_type="text/event-stream")
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", access_log=False)
"""


def first_word(layout: Layout, client: httpx.Client) -> None:
    """The first word at the edge, beside that of the SDK's call of the analyst with the same results, in turn."""
    ports = json.loads((layout.state / "ports.json").read_text())
    analyst = openai.OpenAI(base_url=f"http://127.0.0.1:{ports['analyst']}/v1", api_key="offline")
    mesh_ms, sdk_ms = [], []
    for number in range(_PAIRS + 1):
        whole, first = _asked(client)
        alone = _asked_alone(analyst, whole)
        if number:  # the first pair warms caches and connections
            mesh_ms.append(first)
            sdk_ms.append(alone)
    mesh, sdk = statistics.median(mesh_ms), statistics.median(sdk_ms)
    emit("chat_first_word_p50", mesh, "ms", sdk)
    emit("chat_first_word_above_sdk_p50", mesh - sdk, "ms", 250.0)


def _asked(client: httpx.Client) -> tuple[dict[str, Any], float]:
    """A question by way of the edge: the whole turn, and the milliseconds to its first word."""
    conversation = client.post("/api/chat/v1/conversations", json={}).raise_for_status().json()["id"]
    path = f"/api/chat/v1/conversations/{conversation}/turns"
    first = None
    before = time.perf_counter()
    turn = client.post(path, json={"text": QUESTION}).raise_for_status().json()["turn_id"]
    for name, _ in events_of(client, f"{path}/{turn}/events"):
        if name == "text.delta" and first is None:
            first = (time.perf_counter() - before) * 1000
    if first is None:
        raise BenchFailed("the answer has no text")
    whole: dict[str, Any] = client.get(f"{path}/{turn}").raise_for_status().json()
    return whole, first


def _asked_alone(analyst: openai.OpenAI, whole: dict[str, Any]) -> float:
    """Milliseconds to the first word of the analyst when it is handed the results at once."""
    items: list[dict[str, Any]] = [{"role": "user", "content": whole["question"]}]
    for call in whole["tool_calls"]:
        identity = {"call_id": call["call_id"]}
        arguments = json.dumps(call["arguments"])
        items.append({"type": "function_call", **identity, "name": call["name"], "arguments": arguments})
        output = to_json(capped(call["result"], 24_000))
        items.append({"type": "function_call_output", **identity, "output": output})
    definitions = [tool.definition() for tool in TOOLS]
    tools = [
        {"type": "function", "name": each.name, "description": each.description, "parameters": each.parameters}
        for each in definitions
    ]
    before = time.perf_counter()
    stream = analyst.responses.create(
        model="offline-analyst",
        instructions=INSTRUCTIONS,
        input=cast(Any, items),
        tools=cast(Any, tools),
        store=False,
        stream=True,
    )
    first = None
    for event in stream:
        if event.type == "response.output_text.delta" and first is None:
            first = (time.perf_counter() - before) * 1000
    if first is None:
        raise BenchFailed("the analyst said nothing to the results")
    return first


async def crowd(layout: Layout, token: str) -> None:
    """Two hundred turns at once, each with five readers that attach while it runs."""
    ports = json.loads((layout.state / "ports.json").read_text())
    pid = _pid_of_listener(int(ports["chat.http"]))
    before_mb = _memory_mb(pid)
    limits = httpx.Limits(max_connections=_TURNS * (_READERS_PER_TURN + 1))
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{ports['chat.http']}/api/chat/v1",
        headers={"authorization": f"Bearer {token}"},
        timeout=_PATIENCE,
        limits=limits,
    ) as client:
        opened = [(await client.post("/conversations", json={})).raise_for_status().json()["id"] for _ in range(_TURNS)]
        began = time.perf_counter()
        peak = before_mb

        doors = asyncio.Semaphore(_ASKING)

        async def ask(conversation: str) -> list[list[tuple[str, Any]]]:
            path = f"/conversations/{conversation}/turns"
            async with doors:
                answer = await client.post(path, json={"text": QUESTION})
            if answer.is_error:
                return []
            turn = answer.json()["turn_id"]
            return await asyncio.gather(*(_read(client, f"{path}/{turn}/events") for _ in range(_READERS_PER_TURN)))

        async def watch_memory() -> None:
            nonlocal peak
            while True:
                peak = max(peak, _memory_mb(pid))
                await asyncio.sleep(0.25)

        watching = asyncio.create_task(watch_memory())
        try:
            told = await asyncio.gather(*(ask(each) for each in opened))
        finally:
            watching.cancel()
    whole = time.perf_counter() - began
    refused = sum(not readers for readers in told)
    failed = sum(readers[0][-1][0] != "turn.completed" for readers in told if readers)
    torn = sum(reader != readers[0] for readers in told for reader in readers)
    emit("chat_turns_at_once", _TURNS, "turns")
    emit("chat_turns_refused", refused, "turns")
    emit("chat_turns_failed", failed, "turns")
    emit("chat_readers", _TURNS * _READERS_PER_TURN, "readers")
    emit("chat_readers_with_another_story", torn, "readers")
    emit("chat_turns_whole", whole, "s")
    emit("chat_memory_before", before_mb, "MB")
    emit("chat_memory_peak", peak, "MB", before_mb)


async def _read(client: httpx.AsyncClient, path: str) -> list[tuple[str, Any]]:
    name, found = "", []
    async with client.stream("GET", path) as answer:
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            if line.startswith("event:"):
                name = line.removeprefix("event:").strip()
            elif line.startswith("data:"):
                found.append((name, json.loads(line.removeprefix("data:"))))
    return found


def _pid_of_listener(port: int) -> int:
    """The process that listens on a port of loopback."""
    sockets = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                sockets.add(f"socket:[{fields[9]}]")
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            if any(str(link.readlink()) in sockets for link in (process / "fd").iterdir()):
                return int(process.name)
        except OSError:
            continue
    raise BenchFailed(f"nobody listens on port {port}")


def _memory_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    raise BenchFailed("the chat process is gone")


async def stored_turn(layout: Layout, owner: OwnerId, conversation: str) -> TurnId:
    """Store a turn of five hundred events, as a run would have."""
    ports = json.loads((layout.state / "ports.json").read_text())
    aws = emulated(f"http://127.0.0.1:{ports['emulator']}")
    try:
        clock = SystemClock()
        store = DynamoDbTurns(
            Table(aws, "stocktool-conversations"), Bucket(aws, "stocktool-knowledge"), "stocktool-usage", clock
        )
        now = clock.now()
        turn = Turn(new_turn_id(now), ConversationId(conversation), owner, "Q", "offline-analyst", now)
        claim = Claim(turn.conversation_id, turn.id, owner, fence=1, attempt=1, holder="bench")
        first = events.numbered([events.turn_started(turn.id, turn.model)], 1)
        await store.start(turn, OpenTurn(claim, "127.0.0.1:1", now + timedelta(hours=1)), first, "", None)
        said = events.numbered([events.text_delta("some words of an answer ")] * (_STORED_EVENTS - 2), 2)
        for at in range(0, len(said), MAX_BATCH):
            await store.append(claim, said[at : at + MAX_BATCH], ())
        ending = Ending(TurnState.COMPLETED, TurnView().summary(), now, TurnUsage(turn.model, 0, 0, None))
        await store.finish(claim, events.numbered([events.turn_completed()], _STORED_EVENTS), (), ending)
    finally:
        aws.close()
    return turn.id


def replay(layout: Layout, client: httpx.Client) -> None:
    """A stored turn of five hundred events from its first to its last, through the edge."""
    conversation = client.post("/api/chat/v1/conversations", json={}).raise_for_status().json()["id"]
    owner = OwnerId(client.get("/api/auth/v1/me").raise_for_status().json()["id"])
    turn = asyncio.run(stored_turn(layout, owner, conversation))
    path = f"/api/chat/v1/conversations/{conversation}/turns/{turn}/events"
    took = []
    for number in range(_REPLAYS + 5):
        before = time.perf_counter()
        text = client.get(path).raise_for_status().text
        milliseconds = (time.perf_counter() - before) * 1000
        if text.count("\nid: ") != _STORED_EVENTS:
            raise BenchFailed(f"the replay has {text.count('id: ')} events")
        if number >= 5:
            took.append(milliseconds)
    emit("chat_replay_500_p50", statistics.median(took), "ms", 60.0)


async def cost_of_an_event(port: int) -> None:
    """Processor time of this process for each event of a stream."""
    client = openai.AsyncOpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="bench")
    model = open_model(ModelRoutes(silence_seconds=30, retries=0))
    ours_us, sdk_us = [], []
    for number in range(4):
        alone, all_of_it = await _sdk_alone(client), await _through_chat(model)
        if number:
            sdk_us.append(alone)
            ours_us.append(all_of_it)
    await model.close()
    await client.close()
    emit("chat_event_cpu", statistics.median(ours_us), "us", statistics.median(sdk_us))


async def _sdk_alone(client: openai.AsyncOpenAI) -> float:
    before = time.process_time()
    stream = await client.responses.create(model="m", input="Q", stream=True, store=False)
    count = 0
    async for _ in stream:
        count += 1
    return (time.process_time() - before) * 1e6 / count


class _Kept:
    """Takes what a log stores, and keeps nothing: the table's cost is another matter."""

    async def append(self, *_: object) -> None:
        await asyncio.sleep(0)

    async def finish(self, *_: object) -> None:
        await asyncio.sleep(0)


async def _through_chat(model: Any) -> float:
    now = datetime.now(UTC)
    turn = new_turn_id(now)
    live = LiveTurn(ConversationId("cnv_bench"), turn, OwnerId("usr_bench"))
    claim = Claim(live.conversation_id, turn, live.owner, fence=1, attempt=1, holder="bench")
    log = TurnLog(cast(TurnStore, _Kept()), claim, live, TurnView())
    step = ModelStep("m", "", [{"role": "user", "content": "Q"}], (), "bench")
    before = time.process_time()
    writing = asyncio.create_task(log.run())
    reading = asyncio.create_task(_encoded(live))
    async with aclosing(model.stream(step)) as pieces:
        async for piece in pieces:
            if isinstance(piece, str):
                log.add(events.text_delta(piece))
    await log.finish([], Ending(TurnState.COMPLETED, {}, now, TurnUsage("m", 0, 0, None)))
    writing.cancel()
    live.close()
    await reading
    return (time.process_time() - before) * 1e6 / _STREAMED


async def _encoded(live: LiveTurn) -> int:
    async def batches() -> AsyncIterator[Sequence[events.Event]]:
        async for batch in live.follow(0):
            yield batch

    size = 0
    async for piece in event_stream(batches(), asyncio.Event(), 15.0):
        size += len(piece)
    return size


def measure() -> None:
    """Run every benchmark."""
    port = free_port()
    os.environ.update(OPENAI_BASE_URL=f"http://127.0.0.1:{port}/v1", OPENAI_API_KEY="bench")
    with started(sys.executable, "-c", _SERVER, str(port), str(_STREAMED), port=port, path="/ready"):
        asyncio.run(cost_of_an_event(port))
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY"):
        del os.environ[name]
    with own_mesh() as layout, signed_in(layout, timeout_seconds=120) as client:
        first_word(layout, client)
        replay(layout, client)
        asyncio.run(crowd(layout, client.headers["authorization"].removeprefix("Bearer ")))


if __name__ == "__main__":
    sys.exit(ended(measure))
