"""`POST /v1/chat/completions`."""

from __future__ import annotations

from collections.abc import AsyncIterator

import orjson
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from stocktool_analyst.application.respond import Respond
from stocktool_analyst.http import chat_wire
from stocktool_analyst.http.pace import Pace
from stocktool_analyst.http.requests import read_completion


def completions_router(respond: Respond, words_per_second: float) -> APIRouter:
    """Build the route.

    Args:
        respond: Answers.
        words_per_second: Pace of streamed text, as a model would write; 0 for as fast as it goes.
    """
    router = APIRouter(prefix="/v1")

    @router.post("/chat/completions", response_model=None)
    async def create(request: Request) -> Response:
        asked = read_completion(await request.body())
        reply = await respond(asked.items(), asked.offered(), may_call=asked.tool_choice != "none")
        finished = chat_wire.completion_of(reply, asked.model, asked.input_tokens())
        if not asked.stream:
            return JSONResponse(finished)
        stream = _stream(finished, Pace(words_per_second), tells_usage=asked.tells_usage)
        return StreamingResponse(stream, media_type="text/event-stream")

    return router


async def _stream(finished: chat_wire.Completion, pace: Pace, *, tells_usage: bool) -> AsyncIterator[bytes]:
    for chunk in chat_wire.chunks(finished, tells_usage=tells_usage):
        for choice in chunk["choices"]:
            await pace.keep(choice["delta"].get("content") or "")
        yield b"data: " + orjson.dumps(chunk) + b"\n\n"
    yield b"data: [DONE]\n\n"
