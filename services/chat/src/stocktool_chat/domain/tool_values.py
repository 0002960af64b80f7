"""The values a tool result holds, each with its JSON path, its unit, and whose and when it is."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from stocktool_chat.domain.figures import CURRENCIES, Unit
from stocktool_chat.domain.json_types import Json, JsonObject
from stocktool_chat.domain.measures import NO_SENSE, KeySense, sense_of, stem
from stocktool_chat.domain.passages import quoted_values

_MAX_VALUES = 40_000  # a series of ten years holds some 2,500 values; beyond this the rest is not looked at
_SERIES = 12  # plain lists longer than this are series: any low-precision figure would find itself in them
_TEXT_KEYS = frozenset({"text", "quote", "summary"})
_NEWS_KEYS = frozenset({"title"})  # texts of what was published; elsewhere they are ours
# Numbers about the result rather than in it: an answer never states them.
_NO_VALUES = frozenset({"citation", "score", "age_seconds", "version", "sequence", "conventions", "created_at", "id"})
_OWN_DAYS = ("date", "day", "month", "ex_date", "acquired", "trade_date", "settlement_date", "published_at")
_FLOWS = frozenset({"net_flows", "flow", "flows"})
_LEAST_COUNT = 2  # a whole number from here on is no fraction: 18 rules, not 1,800 %
_MOST_FRACTION = 100  # nor is what would be 10,000 %
_NUMBER = re.compile(r"-?\d{1,24}(?:\.\d{1,20})?")
_DAY = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2}))?")
_BRANCHES = {"before": "before", "now": "before", "after": "after", "proposed": "after"}
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SYMBOL = re.compile(r"[A-Z^][A-Z0-9.^=-]{0,11}")


@dataclass(frozen=True, slots=True)
class When:
    """The days a value speaks of, as ordinals.

    Attributes:
        first: First day of its range; 0 without a range.
        last: Last day of its range, or the day it is as of; 0 without either.
        own: Days of the entry itself: of a transaction, a dividend, a bar.
    """

    first: int = 0
    last: int = 0
    own: tuple[int, ...] = ()


_ALWAYS = When()


@dataclass(frozen=True, slots=True)
class ToolValue:
    """One value of one result.

    Attributes:
        call_id: The tool call.
        path: JSON path of the value in the call's result; an amount's path is that of its object.
        unit: MONEY, PERCENT (a fraction that may be written as percent), PLAIN or DATE.
        value: Signed; of a date its ordinal.
        currency: Of an amount.
        symbol: Instrument the value belongs to, empty when it is the portfolio's or nobody's.
        label: Slice, account or other part it belongs to when that is no instrument.
        magnitude: Whether its sign is a convention (drawdown, VaR, fees), so that an unsigned figure may state it.
        quoted: Whether it stands in a document's or news item's text.
        is_count: Whether it is the number of elements of a list.
        is_computed: Whether it was computed from other values, which its result names.
        series: Whether it is one of a long list of plain numbers.
        scope: Values of one object share it: what may be set off against each other.
        key: Name of the field.
        sense: What its field names say.
        when: The days it speaks of.
        branch: "before" or "after" a change, where a result has both.
        at: Of a quoted value, where it stands in its text.
        citation: Of a quoted value, the number its passage goes by, 0 without one.
    """

    call_id: str
    path: str
    unit: Unit
    value: Decimal
    currency: str = ""
    symbol: str = ""
    label: str = ""
    magnitude: bool = False
    quoted: bool = False
    is_count: bool = False
    is_computed: bool = False
    series: bool = False
    scope: str = ""
    key: str = ""
    sense: KeySense = NO_SENSE
    when: When = _ALWAYS
    branch: str = ""
    at: tuple[int, int] = (0, 0)
    citation: int = 0


@dataclass(frozen=True, slots=True)
class _Context:
    currency: str = ""
    symbol: str = ""
    label: str = ""
    magnitude: bool = False
    keys: str = ""
    about: str = ""
    unit: str = ""
    scope: str = ""
    when: When = _ALWAYS
    branch: str = ""
    published: bool = False
    citation: int = 0


class _At(NamedTuple):
    """Where a value stands: the call, the path and the last key of it."""

    call_id: str
    path: str
    key: str


def values_of(call_id: str, result: JsonObject) -> list[ToolValue]:
    """List the values of a result in document order; those of a calculation are its outcome alone."""
    calculation = result.get("calculation")
    if isinstance(calculation, Mapping) and "operands" in calculation:
        outcome = {name: value for name, value in result.items() if name != "calculation"}
        return [replace(value, is_computed=True) for value in _walk(call_id, "$", "", outcome, _Context())]
    return list(itertools.islice(_walk(call_id, "$", "", result, _Context()), _MAX_VALUES))


def _walk(call_id: str, path: str, key: str, node: Json, context: _Context) -> Iterator[ToolValue]:
    if isinstance(node, Mapping):
        yield from _object(call_id, path, key, node, context)
    elif isinstance(node, str):
        yield from _string(call_id, path, key, node, context)
    elif isinstance(node, bool) or node is None:
        return
    elif isinstance(node, int | float):
        yield _number(call_id, path, key, Decimal(str(node)), context)
    elif isinstance(node, Sequence):
        yield from _list(call_id, path, key, node, context)


def _list(call_id: str, path: str, key: str, node: Sequence[Json], context: _Context) -> Iterator[ToolValue]:
    if key and key != "dates":
        words = frozenset({*_kinds_of(node), *(stem(part) for part in key.split("_"))})
        sense = KeySense(words=words, nouns=words)
        counted = _At(call_id, f"count({path})", key)
        yield replace(_value(counted, Unit.PLAIN, Decimal(len(node)), context, sense), is_count=True)
    for index, item in enumerate(node):
        yield from _walk(call_id, f"{path}[{index}]", key, item, context)


def _object(call_id: str, path: str, key: str, node: JsonObject, context: _Context) -> Iterator[ToolValue]:
    currency = node.get("currency")
    amount = node.get("amount")
    sense = sense_of(key, context.keys, context.about)
    if isinstance(currency, str) and isinstance(amount, str | int | float) and len(node) == 2:
        try:
            value = Decimal(str(amount))
        except InvalidOperation:
            return
        below = replace(context, currency=currency, magnitude=context.magnitude or sense.magnitude)
        yield _value(_At(call_id, path, key), Unit.MONEY, value, below, sense)
        return
    context = _within(path, key, node, context, sense)
    days = _series_days(node)
    fall = _ordinals(node, ("max_drawdown_peak", "max_drawdown_trough", "max_drawdown_recovery"))
    for name, item in node.items():
        if name in _NO_VALUES:
            continue
        step = f"{path}.{name}" if _PLAIN_KEY.fullmatch(name) else f"{path}[{_quoted(name)}]"
        if isinstance(item, Sequence) and _is_series(item):
            yield from _series(_At(call_id, step, name), item, context, days)
            continue
        below = context
        if _SYMBOL.fullmatch(name) and not isinstance(node.get("symbol"), str):
            below = replace(context, symbol=name, label="")  # results keyed by symbol
        elif name == "max_drawdown" and fall:
            below = replace(context, when=replace(context.when, own=fall))
        elif name in _BRANCHES:
            below = replace(context, branch=_BRANCHES[name])
        yield from _walk(call_id, step, name, item, below)


def _within(path: str, key: str, node: JsonObject, context: _Context, sense: KeySense) -> _Context:
    """The context of an object's fields."""

    def text(*names: str) -> str:
        return next((str(node[name]) for name in names if isinstance(node.get(name), str) and node[name]), "")

    symbol, label, unit = text("symbol"), text("label", "key"), text("unit")
    if not symbol and label == text("key") and _SYMBOL.fullmatch(label) and label not in CURRENCIES:
        symbol = label
    if not (symbol or label) and "currency" in node and "accounts" not in node:
        label = text("name")
    about = " ".join(part for part in (text("title"), text("figure"), text("type", "side")) if part)
    if isinstance(node.get("long_term"), bool):
        about += " long_term" if node["long_term"] else " short_term"
    if text("id") and text("title"):
        about += " " + text("id")
    return _Context(
        currency=text("currency") or context.currency,
        symbol=symbol or ("" if label else context.symbol),
        label="" if symbol else label or context.label,
        magnitude=context.magnitude or sense.magnitude,
        keys=f"{context.keys}.{key}"[-80:] if key else context.keys,
        about=about or context.about,
        unit=unit if unit in ("fraction", "ratio", "count") else "",
        scope=path,
        when=_when(node, context.when),
        branch=context.branch,
        published="published_at" in node,
        citation=number if isinstance(number := node.get("citation"), int) else 0,
    )


