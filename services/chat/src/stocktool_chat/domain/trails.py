"""Which figure of a portfolio a receipt shows, so that its trail can be asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from stocktool_chat.domain.json_types import Json, JsonObject

_STEP = re.compile(r"\.([A-Za-z_]\w*)|\[(\d+)\]")
# Names under which results hold figures that the ledger's trails call otherwise; a quantity and a price are rows of the
# trail of their value.
_OF_HOLDING = {
    "quantity": "market_value",
    "price": "market_value",
    **{name: name for name in ("market_value", "cost_basis", "unrealised", "unrealised_return", "weight")},
    **{name: name for name in ("price_effect", "currency_effect")},
}
_OF_DAY = {"total": "market_value", "cash_value": "cash", "cost_basis": "cost_basis", "unrealised": "unrealised"}
_OF_LEDGER = {"realised": "realised", "income": "income"}
_RETURNS = "twr twr_annual xirr irr modified_dietz simple_return gain net_flows fees taxes max_drawdown"
_OF_RANGE = frozenset(_RETURNS.split())
_RISK = (
    "total_return cagr volatility sharpe sortino calmar skew kurtosis var95_hist cvar95_hist var95_normal cvar95_normal"
    " var95_cornish_fisher worst_daily_return max_drawdown beta alpha_annual correlation tracking_error"
    " information_ratio"
)
_OF_RISK = frozenset(_RISK.split())


@dataclass(frozen=True, slots=True)
class Trail:
    """What to ask for a figure's trail.

    Attributes:
        portfolio_id: The portfolio.
        figure: Name of the figure: "twr", "market_value", ...
        query: The rest of the question: symbol, start, end, as_of, benchmark, as far as they apply.
    """

    portfolio_id: str
    figure: str
    query: dict[str, str]


def trail_of(path: str, result: JsonObject) -> Trail | None:
    """The trail behind a value of a tool's result; None where the ledger keeps none for it."""
    portfolio = result.get("portfolio")
    identity = portfolio.get("id") if isinstance(portfolio, Mapping) else None
    if not isinstance(identity, str) or path.startswith("count("):
        return None
    steps = [name or int(place) for name, place in _STEP.findall(path)]
    if not steps:
        return None
    found = _asked(steps, result)
    if found is None:
        return None
    figure, query = found
    return Trail(identity, figure, {name: value for name, value in query.items() if value})


def _asked(steps: Sequence[str | int], result: JsonObject) -> tuple[str, dict[str, str]] | None:
    """The figure's name and the question for it."""
    key, last = steps[0], str(steps[-1])
    # Since inception the first day's flows count too, which no start tells.
    start = "" if result.get("since_inception") else _text(result, "start")
    span = {"start": start, "end": _text(result, "end")}
    as_of = {"as_of": _text(result, "as_of")}
    if "total" in result and "stale_prices" in result:
        return _of_valuation(steps, result, as_of)
    if key == "metrics" and steps[1:] == [last] and last in _OF_RISK:
        return last, span | {"benchmark": _text(result, "benchmark")}
    if "twr" in result:
        return _of_performance(steps, result, span)
    if "received" in result and last == "gross":
        return _of_income(steps, result)
    if key == "contribution" and isinstance(part := result.get("contribution"), Mapping):
        return _of_contribution(steps[1:], part)
    sold = key == "total" and last == "gain" and "by_symbol" in result and not span["start"]
    return ("realised", {"end": span["end"]}) if sold else None


def _of_valuation(
    steps: Sequence[str | int], result: JsonObject, as_of: dict[str, str]
) -> tuple[str, dict[str, str]] | None:
    """Figures of holdings and of allocations, on a day."""
    last = str(steps[-1])
    if len(steps) == 1:
        if last in _OF_LEDGER:
            return _OF_LEDGER[last], {"end": as_of["as_of"]}
        return (_OF_DAY[last], as_of) if last in _OF_DAY else None
    item = _item(result, steps)
    if steps[0] == "items" and last in _OF_HOLDING:
        return _OF_HOLDING[last], as_of | {"symbol": _text(item, "symbol")}
    names = item.get("symbols")
    alone = isinstance(names, Sequence) and len(names) == 1 and names[0] == item.get("key")
    if steps[0] == "slices" and alone and last in ("value", "weight"):
        return ("market_value" if last == "value" else "weight"), as_of | {"symbol": _text(item, "key")}
    return None


def _of_performance(
    steps: Sequence[str | int], result: JsonObject, span: dict[str, str]
) -> tuple[str, dict[str, str]] | None:
    benchmark = result.get("benchmark")
    if list(steps) == ["benchmark", "twr"] and isinstance(benchmark, Mapping):
        return "benchmark_twr", span | {"benchmark": _text(benchmark, "symbol")}
    if len(steps) != 1:
        return None
    if steps[0] in ("value_start", "value_end"):
        day = span[str(steps[0]).removeprefix("value_")]
        return ("market_value", {"as_of": day}) if day else None
    return (str(steps[0]), span) if steps[0] in _OF_RANGE else None


def _of_income(steps: Sequence[str | int], result: JsonObject) -> tuple[str, dict[str, str]] | None:
    """Income of the range, of a month or of a holding; a trail begins after its start, these sums begin with it."""
    start, end = _day(_text(result, "start")), _text(result, "end")
    item = _item(result, steps)
    symbol = ""
    if steps[0] == "by_month":
        first = _day(f"{_text(item, 'month')}-01")
        if start is None or first is None:
            return None
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        start, end = max(start, first), min(end, last.isoformat())
    elif steps[0] == "by_holding" and steps[2:3] == ["received"]:
        symbol = _text(item, "symbol")
    elif list(steps[:-1]) != ["received"]:
        return None
    if start is None or (steps[0] == "by_holding" and not symbol):
        return None
    return "income", {"start": (start - timedelta(days=1)).isoformat(), "end": end, "symbol": symbol}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _of_contribution(steps: Sequence[str | int], part: JsonObject) -> tuple[str, dict[str, str]] | None:
    span = {"start": _text(part, "start"), "end": _text(part, "end")}
    if list(steps) == ["total_return"]:
        return "twr", span
    if list(steps) == ["gain"]:
        return "gain", span
    item = _item(part, steps)
    if steps and steps[-1] == "contribution" and part.get("by") == "holding" and item.get("symbols"):
        return "contribution", span | {"symbol": _text(item, "key")}
    return None


def _item(node: JsonObject, steps: Sequence[str | int]) -> JsonObject:
    """The element of a list that a path leads through."""
    items: Json = node.get(str(steps[0])) if steps else None
    place = steps[1] if len(steps) > 1 else None
    if isinstance(items, Sequence) and isinstance(place, int) and place < len(items):
        item = items[place]
        return item if isinstance(item, Mapping) else {}
    return {}


def _text(node: JsonObject, name: str) -> str:
    value = node.get(name)
    return value if isinstance(value, str) else ""
