"""`POST /analytics/projection` against the closed form of the lognormal distribution."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from statistics import NormalDist
from typing import Any

import pytest

from tests.fakes.analytics_app import AnalyticsClient, analytics_client

BODY: dict[str, Any] = {"initial": 10_000, "drift": 0.07, "volatility": 0.18, "years": 10, "seed": 7}


@pytest.fixture
async def client() -> AsyncIterator[AnalyticsClient]:
    async with analytics_client() as opened:
        yield opened


def quantile(body: dict[str, Any], part: float, years: float) -> float:
    """The lognormal's quantile, from Python's statistics module."""
    middle = (body["drift"] - body["volatility"] ** 2 / 2) * years
    spread = body["volatility"] * math.sqrt(years)
    return float(body["initial"] * math.exp(NormalDist(middle, spread).inv_cdf(part)))


async def test_paths_agree_with_the_closed_form(client: AnalyticsClient) -> None:
    found = await client.figures("projection", BODY)
    assert float(found["mean"]) == pytest.approx(10_000 * math.exp(0.7), rel=1e-3)
    for name, part in (("p05", 0.05), ("p25", 0.25), ("p50", 0.5), ("p75", 0.75), ("p95", 0.95)):
        assert float(found[name]) == pytest.approx(quantile(BODY, part, 10), rel=1e-3), name
        assert float(found["closed_form"][name]) == pytest.approx(quantile(BODY, part, 10), rel=1e-12), name
    assert float(found["closed_form"]["mean"]) == pytest.approx(10_000 * math.exp(0.7), rel=1e-12)
    loss = NormalDist((0.07 - 0.18**2 / 2) * 10, 0.18 * math.sqrt(10)).cdf(0)
    assert found["prob_loss"] == pytest.approx(loss, abs=1e-3)
    assert found["closed_form"]["prob_loss"] == pytest.approx(loss, rel=1e-12)
    assert isinstance(found["mean"], str)


async def test_the_fan_opens_by_year(client: AnalyticsClient) -> None:
    found = await client.figures("projection", BODY)
    assert [entry["year"] for entry in found["fan"]] == list(range(1, 11))
    for entry in found["fan"]:
        assert float(entry["mean"]) == pytest.approx(10_000 * math.exp(0.07 * entry["year"]), rel=1e-3)
        assert float(entry["p05"]) == pytest.approx(quantile(BODY, 0.05, entry["year"]), rel=1e-3)
        assert float(entry["p95"]) == pytest.approx(quantile(BODY, 0.95, entry["year"]), rel=1e-3)
    assert {name: found[name] for name in ("mean", "p05", "p50", "p95", "prob_loss")}.items() <= found["fan"][
        -1
    ].items()


async def test_a_part_of_a_year_ends_the_fan(client: AnalyticsClient) -> None:
    found = await client.figures("projection", BODY | {"years": "2.5"})
    assert [entry["year"] for entry in found["fan"]] == [1, 2, 2.5]
    short = await client.figures("projection", BODY | {"years": 0.5})
    assert [entry["year"] for entry in short["fan"]] == [0.5]
    assert float(short["p50"]) == pytest.approx(quantile(BODY, 0.5, 0.5), rel=1e-3)


async def test_a_seed_decides_the_paths(client: AnalyticsClient) -> None:
    first = await client.figures("projection", BODY)
    assert await client.figures("projection", BODY) == first
    assert (await client.figures("projection", BODY | {"seed": 8}))["p95"] != first["p95"]
    unsaid = await client.figures("projection", {key: BODY[key] for key in BODY if key != "seed"})
    assert unsaid["seed"] == 0


@pytest.mark.parametrize(("drift", "loss"), [(0.05, 0), (0, 0), (-0.05, 1)])
async def test_without_volatility_nothing_is_left_to_chance(client: AnalyticsClient, drift: float, loss: float) -> None:
    found = await client.figures("projection", BODY | {"volatility": 0, "drift": drift})
    for name in ("mean", "p05", "p50", "p95"):
        assert float(found[name]) == pytest.approx(10_000 * math.exp(drift * 10), rel=1e-12)
    assert found["prob_loss"] == loss == found["closed_form"]["prob_loss"]


async def test_the_largest_projection_is_a_number(client: AnalyticsClient) -> None:
    body = {"initial": "1e18", "drift": 5, "volatility": 5, "years": 100, "paths": 50}
    found = await client.figures("projection", body)
    assert math.isfinite(float(found["mean"]))
    assert math.isfinite(float(found["closed_form"]["mean"]))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("initial", 0),
        ("initial", -5),
        ("initial", "x"),
        ("initial", "inf"),
        ("drift", 6),
        ("drift", None),
        ("volatility", -0.1),
        ("years", 0),
        ("years", 101),
        ("paths", 0),
        ("paths", 100_001),
        ("paths", 1.5),
        ("paths", True),
        ("seed", -1),
        ("colour", "red"),
    ],
)
async def test_bad_input_names_the_field(client: AnalyticsClient, field: str, value: Any) -> None:
    assert await client.pointers("projection", BODY | {field: value}) == [f"/{field}"]


async def test_what_is_missing_is_named(client: AnalyticsClient) -> None:
    assert await client.pointers("projection", {}) == ["/initial", "/drift", "/volatility", "/years"]
