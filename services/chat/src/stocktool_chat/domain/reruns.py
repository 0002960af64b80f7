"""A turn's tool calls run again: which of their figures are others today. The turn itself never changes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from stocktool_kit.core.errors import FailedPrecondition
from stocktool_kit.core.ids import OwnerId

from stocktool_chat.domain.conversation import ConversationId, TurnId
from stocktool_chat.domain.json_types import Json, JsonObject

MOST_PER_TURN = 50
MOST_DIFFERENCES = 300
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_NAMES = ("id", "symbol", "date", "day", "month", "year", "name", "label", "key")
_NOT_AGAIN = ("propose_", "start_")  # what they do shall be done once


class TurnStillRuns(FailedPrecondition):
    """The turn has not ended, so there is nothing to compare with."""

    reason = "TURN_STILL_RUNS"


class NothingToRerun(FailedPrecondition):
    """No tool of the turn gave a result that can be asked for again."""

    reason = "NOTHING_TO_RERUN"


class TooManyReruns(FailedPrecondition):
    """The turn was run again as often as is kept."""

    reason = "TOO_MANY_RERUNS"


@dataclass(frozen=True, slots=True)
class OldCall:
    """A call to be made again."""

    call_id: str
    name: str
    arguments: JsonObject
    result: JsonObject


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that is another one today, as text with its currency; None where there is none.

    Attributes:
        path: JSON path in the call's stored result; of a figure that is new, in the new one.
        shown_as: How the answer wrote it; None when the answer does not mention it.
    """

    call_id: str
    tool: str
    path: str
    old: str | None
    new: str | None
    shown_as: str | None = None


@dataclass(frozen=True, slots=True)
class Rerun:
    """What came of it.

    Attributes:
        compared: How many figures were looked at.
        changed: How many of them differ; `differences` has those of the answer's text first, and at most 300.
        failed: Calls that gave an error this time, by id with the error's reason.
    """

    id: str
    conversation_id: ConversationId
    turn_id: TurnId
    owner: OwnerId
    ran_at: datetime
    compared: int
    changed: int
    differences: tuple[Difference, ...]
    failed: Mapping[str, str]


def calls_to_repeat(summary: JsonObject, results: Mapping[str, JsonObject]) -> list[OldCall]:
    """The calls of an ended turn that can be made again: those that gave a result, and wrote nothing.

    Raises:
        NothingToRerun: There is none.
    """
    told = summary.get("tool_calls")
    found = []
    for call in told if isinstance(told, list) else []:
        if not isinstance(call, Mapping) or call.get("ok") is not True:
            continue
        call_id, name, arguments = str(call.get("call_id")), str(call.get("name")), call.get("arguments")
        if call_id in results and isinstance(arguments, Mapping) and not name.startswith(_NOT_AGAIN):
            found.append(OldCall(call_id, name, arguments, results[call_id]))
    if not found:
        raise NothingToRerun("no tool of this answer gave figures that can be asked for again")
    return found


def differences(call: OldCall, new: JsonObject, receipts: Json) -> tuple[int, list[Difference]]:
    """Compare a call's results figure by figure: how many there were in either, and those that differ."""
    old_figures, new_figures = dict(_figures(call.result, call.result)), dict(_figures(new, call.result))
    shown = _shown(call.call_id, receipts)
    paths = [*old_figures, *(path for path in new_figures if path not in old_figures)]
    found = [
        Difference(call.call_id, call.name, path, old_figures.get(path), new_figures.get(path), shown.get(path))
        for path in paths
        if old_figures.get(path) != new_figures.get(path)
    ]
    return len(paths), found


def _shown(call_id: str, receipts: Json) -> dict[str, str]:
    """How the answer wrote figures of a call, by their path."""
    found = {}
    for receipt in receipts if isinstance(receipts, list) else []:
        if isinstance(receipt, Mapping) and receipt.get("call_id") == call_id:
            path = str(receipt.get("path"))
            found[path] = found[path.removesuffix(".amount")] = str(receipt.get("value"))
    return found


def _figures(node: Json, beside: Json, path: str = "$") -> Iterator[tuple[str, str]]:
    """Figures with their paths; entries of lists stand where `beside`, the older list, has what goes by their name."""
    if isinstance(node, Mapping):
        if set(node) == {"amount", "currency"}:
            yield path, f"{node['amount']} {node['currency']}"
            return
        for key, value in node.items():
            other = beside.get(key) if isinstance(beside, Mapping) else None
            yield from _figures(value, other, f"{path}.{key}")
    elif isinstance(node, str):
        if _NUMBER.fullmatch(node):
            yield path, node
    elif isinstance(node, Sequence):
        others = beside if isinstance(beside, Sequence) and not isinstance(beside, str) else ()
        places = _places(node, others)
        for value, place in zip(node, places, strict=True):
            yield from _figures(value, others[place] if place < len(others) else None, f"{path}[{place}]")
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield path, str(node)


def _places(entries: Sequence[Json], others: Sequence[Json]) -> list[int]:
    """Where each entry stands in the older list, by its name; entries that are new come after all older ones."""
    for name in _NAMES:
        now, before = _named(entries, name), _named(others, name)
        if now is not None and (before is not None or not others):
            at = {key: place for place, key in enumerate(before or ())}
            fresh = iter(range(len(others), len(others) + len(entries)))
            return [at[key] if key in at else next(fresh) for key in now]
    return list(range(len(entries)))


def _named(entries: Sequence[Json], name: str) -> list[str] | None:
    """The name of each entry; None when one has none, or two share one."""
    names = [str(each.get(name)) for each in entries if isinstance(each, Mapping) and isinstance(each.get(name), str)]
    return names if names and len(names) == len(entries) == len(set(names)) else None
