"""A language model behind any OpenAI-compatible Responses API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

import openai
from openai import AsyncOpenAI
from openai.types.responses import Response, ResponseStreamEvent
from openai.types.responses.response_usage import InputTokensDetails

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
from stocktool_chat.domain.json_types import JsonObject

_LONGEST_RETRY_AFTER = 3600.0


class OpenAiModel:
    """`Model` over the openai SDK, which reads `OPENAI_BASE_URL` and `OPENAI_API_KEY` itself.

    Args:
        client: The process's client; it repeats refused calls before their first event, never a stream.
    """

    def __init__(self, client: AsyncOpenAI) -> None:
        self._client = client

    async def stream(self, step: ModelStep) -> AsyncIterator[str | ModelAnswer]:
        """See the port."""
        began = False
        try:
            stream = await self._client.responses.create(**_request(step), stream=True)
            async with stream:
                async for event in stream:
                    began = True
                    piece = _piece(event)
                    if piece is None:
                        continue
                    yield piece
                    if isinstance(piece, ModelAnswer):
                        return
        except openai.OpenAIError as error:
            raise _translated(error, began=began) from error
        except ValueError as error:  # an event that is no JSON
            raise ModelStreamDropped("the model's provider sent something unreadable; ask again") from error
        raise ModelStreamDropped("the model's answer broke off; ask again")


def _request(step: ModelStep) -> dict[str, Any]:
    request: dict[str, Any] = {
        "model": step.model,
        "instructions": step.instructions,
        "input": list(step.input),
        "tools": [_tool(tool) for tool in step.tools],
        "parallel_tool_calls": True,
        "store": False,
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


def _piece(event: ResponseStreamEvent) -> str | ModelAnswer | None:
    match event.type:
        case "response.output_text.delta" | "response.refusal.delta":
            return event.delta or None
        case "response.completed":
            return _answer(event.response)
        case "response.incomplete":
            details = event.response.incomplete_details
            if details is not None and details.reason == "content_filter":
                raise AnswerFiltered("the model's provider filtered the answer")
            raise AnswerCutOff("the answer reached the model's limit of length and was cut off")
        case "response.failed":
            failure = event.response.error
            raise _failure(failure.code if failure else "", failure.message if failure else "")
        case "error":
            raise _failure(event.code or "", event.message)
        case _:
            return None


def _answer(response: Response) -> ModelAnswer:
    calls: list[ToolRequest] = []
    items: list[JsonObject] = []
    for item in response.output:
        items.append(cast(JsonObject, item.model_dump(exclude_none=True, exclude={"parsed_arguments"})))
        if item.type == "function_call":
            calls.append(ToolRequest(item.call_id, item.name, item.arguments))
    usage = response.usage
    if usage is None:
        return ModelAnswer(items, _distinct(calls), 0, 0)
    # Servers other than OpenAI leave the details out, which the SDK's types deny.
    details = cast(InputTokensDetails | None, usage.input_tokens_details)
    cached = details.cached_tokens if details is not None else 0
    return ModelAnswer(items, _distinct(calls), usage.input_tokens, usage.output_tokens, cached or 0)


def _distinct(calls: Sequence[ToolRequest]) -> list[ToolRequest]:
    """Calls by their ids; a provider that repeats an id means the same call."""
    return list({call.call_id: call for call in calls}.values())


def _failure(code: str, message: str) -> Exception:
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
        return _failure(error.code or "", error.message)
    return ModelRejected("the model is not configured: its API key is missing")


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


def open_client(silence_seconds: float, retries: int) -> AsyncOpenAI:
    """Make the process's client; the SDK reads `OPENAI_BASE_URL` and `OPENAI_API_KEY`.

    A missing key is no reason not to start: conversations stay readable, and each turn says what is missing.

    Args:
        silence_seconds: Longest wait for the next bytes of the model.
        retries: Repeats of a call refused before its first event.
    """
    timeout = openai.Timeout(silence_seconds, connect=5.0)
    try:
        return AsyncOpenAI(timeout=timeout, max_retries=retries)
    except openai.OpenAIError:
        return AsyncOpenAI(api_key="", timeout=timeout, max_retries=retries)
