"""What figures should be: asked of the services' public API beside the chat, or worked out from the demo's own files.

Nothing here comes from an answer. What is worked out uses plain loops over the bundled closes and the demo's ledger.
"""

from __future__ import annotations

import csv
import gzip
import json
import math
import re
import statistics
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, Protocol

from stocktool_dev.evaluation.questions import Figure
from stocktool_dev.seed import PORTFOLIO

_TRADING_DAYS = 252


class OracleFailed(Exception):
    """A figure cannot be found out: the question asks for what the API or the demo's files do not have."""


class Api(Protocol):
    """The services' public API as the user."""

    def get(self, address: str, send: Mapping[str, Any] | None = None) -> Any:
        """What an address below `/api/stock/v1` answers, `P/` for the demo portfolio's own; what is given is posted."""
        ...


def value_of(figure: Figure, api: Api) -> float | date:
    """A figure's value; of a percent the fraction.

    Raises:
        OracleFailed: There is none.
    """
    if figure.demo:
        try:
            found: Any = _DEMO[figure.demo](*figure.of)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise OracleFailed(f"{figure}: {error!r}") from error
    else:
        found = at(api.get(figure.get, figure.send), figure.at)
    if figure.kind == "date":
        return date.fromisoformat(str(found)[:10])
    try:
        return float(found) * figure.times
    except (TypeError, ValueError) as error:
        raise OracleFailed(f"{figure} is {found!r}, which is no number") from error


def at(document: Any, path: str) -> Any:
    """The value at `items[symbol=AAPL].price.amount`; numbers in brackets count, negative ones from the end.

    Raises:
        OracleFailed: Nothing stands there.
    """
    place = document
    for name, key, wanted, index in re.findall(r"([^.\[\]]+)(?![^\[]*\])|\[([^=\]]+)=([^\]]*)\]|\[(-?\d+)\]", path):
        try:
            if name:
                place = place[name]
            elif key:
                place = next(each for each in place if str(each.get(key)) == wanted)
            else:
                place = place[int(index)]
        except (KeyError, IndexError, TypeError, StopIteration) as error:
            raise OracleFailed(f"there is no {path} in the answer") from error
    return place


@cache
def closes() -> Mapping[str, Mapping[str, float]]:
    """Bundled closes by symbol and day, days in order."""
    found: dict[str, dict[str, float]] = {}
    with gzip.open(str(files("stocktool_market") / "data" / "closes.csv.gz"), "rt") as file:
        for row in csv.DictReader(file):
            for symbol, text in row.items():
                if symbol != "date" and text:
                    found.setdefault(symbol, {})[row["date"]] = float(text)
    return found


@cache
def ledger() -> list[Mapping[str, str]]:
    """The demo's entries as they are planted."""
    entries: list[Mapping[str, str]] = json.loads(PORTFOLIO.read_text())["transactions"]
    return entries


@cache
def _last_day() -> str:
    return max(max(days) for days in closes().values())


def _close(symbol: str, day: str = "") -> float:
    """The close of a day, or the last before it."""
    days, last = closes()[symbol], day or _last_day()
    return days[max(each for each in days if each <= last)]


def _within(symbol: str, first: str, last: str) -> dict[str, float]:
    return {day: close for day, close in closes()[symbol].items() if first <= day <= last}


def _growth(symbol: str, after: str, last: str = "") -> float:
    """Return from the close of a day, or the last before it, to that of another."""
    return _close(symbol, last) / _close(symbol, after) - 1


def _day_changes(symbol: str, first: str, last: str) -> dict[str, float]:
    """One-day returns of the days of a span, the first against the close before it."""
    days = sorted(closes()[symbol])
    series = closes()[symbol]
    return {day: series[day] / series[before] - 1 for before, day in pairwise(days) if first <= day <= last}


def _volatility(symbol: str, first: str, last: str) -> float:
    return statistics.stdev(_day_changes(symbol, first, last).values()) * math.sqrt(_TRADING_DAYS)


def _correlation(one: str, other: str, first: str, last: str) -> float:
    left, right = _day_changes(one, first, last), _day_changes(other, first, last)
    days = sorted(set(left) & set(right))
    return statistics.correlation([left[day] for day in days], [right[day] for day in days])


def _shares(symbol: str, day: str = "9999") -> float:
    """Shares held at the end of a day, splits counted."""
    held = 0.0
    for entry in ledger():
        if entry.get("symbol") != symbol or entry["date"] > day:
            continue
        match entry["type"]:
            case "buy":
                held += float(entry["quantity"])
            case "sell":
                held -= float(entry["quantity"])
            case "split":
                held *= float(entry["ratio"])
    return held


def _average(symbol: str, count: str) -> float:
    """Mean of the last closes."""
    return statistics.fmean(list(closes()[symbol].values())[-int(count) :])


_DEMO: Mapping[str, Callable[..., float | str]] = {
    "close": _close,
    "growth": _growth,
    "highest_close": lambda symbol, first, last: max(_within(symbol, first, last).values()),
    "lowest_close": lambda symbol, first, last: min(_within(symbol, first, last).values()),
    "best_day": lambda symbol, first, last: max(_day_changes(symbol, first, last).values()),
    "worst_day": lambda symbol, first, last: min(_day_changes(symbol, first, last).values()),
    "volatility": _volatility,
    "correlation": _correlation,
    "ratio": lambda one, other: _close(one) / _close(other),
    "gap": lambda one, other: _close(one) - _close(other),
    "shares": _shares,
    "value": lambda symbol: _shares(symbol) * _close(symbol),
    "average": _average,
    "market_day": _last_day,
    "last_entry": lambda kind: max(entry["date"] for entry in ledger() if entry["type"] == kind),
    "last_trade": lambda symbol: max(
        entry["date"] for entry in ledger() if entry.get("symbol") == symbol and entry["type"] in {"buy", "sell"}
    ),
    "first_trade": lambda symbol: min(entry["date"] for entry in ledger() if entry.get("symbol") == symbol),
    "split_day": lambda symbol: next(
        entry["date"] for entry in ledger() if entry.get("symbol") == symbol and entry["type"] == "split"
    ),
    "plain": lambda text: text,
}
