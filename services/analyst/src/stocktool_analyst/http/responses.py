"""`POST /v1/responses`, `POST /v1/responses/input_tokens` and `GET /v1/models`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from stocktool_analyst.application.respond import Respond
from stocktool_analyst.http import wire
from stocktool_analyst.http.pace import Pace
from stocktool_analyst.http.requests import MODEL, BadRequest, read_response

_ENTRY = {"id": MODEL, "object": "model", "created": 0, "owned_by": "stocktool"}


def responses_router(respond: Respond, words_per_second: float) -> APIRouter:
    """Build the routes.

    Args:
        respond: Answers.
        words_per_second: Pace of streamed text, as a model would write; 0 for as fast as it goes.
    """
    router = APIRouter(prefix="/v1")

    @router.get("/models")
    async def models() -> dict[str, Any]:
        return {"object": "list", "data": [_ENTRY]}

    @router.get("/models/{model}")
    async def model(model: str) -> dict[str, Any]:
        if model != MODEL:
            raise BadRequest(
                f"The model '{model}' does not exist. There is '{MODEL}'.", "model", status=404, code="model_not_found"
            )
        return _ENTRY

    @router.post("/responses", response_model=None)
    async def create(request: Request) -> Response:
        asked = read_response(await request.body())
        reply = await respond(asked.items(), asked.offered(), may_call=asked.tool_choice != "none")
        finished = wire.response_of(reply, asked.model, asked.input_tokens())
        if not asked.stream:
            return JSONResponse(finished)
        return StreamingResponse(_stream(finished, Pace(words_per_second)), media_type="text/event-stream")

    @router.post("/responses/input_tokens", response_model=None)
    async def input_tokens(request: Request) -> Response:
        asked = read_response(await request.body())
        return JSONResponse({"object": "response.input_tokens", "input_tokens": asked.input_tokens()})

    return router


async def _stream(finished: wire.Event, pace: Pace) -> AsyncIterator[bytes]:
    for event in wire.events(finished):
        if event["type"] == "response.output_text.delta":
            await pace.keep(event["delta"])
        yield b"event: " + event["type"].encode() + b"\ndata: " + orjson.dumps(event) + b"\n\n"
