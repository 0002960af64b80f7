"""Reading tool results without depending on how deep a field lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stocktool_analyst.domain.tools import Json, JsonObject, Result


def find(node: Json, key: str) -> Json:
    """The value under a key, nearest to the root; None when there is none."""
    level: list[Json] = [node]
    while level:
        for each in level:
            if isinstance(each, dict) and each.get(key) is not None:
                return each[key]
        level = [child for each in level for child in children(each)]
    return None


def find_object(node: Json, key: str) -> JsonObject:
    """Like `find`, empty unless the value is an object."""
    value = find(node, key)
    return value if isinstance(value, dict) else {}


def rows(node: Json, *keys: str) -> list[JsonObject]:
    """The objects of the first list found under one of the keys."""
    for key in keys:
        value = find(node, key)
        if isinstance(value, list):
            return [row for row in value if isinstance(row, dict)]
    return []


def obj(node: JsonObject, key: str) -> JsonObject:
    """The object right under a key, empty when there is none."""
    value = node.get(key)
    return value if isinstance(value, dict) else {}


def entries(node: JsonObject, key: str) -> list[tuple[str, Json]]:
    """The entries of the object right under a key, by name."""
    return sorted(obj(node, key).items())


def number(node: JsonObject, key: str) -> float:
    """The number right under a key, 0 when there is none: for sorting."""
    value = node.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def text(node: Json, key: str) -> str:
    """The value under a key as text, empty when there is none."""
    value = find(node, key)
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def error_of(output: JsonObject) -> str:
    """What a failed call says of itself; empty for one that worked."""
    error = output.get("error")
    if isinstance(error, str):
        return error
    if isinstance(error, dict):
        return text(error, "detail") or text(error, "message") or text(error, "reason") or "it gave no reason"
    return ""


def output_of(done: Sequence[Result], tool: str) -> JsonObject:
    """What the last call of a tool gave, an error included; empty when it was not called."""
    return next((result.output for result in reversed(done) if result.call.tool == tool), {})


def instruments(output: JsonObject) -> list[str]:
    """Symbols of a search, best first."""
    return [symbol for row in rows(output, "instruments", "items") if (symbol := text(row, "symbol"))]


def undefined(output: JsonObject, key: str) -> str:
    """Why a figure does not exist; empty when no reason is given."""
    for reasons in _all(output, "undefined"):
        if isinstance(reasons, dict) and reasons.get(key):
            return str(reasons[key])
    return ""


def _all(node: Json, key: str) -> Iterator[Json]:
    if isinstance(node, dict) and key in node:
        yield node[key]
    for child in children(node):
        yield from _all(child, key)


def children(node: Json) -> list[Json]:
    """The values right under one."""
    if isinstance(node, dict):
        return list(node.values())
    return list(node) if isinstance(node, list) else []