def _string(call_id: str, path: str, key: str, node: str, context: _Context) -> Iterator[ToolValue]:
    if key in _TEXT_KEYS or (key in _NEWS_KEYS and context.published):
        for found in quoted_values(node):
            yield ToolValue(
                call_id,
                path,
                found.unit,
                found.value,
                found.currency,
                context.symbol or found.symbol,
                magnitude=not found.rises,
                quoted=True,
                scope=path,
                key=key,
                sense=KeySense(words=found.words, nouns=found.words),
                when=When(found.days[0], found.days[1]) if found.days else _ALWAYS,
                at=found.at,
                citation=context.citation,
            )
    elif _NUMBER.fullmatch(node) and not re.fullmatch(r"0\d+", node):
        yield _number(call_id, path, key, Decimal(node), context)
    elif _DAY.fullmatch(node):
        ordinal = _ordinal(node)
        if ordinal:
            sense = sense_of(key, context.keys, context.about)
            yield _value(_At(call_id, path, key), Unit.DATE, Decimal(ordinal), context, sense)


def _number(call_id: str, path: str, key: str, value: Decimal, context: _Context) -> ToolValue:
    sense = sense_of(key, context.keys, context.about)
    magnitude = context.magnitude or sense.magnitude
    below = context if magnitude == context.magnitude else replace(context, magnitude=True)
    at = _At(call_id, path, key)
    if context.currency and sense.money and not context.unit:
        return _value(at, Unit.MONEY, value, below, sense)
    whole = abs(value) >= (_LEAST_COUNT if value == value.to_integral_value() else _MOST_FRACTION)
    unit = Unit.PLAIN if sense.plain or whole else Unit.PERCENT
    if context.unit and key not in _COUNT_KEYS:
        unit = Unit.PERCENT if context.unit == "fraction" else Unit.PLAIN
    return _value(at, unit, value, below, sense)


