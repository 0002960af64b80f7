"""Several chat processes: readers on another one, turns handed over by one that leaves, or taken over when it died."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from stocktool_chat.bootstrap import bootstrap
from stocktool_dev.emulator import free_port
from stocktool_kit.process import running
from stocktool_kit.testing.process import SERVICE_SECRET

from tests.eventually import eventually
from tests.fakes.chat_model import Call, Hang, Say, ScriptedModel
from tests.fakes.chat_process import Mesh, Person, Sse, settings_for, text_of, until
from tests.fakes.chat_services import ChatNeighbours

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOLDINGS = Call([("get_holdings", {"portfolio": None, "as_of": None})])


async def test_other_process_follows_and_stops_a_turn(mesh: Mesh) -> None:
    mesh.model.script(Hang("Working"))
    first_port = free_port()
    first_settings = settings_for(mesh.neighbours, grpc_port=first_port)
    other_settings = settings_for(mesh.neighbours, advertise_address="127.0.0.1:2")
    async with running(first_settings, bootstrap) as first, running(other_settings, bootstrap) as other:
        there = Mesh(first, mesh.model, mesh.neighbours, f"http://127.0.0.1:{first.http_port}")
        async with there.person() as person:
            conversation = await person.opened()
            turn = await person.asked(conversation)
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{other.http_port}") as http:
                elsewhere = Person(http, person.id, person.headers)
                stream = elsewhere.watched(conversation, turn)
                events = [event async for event in until(stream, "text.delta")]
                begin = time.monotonic()
                await elsewhere.call("POST", f"/conversations/{conversation}/turns/{turn}:stop")
                events += [event async for event in stream]
                seconds = time.monotonic() - begin
    assert events[-1].type == "turn.stopped"
    assert [event.id for event in events] == list(range(1, len(events) + 1))
    assert seconds < 1


async def test_a_draining_process_hands_its_turns_over(mesh: Mesh) -> None:
    mesh.model.script(Hang("First try"))
    settings = settings_for(mesh.neighbours, advertise_address="127.0.0.1:3", drain_seconds=3.2)
    async with running(settings, bootstrap) as leaving:
        there = Mesh(leaving, mesh.model, mesh.neighbours, f"http://127.0.0.1:{leaving.http_port}")
        async with there.person() as person:
            conversation = await person.opened()
            turn = await person.asked(conversation)
            first = await person.first(conversation, turn, "text.delta")
            mesh.model.script(Say(["Second try."]))
    async with httpx.AsyncClient(base_url=mesh.base_url, timeout=20) as http:
        events = await Person(http, person.id, person.headers).all(conversation, turn, first[-1].id)
    assert events[0].type == "turn.restarted"
    assert events[0].data == {"attempt": 2}
    assert events[0].id == first[-1].id + 1
    assert text_of(first + events) == "Second try."
    assert events[-1].type == "turn.completed"


@asynccontextmanager
async def chat_subprocess(neighbours: ChatNeighbours, model: ScriptedModel) -> AsyncIterator[tuple[Any, str]]:
    """`stocktool-chat serve` as its own process, to be killed."""
    port = free_port()
    environment = {
        **os.environ,
        "OPENAI_BASE_URL": model.base_url,
        "OPENAI_API_KEY": "test",
        "STOCKTOOL_CHAT_HTTP_PORT": str(port),
        "STOCKTOOL_CHAT_GRPC_PORT": str(free_port()),
        "STOCKTOOL_CHAT_OPS_PORT": "0",
        "STOCKTOOL_CHAT_AUTH_ADDRESS": neighbours.auth_address,
        "STOCKTOOL_CHAT_STOCK_ADDRESS": neighbours.stock_address,
        "STOCKTOOL_CHAT_RAG_ADDRESS": neighbours.rag_address,
        "STOCKTOOL_CHAT_SERVICE_TOKEN_SECRET": SERVICE_SECRET,
        "STOCKTOOL_CHAT_LEASE_SECONDS": "4",
        "STOCKTOOL_CHAT_LEASE_RENEW_SECONDS": "1",
        "STOCKTOOL_CHAT_RECOVERY_SECONDS": "30",
        "STOCKTOOL_CHAT_LOG_LEVEL": "ERROR",
    }
    command = "from stocktool_chat.main import main; main(['serve'])"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", command, env=environment)
    try:
        base_url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=base_url) as http:

            async def answers() -> bool:
                try:
                    return (await http.get("/api/chat/openapi.json")).status_code == 200
                except httpx.TransportError:
                    return False

            await eventually(answers)
        yield process, base_url
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def killed_in_mid_answer(mesh: Mesh) -> tuple[Person, str, str, list[Sse]]:
    """A turn whose process was killed after its first words."""
    mesh.model.script(Hang("First try"))
    async with chat_subprocess(mesh.neighbours, mesh.model) as (process, base_url):
        there = Mesh(mesh.process, mesh.model, mesh.neighbours, base_url)
        async with there.person() as person:
            conversation = await person.opened()
            turn = await person.asked(conversation)
            first = await person.first(conversation, turn, "text.delta")
            process.send_signal(signal.SIGKILL)
            await process.wait()
    return person, conversation, turn, first


async def test_killed_process_is_taken_over(mesh: Mesh) -> None:
    person, conversation, turn, first = await killed_in_mid_answer(mesh)
    mesh.model.script(HOLDINGS, Say(["Second try: $9,493.20."]))

    async with httpx.AsyncClient(base_url=mesh.base_url, timeout=20) as http:
        survivor = Person(http, person.id, person.headers)
        events = await survivor.all(conversation, turn, first[-1].id)
        whole = (await survivor.call("GET", f"/conversations/{conversation}/turns/{turn}")).json()

    assert events[0].type == "turn.restarted"
    assert [event.id for event in events] == list(range(first[-1].id + 1, events[-1].id + 1))
    assert text_of(first + events) == "Second try: $9,493.20."
    assert events[-1].type == "turn.completed"
    assert (whole["attempt"], whole["text"]) == (2, "Second try: $9,493.20.")
    assert [receipt["status"] for receipt in whole["receipts"]] == ["matched"]


async def test_turn_of_a_user_suspended_meanwhile_fails_honestly(mesh: Mesh) -> None:
    person, conversation, turn, first = await killed_in_mid_answer(mesh)
    mesh.neighbours.auth.suspended.add(person.id)

    async with httpx.AsyncClient(base_url=mesh.base_url, timeout=20) as http:
        events = await Person(http, person.id, person.headers).all(conversation, turn, first[-1].id)

    assert [event.type for event in events] == ["turn.failed"], events
    assert events[0].data["problem"]["reason"] == "PERMISSION_DENIED"
    assert text_of(first + events) == "First try"
