"""Tool results in small: one line for a person, and a bounded form for the model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from stocktool_chat.domain.json_types import Json, JsonObject

_LINE = 160


def to_json(value: Json) -> str:
    """Compact JSON text; NaN and infinity are refused, since they are no JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def capped(result: JsonObject, limit_bytes: int) -> JsonObject:
    """Shorten a result to about a number of JSON bytes.

    The longest lists are cut first, and the result says how many entries were left out under `omitted`, by path;
    figures beside the lists stay whole. Texts are cut when there is nothing else to cut.
    """
    if _size(result) <= limit_bytes:
        return result
    for keep in (50, 20, 10, 5):
        omitted: dict[str, Json] = {}
        shorter = _cut(result, keep, 4000, "$", omitted)
        assert isinstance(shorter, Mapping)
        shorter = {**shorter, "omitted": omitted}
        if _size(shorter) <= limit_bytes:
            return shorter
    omitted = {}
    shorter = _cut(result, 3, 400, "$", omitted)
    assert isinstance(shorter, Mapping)
    return {**shorter, "omitted": omitted}


def _cut(node: Json, keep: int, letters: int, path: str, omitted: dict[str, Json]) -> Json:
    if isinstance(node, str):
        return node if len(node) <= letters else node[: letters - 1] + "…"
    if isinstance(node, Mapping):
        return {key: _cut(value, keep, letters, f"{path}.{key}", omitted) for key, value in node.items()}
    if isinstance(node, Sequence):
        if len(node) > keep:
            omitted[path] = len(node) - keep
        return [_cut(value, keep, letters, f"{path}[]", omitted) for value in node[:keep]]
    return node


def _size(value: Json) -> int:
    return len(to_json(value).encode())


def one_line(result: JsonObject) -> str:
    """Say in one line what a result holds: counts of its lists and its first plain facts."""
    error = result.get("error")
    if isinstance(error, Mapping):
        return _clip(f"{error.get('reason')}: {error.get('detail')}")
    facts = [*_facts(result), *(fact for value in result.values() if _is_part(value) for fact in _facts(value))]
    return _clip(", ".join(facts) or "nothing found")


def _facts(part: Json) -> list[str]:
    """The plain facts of one object: amounts, counts of lists, numbers and texts; ids and zeros say little."""
    facts: list[str] = []
    for key, value in part.items() if isinstance(part, Mapping) else ():
        label = key.replace("_", " ")
        if isinstance(value, Mapping) and set(value) == {"amount", "currency"}:
            facts.append(f"{label} {value['amount']} {value['currency']}")
        elif isinstance(value, list) and value:
            names = [str(item["symbol"]) for item in value if isinstance(item, Mapping) and item.get("symbol")]
            facts.append(f"{len(value)} {label}" + (f" ({', '.join(names[:6])})" if names else ""))
        elif isinstance(value, str | int | float) and value and not isinstance(value, bool) and key != "id":
            facts.append(f"{label} {value}")
    return facts


def _is_part(value: Json) -> bool:
    """Whether a value is an object whose facts belong to the result: not an amount, nor notes about figures."""
    return isinstance(value, Mapping) and not set(value) <= {"amount", "currency"} and _has_numbers(value)


def _has_numbers(part: JsonObject) -> bool:
    return any(isinstance(value, int | float) and not isinstance(value, bool) for value in part.values())


def _clip(text: str) -> str:
    return text if len(text) <= _LINE else text[: _LINE - 1].rstrip(" ,") + "…"


def names_in(results: Mapping[str, JsonObject]) -> dict[str, str]:
    """Names that stand for symbols in these results: "Apple Inc." and "Apple" for AAPL."""
    names: dict[str, str] = {}

    def visit(node: Json) -> None:
        if isinstance(node, Mapping):
            name, symbol = node.get("name"), node.get("symbol")
            if isinstance(name, str) and isinstance(symbol, str) and name and symbol:
                names.setdefault(name, symbol)
                first = name.split()[0].rstrip(",.")
                if len(first) > 3 and first.lower() not in _COMMON_FIRST_WORDS:
                    names.setdefault(first, symbol)
            for value in node.values():
                visit(value)
        elif isinstance(node, Sequence) and not isinstance(node, str):
            for value in node:
                visit(value)

    for result in results.values():
        visit(result)
    return names


_COMMON_FIRST_WORDS = frozenset(
    {"united", "american", "general", "first", "global", "national", "bank", "ishares", "vanguard"}
)