_COUNT_KEYS = frozenset({"quantity", "count", "total_count", "n_returns", "days_held"})


def _value(at: _At, unit: Unit, value: Decimal, context: _Context, sense: KeySense) -> ToolValue:
    when = context.when
    if at.key in _FLOWS and value:
        sense = replace(sense, sides=sense.sides | {"flow_in" if value > 0 else "flow_out"})
    if at.key.endswith("_start") and when.first:
        when = When(0, 0, tuple(range(when.first - 4, when.first + 1)))
    elif at.key.endswith("_end") and when.first:
        when = When(0, 0, tuple(range(when.last - 4, when.last + 1)))
    return ToolValue(
        at.call_id,
        at.path,
        unit,
        value,
        context.currency if unit is Unit.MONEY else "",
        context.symbol,
        context.label,
        context.magnitude,
        scope=context.scope,
        key=at.key,
        sense=sense,
        when=when,
        branch=context.branch,
    )


def _series(at: _At, items: Sequence[Json], context: _Context, days: Sequence[int]) -> Iterator[ToolValue]:
    """The values of a long list of numbers, each of its own day where the list has days beside it."""
    sense = sense_of(at.key, context.keys, context.about)
    money = bool(context.currency) and sense.money
    unit = Unit.MONEY if money else Unit.PLAIN if sense.plain else Unit.PERCENT
    below = replace(context, magnitude=context.magnitude or sense.magnitude, scope=at.path)
    for index, item in enumerate(items):
        if isinstance(item, bool) or not isinstance(item, int | float):
            continue
        own = (days[index],) if index < len(days) and days[index] else ()
        value = _value(_At(at.call_id, f"{at.path}[{index}]", at.key), unit, Decimal(str(item)), below, sense)
        when = When(context.when.first, context.when.last, own) if own else context.when
        yield replace(value, series=True, when=when)


