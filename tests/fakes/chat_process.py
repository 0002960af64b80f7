"""A chat process with its neighbours, and users who talk to it over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from stocktool_chat.bootstrap import bootstrap
from stocktool_chat.settings import Settings
from stocktool_kit.core.ids import new_id
from stocktool_kit.process import Process, running
from stocktool_kit.testing.process import ephemeral

from tests.fakes.chat_model import ScriptedModel, scripted_model
from tests.fakes.chat_services import ChatNeighbours, chat_neighbours


async def until(stream: AsyncIterator[Sse], type_: str) -> AsyncIterator[Sse]:
    """Events up to the first of a type."""
    async for event in stream:
        yield event
        if event.type == type_:
            return


@dataclass
class Sse:
    """One event as a browser's EventSource hands it over."""

    id: int
    type: str
    data: Any


@dataclass
class Person:
    """A user with a token and a chat process to talk to."""

    http: httpx.AsyncClient
    id: str
    headers: Mapping[str, str]

    async def call(self, method: str, path: str, **given: Any) -> httpx.Response:
        """One request."""
        headers = {**self.headers, **given.pop("headers", {})}
        return await self.http.request(method, f"/api/chat/v1{path}", headers=headers, **given)

    async def opened(self, title: str = "") -> str:
        """A new conversation."""
        answer = await self.call("POST", "/conversations", json={"title": title})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def asked(self, conversation: str, text: str = "How am I doing?", **more: Any) -> str:
        """A new turn."""
        answer = await self.call("POST", f"/conversations/{conversation}/turns", json={"text": text, **more})
        assert answer.status_code == 201, answer.text
        assert answer.json()["state"] == "running"
        return str(answer.json()["turn_id"])

    async def watched(self, conversation: str, turn: str, after: int = 0) -> AsyncGenerator[Sse]:
        """The turn's events."""
        headers = {**self.headers, **({"Last-Event-ID": str(after)} if after else {})}
        path = f"/api/chat/v1/conversations/{conversation}/turns/{turn}/events"
        async with self.http.stream("GET", path, headers=headers) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            fields: dict[str, str] = {}
            lines = answer.aiter_lines()
            try:
                async for line in lines:
                    if line.startswith(":"):
                        continue
                    if line:
                        name, _, value = line.partition(": ")
                        fields[name] = value
                    elif fields:
                        yield Sse(int(fields["id"]), fields["event"], json.loads(fields["data"]))
                        fields = {}
            finally:  # the client's nested generators run into the closed answer and end, and none is left suspended
                await answer.aclose()
                with suppress(httpx.HTTPError, httpx.StreamError):
                    async for _ in lines:
                        pass

    async def first(self, conversation: str, turn: str, type_: str) -> list[Sse]:
        """The events up to the first of a type; then the reader leaves."""
        async with aclosing(self.watched(conversation, turn)) as stream:
            return [event async for event in until(stream, type_)]

    async def all(self, conversation: str, turn: str, after: int = 0) -> list[Sse]:
        """All events to the end of the stream."""
        async with asyncio.timeout(30):
            return [event async for event in self.watched(conversation, turn, after)]

    async def answered(self, text: str = "How am I doing?") -> tuple[str, str, list[Sse]]:
        """A question in a new conversation with its events."""
        conversation = await self.opened()
        turn = await self.asked(conversation, text)
        return conversation, turn, await self.all(conversation, turn)


def text_of(events: list[Sse]) -> str:
    """What a reader shows at the end."""
    text = ""
    for event in events:
        if event.type == "turn.restarted":
            text = ""
        elif event.type == "text.delta":
            text += event.data["text"]
    return text


def of_type(events: list[Sse], type_: str) -> list[Any]:
    """Data of the events of one type."""
    return [event.data for event in events if event.type == type_]


@dataclass
class Mesh:
    """The chat process and what stands around it."""

    process: Process[Settings]
    model: ScriptedModel
    neighbours: ChatNeighbours
    base_url: str

    @asynccontextmanager
    async def another(self, **settings: object) -> AsyncIterator[Mesh]:
        """Another process with the same neighbours and the same model, set up otherwise."""
        async with running(settings_for(self.neighbours, **settings), bootstrap) as process:
            yield Mesh(process, self.model, self.neighbours, f"http://127.0.0.1:{process.http_port}")

    @asynccontextmanager
    async def person(self, scope: str | None = None) -> AsyncIterator[Person]:
        """A new user."""
        user = new_id("usr")
        token = self.neighbours.token(user) if scope is None else self.neighbours.token(user, scope)
        async with httpx.AsyncClient(base_url=self.base_url, timeout=20) as http:
            yield Person(http, user, {"authorization": f"Bearer {token}"})


def settings_for(neighbours: ChatNeighbours, **overrides: object) -> Settings:
    given = ephemeral(
        auth_address=neighbours.auth_address,
        stock_address=neighbours.stock_address,
        rag_address=neighbours.rag_address,
        models={
            "offline-analyst": {"input_per_million": "0", "output_per_million": "0"},
            "dear": {"input_per_million": "2.5", "output_per_million": "10"},
            "unpriced": {},
        },
        model_retries=0,
        model_failures=1000,
        lease_seconds=4.0,
        lease_renew_seconds=1.0,
        recovery_seconds=0.3,
        turn_seconds=20.0,
        drain_seconds=4.0,
    )
    return Settings.model_validate(given | overrides)


@asynccontextmanager
async def chat_process(**overrides: object) -> AsyncIterator[Mesh]:
    """Run one process with a scripted model and served neighbours."""
    with pytest.MonkeyPatch.context() as patch:
        async with scripted_model() as model, chat_neighbours() as neighbours:
            patch.setenv("OPENAI_BASE_URL", model.base_url)
            patch.setenv("OPENAI_API_KEY", "test")
            async with running(settings_for(neighbours, **overrides), bootstrap) as process:
                yield Mesh(process, model, neighbours, f"http://127.0.0.1:{process.http_port}")
