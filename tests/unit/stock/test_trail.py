"""Each figure worked out again from its trail alone, by plain Python and pyxirr, and compared with its own route."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import pyxirr
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.paging import PageRequest
from stocktool_stock.application.book_figures import FigureQuery
from stocktool_stock.application.explain_figure import ExplainFigure
from stocktool_stock.application.measure_contribution import segments_of, whole_of
from stocktool_stock.application.measure_performance import MeasurePerformance
from stocktool_stock.application.measure_risk import MeasureRisk
from stocktool_stock.application.periods import Period
from stocktool_stock.application.value_portfolio import ValuePortfolio
from stocktool_stock.domain.contribution import ContributionBy, contribute
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.figure_formulas import FORMULAS
from stocktool_stock.domain.segments import Scope
from stocktool_stock.http.trail_models import TrailModel

from tests.factories.measured import Measured
from tests.factories.stock import a_portfolio, an_entry, day

Json = dict[str, Any]

START = "2024-01-31"
DAYS = ["2024-01-02", "2024-01-31", "2024-02-15", "2024-02-29", "2024-03-15", "2024-03-28"]


def a_ledger() -> Measured:
    """Two currencies, two accounts, a split, a dividend, fees, a transfer of shares in, a sale."""
    euro: Json = {"account_id": "acc_2", "currency": "EUR"}
    measured = Measured(
        [
            an_entry("deposit", "2024-01-02", amount="3000"),
            an_entry("buy", "2024-01-02", "X", quantity="10", price="100", fee="4"),
            an_entry("deposit", "2024-01-02", amount="1000", **euro),
            an_entry("buy", "2024-01-31", "Y", quantity="11.5", price="51.37", fee="1.25", **euro),
            an_entry("split", "2024-02-15", "X", ratio="2"),
            an_entry("dividend", "2024-02-29", "Y", amount="20", tax="5", **euro),
            an_entry("sell", "2024-02-29", "X", quantity="7", price="61", fee="2"),
            an_entry("transfer_in", "2024-03-15", "X", quantity="3", price="50"),
            an_entry("withdrawal", "2024-03-15", amount="250"),
            an_entry("interest", "2024-03-15", amount="1.10"),
            an_entry("fee", "2024-03-28", amount="0.75"),
        ],
        a_portfolio(accounts={"acc_1": "USD", "acc_2": "EUR"}),
        {
            "X": dict(zip(DAYS, [50, 55, 53.5, 60.5, 54.45, 57.1], strict=True)),
            "Y": dict(zip(DAYS, [50, 51, 49, 58, 60, 59], strict=True)),
            "SPY": dict(zip(DAYS, [400, 440, 430, 436, 484, 470], strict=True)),
        },
        {"Y": "EUR"},
        splits={"X": [("2024-02-15", "2")]},
    )
    measured.moving("EUR", dict(zip(DAYS, ["1.10", "1.12", "1.08", "1.0817", "1.09", "1.105"], strict=True)))
    return measured


class Told:
    """All pages of a trail, as a client reads them."""

    def __init__(self, measured: Measured) -> None:
        performance = MeasurePerformance(measured.reader, measured.read)
        self.explain = ExplainFigure(measured.reader, measured.read, performance, measured.rates)
        self._measured = measured

    async def __call__(self, name: str, *, size: int = 500, scope: Scope | None = None, **asked: Any) -> Json:
        whole: Json = {}
        token = ""
        while True:
            portfolio = self._measured.portfolio
            query = FigureQuery(name, scope or Scope(), **asked)
            trail = await self.explain(portfolio.owner, portfolio.id, query, PageRequest(size, token))
            shown = TrailModel.of(trail).model_dump(mode="json")
            for table in shown["totals"]:
                assert len(shown[table]) <= size
                shown[table] = [*whole.get(table, []), *shown[table]]
            shown["rates"] = [
                *whole.get("rates", []),
                *(row for row in shown["rates"] if row not in whole.get("rates", [])),
            ]
            whole, token = shown, shown["next_page_token"]
            if not token:
                whole["rates"].sort(key=str)
                assert {table: len(whole[table]) for table in whole["totals"]} == whole["totals"]
                return whole


def total(rows: list[Json], name: str) -> Fraction:
    return sum((Fraction(row[name]) for row in rows), Fraction(0))


def worth(trail: Json, as_of: str) -> Fraction:
    """What positions and cash of a day come to, from quantities, closes and published rates."""
    rates = {(row["currency"], row["date"]): Fraction(row["rate"]) for row in trail["rates"]}
    result = Fraction(0)
    for row in trail["positions"]:
        if row["as_of"] == as_of:
            rate = rates.get((row["currency"], as_of), Fraction(1))
            result += Fraction(row["quantity"]) * Fraction(row["close"]) * Fraction(row["split_factor"]) * rate
    for row in trail["cash"]:
        if row["as_of"] == as_of:
            result += Fraction(row["amount"]) * rates.get((row["currency"], as_of), Fraction(1))
    return result


def cost(trail: Json) -> Fraction:
    rates = {(row["currency"], row["date"]): Fraction(row["rate"]) for row in trail["rates"]}
    return sum(
        (Fraction(lot["cost"]) * rates.get((lot["currency"], lot["date"]), Fraction(1)) for lot in trail["lots"]),
        Fraction(0),
    )


def rates_of(trail: Json) -> list[float]:
    """Daily returns, worked out from values and flows."""
    found = [(row["value"] - row["flow"]) / row["before"] - 1 for row in trail["steps"] if row["rate"] is not None]
    assert found == pytest.approx([row["rate"] for row in trail["steps"] if row["rate"] is not None])
    return found


def money_weighted(trail: Json) -> float:
    start, end = date.fromisoformat(trail["start"]), date.fromisoformat(trail["end"])
    days = [start, *(date.fromisoformat(row["date"]) for row in trail["flows"]), end]
    begin, final = float(worth(trail, trail["start"])), float(worth(trail, trail["end"]))
    found = pyxirr.xirr(days, [-begin, *(-float(row["value"]) for row in trail["flows"]), final])
    assert found is not None
    return found


def gain(trail: Json) -> Fraction:
    return worth(trail, trail["end"]) - worth(trail, trail["start"]) - total(trail["flows"], "value")


def dietz(trail: Json) -> float:
    start, end = date.fromisoformat(trail["start"]), date.fromisoformat(trail["end"])
    span = (end - start).days
    weighted = sum(Fraction(row["value"]) * (end - date.fromisoformat(row["date"])).days for row in trail["flows"])
    return float(gain(trail) / (worth(trail, trail["start"]) + weighted / span))


def simple(trail: Json) -> float:
    paid_in = sum((max(Fraction(row["value"]), Fraction(0)) for row in trail["flows"]), Fraction(0))
    return float(gain(trail) / (worth(trail, trail["start"]) + paid_in))


def drawdown(trail: Json) -> float:
    index, high, least = 1.0, 1.0, 0.0
    for rate in rates_of(trail):
        index *= 1 + rate
        high = max(high, index)
        least = min(least, index / high - 1)
    return least


def beta(trail: Json) -> float:
    its = [row["benchmark"] for row in trail["steps"]]
    return statistics.linear_regression(its, rates_of(trail)).slope


def of_range(trail: Json) -> float:
    span = (date.fromisoformat(trail["end"]) - date.fromisoformat(trail["start"])).days
    return (1 + money_weighted(trail)) ** (span / 365) - 1


RECOMPUTED: dict[str, Callable[[Json], float | Fraction]] = {
    "gain": gain,
    "net_flows": lambda trail: total(trail["flows"], "value"),
    "xirr": money_weighted,
    "irr": lambda t: (
        (1 + money_weighted(t)) ** ((date.fromisoformat(t["end"]) - date.fromisoformat(t["start"])).days / 365) - 1
    ),
    "modified_dietz": dietz,
    "simple_return": simple,
    "twr": lambda trail: math.prod(1 + rate for rate in rates_of(trail)) - 1,
    "max_drawdown": drawdown,
    "volatility": lambda trail: statistics.stdev(rates_of(trail)) * math.sqrt(252),
    "sharpe": lambda t: (statistics.mean(rates_of(t)) - 0.03 / 252) * math.sqrt(252) / statistics.stdev(rates_of(t)),
    "worst_daily_return": lambda trail: min(rates_of(trail)),
    "var95_hist": lambda trail: float(np.percentile(rates_of(trail), 5)),
    "beta": beta,
    "benchmark_twr": lambda trail: math.prod(1 + row["benchmark"] for row in trail["steps"]) - 1,
}


@pytest.mark.parametrize("scope", [Scope(), Scope("acc_2"), Scope("", "X")])
@pytest.mark.parametrize("gross", [False, True])
async def test_figures_of_a_range_come_again_from_their_trails(scope: Scope, gross: bool) -> None:
    measured = a_ledger()
    tell = Told(measured)
    asked: Json = {"start": day(START), "scope": scope, "gross": gross, "benchmark": "SPY"}
    report = await measured.performance(**asked)
    owner, portfolio_id = measured.portfolio.owner, measured.portfolio.id
    risk = await MeasureRisk(measured.read)(owner, portfolio_id, risk_free=0.03, **asked)
    served = {
        **risk.risk.figures,
        **report.figures,
        "benchmark_twr": report.benchmark.twr if report.benchmark else None,
        "gain": float(report.gain.amount),
        "net_flows": float(report.net_flows.amount),
    }
    for name, again in RECOMPUTED.items():
        told = await tell(name, risk_free=0.03, **asked)
        value = told["value"] if told["amount"] is None else told["amount"]["amount"]
        assert float(value) == pytest.approx(served[name], rel=1e-12), name
        assert float(again(told)) == pytest.approx(served[name], rel=1e-9), name
        assert told["formula"] == FORMULAS[name].text
        assert told["conventions"]


@pytest.mark.parametrize("name", ["xirr", "twr", "unrealised", "fees"])
async def test_pages_together_are_the_whole(name: str) -> None:
    tell = Told(a_ledger())
    paged, whole = await tell(name, size=2), await tell(name)
    assert paged == whole


async def test_since_inception_the_first_flows_are_in_the_trail() -> None:
    measured = a_ledger()
    told = await Told(measured)("xirr")
    assert money_weighted(told) == pytest.approx(told["value"], rel=1e-9)
    assert told["inputs"]["value_start"] == "0"


@pytest.mark.parametrize("scope", [Scope(), Scope("acc_1"), Scope("acc_2", "Y"), Scope("", "X")])
async def test_figures_of_a_day_come_again_from_their_trails(scope: Scope) -> None:
    measured = a_ledger()
    tell = Told(measured)
    on = day("2024-02-29")
    value, unrealised = (
        await tell("market_value", scope=scope, as_of=on),
        await tell("unrealised", scope=scope, as_of=on),
    )
    basis = await tell("cost_basis", scope=scope, as_of=on)
    assert worth(value, "2024-02-29") == pytest.approx(Fraction(value["amount"]["amount"]), rel=1e-15)
    assert cost(basis) == pytest.approx(Fraction(basis["amount"]["amount"]), rel=1e-15)
    again = worth(unrealised, "2024-02-29") - cost(unrealised)
    assert again == pytest.approx(Fraction(unrealised["amount"]["amount"]), rel=1e-12)
    relative = await tell("unrealised_return", scope=scope, as_of=on)
    assert relative["value"] == pytest.approx(float(again / cost(basis)), rel=1e-12)
    currency = await tell("currency_effect", scope=scope, as_of=on)
    rates = {row["currency"]: Fraction(row["rate"]) for row in currency["rates"] if row["date"] == "2024-02-29"}
    today = sum(
        (Fraction(lot["cost"]) * rates.get(lot["currency"], Fraction(1)) for lot in currency["lots"]), Fraction(0)
    )
    assert today - cost(currency) == pytest.approx(Fraction(currency["amount"]["amount"]), rel=1e-12)
    price = await tell("price_effect", scope=scope, as_of=on)
    assert total([price["amount"], currency["amount"]], "amount") == pytest.approx(again, rel=1e-12)
    if not scope:
        report = await ValuePortfolio(measured.reader)(measured.portfolio.owner, measured.portfolio.id, as_of=on)
        valuation = report.valuation
        assert Decimal(value["amount"]["amount"]) == pytest.approx(valuation.total.amount)
        assert Decimal(basis["amount"]["amount"]) == pytest.approx(valuation.cost_basis.amount)
        assert Decimal(unrealised["amount"]["amount"]) == pytest.approx(valuation.unrealised.amount)
        for holding in valuation.holdings:
            one = Scope("", holding.symbol)
            weight = await tell("weight", scope=one, as_of=on)
            own = [row for row in weight["positions"] if row["symbol"] == holding.symbol]
            assert weight["value"] == pytest.approx(holding.weight, rel=1e-12)
            assert float(total(own, "value") / worth(weight, "2024-02-29")) == pytest.approx(holding.weight, rel=1e-12)
            assert holding.currency_effect is not None
            effect = await tell("currency_effect", scope=one, as_of=on)
            assert Decimal(effect["amount"]["amount"]) == pytest.approx(holding.currency_effect.amount)


async def test_prices_and_rates_say_where_they_are_from() -> None:
    told = await Told(a_ledger())("market_value", as_of=day("2024-03-01"))
    x = next(row for row in told["positions"] if row["symbol"] == "X")
    assert (x["source"], x["price_as_of"], x["close"], x["quantity"]) == ("test", "2024-02-29", "60.5", "13")
    [rate] = told["rates"]
    assert (rate["currency"], rate["date"], rate["published"]) == ("EUR", "2024-03-01", "2024-02-29")
    assert (rate["rate"], rate["source"]) == ("1.0817", "ECB")


async def test_before_a_split_the_close_counts_with_its_factor() -> None:
    told = await Told(a_ledger())("market_value", as_of=day("2024-01-31"), scope=Scope("", "X"))
    [x] = told["positions"]
    assert (x["quantity"], x["close"], x["split_factor"], x["value"]) == ("10", "55", "2", "1100")


async def test_ledger_figures_sum_their_rows() -> None:
    measured = a_ledger()
    tell = Told(measured)
    report = await ValuePortfolio(measured.reader)(measured.portfolio.owner, measured.portfolio.id)
    realised = await tell("realised")
    [sale] = realised["sales"]
    # 7 of 20 shares that cost 1004; 7 x 61 less 2.
    assert total([sale], "proceeds") - cost({"rates": [], "lots": sale["lots"]}) == Fraction("425") - Fraction("351.4")
    assert Decimal(realised["amount"]["amount"]) == report.realised.amount == Decimal("73.6")
    income = await tell("income")
    assert total(income["income"], "gross") == Fraction(income["amount"]["amount"])
    assert Decimal(income["amount"]["amount"]) == report.income.amount
    fees = await tell("fees", start=day(START))
    assert total(fees["charges"], "fee") == Fraction(fees["amount"]["amount"]) == Fraction("2.75")
    assert await tell("fees", period=Period.ONE_MONTH) != await tell("fees")
    taxes = await tell("taxes")
    assert Fraction(taxes["amount"]["amount"]) == Fraction("5") * Fraction("1.0817")


@pytest.mark.parametrize("account_id", ["", "acc_2"])
async def test_a_contribution_comes_again_from_its_days(account_id: str) -> None:
    measured = a_ledger()
    told = await Told(measured)("contribution", scope=Scope(account_id, "Y"), start=day(START))
    days = [(row["gain"] / row["before"], row["rate"]) for row in told["effects"]]
    whole = math.prod(1 + rate for _, rate in days) - 1
    again = sum(part * math.log1p(rate) / rate for part, rate in days) / (math.log1p(whole) / whole)
    assert again == pytest.approx(told["value"], rel=1e-9)
    history = await measured.history(start=day(START), scope=Scope(account_id))
    found = contribute(whole_of(history), segments_of(history), ContributionBy.HOLDING, {})
    assert not isinstance(found, Undefined)
    [row] = [row for row in found.rows if row.key == "Y"]
    assert told["value"] == pytest.approx(row.contribution, rel=1e-9)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"name": "luck"}, "figure"),
        ({"name": "beta"}, "benchmark"),
        ({"name": "weight"}, "symbol"),
        ({"name": "cash", "scope": Scope("a")}, "account_id"),
    ],
)
async def test_what_has_no_trail_is_refused(asked: Json, field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await Told(a_ledger())(**asked)
    assert [violation.pointer for violation in caught.value.violations] == [field]


async def test_every_figure_that_is_served_has_a_trail() -> None:
    measured = a_ledger()
    tell = Told(measured)
    report = await measured.performance(benchmark="SPY")
    risk = await MeasureRisk(measured.read)(measured.portfolio.owner, measured.portfolio.id, benchmark="SPY")
    assert set(report.figures) | set(risk.risk.figures) <= set(FORMULAS)
    for name in FORMULAS:
        symbol = "X" if name in ("weight", "contribution") else ""
        told = await tell(name, benchmark="SPY", scope=Scope("", symbol))
        assert any(told["totals"].values()), name