def _is_series(node: Sequence[Json]) -> bool:
    if isinstance(node, str) or len(node) <= _SERIES:
        return False
    return all(item is None or (isinstance(item, int | float) and not isinstance(item, bool)) for item in node)


def _series_days(node: JsonObject) -> list[int]:
    dates = node.get("dates")
    if not isinstance(dates, Sequence) or isinstance(dates, str):
        return []
    return [_ordinal(day) if isinstance(day, str) else 0 for day in dates]


def _when(node: JsonObject, outer: When) -> When:
    first = next((node[name] for name in ("start", "window_start", "first_date") if name in node), None)
    last = next((node[name] for name in ("end", "window_end", "as_of", "last_date") if name in node), None)
    begin = _ordinal(first) if isinstance(first, str) else 0
    until = _ordinal(last) if isinstance(last, str) else 0
    own = _ordinals(node, _OWN_DAYS)
    if not begin:
        days = _series_days(node)
        if days:
            begin, until = days[0], days[-1]
    year, month = node.get("year"), node.get("month")
    if isinstance(year, int) and 1900 < year < 2100:
        number = month if isinstance(month, int) and 1 <= month <= 12 else 0
        begin = date(year, number or 1, 1).toordinal()
        until = date(year, number or 12, 28).toordinal()
    if isinstance(month, str) and re.fullmatch(r"\d{4}-\d{2}", month):
        begin, until = _ordinal(month), _ordinal(month) + 27
    if not (begin or until or own):
        return outer
    return When(
        begin or (0 if until else outer.first),
        until or (0 if begin else outer.last),
        own + outer.own if own else outer.own,
    )


def _ordinals(node: JsonObject, names: Sequence[str]) -> tuple[int, ...]:
    """The days an object holds under some names."""
    texts = (node.get(name) for name in names)
    return tuple(ordinal for text in texts if isinstance(text, str) and (ordinal := _ordinal(text)))


@functools.lru_cache(maxsize=8192)  # days repeat through a result
def _ordinal(text: str) -> int:
    match = _DAY.fullmatch(text)
    if match is None:
        return 0
    try:
        return date(int(match[1]), int(match[2]), int(match[3] or 1)).toordinal()
    except ValueError:
        return 0


_KINDS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"quantity", "market_value"}), "holding position security stock company instrument symbol item asset"),
    (frozenset({"proceeds", "gain"}), "sale disposal sell item"),
    (frozenset({"type", "date"}), "transaction entry trade booking item"),
    (frozenset({"side", "symbol"}), "trade order transaction"),
    (frozenset({"base_currency", "accounts"}), "portfolio item"),
    (frozenset({"document_id", "text"}), "passage hit document result"),
    (frozenset({"title", "publisher"}), "article headline news story item"),
    (frozenset({"ex_date", "amount"}), "dividend payment"),
    (frozenset({"key", "weight"}), "slice part sector class currency country account group"),
    (frozenset({"rule", "state"}), "rule check finding"),
    (frozenset({"formula", "state"}), "rule check finding"),
)


def _kinds_of(items: Sequence[Json]) -> set[str]:
    """Nouns for the elements of a list, by what they hold."""
    first = items[0] if items else None
    if isinstance(first, Mapping):
        for names, nouns in _KINDS:
            if names <= first.keys():
                return {stem(noun) for noun in nouns.split()}
    return set()


def _quoted(name: str) -> str:
    return "'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'"
