"""A scripted server that speaks OpenAI's Responses API: what each request gets, a test decides."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from stocktool_kit.http.server import HttpServer


@dataclass(frozen=True)
class Say:
    """Text in pieces, then the end; pieces after the first wait for `gate`, the end of the body waits for `linger`."""

    pieces: Sequence[str]
    gate: asyncio.Event | None = None
    linger: asyncio.Event | None = None
    input_tokens: int = 100
    output_tokens: int = 20


@dataclass(frozen=True)
class Call:
    """Tool calls: names with arguments, as objects or as the raw text of the model."""

    calls: Sequence[tuple[str, Mapping[str, Any] | str]]
    say: str = ""


@dataclass(frozen=True)
class Refuse:
    """An HTTP error instead of a stream."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str = "error"


@dataclass(frozen=True)
class Drop:
    """Text, then the connection breaks: cleanly cut off, or with the socket reset."""

    text: str = ""
    reset: bool = False


@dataclass(frozen=True)
class Hang:
    """Text, then nothing until the client leaves."""

    text: str = ""


@dataclass(frozen=True)
class Silent:
    """Not even the beginning of an answer, until the client leaves."""


@dataclass(frozen=True)
class Garble:
    """Text, then something that is no event."""

    text: str = ""


@dataclass(frozen=True)
class End:
    """A terminal event of another kind than completed."""

    type: str
    body: Mapping[str, Any]
    text: str = ""


Step = Say | Call | Refuse | Drop | Hang | Silent | Garble | End


class ScriptedModel:
    """Answers each request with the next step, the last one again when there are no more.

    Attributes:
        requests: Bodies received, in order.
        headers: Their headers.
        addresses: Their paths with their queries.
        left: Streams that the client closed before their end.
    """

    def __init__(self, *steps: Step | Callable[[Mapping[str, Any]], Step]) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[Mapping[str, str]] = []
        self.addresses: list[str] = []
        self.left = 0
        self.base_url = ""
        self._steps = deque(steps)
        self._calls = 0

    def script(self, *steps: Step | Callable[[Mapping[str, Any]], Step]) -> None:
        """Replace what is left of the script."""
        self._steps = deque(steps)

    def forget(self) -> None:
        """Begin anew for the next test: no requests seen, nothing scripted."""
        for seen in (self.requests, self.headers, self.addresses):
            seen.clear()
        self.left = self._calls = 0
        self._steps = deque([Say(["Nothing scripted."])])

    async def responses(self, request: Request) -> Response:
        """`POST /v1/responses`."""
        body = json.loads(await request.body())
        self.requests.append(body)
        self.headers.append(request.headers)
        self.addresses.append(f"{request.url.path}?{request.url.query}".rstrip("?"))
        step = self._steps.popleft() if len(self._steps) > 1 else self._steps[0]
        if callable(step):
            step = step(body)
        if isinstance(step, Refuse):
            error = {"error": {"message": "scripted", "type": "error", "code": step.code}}
            return JSONResponse(error, step.status, headers=dict(step.headers))
        if isinstance(step, Silent):
            while (await request.receive())["type"] != "http.disconnect":
                continue
            self.left += 1
        return StreamingResponse(self._stream(step), media_type="text/event-stream")

    async def _stream(self, step: Step) -> AsyncIterator[bytes]:
        try:
            async for event in self._events(step):
                yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
            if isinstance(step, Garble):
                yield b"data: {nonsense\n\n"
        except (asyncio.CancelledError, GeneratorExit):
            self.left += 1
            raise

    async def _events(self, step: Step) -> AsyncIterator[dict[str, Any]]:
        number = len(self.requests)
        response: dict[str, Any] = {"id": f"resp_{number}", "object": "response", "output": [], "status": "in_progress"}
        yield {"type": "response.created", "response": response}
        if isinstance(step, Drop | Hang | Garble | End) and step.text:
            yield _delta(step.text)
        match step:
            case Say():
                async for event in _said(step, response):
                    yield event
            case Call():
                if step.say:
                    yield _delta(step.say)
                yield _completed(response, self._call_items(step), 50, 10)
            case Drop():
                if step.reset:
                    raise ConnectionResetError("scripted")
            case Hang():
                await asyncio.Event().wait()
            case End():
                yield {"type": step.type, "response": {**response, **step.body}, **step.body}

    def _call_items(self, step: Call) -> list[dict[str, Any]]:
        items = [_message(step.say)] if step.say else []
        for name, arguments in step.calls:
            self._calls += 1
            items.append(
                {
                    "type": "function_call",
                    "id": f"fc_{self._calls}",
                    "call_id": f"call_{self._calls}",
                    "name": name,
                    "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments),
                    "status": "completed",
                }
            )
        return items


async def _said(step: Say, response: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
    for index, piece in enumerate(step.pieces):
        if index == 1 and step.gate is not None:
            await step.gate.wait()
        yield _delta(piece)
    output = [_message("".join(step.pieces))] if step.pieces else []
    yield _completed(response, output, step.input_tokens, step.output_tokens)
    if step.linger is not None:
        await step.linger.wait()


def _delta(text: str) -> dict[str, Any]:
    return {
        "type": "response.output_text.delta",
        "item_id": "msg_1",
        "output_index": 0,
        "content_index": 0,
        "delta": text,
        "logprobs": [],
    }


def _message(text: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}


def _completed(response: Mapping[str, Any], output: Sequence[Any], read: int, written: int) -> dict[str, Any]:
    usage = {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": read + written,
    }
    body = {**response, "status": "completed", "output": list(output), "usage": usage}
    return {"type": "response.completed", "response": body}


@asynccontextmanager
async def scripted_model(*steps: Step | Callable[[Mapping[str, Any]], Step]) -> AsyncIterator[ScriptedModel]:
    """Serve a script on a free port; its `base_url` goes into `OPENAI_BASE_URL`."""
    model = ScriptedModel(*(steps or (Say(["Nothing scripted."]),)))
    app = Starlette(routes=[Route("/{base:path}/responses", model.responses, methods=["POST"])])
    server = HttpServer(app, "127.0.0.1", 0, drain_seconds=1)
    await server.start()
    model.base_url = f"http://127.0.0.1:{server.port}/v1"
    try:
        yield model
    finally:
        await server.stop()
