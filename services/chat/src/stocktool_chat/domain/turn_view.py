"""A turn folded from its events: what a reader of the stream ends up with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stocktool_chat.domain.events import Event, NewEvent
from stocktool_chat.domain.json_types import Json, JsonObject
from stocktool_chat.domain.references import concatenated, own_words


class TurnView:
    """Takes events one by one; a restart clears what came before it."""

    def __init__(self) -> None:
        self.state = "running"
        self.attempt = 1
        self._clear()

    def _clear(self) -> None:
        self.text_parts: list[Json] = []
        self._calls: dict[str, dict[str, Json]] = {}
        self._proposals: list[Json] = []
        self._receipts: list[Json] = []
        self._citations: list[Json] = []
        self._replaced: Json = None
        self._usage: Json = None
        self._problem: Json = None

    @property
    def text(self) -> str:
        """The answer so far; of stored events without the words they keep by reference."""
        return "".join(part if isinstance(part, str) else own_words(part) for part in self.text_parts)

    def take(self, event: Event | NewEvent) -> None:
        """Take one event; kinds that are not known are passed over, so that old records stay readable."""
        data = event.data
        match event.type:
            case "turn.restarted":
                self._clear()
                attempt = data.get("attempt")
                self.attempt = attempt if isinstance(attempt, int) else self.attempt + 1
            case "text.delta":
                self.text_parts.append(data.get("text", ""))
            case "tool.started":
                self._calls[str(data["call_id"])] = {**data, "ok": None, "duration_ms": None, "summary": ""}
            case "tool.finished":
                call = self._calls.setdefault(str(data["call_id"]), {})
                call.update(data)
            case "tool.cut":
                call = self._calls.setdefault(str(data["call_id"]), {})
                call["left_out_bytes"] = data.get("left_out_bytes")
            case "proposal":
                self._proposals.append(data)
            case "model.replaced":
                self._replaced = data
            case "receipt":
                self._receipts.append(data)
            case "citation":
                self._citations.append(data)
            case "usage":
                self._usage = data
            case "turn.completed" | "turn.stopped" | "turn.failed":
                self.state = event.type.removeprefix("turn.")
                self._problem = data.get("problem")

    def summary(self) -> JsonObject:
        """The fold as JSON, without results of tools."""
        return {
            "text": concatenated(self.text_parts),
            "tool_calls": list(self._calls.values()),
            "proposals": self._proposals,
            "receipts": self._receipts,
            "citations": self._citations,
            "replaced": self._replaced,
            "usage": self._usage,
            "problem": self._problem,
        }


def fold(events: Iterable[Event]) -> TurnView:
    """Fold a turn's events in order."""
    view = TurnView()
    for event in events:
        view.take(event)
    return view


def with_results(summary: JsonObject, results: Mapping[str, JsonObject]) -> JsonObject:
    """Add each tool call's stored result."""
    calls = summary.get("tool_calls")
    if not isinstance(calls, list):
        return summary
    filled: list[Json] = [
        {**call, "result": results.get(str(call.get("call_id")))} for call in calls if isinstance(call, Mapping)
    ]
    return {**summary, "tool_calls": filled}
