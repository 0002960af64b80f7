"""Brinson-Fachler attribution: Bacon's example over four quarters, and effects that always sum to the active return."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.paging import Page, PageRequest
from stocktool_stock.application.attribute_return import AttributeReturn, AttributionReport, Mix
from stocktool_stock.domain.brinson import Attribution, Part, Period, attribute
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.instruments import Instrument
from stocktool_stock.domain.sector_days import SectorPeriod
from stocktool_stock.domain.weighted import Rebalance
from stocktool_stock.http.attribution_models import ActiveReturnBody

from tests.factories.measured import Measured
from tests.factories.stock import an_entry, day
from tests.fakes.analytics_app import AnalyticsClient, analytics_client

Json = dict[str, Any]

# Carl R. Bacon, Practical Portfolio Performance Measurement and Attribution (2008), tables 8.1 and 8.2, as the tests of
# the R package PortfolioAttribution have them. His selection holds the interaction: selection + interaction here.
NAMES = ("UK", "Japan", "US")
PORTFOLIO_WEIGHTS = [(0.4, 0.3, 0.3), (0.7, 0.2, 0.1), (0.3, 0.5, 0.2), (0.3, 0.5, 0.2)]
BENCHMARK_WEIGHTS = [(0.4, 0.2, 0.4), (0.4, 0.3, 0.3), (0.5, 0.4, 0.1), (0.4, 0.4, 0.2)]
PORTFOLIO_RETURNS = [(0.2, -0.05, 0.06), (-0.05, 0.03, -0.05), (-0.2, 0.08, -0.15), (0.1, -0.07, 0.25)]
BENCHMARK_RETURNS = [(0.1, -0.04, 0.08), (-0.07, 0.04, -0.1), (-0.25, 0.05, -0.2), (0.05, -0.05, 0.1)]


def bacon() -> Json:
    def sectors(weights: tuple[float, ...], returns: tuple[float, ...]) -> Json:
        return {n: {"weight": w, "return": r} for n, w, r in zip(NAMES, weights, returns, strict=True)}

    quarters = zip(PORTFOLIO_WEIGHTS, PORTFOLIO_RETURNS, BENCHMARK_WEIGHTS, BENCHMARK_RETURNS, strict=True)
    return {"periods": [{"portfolio": sectors(a, b), "benchmark": sectors(c, d)} for a, b, c, d in quarters]}


@pytest.fixture
async def client() -> AsyncIterator[AnalyticsClient]:
    async with analytics_client() as opened:
        yield opened


async def test_bacons_first_quarter(client: AnalyticsClient) -> None:
    found = await client.figures("attribution", {"periods": bacon()["periods"][:1]})
    sectors = {row["sector"]: row for row in found["sectors"]}
    assert [sectors[n]["allocation"] for n in NAMES] == pytest.approx([0, -0.0104, -0.0016], abs=1e-12)
    assert [sectors[n]["selection"] for n in NAMES] == pytest.approx([0.04, -0.002, -0.008], abs=1e-12)
    assert [sectors[n]["interaction"] for n in NAMES] == pytest.approx([0, -0.001, 0.002], abs=1e-12)
    returns = (found["portfolio_return"], found["benchmark_return"], found["active_return"])
    assert returns == pytest.approx((0.083, 0.064, 0.019), abs=1e-12)


async def test_bacons_four_quarters_linked_by_carino(client: AnalyticsClient) -> None:
    found = await client.figures("attribution", bacon())
    quarters = [
        (period["allocation"], period["selection"] + period["interaction"], period["portfolio_return"])
        for period in found["periods"]
    ]
    assert quarters == [
        pytest.approx(row, abs=1e-12)
        for row in [(-0.012, 0.031, 0.083), (-0.005, 0.017, -0.034), (0.035, 0.04, -0.05), (-0.01, 0.035, 0.045)]
    ]
    sectors = {row["sector"]: row for row in found["sectors"]}
    assert [sectors[n]["allocation"] for n in NAMES] == pytest.approx([0.0165, -0.006, 0.0015], abs=1e-4)
    chosen = [sectors[n]["selection"] + sectors[n]["interaction"] for n in NAMES]
    assert chosen == pytest.approx([0.0804, 0.0018, 0.0385], abs=1e-4)
    assert found["allocation"] == pytest.approx(0.012, abs=1e-4)
    assert found["active_return"] == pytest.approx(
        1.083 * 0.966 * 0.95 * 1.045 - 1.064 * 0.954 * 0.875 * 1.02, rel=1e-12
    )
    total = found["allocation"] + found["selection"] + found["interaction"]
    assert total == pytest.approx(found["active_return"], abs=1e-15)


async def test_a_sector_outside_the_benchmark_is_allocation(client: AnalyticsClient) -> None:
    body = {
        "periods": [
            {
                "portfolio": {"A": {"weight": 0.8, "return": 0.1}, "cash": {"weight": 0.2, "return": 0}},
                "benchmark": {"A": {"weight": 1, "return": 0.08}},
            }
        ]
    }
    found = await client.figures("attribution", body)
    cash = next(row for row in found["sectors"] if row["sector"] == "cash")
    assert (cash["allocation"], cash["selection"], cash["interaction"]) == pytest.approx((-0.016, 0, 0))
    assert found["active_return"] == pytest.approx(0)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"A": {"weight": 0.5, "return": 0.1}}, "/periods/0/portfolio"),
        ({"A": {"weight": 1}}, "/periods/0/portfolio/A/return"),
        ({"A": {"weight": 1, "return": -1.5}}, "/periods/0/portfolio/A/return"),
        ({}, "/periods/0/portfolio"),
    ],
)
async def test_sectors_that_cannot_be_taken_are_named(client: AnalyticsClient, change: Json, pointer: str) -> None:
    good = {"A": {"weight": 1, "return": 0.1}}
    assert await client.pointers("attribution", {"periods": [{"portfolio": change, "benchmark": good}]}) == [pointer]


async def test_a_total_loss_cannot_be_linked(client: AnalyticsClient) -> None:
    lost = {"portfolio": {"A": {"weight": 1, "return": -1}}, "benchmark": {"A": {"weight": 1, "return": 0.1}}}
    found = await client.figures("attribution", {"periods": [lost]})
    assert found["allocation"] is None
    assert found["undefined"]["allocation"] == "everything was lost in one period, so effects cannot be linked"


part = st.tuples(st.floats(0.01, 1), st.floats(-0.5, 0.9))
sides = st.dictionaries(st.sampled_from("ABCD"), part, min_size=1)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(sides, sides), min_size=1, max_size=6))
def test_effects_always_sum_to_the_active_return(quarters: list[tuple[Json, Json]]) -> None:
    def parts(side: Json) -> dict[str, Part]:
        total = math.fsum(weight for weight, _ in side.values())
        return {name: Part(weight / total, rate) for name, (weight, rate) in side.items()}

    found = attribute([Period(parts(mine), parts(its)) for mine, its in quarters])
    assert isinstance(found, Attribution)
    effects = math.fsum(sector.total for sector in found.sectors)
    assert effects == pytest.approx(found.active_return, abs=1e-14)


X = {"2024-01-02": 100, "2024-01-03": 110, "2024-01-04": 110}
Y = {"2024-01-02": 50, "2024-01-03": 50, "2024-01-04": 55}
Z = {"2024-01-02": 10, "2024-01-03": 10.5, "2024-01-04": 10.5}
PROFILES = {
    "X": Instrument("X", type="EQUITY", sector="Energy"),
    "Y": Instrument("Y", type="EQUITY", sector="Utilities"),
    "Z": Instrument("Z", type="EQUITY", sector="Energy"),
    "SPY": Instrument("SPY", type="ETF"),
}


DAY = "2024-01-02"
ONE: Json = {"Energy": {"weight": 1, "return": 0.1}}


class Profiles:
    """Profiles of these symbols."""

    async def instrument(self, symbol: str) -> Instrument:
        return PROFILES[symbol]

    async def search(self, query: str, page: PageRequest) -> Page[Instrument]:
        return Page([], "")


def attributed() -> tuple[AttributeReturn, Measured]:
    measured = Measured(
        [
            an_entry("deposit", "2024-01-02", amount="2000"),
            an_entry("buy", "2024-01-02", "X", quantity="10", price="100"),
            an_entry("buy", "2024-01-02", "Y", quantity="10", price="50"),
        ],
        series={"X": X, "Y": Y, "Z": Z, "SPY": Z},
        today="2024-01-04",
    )
    return AttributeReturn(measured.read, Profiles()), measured


async def against(mix: Mix) -> AttributionReport:
    explain, measured = attributed()
    return await explain.against_mix(measured.portfolio.owner, measured.portfolio.id, mix)


async def test_a_portfolio_against_symbols_by_hand() -> None:
    """Day 1: 50 % Energy at 10 %, a quarter each of Utilities and cash at 0, against half Energy at 5 %, half at 0."""
    report = await against(Mix({"Z": 0.5, "Y": 0.5}, Rebalance.DAILY))
    found = report.attribution
    assert isinstance(found, Attribution)
    assert [period.portfolio for period in found.periods] == pytest.approx([0.05, 50 / 2100])
    assert [period.benchmark for period in found.periods] == pytest.approx([0.025, 0.05])
    first = found.periods[0]
    # Allocation: Utilities (0.25 - 0.5)(0 - 0.025), cash 0.25 (0 - 0.025); selection 0.5 (0.1 - 0.05).
    assert (first.allocation, first.selection, first.interaction) == pytest.approx((0, 0.025, 0), abs=1e-15)
    assert report.portfolio_return == pytest.approx(1.05 * 2150 / 2100 - 1)
    assert report.benchmark_return == pytest.approx(1.025 * 1.05 - 1)
    effects = [*(sector.total for sector in found.sectors), found.unexplained]
    assert math.fsum(effects) == pytest.approx(found.active_return, abs=1e-15)


async def test_a_fund_whose_sectors_nobody_knows_is_said() -> None:
    explain, measured = attributed()
    report = await explain.against_symbol(measured.portfolio.owner, measured.portfolio.id, "SPY")
    assert isinstance(report.attribution, Undefined)
    assert report.attribution.reason.startswith("the sector weights of SPY are not known")
    assert report.benchmark_return == pytest.approx(0.05)
    one = await explain.against_symbol(measured.portfolio.owner, measured.portfolio.id, "Z")
    assert isinstance(one.attribution, Attribution)


async def test_sectors_by_period_are_met_with_mean_weights() -> None:
    explain, measured = attributed()
    periods = [
        SectorPeriod(day("2024-01-02"), day("2024-01-04"), {"Energy": Part(0.6, 0.04), "Utilities": Part(0.4, 0.02)})
    ]
    report = await explain.against_periods(measured.portfolio.owner, measured.portfolio.id, periods)
    found = report.attribution
    assert isinstance(found, Attribution)
    assert found.benchmark_return == pytest.approx(0.032)
    assert found.portfolio_return == pytest.approx(0.075)
    energy = next(sector for sector in found.sectors if sector.sector == "Energy")
    assert energy.portfolio_weight == pytest.approx((1000 / 2000 + 1100 / 2100) / 2)


async def test_symbols_without_prices_and_periods_apart_are_refused() -> None:
    with pytest.raises(InvalidArgument):
        await against(Mix({"NONE": 1.0}))
    explain, measured = attributed()
    sector = {"Energy": Part(1.0, 0.04)}
    apart = [
        SectorPeriod(day("2024-01-02"), day("2024-01-03"), sector),
        SectorPeriod(day("2024-01-04"), day("2024-01-05"), sector),
    ]
    with pytest.raises(InvalidArgument):
        await explain.against_periods(measured.portfolio.owner, measured.portfolio.id, apart)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"start": "2024-01-01"}, "/start"),
        ({"benchmark": {"periods": [{"start": DAY, "end": DAY, "sectors": ONE}]}}, "/benchmark/periods/0/end"),
        ({"benchmark": {"symbols": {"X": 2, "Y": -1}}}, "/benchmark/symbols"),
        ({"benchmark": {"symbols": {}}}, "/benchmark/symbols"),
        ({"benchmark": {"symbols": {"no symbol": 1}}}, "/benchmark/symbols/no symbol"),
    ],
)
def test_a_benchmark_that_cannot_be_taken_is_named(change: Json, pointer: str) -> None:
    good = {"benchmark": {"periods": [{"start": "2024-01-02", "end": "2024-01-03", "sectors": ONE}]}}
    body = ActiveReturnBody.model_validate(good | change)
    with pytest.raises(InvalidArgument) as caught:
        if body.mix() is None:
            body.periods()
    assert [violation.pointer for violation in caught.value.violations] == [pointer]


@pytest.mark.parametrize("benchmark", [{}, {"symbols": {"X": 1}, "periods": []}])
def test_a_benchmark_is_given_in_one_way(benchmark: Json) -> None:
    with pytest.raises(ValidationError):
        ActiveReturnBody.model_validate({"benchmark": benchmark})
