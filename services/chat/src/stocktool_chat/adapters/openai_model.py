"""A language model behind any OpenAI-compatible Responses API.

The SDK makes the calls, repeats refused ones and decodes the stream; its typed events are left out. Building their
pydantic models takes seconds on the event loop at the first answer, and each event costs more than its sending.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import openai
from openai import AsyncAzureOpenAI, AsyncOpenAI, AsyncStream

from stocktool_chat.adapters.model_routes import Endpoint, ModelRoutes
from stocktool_chat.application.ports import ModelAnswer, ModelStep, ToolDefinition, ToolRequest
from stocktool_chat.domain.errors import (
    AnswerCutOff,
    AnswerFiltered,
    ModelRateLimited,
    ModelRejected,
    ModelStreamDropped,
    ModelTimedOut,
    ModelUnavailable,
)
from stocktool_chat.domain.json_types import Json, JsonObject

_LONGEST_RETRY_AFTER = 3600.0
_LONGEST_END = 0.5

_STREAM_ERRORS = (openai.OpenAIError, ValueError, RuntimeError)  # a broken, an unreadable and a closed stream


class OpenAiModel:
    """`Model` over the openai SDK.

    Args:
        clients: By provider, where there is a key; they repeat refused calls before their first event, never a stream.
        routes: Where each model is asked.
    """

    def __init__(self, clients: Mapping[str, AsyncOpenAI], routes: ModelRoutes) -> None:
        self._clients = clients
        self._routes = routes

    async def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            await client.close()

    async def stream(self, step: ModelStep) -> AsyncGenerator[str | ModelAnswer, None]:
        """See the port."""
        began = False
        route = self._routes.of(step.model)
        request = _request(step, route.deployment)
        client = self._clients.get(route.provider)
        if client is None:
            raise ModelRejected(f"the model {step.model!r} is not configured: its API key is missing")
        try:
            stream = await client.post(
                "/responses", cast_to=object, body=request, stream=True, stream_cls=AsyncStream[object]
            )
            async with _unwinding(stream) as events:
                async for event in events:
                    began = True
                    piece = _piece(event) if isinstance(event, Mapping) else None
                    if isinstance(piece, ModelAnswer):
                        await _read_out(events)
                        yield piece
                        return
                    if piece is not None:
                        yield piece
        except openai.OpenAIError as error:
            raise _translated(error, began=began) from error
        except ValueError as error:  # an event that is no JSON
            raise ModelStreamDropped("the model's provider sent something unreadable; ask again") from error
        raise ModelStreamDropped("the model's answer broke off; ask again")


@asynccontextmanager
async def _unwinding(stream: AsyncStream[object]) -> AsyncGenerator[AsyncIterator[object], None]:
    """A stream's events; on leaving, the call has ended and none of the SDK's nested generators is left suspended.

    Closing the response alone leaves them to the garbage collector, which closes them in the wrong order: the HTTP
    client then complains of a generator that is already executing.
    """
    events = aiter(stream)
    try:
        yield events
    finally:
        await stream.close()
        with suppress(*_STREAM_ERRORS):  # the generators run into the closed response and end
            async for _ in events:
                pass


async def _read_out(events: AsyncIterator[object]) -> None:
    """Read what follows the answer, so that the connection serves the next call; a body that does not end is cut."""
    with suppress(TimeoutError, *_STREAM_ERRORS):
        async with asyncio.timeout(_LONGEST_END):
            async for _ in events:
                pass


def _request(step: ModelStep, deployment: str) -> dict[str, Any]:
    request: dict[str, Any] = {
        "model": deployment,
        "instructions": step.instructions,
        "input": list(step.input),
        "tools": [_tool(tool) for tool in step.tools],
        "parallel_tool_calls": True,
        "store": False,
        "stream": True,
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": step.cache_key,
    }
    if not step.may_call_tools:
        request["tool_choice"] = "none"
    return request


def _tool(tool: ToolDefinition) -> JsonObject:
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
        "strict": True,
    }


def _piece(event: JsonObject) -> str | ModelAnswer | None:
    match event.get("type"):
        case "response.output_text.delta" | "response.refusal.delta":
            delta = event.get("delta")
            return delta if isinstance(delta, str) and delta else None
        case "response.completed":
            return _answer(_object(event, "response"))
        case "response.incomplete":
            if _object(_object(event, "response"), "incomplete_details").get("reason") == "content_filter":
                raise AnswerFiltered("the model's provider filtered the answer")
            raise AnswerCutOff("the answer reached the model's limit of length and was cut off")
        case "response.failed":
            raise _failure(_object(_object(event, "response"), "error"))
        case "error":
            raise _failure(event)
        case _:
            return None


def _answer(response: JsonObject) -> ModelAnswer:
    output = response.get("output")
    items = [item for item in output if isinstance(item, Mapping)] if isinstance(output, list) else []
    calls = [
        ToolRequest(str(item.get("call_id")), str(item.get("name")), str(item.get("arguments") or ""))
        for item in items
        if item.get("type") == "function_call"
    ]
    usage = _object(response, "usage")
    return ModelAnswer(
        items=[{key: value for key, value in item.items() if value is not None} for item in items],
        calls=_distinct(calls),
        input_tokens=_count(usage.get("input_tokens")),
        output_tokens=_count(usage.get("output_tokens")),
        cached_tokens=_count(_object(usage, "input_tokens_details").get("cached_tokens")),
    )


def _object(parent: JsonObject, name: str) -> JsonObject:
    """A member that is an object, or an empty one: servers other than OpenAI leave some out."""
    value = parent.get(name)
    return value if isinstance(value, Mapping) else {}


def _count(value: Json) -> int:
    return max(value, 0) if isinstance(value, int) else 0


def _distinct(calls: Sequence[ToolRequest]) -> list[ToolRequest]:
    """Calls by their ids; a provider that repeats an id means the same call."""
    return list({call.call_id: call for call in calls}.values())


def _failure(error: JsonObject) -> Exception:
    code, message = str(error.get("code") or ""), str(error.get("message") or "")
    if code == "rate_limit_exceeded":
        return ModelRateLimited("the model's provider takes no more requests for now")
    if "content" in code and ("filter" in code or "policy" in code):
        return AnswerFiltered("the model's provider filtered the answer")
    return ModelUnavailable(f"the model's provider failed: {_short(message) or code or 'it did not say why'}")


def _translated(error: openai.OpenAIError, *, began: bool) -> Exception:
    if isinstance(error, openai.APIStatusError):
        return _refused(error)
    if isinstance(error, openai.APITimeoutError):
        return ModelTimedOut("the model did not answer in time")
    if isinstance(error, openai.APIConnectionError):
        if began:
            return ModelStreamDropped("the model's answer broke off; ask again")
        return ModelUnavailable("the model's provider cannot be reached")
    if isinstance(error, openai.APIError):
        return _failure({"code": error.code, "message": error.message})
    return ModelRejected("the model's provider asks for other credentials")


def _refused(error: openai.APIStatusError) -> Exception:
    status = error.status_code
    if isinstance(error, openai.RateLimitError):
        wait = _retry_after(error)
        return ModelRateLimited("the model's provider takes no more requests for now", retry_after_seconds=wait)
    if status >= 500:
        return ModelUnavailable(f"the model's provider failed with status {status}")
    if error.code == "content_filter":
        return AnswerFiltered("the model's provider filtered the question")
    return ModelRejected(f"the model's provider refused the request with status {status}")


def _retry_after(error: openai.RateLimitError) -> float | None:
    try:
        seconds = float(error.response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER)


def _short(message: str) -> str:
    return " ".join(message.split())[:200]


def open_model(routes: ModelRoutes) -> OpenAiModel:
    """Make the process's clients: one for each provider, and the one of the environment.

    For that one the SDK reads `OPENAI_BASE_URL` and `OPENAI_API_KEY`. A missing key is no reason not to start:
    conversations stay readable, and each turn says what is missing.
    """
    endpoints = {"": Endpoint(), **routes.endpoints}
    clients = {name: _client(endpoint, routes) for name, endpoint in endpoints.items()}
    return OpenAiModel({name: client for name, client in clients.items() if client is not None}, routes)


def _client(endpoint: Endpoint, routes: ModelRoutes) -> AsyncOpenAI | None:
    """None without a key: the SDK makes no client then."""
    timeout = openai.Timeout(routes.silence_seconds, connect=5.0)
    key = None if endpoint.api_key is None else endpoint.api_key.get_secret_value()
    retries = routes.retries
    try:
        if endpoint.api_version:
            return AsyncAzureOpenAI(
                base_url=endpoint.base_url,
                api_key=key,
                api_version=endpoint.api_version,
                timeout=timeout,
                max_retries=retries,
            )
        return AsyncOpenAI(base_url=endpoint.base_url or None, api_key=key, timeout=timeout, max_retries=retries)
    except openai.OpenAIError:
        return None
