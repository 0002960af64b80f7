"""The values a tool result holds, each with its JSON path and its unit, for figures to be matched against."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from stocktool_chat.domain.figures import Unit, find_figures
from stocktool_chat.domain.json_types import Json, JsonObject

_MAX_VALUES = 40_000  # a series of ten years holds some 2,500 values; beyond this the rest is not looked at

# Keys whose numbers are never percents: 1.12 is not 112 %.
_PLAIN_KEYS = re.compile(
    r"(^|_)(beta|betas|sharpe|sortino|calmar|skew|kurtosis|quantity|volume|ratio|count|n|age|seconds|page|pages|chunks|score"
    r"|version|observations|paths|seed|points|periods|year|ddof|diversification|hhi|information)(_|$)"
)
_MAGNITUDE_KEYS = re.compile(
    r"(^|_)(drawdown|var\d*|cvar\d*|loss|losses|fee|fees|tax|taxes|worst|trough|withdrawal|withdrawals)(_|$)"
)
_MONEY_KEYS = re.compile(
    r"^(price|close|open|high|low|adjusted_close|previous_close|change|amount|value|values|cost|fee|tax|gain|total|amount_per_share)$"
)
_TEXT_KEYS = frozenset({"text", "quote", "title"})
# Numbers about the result rather than in it: an answer never states them.
_NO_VALUES = frozenset({"citation", "score", "age_seconds", "version", "sequence"})
_NUMBER = re.compile(r"-?\d{1,24}(?:\.\d{1,20})?")


@dataclass(frozen=True, slots=True)
class ToolValue:
    """One value of one result.

    Attributes:
        call_id: The tool call.
        path: JSON path of the value in the call's result; an amount's path is that of its object.
        unit: MONEY, PERCENT (a fraction that may be written as percent) or PLAIN.
        value: Signed.
        currency: Of an amount.
        symbol: Instrument the value belongs to, empty when it is the portfolio's or nobody's.
        magnitude: Whether its sign is a convention (drawdown, VaR, fees), so that an unsigned figure may state it.
        quoted: Whether it stands in a document's or news item's text.
        is_count: Whether it is the number of elements of a list.
        is_computed: Whether it was computed from other values, which its result names.
    """

    call_id: str
    path: str
    unit: Unit
    value: Decimal
    currency: str = ""
    symbol: str = ""
    magnitude: bool = False
    quoted: bool = False
    is_count: bool = False
    is_computed: bool = False


@dataclass(frozen=True, slots=True)
class _Context:
    currency: str = ""
    symbol: str = ""
    magnitude: bool = False


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
        if key and not key.startswith(("dates", "conventions")):
            yield ToolValue(call_id, f"count({path})", Unit.PLAIN, Decimal(len(node)), is_count=True)
        for index, item in enumerate(node):
            yield from _walk(call_id, f"{path}[{index}]", key, item, context)


def _object(call_id: str, path: str, key: str, node: JsonObject, context: _Context) -> Iterator[ToolValue]:
    currency, symbol = node.get("currency"), node.get("symbol")
    context = _Context(
        currency if isinstance(currency, str) else context.currency,
        symbol if isinstance(symbol, str) and symbol else context.symbol,
        context.magnitude or _meaning(key)[0],
    )
    amount = node.get("amount")
    if isinstance(currency, str) and isinstance(amount, str | int | float) and len(node) == 2:
        try:
            value = Decimal(str(amount))
        except InvalidOperation:
            return
        yield ToolValue(call_id, path, Unit.MONEY, value, currency, context.symbol, context.magnitude)
        return
    for name, item in node.items():
        step = f"{path}.{name}" if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else f"{path}[{_quoted(name)}]"
        if name in _NO_VALUES:
            continue
        below = context
        if re.fullmatch(r"[A-Z^][A-Z0-9.^=-]{0,11}", name) and not isinstance(symbol, str):
            below = _Context(context.currency, name, context.magnitude)  # results keyed by symbol
        yield from _walk(call_id, step, name, item, below)


def _string(call_id: str, path: str, key: str, node: str, context: _Context) -> Iterator[ToolValue]:
    if key in _TEXT_KEYS:
        yield from _quoted_figures(call_id, path, node)
    elif _NUMBER.fullmatch(node) and not re.fullmatch(r"0\d+", node):
        yield _number(call_id, path, key, Decimal(node), context)


@functools.lru_cache(maxsize=4096)  # keys repeat with every element of a list
def _meaning(key: str) -> tuple[bool, bool, Unit]:
    """What a key says of its number: a magnitude, an amount where a currency is known, and its unit where none is."""
    unit = Unit.PLAIN if _PLAIN_KEYS.search(key) else Unit.PERCENT
    return bool(_MAGNITUDE_KEYS.search(key)), bool(_MONEY_KEYS.match(key)), unit


def _number(call_id: str, path: str, key: str, value: Decimal, context: _Context) -> ToolValue:
    magnitude, money, unit = _meaning(key)
    magnitude = magnitude or context.magnitude
    if context.currency and money:
        return ToolValue(call_id, path, Unit.MONEY, value, context.currency, context.symbol, magnitude)
    return ToolValue(call_id, path, unit, value, symbol=context.symbol, magnitude=magnitude)


def _quoted_figures(call_id: str, path: str, text: str) -> Iterator[ToolValue]:
    scale = Decimal(1)
    lowered = text[:4000].lower()
    for word, factor in (("in thousands", 1_000), ("in millions", 1_000_000), ("in billions", 1_000_000_000)):
        if word in lowered:
            scale = Decimal(factor)
    for figure in find_figures(text):
        yield ToolValue(call_id, path, figure.unit, figure.signed, figure.currency, magnitude=True, quoted=True)
        if scale != 1 and figure.unit is not Unit.PERCENT:
            # A table "in millions of dollars": the cell 391,035 states 391,035 million.
            yield ToolValue(
                call_id,
                path,
                Unit.MONEY,
                figure.signed * scale,
                figure.currency or "USD",
                magnitude=True,
                quoted=True,
            )


def _quoted(name: str) -> str:
    return "'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'"
