"""The demo's ledger and document, checked against the bundled prices they claim to come from."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from stocktool_dev.emulator import ROOT
from stocktool_dev.seed import DOCUMENT, PORTFOLIO

from tests.fakes.bundled import rows

DATA = ROOT / "services" / "market" / "src" / "stocktool_market" / "data"


@pytest.fixture(scope="module")
def closes() -> Mapping[str, Mapping[str, str]]:
    return {row["date"]: row for row in rows()}


@pytest.fixture(scope="module")
def demo() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(PORTFOLIO.read_text())
    return loaded


def ratio_after(symbol: str, date: str) -> Decimal:
    with (DATA / "splits.csv").open() as handle:
        total = Decimal(1)
        for row in csv.DictReader(handle):
            if row["symbol"] == symbol and row["ex_date"] > date:
                total *= Decimal(row["ratio"])
        return total


def test_trades_are_at_the_bundled_closes_as_traded(demo: dict[str, Any], closes: Any) -> None:
    trades = [entry for entry in demo["transactions"] if entry["type"] in {"buy", "sell"}]
    assert len(trades) > 15
    for entry in trades:
        close = Decimal(closes[entry["date"]][entry["symbol"]])
        assert Decimal(entry["price"]) == close * ratio_after(entry["symbol"], entry["date"]), entry


def test_apple_is_bought_before_its_split_and_the_split_is_booked(demo: dict[str, Any]) -> None:
    apple = [entry for entry in demo["transactions"] if entry.get("symbol") == "AAPL"]
    assert [entry["type"] for entry in apple] == ["buy", "split", "sell"]
    assert (apple[1]["date"], apple[1]["ratio"]) == ("2020-08-31", "4")


def test_no_held_symbol_splits_without_its_booking(demo: dict[str, Any]) -> None:
    booked = {(entry["symbol"], entry["date"]) for entry in demo["transactions"] if entry["type"] == "split"}
    with (DATA / "splits.csv").open() as handle:
        for row in csv.DictReader(handle):
            bought = [
                e["date"] for e in demo["transactions"] if e.get("symbol") == row["symbol"] and e["type"] == "buy"
            ]
            if bought and min(bought) < row["ex_date"]:
                assert (row["symbol"], row["ex_date"]) in booked


def test_ledger_is_in_order_over_six_years_in_two_currencies_without_dividends(demo: dict[str, Any]) -> None:
    dates = [entry["date"] for entry in demo["transactions"]]
    assert dates == sorted(dates)
    assert int(dates[-1][:4]) - int(dates[0][:4]) >= 5
    assert len(demo["accounts"]) == 3
    assert {account["currency"] for account in demo["accounts"]} == {"USD", "EUR"}
    assert {entry["type"] for entry in demo["transactions"]} == {"buy", "sell", "deposit", "withdrawal", "split"}


def test_nothing_is_sold_that_is_not_held(demo: dict[str, Any]) -> None:
    held: dict[tuple[str, str], Decimal] = {}
    for entry in demo["transactions"]:
        key = (entry["account"], entry.get("symbol", ""))
        match entry["type"]:
            case "buy":
                held[key] = held.get(key, Decimal(0)) + Decimal(entry["quantity"])
            case "sell":
                held[key] -= Decimal(entry["quantity"])
            case "split":
                held[key] *= Decimal(entry["ratio"])
        assert held.get(key, Decimal(0)) >= 0


def change(closes: Any, symbol: str, date: str) -> Decimal:
    days = sorted(day for day in closes if closes[day][symbol])
    before = days[days.index(date) - 1]
    return Decimal(closes[date][symbol]) / Decimal(closes[before][symbol]) - 1


def year(closes: Any, symbol: str, number: int) -> Decimal:
    last = {when: max(day for day in closes if day < f"{when + 1}-01-01") for when in (number - 1, number)}
    return Decimal(closes[last[number]][symbol]) / Decimal(closes[last[number - 1]][symbol]) - 1


def test_every_figure_of_the_document_comes_from_the_closes(closes: Any) -> None:
    text = " ".join(DOCUMENT.read_text().split())
    stated = [Decimal(figure) for figure in re.findall(r"([0-9.]+) percent", text)]
    days = [
        ("AAPL", "2020-03-16"),
        ("AAPL", "2020-03-13"),
        ("META", "2022-02-03"),
        ("META", "2024-02-02"),
        ("XOM", "2020-03-09"),
        ("JPM", "2024-11-06"),
        ("SPY", "2020-03-16"),
        ("SPY", "2020-03-24"),
    ]
    years = [
        *(("AAPL", 2020), ("AAPL", 2022), ("META", 2022), ("META", 2023), ("XOM", 2020), ("XOM", 2022)),
        *(("JPM", 2024), ("SPY", 2022), ("SPY", 2023), ("SPY", 2024)),
    ]
    computed = [change(closes, *each) for each in days] + [year(closes, *each) for each in years]
    assert sorted(stated) == sorted(abs(value * 100).quantize(Decimal("0.01")) for value in computed)
