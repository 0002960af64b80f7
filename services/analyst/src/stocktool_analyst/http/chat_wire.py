"""Chat completions and their chunks, as OpenAI's clients read them."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

from stocktool_analyst.application.respond import Reply
from stocktool_analyst.domain.tokens import count_tokens
from stocktool_analyst.domain.tools import Call
from stocktool_analyst.http.wire import pieces

Completion = dict[str, Any]


def completion_of(reply: Reply, model: str, input_tokens: int) -> Completion:
    """The finished completion."""
    calls = [_call(call) for call in reply.calls]
    wrote = sum(count_tokens(f"{call.tool} {json.dumps(call.arguments)}") for call in reply.calls)
    wrote += count_tokens(reply.text)
    message = {"role": "assistant", "content": reply.text or None, "refusal": None}
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": message | ({"tool_calls": calls} if calls else {}),
                "logprobs": None,
                "finish_reason": "tool_calls" if calls else "stop",
            }
        ],
        "usage": {
            "prompt_tokens": input_tokens,
            "completion_tokens": wrote,
            "total_tokens": input_tokens + wrote,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
    }


def chunks(completion: Completion, *, tells_usage: bool) -> Iterator[Completion]:
    """The stream that builds a finished completion, in the order OpenAI sends it.

    Args:
        completion: The completion.
        tells_usage: Whether a last chunk without choices tells the usage; the others then say that theirs is null.
    """
    choice = completion["choices"][0]
    message = choice["message"]

    def chunk(delta: Completion, finish_reason: str | None = None) -> Completion:
        said = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return _chunk(completion, [said]) | ({"usage": None} if tells_usage else {})

    yield chunk({"role": "assistant", "content": message["content"] and "", "refusal": None})
    for at, call in enumerate(message.get("tool_calls", [])):
        function = call["function"]
        yield chunk({"tool_calls": [{"index": at, **call, "function": {"name": function["name"], "arguments": ""}}]})
        for piece in pieces(function["arguments"]):
            yield chunk({"tool_calls": [{"index": at, "function": {"arguments": piece}}]})
    for piece in pieces(message["content"] or ""):
        if piece:
            yield chunk({"content": piece})
    yield chunk({}, choice["finish_reason"])
    if tells_usage:
        yield _chunk(completion, []) | {"usage": completion["usage"]}


def _chunk(completion: Completion, choices: list[Completion]) -> Completion:
    common = {key: completion[key] for key in ("id", "created", "model")}
    return {**common, "object": "chat.completion.chunk", "system_fingerprint": None, "choices": choices}


def _call(call: Call) -> Completion:
    return {
        "id": f"call_{uuid.uuid4().hex}",
        "type": "function",
        "function": {"name": call.tool, "arguments": json.dumps(call.arguments)},
    }
