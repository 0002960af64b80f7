"""Responses and their stream events, as OpenAI's clients read them."""

from __future__ import annotations

import itertools
import json
import re
import time
import uuid
from collections.abc import Iterator
from typing import Any

from stocktool_analyst.application.respond import Reply
from stocktool_analyst.domain.tokens import count_tokens
from stocktool_analyst.domain.tools import Call

Event = dict[str, Any]

_PIECE = re.compile(r"(?:\S{1,12}\s*){1,3}|\s+")


def response_of(reply: Reply, model: str, input_tokens: int) -> Event:
    """The finished response object."""
    output = [_call_item(call) for call in reply.calls] or [_message(reply.text)]
    wrote = sum(count_tokens(f"{call.tool} {json.dumps(call.arguments)}") for call in reply.calls)
    return _response(model, "completed", output) | {"usage": _usage(input_tokens, wrote + count_tokens(reply.text))}


def events(response: Event) -> Iterator[Event]:
    """The stream that builds a finished response, in the order OpenAI sends it."""
    numbers = itertools.count()

    def event(kind: str, **fields: Any) -> Event:
        return {"type": kind, "sequence_number": next(numbers), **fields}

    started = response | {"status": "in_progress", "output": [], "usage": None, "completed_at": None}
    yield event("response.created", response=started)
    yield event("response.in_progress", response=started)
    for index, item in enumerate(response["output"]):
        at = {"output_index": index, "item_id": item["id"]}
        if item["type"] == "function_call":
            empty = item | {"arguments": "", "status": "in_progress"}
            yield event("response.output_item.added", output_index=index, item=empty)
            yield event("response.function_call_arguments.delta", **at, delta=item["arguments"])
            yield event("response.function_call_arguments.done", **at, arguments=item["arguments"], name=item["name"])
        else:
            part = item["content"][0]
            empty_part = part | {"text": ""}
            in_part = at | {"content_index": 0}
            yield event(
                "response.output_item.added", output_index=index, item=item | {"content": [], "status": "in_progress"}
            )
            yield event("response.content_part.added", **in_part, part=empty_part)
            for piece in pieces(part["text"]):
                yield event("response.output_text.delta", **in_part, delta=piece, logprobs=[])
            yield event("response.output_text.done", **in_part, text=part["text"], logprobs=[])
            yield event("response.content_part.done", **in_part, part=part)
        yield event("response.output_item.done", output_index=index, item=item)
    yield event("response.completed", response=response)


def pieces(text: str) -> Iterator[str]:
    """Cut a text into pieces of a few words, or of as many letters where words have no spaces; joined, they are it."""
    return (match[0] for match in _PIECE.finditer(text))


def _response(model: str, status: str, output: list[Event]) -> Event:
    now = int(time.time())
    return {
        "id": f"resp_{uuid.uuid4().hex}",
        "object": "response",
        "created_at": now,
        "completed_at": now,
        "status": status,
        "model": model,
        "output": output,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "parallel_tool_calls": True,
        "temperature": 0.0,
        "top_p": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "store": False,
    }


def _message(text: str) -> Event:
    return {
        "id": f"msg_{uuid.uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}],
    }


def _call_item(call: Call) -> Event:
    return {
        "id": f"fc_{uuid.uuid4().hex}",
        "type": "function_call",
        "call_id": f"call_{uuid.uuid4().hex}",
        "name": call.tool,
        "arguments": json.dumps(call.arguments),
        "status": "completed",
    }


def _usage(read: int, wrote: int) -> Event:
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": wrote,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": read + wrote,
    }
