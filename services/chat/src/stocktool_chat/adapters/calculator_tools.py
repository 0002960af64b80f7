"""A calculator over figures of earlier results of the turn: what is computed can be traced like what was read."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal, NotRequired, TypedDict

from pydantic import Field
from stocktool_kit.core.errors import InvalidArgument

from stocktool_chat.adapters import tool_arguments as args
from stocktool_chat.adapters.tool_session import Session, Tool
from stocktool_chat.domain.calculation import LONGEST, Quantity, calculate
from stocktool_chat.domain.earlier_results import EarlierResult
from stocktool_chat.domain.figures import Unit
from stocktool_chat.domain.json_types import Json, JsonObject
from stocktool_chat.domain.tool_values import ToolValue, values_of

_PLACES = Decimal(1).scaleb(-18)
_MARKED = re.compile(r"\[symbol=([A-Z0-9^][A-Z0-9.^=_:-]{0,31})\]")


class Computed(TypedDict):
    """What a calculation gives."""

    value: NotRequired[JsonObject | str]
    quantity: NotRequired[JsonObject | str]
    unit: Literal["amount", "number", "fraction"]
    symbol: NotRequired[str]
    calculation: JsonObject


class Operand(args.Arguments):
    """A figure of an earlier result."""

    name: str = Field(pattern="^[a-z][a-z0-9_]{0,19}$", description="What the expression calls it.")
    result: str = Field(
        min_length=1,
        max_length=120,
        description="Tool whose result of this turn holds it, such as get_holdings; get_quotes#2 for the second call "
        "of a tool.",
    )
    path: str = Field(
        min_length=1,
        max_length=200,
        description="Where it stands there, as in total, items[0].market_value or items[symbol=AAPL].market_value; "
        "count(items) for a number of rows.",
    )


class Calculation(args.Arguments):
    """An expression over figures."""

    expression: str = Field(
        min_length=1, max_length=LONGEST, description="Such as a / b - 1: + - * / **, parentheses, abs, min, max, sum."
    )
    operands: list[Operand] = Field(min_length=1, max_length=12, description="What the names stand for.")


async def calculation(session: Session, wanted: Calculation) -> JsonObject:
    """Work it out, telling every figure's place."""
    if len({each.name for each in wanted.operands}) < len(wanted.operands):
        raise InvalidArgument.of("/operands", "names must be different")
    found = [session.earlier.named(each.result) for each in wanted.operands]
    values = {
        each.name: await asyncio.to_thread(_value, source, each.path)
        for each, source in zip(wanted.operands, found, strict=True)
    }
    outcome = calculate(wanted.expression, values)
    operands: list[Json] = [
        {"name": each.name, "tool": source.tool, "call_id": source.call_id, **_shown(values[each.name])}
        for each, source in zip(wanted.operands, found, strict=True)
    ]
    symbols = {value.symbol for value in values.values()}
    about: JsonObject = {"symbol": symbols.pop()} if len(symbols) == 1 and "" not in symbols else {}
    plain = all(value.unit is Unit.PLAIN for value in values.values()) and "/" not in wanted.expression
    return {
        "quantity" if plain and not outcome.currency else "value": _written(outcome),
        "unit": "amount" if outcome.currency else "number" if plain else "fraction",
        **about,
        "calculation": {"expression": wanted.expression, "operands": operands},
    }


def _value(source: EarlierResult, path: str) -> ToolValue:
    """The value at a path.

    Raises:
        InvalidArgument: Nothing that can be computed with stands there.
    """
    wanted = _normal(source.result, path)
    values = values_of(source.call_id, source.result)
    for value in values:
        if value.path == wanted and not value.quoted:
            return value
    near = _near(wanted, values)
    raise InvalidArgument.of("/operands", f"{source.tool} has no figure at {path!r}; there are: {near}")


def _normal(result: JsonObject, path: str) -> str:
    """`items[symbol=AAPL].price` and `$.items[0].price` as `$.items[0].price`; amounts lose their `.amount`."""
    counted = re.fullmatch(r"count\((.+)\)", path)
    inner = counted[1] if counted else path
    inner = inner if inner.startswith("$") else f"$.{inner}"
    while marked := _MARKED.search(inner):
        rows = _at(result, inner[: marked.start()])
        at = next(
            (at for at, row in enumerate(rows) if isinstance(row, Mapping) and row.get("symbol") == marked[1]), -1
        )
        if at < 0:
            raise InvalidArgument.of("/operands", f"no row of {inner[: marked.start()]!r} has the symbol {marked[1]}")
        inner = f"{inner[: marked.start()]}[{at}]{inner[marked.end() :]}"
    inner = inner.removesuffix(".amount")
    return f"count({inner})" if counted else inner


def _at(result: JsonObject, path: str) -> Sequence[Json]:
    node: Json = result
    for name, index in re.findall(r"\.([A-Za-z_]\w*)|\[(\d{1,6})\]", path):
        if name and isinstance(node, Mapping):
            node = node.get(name)
        elif index and isinstance(node, list) and int(index) < len(node):
            node = node[int(index)]
        else:
            return []
    return node if isinstance(node, list) else []


def _near(wanted: str, values: Sequence[ToolValue]) -> str:
    """Some paths that may have been meant: those that end alike first."""
    last = wanted.rpartition(".")[2]
    paths = sorted((value.path for value in values if not value.quoted), key=lambda path: not path.endswith(last))
    return ", ".join(dict.fromkeys(paths[:12])) or "none"


def _shown(value: ToolValue) -> dict[str, Json]:
    if value.unit is Unit.MONEY:
        return {"path": value.path, "value": {"amount": f"{value.value:f}", "currency": value.currency}}
    return {"path": value.path, "value": f"{value.value:f}"}


def _written(outcome: Quantity) -> Json:
    value = outcome.value
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -18:
        value = value.quantize(_PLACES, rounding=ROUND_HALF_EVEN).normalize()
    text = f"{value:f}"
    return {"amount": text, "currency": outcome.currency} if outcome.currency else text


TOOLS = (
    Tool("calculate", "Computes exactly with figures of results of this turn: sums, differences, ratios, growth. Use "
         "it for every figure that no tool gives; call it after the tools whose figures it takes.", Calculation,
         calculation, Computed, cached=False),
)  # fmt: skip
