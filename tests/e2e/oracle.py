"""A portfolio made of a seed, and its value and returns computed from the bundled closes alone.

Nothing of the services' code is used here: plain loops over a CSV, in floats.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass

from tests.fakes.bundled import rows

SYMBOLS = ("AAPL", "JPM", "XOM", "MA", "BAC", "SPY", "PFE", "META")
SPLITS = {"AAPL": ("2020-08-31", 4)}
Entry = dict[str, str]


def closes() -> dict[str, dict[str, float]]:
    """Close by day and symbol; days without any are absent."""
    return {row["date"]: {name: float(text) for name, text in row.items() if name != "date" and text} for row in rows()}


@dataclass(frozen=True)
class Expected:
    """What the mesh must say of the portfolio."""

    value: float
    twr_this_year: float
    benchmark_this_year: float


def ledger(seed: int, prices: dict[str, dict[str, float]]) -> list[Entry]:
    """Make some years of deposits, purchases and sales, each affordable and as it would have been entered then."""
    dice = random.Random(seed)
    days = [day for day in sorted(prices) if "2018-06-01" <= day <= "2024-11-20"]
    entries: list[Entry] = [_cash(days[0], 100_000)]
    cash, held = 100_000.0, defaultdict[str, float](float)
    booked = False
    for day in sorted(dice.sample(days[5:], 24)):
        if not booked and day >= SPLITS["AAPL"][0]:
            booked = True
            if held["AAPL"]:
                entries.append({"date": SPLITS["AAPL"][0], "type": "split", "symbol": "AAPL", "ratio": "4"})
        symbol = dice.choice(SYMBOLS)
        shown = f"{prices[day][symbol] * later_splits(symbol, day):.6f}"
        price = float(shown)
        quantity = float(dice.randint(1, 20))
        own = held[symbol] / later_splits(symbol, day)
        if dice.random() < 0.25 and own >= 2:
            quantity = float(dice.randint(1, int(own)))
            held[symbol] -= quantity * later_splits(symbol, day)
            cash += quantity * price
            kind = "sell"
        elif quantity * price < cash:
            held[symbol] += quantity * later_splits(symbol, day)
            cash -= quantity * price
            kind = "buy"
        else:
            amount = dice.randint(2_000, 9_000)
            cash += amount
            entries.append(_cash(day, amount))
            continue
        entries.append({"date": day, "type": kind, "symbol": symbol, "quantity": f"{quantity:.0f}", "price": shown})
    return [*entries, _cash("2024-05-15", dice.randint(2_000, 20_000))]


def later_splits(symbol: str, day: str) -> float:
    """New shares of today for one share of that day."""
    when, ratio = SPLITS.get(symbol, ("", 1))
    return float(ratio) if day < when else 1.0


def expected(entries: list[Entry], prices: dict[str, dict[str, float]]) -> Expected:
    """Walk the days: value after each, flows at the end of theirs."""
    by_day = defaultdict[str, list[Entry]](list)
    for entry in entries:
        by_day[entry["date"]].append(entry)
    cash, held = 0.0, defaultdict[str, float](float)
    before, growth, value = 0.0, 1.0, 0.0
    for day in sorted(prices):
        flow = 0.0
        for entry in by_day[day]:
            if entry["type"] == "deposit":
                flow += float(entry["amount"])
                cash += float(entry["amount"])
            elif entry["type"] in {"buy", "sell"}:
                sign = 1 if entry["type"] == "buy" else -1
                shares = sign * float(entry["quantity"])
                cash -= shares * float(entry["price"])
                held[entry["symbol"]] += shares * later_splits(entry["symbol"], day)
        value = cash + sum(shares * prices[day][symbol] for symbol, shares in held.items() if shares)
        if day > "2023-12-29":
            growth *= (value - flow) / before
        before = value
    spy = prices["2024-11-29"]["SPY"] / prices["2023-12-29"]["SPY"] - 1
    return Expected(value, growth - 1, spy)


def _cash(day: str, amount: float) -> Entry:
    return {"date": day, "type": "deposit", "amount": f"{amount:.2f}"}
