"""`POST /v1/responses`, `POST /v1/responses/input_tokens` and `GET /v1/models`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response, StreamingResponse

from stocktool_analyst.application.respond import respond
from stocktool_analyst.domain.tools import Tool
from stocktool_analyst.http import wire

MODEL = "offline-analyst"


class CreateResponse(BaseModel):
    """The part of the request the analyst acts on; the rest of OpenAI's parameters is accepted and has no effect."""

    model_config = ConfigDict(extra="allow")

    model: str = MODEL
    input: str | list[dict[str, Any]]
    tools: Annotated[list[dict[str, Any]], Field(default_factory=list)]
    stream: bool = False
    tool_choice: str | dict[str, Any] = "auto"

    def items(self) -> list[dict[str, Any]]:
        """The input as items, oldest first."""
        return [{"role": "user", "content": self.input}] if isinstance(self.input, str) else self.input


def responses_router(words_per_second: float) -> APIRouter:
    """Build the routes.

    Args:
        words_per_second: Pace of streamed text, as a model would write; 0 for as fast as it goes.
    """
    router = APIRouter(prefix="/v1")

    @router.get("/models")
    async def models() -> dict[str, Any]:
        entry = {"id": MODEL, "object": "model", "created": 0, "owned_by": "stocktool"}
        return {"object": "list", "data": [entry]}

    @router.post("/responses", response_model=None)
    async def create(request: Request) -> Response:
        body = await request.body()
        try:
            asked = CreateResponse.model_validate_json(body)
        except ValueError as error:
            return JSONResponse(wire.failure(str(error), "invalid_request_error"), 400)
        tools = [
            Tool(str(tool.get("name")), tool.get("parameters") or {})
            for tool in asked.tools
            if tool.get("type") == "function"
        ]
        finished = wire.response_of(
            respond(asked.items(), tools, may_call=asked.tool_choice != "none"),
            asked.model,
            body.decode(errors="replace"),
        )
        if not asked.stream:
            return JSONResponse(finished)
        return StreamingResponse(_stream(finished, words_per_second), media_type="text/event-stream")

    @router.post("/responses/input_tokens", response_model=None)
    async def input_tokens(request: Request) -> Response:
        body = await request.body()
        try:
            CreateResponse.model_validate_json(body)
        except ValueError as error:
            return JSONResponse(wire.failure(str(error), "invalid_request_error"), 400)
        count = wire.tokens(body.decode(errors="replace"))
        return JSONResponse({"object": "response.input_tokens", "input_tokens": count})

    return router


async def _stream(finished: wire.Event, words_per_second: float) -> AsyncIterator[bytes]:
    first = True
    for event in wire.events(finished):
        if event["type"] == "response.output_text.delta":
            if not first and words_per_second:
                await asyncio.sleep(len(event["delta"].split()) / words_per_second)
            first = False
        yield b"event: " + event["type"].encode() + b"\ndata: " + orjson.dumps(event) + b"\n\n"
