"""A turn's events: names and shapes as the public stream has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from stocktool_kit.core.clock import instant
from stocktool_kit.core.errors import StockToolError

from stocktool_chat.domain.citations import Citation, Quotation
from stocktool_chat.domain.errors import problem_of
from stocktool_chat.domain.json_types import Json, JsonObject
from stocktool_chat.domain.proposals import Proposal
from stocktool_chat.domain.receipts import Receipt

TERMINAL = frozenset({"turn.completed", "turn.stopped", "turn.failed"})
TEXT_DELTA = "text.delta"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that has no id yet: it gets one when it is stored."""

    type: str
    data: JsonObject


@dataclass(frozen=True, slots=True)
class Event:
    """A stored event; ids count from 1 within the turn."""

    id: int
    type: str
    data: JsonObject

    @property
    def is_terminal(self) -> bool:
        """Whether nothing follows it."""
        return self.type in TERMINAL


def turn_started(turn_id: str, model: str) -> NewEvent:
    """The question is stored and will be answered."""
    return NewEvent("turn.started", {"turn_id": turn_id, "model": model})


def turn_restarted(attempt: int) -> NewEvent:
    """Another pod begins the answer anew: what was shown is void, ids go on."""
    return NewEvent("turn.restarted", {"attempt": attempt})


def model_replaced(model: str, instead_of: str, error: StockToolError) -> NewEvent:
    """Another model goes on, since the one before did not answer; nothing of its text was shown."""
    return NewEvent("model.replaced", {"model": model, "instead_of": instead_of, "problem": problem_of(error)})


def tool_started(call_id: str, name: str, arguments: Json) -> NewEvent:
    """A tool runs."""
    return NewEvent("tool.started", {"call_id": call_id, "name": name, "arguments": arguments})


def tool_finished(call_id: str, *, ok: bool, duration_ms: float, summary: str) -> NewEvent:
    """A tool gave a result or an error."""
    return NewEvent(
        "tool.finished", {"call_id": call_id, "ok": ok, "duration_ms": round(duration_ms, 1), "summary": summary}
    )


def tool_cut(call_id: str, left_out_bytes: int, *, no_room: bool) -> NewEvent:
    """The model was not shown all of a result; the record is whole.

    Args:
        call_id: The call that gave it.
        left_out_bytes: How much of its JSON was left out.
        no_room: Whether the turn's results together had taken what they may, so that no further tool is called.
    """
    bound = "turn" if no_room else "result"
    return NewEvent("tool.cut", {"call_id": call_id, "left_out_bytes": left_out_bytes, "bound": bound})


def text_delta(text: str) -> NewEvent:
    """More of the answer."""
    return NewEvent(TEXT_DELTA, {"text": text})


def proposal(made: Proposal) -> NewEvent:
    """A writing tool wants something done, which waits for the user."""
    return NewEvent(
        "proposal",
        {
            "id": made.id,
            "tool": made.tool,
            "arguments": made.arguments,
            "summary": made.summary,
            "expires_at": instant(made.expires_at),
        },
    )


def receipt(found: Receipt, *, verified: bool | None = None) -> NewEvent:
    """Where a figure of the answer comes from; its span is [start, end) in code points of the whole text.

    Args:
        found: The receipt.
        verified: Of a figure from a document, whether the words it stands in are on the page; None: nobody could tell.
    """
    return NewEvent(
        "receipt",
        {
            "span": [found.start, found.end],
            "value": found.value,
            "status": found.status.value,
            "call_id": found.call_id,
            "path": found.path,
            "operation": found.operation or None,
            "operands": [{"call_id": each.call_id, "path": each.path} for each in found.operands],
            "source": None if found.source is None else {**asdict(found.source), "verified": verified},
            "trail": None if found.trail is None else asdict(found.trail),
        },
    )


def citation(
    found: Citation, *, verified: bool | None = None, quotations: Sequence[tuple[Quotation, bool | None]] = ()
) -> NewEvent:
    """The passage the answer refers to by a number.

    Args:
        found: The passage.
        verified: Whether it stands on its page; None: nobody could tell.
        quotations: Words the answer itself quotes from it, and whether those do.
    """
    said: list[Json] = [{"span": [each.start, each.end], "verified": stands} for each, stands in quotations]
    return NewEvent("citation", {**asdict(found), "verified": verified, "quotations": said})


def usage(model: str, input_tokens: int, output_tokens: int, cost: str | None) -> NewEvent:
    """What the turn used; the price is None when the deployment lists none."""
    price: Json = None if cost is None else {"amount": cost, "currency": "USD"}
    return NewEvent(
        "usage", {"model": model, "input_tokens": input_tokens, "output_tokens": output_tokens, "cost": price}
    )


def turn_completed() -> NewEvent:
    """The answer is whole."""
    return NewEvent("turn.completed", {})


def turn_stopped() -> NewEvent:
    """The user ended it; what was said stays."""
    return NewEvent("turn.stopped", {})


def turn_failed(error: StockToolError) -> NewEvent:
    """An error ended it; what was said stays."""
    return NewEvent("turn.failed", {"problem": problem_of(error)})


def numbered(events: Sequence[NewEvent], first_id: int) -> list[Event]:
    """Give ids, counting on."""
    return [Event(first_id + offset, event.type, event.data) for offset, event in enumerate(events)]


def joined(events: Iterable[NewEvent]) -> list[NewEvent]:
    """Make one of text deltas that follow each other: a batch is stored and sent at once anyway."""
    merged: list[NewEvent] = []
    for event in events:
        if event.type == TEXT_DELTA and merged and merged[-1].type == TEXT_DELTA:
            merged[-1] = text_delta(f"{merged[-1].data['text']}{event.data['text']}")
        else:
            merged.append(event)
    return merged
