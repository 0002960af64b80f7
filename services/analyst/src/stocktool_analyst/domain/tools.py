"""Tools as a request offers them, and arguments that fit their schemas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = "dict[str, Json]"


@dataclass(frozen=True, slots=True)
class Tool:
    """A function tool: its name and the JSON Schema of its arguments."""

    name: str
    parameters: JsonObject


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call the analyst makes."""

    tool: str
    arguments: JsonObject


@dataclass(frozen=True, slots=True)
class Result:
    """What a call gave: a JSON object, or `{"error": ...}`."""

    call: Call
    output: JsonObject


# Spellings of one value in schemas of others.
_ENUM_ALIASES: Mapping[str, tuple[str, ...]] = {
    "year_to_date": ("ytd", "year_to_date", "this_year"),
    "one_month": ("1m", "one_month", "month"),
    "one_year": ("1y", "one_year", "year"),
    "since_inception": ("all", "max", "inception", "since_inception"),
    "symbol": ("symbol", "holding"),
}
_PROPERTY_ALIASES: Mapping[str, str] = {
    "from": "start",
    "to": "end",
    "benchmark_symbol": "benchmark",
    "ticker": "symbol",
}


def fill(tool: Tool, wanted: Mapping[str, Json]) -> JsonObject:
    """Make arguments from what is wanted: absent ones are left out, or empty where null is not allowed."""
    properties = tool.parameters.get("properties")
    required = tool.parameters.get("required")
    arguments: JsonObject = {}
    for name, given in (properties if isinstance(properties, dict) else {}).items():
        schema = given if isinstance(given, dict) else {}  # `true` is a schema too, and says nothing
        value = _fit(wanted.get(_PROPERTY_ALIASES.get(name, name)), schema)
        if value is not None:
            arguments[name] = value
        elif isinstance(required, list) and name in required and "null" not in _types(schema):
            arguments[name] = _empty(schema)
    return arguments


def _fit(value: Json, schema: JsonObject) -> Json:
    choices = _choices(schema)
    if value is None or not choices:
        return value
    spellings = _ENUM_ALIASES.get(str(value), (str(value),))
    return next((choice for choice in choices if str(choice).lower() in spellings), None)


def _choices(schema: JsonObject) -> list[Json]:
    options = schema.get("enum")
    if isinstance(options, list):
        return [option for option in options if option is not None]
    for branch in _branches(schema):
        if found := _choices(branch):
            return found
    return []


def _branches(schema: JsonObject) -> list[JsonObject]:
    branches = schema.get("anyOf")
    return [branch for branch in branches if isinstance(branch, dict)] if isinstance(branches, list) else []


def _types(schema: JsonObject) -> set[str]:
    kind = schema.get("type")
    own = {str(each) for each in kind} if isinstance(kind, list) else {str(kind)} if kind else set()
    return own.union(*(_types(branch) for branch in _branches(schema)))


def _empty(schema: JsonObject) -> Json:
    types = _types(schema)
    if choices := _choices(schema):
        return choices[0]
    empties: Mapping[str, Json] = {"array": [], "object": {}, "integer": 5, "number": 0, "boolean": False}
    return next((empty for kind, empty in empties.items() if kind in types), "")
