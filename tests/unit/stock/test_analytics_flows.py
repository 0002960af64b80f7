"""`POST /analytics/flows` against published examples, polynomials and pyxirr."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
import pyxirr
from hypothesis import given
from hypothesis import strategies as st
from stocktool_stock.domain.periodic import irr
from stocktool_stock.domain.returns import DatedFlow, xirr, xirr_roots

from tests.fakes.analytics_app import AnalyticsClient, analytics_client

Json = dict[str, Any]

# Microsoft's documentation of XIRR and XNPV (one example for both), of IRR and of MIRR.
EXCEL_DATES = ["2008-01-01", "2008-03-01", "2008-10-30", "2009-02-15", "2009-04-01"]
EXCEL_AMOUNTS = [-10_000, 2_750, 4_250, 3_250, 2_750]
EXCEL_IRR = [-70_000, 12_000, 15_000, 18_000, 21_000, 26_000]
EXCEL_MIRR = [-120_000, 39_000, 30_000, 21_000, 37_000, 46_000]


@pytest.fixture
async def client() -> AsyncIterator[AnalyticsClient]:
    async with analytics_client() as opened:
        yield opened


def dated(amounts: list[Any], days: list[str] | None = None) -> list[Json]:
    """Flows on days, a year of 365 days apart unless said otherwise."""
    days = days or [str(date(2021, 1, 1) + timedelta(days=365 * i)) for i in range(len(amounts))]
    return [{"date": day, "amount": amount} for day, amount in zip(days, amounts, strict=True)]


async def test_excels_dated_example(client: AnalyticsClient) -> None:
    found = await client.figures("flows", {"flows": dated(EXCEL_AMOUNTS, EXCEL_DATES), "rate": 0.09})
    # Excel stops at 1e-8 and documents 0.373362535; pyxirr goes on.
    assert found["xirr"] == pytest.approx(0.373362535, abs=1e-8)
    assert found["xirr"] == pytest.approx(pyxirr.xirr(EXCEL_DATES, EXCEL_AMOUNTS), rel=1e-9)
    assert found["roots"] == [found["xirr"]]
    assert found["xirr_ambiguous"] is False
    assert float(found["xnpv"]) == pytest.approx(2086.647602, abs=1e-6)
    assert isinstance(found["xnpv"], str)
    assert found["undefined"] == {}
    assert found["conventions"]["day_count"] == "ACT/365"


async def test_flows_come_in_any_order_as_numbers_or_text(client: AnalyticsClient) -> None:
    sorted_ = await client.figures("flows", {"flows": dated(EXCEL_AMOUNTS, EXCEL_DATES), "rate": 0.09})
    shuffled = dated([str(amount) for amount in EXCEL_AMOUNTS], EXCEL_DATES)
    shuffled = [shuffled[i] for i in (3, 0, 4, 2, 1)]
    assert await client.figures("flows", {"flows": shuffled, "rate": "0.09"}) == sorted_


async def test_without_a_rate_there_is_no_xnpv(client: AnalyticsClient) -> None:
    found = await client.figures("flows", {"flows": dated(EXCEL_AMOUNTS, EXCEL_DATES)})
    assert found["xnpv"] is None
    assert found["undefined"] == {"xnpv": "no rate is given"}


@pytest.mark.parametrize(
    "amounts",
    [
        [-100, 230, -132],  # (x - 1.1)(x - 1.2) = x^2 - 2.3 x + 1.32: 10 % and 20 %
        [100, -230, 132],
        [-1000, 7600, -16_390, 10_164],  # (x - 1.1)(x - 2.1)(x - 4.4)
        [-100, 50, 100, -50],
    ],
)
async def test_every_rate_of_several_is_listed(client: AnalyticsClient, amounts: list[int]) -> None:
    expected = sorted(x.real - 1 for x in np.roots(amounts) if abs(x.imag) < 1e-9 and x.real > 0)
    assert len(expected) > 1
    found = await client.figures("flows", {"flows": dated(amounts)})
    assert found["roots"] == pytest.approx(expected, abs=1e-9)
    assert found["xirr_ambiguous"] is True
    assert found["xirr"] is None
    assert found["undefined"]["xirr"] == f"ambiguous: {len(expected)} rates bring the flows to zero"


async def test_a_rate_at_which_the_value_only_touches_zero_counts_once(client: AnalyticsClient) -> None:
    found = await client.figures("flows", {"flows": dated([-100, 220, -121])})  # (x - 1.1)^2
    assert found["roots"] == pytest.approx([0.1], abs=1e-7)
    assert found["xirr"] == found["roots"][0]
    assert found["xirr_ambiguous"] is False


async def test_several_changes_of_sign_may_have_one_rate(client: AnalyticsClient) -> None:
    flows = [-100, 60, -10, 80]
    found = await client.figures("flows", {"flows": dated(flows)})
    real = [x.real - 1 for x in np.roots(flows) if abs(x.imag) < 1e-9 and x.real > 0]
    assert len(real) == 1
    assert found["xirr"] == pytest.approx(real[0], rel=1e-9)
    assert found["xirr_ambiguous"] is False


@pytest.mark.parametrize(
    ("amounts", "days", "reason"),
    [
        ([], None, "no sign change"),
        ([-100], None, "no sign change"),
        ([0, 0, 0], None, "no sign change"),
        ([-100, -50], None, "no sign change"),
        ([100, 50], None, "no sign change"),
        ([-100, 105], ["2024-01-01", "2024-01-01"], "all flows fall on one day"),
        ([-100, 100, 50], ["2024-01-01", "2024-01-01", "2025-01-01"], "no sign change"),
        (["-0.1", "0.3", "-0.2", "5"], ["2024-01-01", "2024-01-01", "2024-01-01", "2025-01-01"], "no sign change"),
        ([-100, 200, -150], None, "no rate brings the flows to zero"),
        ([-1, "1e24"], ["2024-01-01", "2024-01-02"], "the rate is too large for a number"),
    ],
)
async def test_a_rate_that_does_not_exist_says_why(
    client: AnalyticsClient, amounts: list[Any], days: list[str] | None, reason: str
) -> None:
    found = await client.figures("flows", {"flows": dated(amounts, days)})
    assert found["xirr"] is None
    assert found["undefined"]["xirr"] == reason
    assert found["roots"] == []
    assert found["xirr_ambiguous"] is False


async def test_a_single_flow_still_has_a_present_value(client: AnalyticsClient) -> None:
    found = await client.figures("flows", {"flows": dated(["-100.10"]), "rate": 0.05})
    assert found["xnpv"] == "-100.1"
    nothing = await client.figures("flows", {"flows": [], "rate": 0.05})
    assert nothing["xnpv"] is None
    assert nothing["undefined"]["xnpv"] == "there are no flows"


async def test_two_flows_of_one_day_are_one(client: AnalyticsClient) -> None:
    days = ["2021-01-01", "2021-01-01", "2022-01-01"]
    found = await client.figures("flows", {"flows": dated([-60, -40, 110], days)})
    assert found["xirr"] == pytest.approx(0.1, rel=1e-12)


async def test_a_rate_of_zero_and_losses(client: AnalyticsClient) -> None:
    assert (await client.figures("flows", {"flows": dated([-100, 100])}))["xirr"] == 0
    assert (await client.figures("flows", {"flows": dated([-100, 1])}))["xirr"] == pytest.approx(-0.99, rel=1e-12)


async def test_a_leap_year_is_longer_than_a_year(client: AnalyticsClient) -> None:
    found = await client.figures("flows", {"flows": dated([-100, 110], ["2024-01-01", "2025-01-01"])})
    assert found["xirr"] == pytest.approx(1.1 ** (365 / 366) - 1, rel=1e-12)


@pytest.mark.parametrize(("periods", "rate"), [(5, -0.021244848), (6, 0.086630948), (3, -0.443506941)])
async def test_excels_irr_examples(client: AnalyticsClient, periods: int, rate: float) -> None:
    found = await client.figures("flows", {"periodic_flows": EXCEL_IRR[:periods]})
    assert found["irr"] == pytest.approx(rate, abs=5e-10)
    assert found["irr"] == pytest.approx(pyxirr.irr(EXCEL_IRR[:periods]), rel=1e-9)
    assert found["mirr"] is None
    assert found["undefined"]["mirr"] == "needs both finance_rate and reinvest_rate"


@pytest.mark.parametrize(
    ("periods", "reinvest", "rate"), [(6, 0.12, 0.126094), (4, 0.12, -0.048044655), (6, 0.14, 0.134759111)]
)
async def test_excels_mirr_examples(client: AnalyticsClient, periods: int, reinvest: float, rate: float) -> None:
    flows = EXCEL_MIRR[:periods]
    found = await client.figures(
        "flows", {"periodic_flows": flows, "finance_rate": 0.1, "reinvest_rate": str(reinvest)}
    )
    assert found["mirr"] == pytest.approx(rate, abs=5e-7)
    assert found["mirr"] == pytest.approx(pyxirr.mirr(flows, 0.1, reinvest), rel=1e-12)


@pytest.mark.parametrize("flows", [[], [5], [-5], [-5, -6], [0, 0]])
async def test_periodic_flows_of_one_sign_have_no_rates(client: AnalyticsClient, flows: list[int]) -> None:
    found = await client.figures("flows", {"periodic_flows": flows, "finance_rate": 0.1, "reinvest_rate": 0.1})
    assert (found["irr"], found["mirr"]) == (None, None)
    assert found["undefined"] == {"irr": "no sign change", "mirr": "needs at least one negative and one positive flow"}


async def test_an_ambiguous_irr_lists_its_rates(client: AnalyticsClient) -> None:
    # The pump of the textbooks: 25 % and 400 % (Lorie and Savage 1955; -4000, 25000, -25000).
    found = await client.figures("flows", {"periodic_flows": [-4000, 25_000, -25_000]})
    assert found["roots"] == pytest.approx([0.25, 4.0], rel=1e-12)
    assert (found["irr"], found["irr_ambiguous"]) == (None, True)


async def test_modified_dietz_gives_the_textbook_results(client: AnalyticsClient) -> None:
    # 100 for a year, then 50 more for another, 300 at the end: 150 over 100 + 50 / 2.
    found = await client.figures(
        "flows",
        {
            "begin_value": 100,
            "end_value": "300",
            "begin": "2015-01-01",
            "end": "2016-12-31",
            "flows": dated([50], ["2016-01-01"]),
        },
    )
    assert found["modified_dietz"] == pytest.approx(1.2, rel=1e-12)
    assert (found["average_capital"], found["gain"]) == ("125", "150")


async def test_modified_dietz_weighs_flows_at_the_end_of_their_day(client: AnalyticsClient) -> None:
    # CFA Institute's way: weight (CD - D) / CD. A month of 30 days, +20 after 10 days, -10 after 24.
    body = {
        "begin_value": 1000,
        "end_value": 1050,
        "begin": "2024-06-01",
        "end": "2024-07-01",
        "flows": dated([20, -10], ["2024-06-11", "2024-06-25"]),
    }
    found = await client.figures("flows", body)
    capital = 1000 + 20 * 20 / 30 - 10 * 6 / 30
    assert float(found["average_capital"]) == pytest.approx(capital, rel=1e-12)
    assert found["modified_dietz"] == pytest.approx(40 / capital, rel=1e-12)
    edges = body | {"flows": dated([20, -10], ["2024-06-01", "2024-07-01"])}
    assert (await client.figures("flows", edges))["average_capital"] == "1020"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"begin_value": 0}, "the average capital is not above zero"),
        ({"end": "2024-06-01"}, "the period has no length"),
    ],
)
async def test_modified_dietz_without_a_base_says_why(client: AnalyticsClient, changes: Json, reason: str) -> None:
    body = {"begin_value": 10, "end_value": 12, "begin": "2024-06-01", "end": "2024-07-01", "flows": []}
    found = await client.figures("flows", body | changes)
    assert found["modified_dietz"] is None
    assert found["undefined"] == {"modified_dietz": reason}


# CFA Institute, Quantitative Methods: a share for 200, another for 225 a year later, both sold for 235 after two years;
# 5 a share is paid out each year. Periods of 15 % and 6.67 %, MWR 9.39 %.
CFA_SHARES: list[Json] = [
    {"t": 0, "value": 200},
    {"t": 1, "value_before_flow": 225, "dividend_paid_out": 5, "flow_after": 225},
    {"t": 2, "value": 470, "dividend_paid_out": 10},
]


async def test_the_cfa_example_of_two_shares(client: AnalyticsClient) -> None:
    found = await client.figures("flows", {"valuations": CFA_SHARES})
    assert found["hpr"] == pytest.approx([0.15, 480 / 450 - 1], rel=1e-12)
    assert found["twr_annual"] == pytest.approx((1.15 * 480 / 450) ** 0.5 - 1, rel=1e-12)
    # -200 - 220 / x + 480 / x^2 = 0, solved by hand.
    assert found["mwr_annual"] == pytest.approx(((220**2 + 4 * 200 * 480) ** 0.5 - 220) / 400 - 1, rel=1e-12)
    assert round(found["mwr_annual"], 4) == 0.0939
    assert found["roots"] == [found["mwr_annual"]]


async def test_the_cfa_example_of_a_fund_with_quarterly_flows(client: AnalyticsClient) -> None:
    # Value at the start of each quarter and the flow into it: 20 %, 5 %, 12 %, -10 %, together 27.01 %.
    found = await client.figures(
        "flows",
        {
            "valuations": [
                {"t": 0, "value": 4_000_000, "flow_after": 1_000_000},
                {"t": 0.25, "value": 6_000_000, "flow_after": -500_000},
                {"t": "0.5", "value_before_flow": 5_775_000, "flow_after": 225_000},
                {"t": 0.75, "value_before_flow": 6_720_000, "value": 6_120_000},
                {"t": 1, "value": 5_508_000},
            ]
        },
    )
    assert found["hpr"] == pytest.approx([0.2, 0.05, 0.12, -0.1], rel=1e-12)
    assert found["twr_annual"] == pytest.approx(1.2 * 1.05 * 1.12 * 0.9 - 1, rel=1e-12)
    assert found["twr"] == pytest.approx(found["twr_annual"], rel=1e-12)


async def test_the_cfa_example_of_growing_investment(client: AnalyticsClient) -> None:
    # -50 %, +35 %, +27 %; 100 at first, 950 more a year later, 350 out after two years: MWR 26.11 %.
    body: Json = {
        "valuations": [
            {"t": 0, "flow_after": 100},
            {"t": 1, "value_before_flow": 50, "flow_after": 950},
            {"t": 2, "value_before_flow": 1350, "flow_after": -350},
            {"t": 3, "value": 1270},
        ]
    }
    found = await client.figures("flows", body)
    assert found["hpr"] == pytest.approx([-0.5, 0.35, 0.27], rel=1e-12)
    assert round(found["mwr_annual"], 4) == 0.2611
    assert found["mwr_annual"] == pytest.approx(pyxirr.irr([-100, -950, 350, 1270]), rel=1e-9)
    assert await client.figures("flows", {"valuations": body["valuations"][::-1]}) == found


async def test_periods_without_a_base_have_no_return(client: AnalyticsClient) -> None:
    found = await client.figures("flows", {"valuations": [{"t": 0, "value": 0}, {"t": 1, "value": 10}]})
    assert found["hpr"] == [None]
    assert set(found["undefined"]) == {"hpr/0", "twr", "twr_annual", "mwr_annual"}
    single = await client.figures("flows", {"valuations": [{"t": 0, "value": 10}]})
    assert (single["hpr"], single["twr_annual"]) == ([], None)
    assert single["undefined"]["twr_annual"] == "needs at least two valuations"


async def test_total_loss_is_minus_one(client: AnalyticsClient) -> None:
    found = await client.figures("flows", {"valuations": [{"t": 0, "value": 10}, {"t": 2, "value": 0}]})
    assert (found["hpr"], found["twr_annual"], found["mwr_annual"]) == ([-1], -1, None)


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/flows"]),
        ([], [""]),
        ({"flows": [{"date": "2024-01-01", "amount": "many"}]}, ["/flows/0/amount"]),
        ({"flows": [{"date": "2024-01-01", "amount": True}]}, ["/flows/0/amount"]),
        ({"flows": [{"date": "2024-01-01", "amount": "NaN"}]}, ["/flows/0/amount"]),
        ({"flows": [{"date": "2024-01-01", "amount": "1e999"}]}, ["/flows/0/amount"]),
        ({"flows": [{"date": "2024-13-01", "amount": 1}]}, ["/flows/0/date"]),
        ({"flows": [{"amount": 1}]}, ["/flows/0/date"]),
        ({"flows": [{"date": 20240101, "amount": 1}]}, ["/flows/0/date"]),
        ({"flows": [{"date": "2024-01-01T00:00:00", "amount": "1_000"}]}, ["/flows/0/date", "/flows/0/amount"]),
        ({"flows": [], "rate": -1}, ["/rate"]),
        ({"flows": [], "rates": 1}, ["/rates"]),
        ({"periodic_flows": [1, None]}, ["/periodic_flows/1"]),
        ({"periodic_flows": [1], "finance_rate": -2}, ["/finance_rate"]),
        ({"begin_value": 1, "end_value": 2, "begin": "2024-02-01", "end": "2024-01-01"}, ["/end"]),
        ({"begin_value": 1, "begin": "2024-02-01", "end": "2024-03-01"}, ["/end_value"]),
        (
            {
                "begin_value": 1,
                "end_value": 2,
                "begin": "2024-02-01",
                "end": "2024-03-01",
                "flows": [{"date": "2024-01-31", "amount": 1}],
            },
            ["/flows/0/date"],
        ),
        ({"valuations": []}, ["/valuations"]),
        ({"valuations": [{"t": 0}]}, ["/valuations/0/value"]),
        ({"valuations": [{"t": 0, "value": 1}, {"t": 0, "value": 1}]}, ["/valuations/1/t"]),
        ({"valuations": [{"t": 0, "value": 1}, {"t": 1, "flow_after": 1}]}, ["/valuations/1/value"]),
        ({"valuations": [{"t": 0, "value": 1, "dividend_paid_out": 1}]}, ["/valuations/0/dividend_paid_out"]),
        (
            {"valuations": [{"t": 20_000, "value": 1, "dividend_paid_out": -1}]},
            ["/valuations/0/t", "/valuations/0/dividend_paid_out"],
        ),
        (
            {"valuations": [{"t": 0, "value": 5, "value_before_flow": 1, "flow_after": 1}]},
            ["/valuations/0/value"],
        ),
    ],
)
async def test_bad_input_names_the_field(client: AnalyticsClient, body: Any, pointers: list[str]) -> None:
    assert await client.pointers("flows", body) == pointers


async def test_what_is_no_json_is_refused(client: AnalyticsClient) -> None:
    for content in ("{", '{"flows": [{"date": "2024-01-01", "amount": NaN}]}'):
        assert (await client.post("flows", content=content)).status_code == 422


async def test_large_bodies_are_read_as_well(client: AnalyticsClient) -> None:
    flows = dated([-1] * 19_999 + [40_000], ["2020-01-01"] * 19_999 + ["2021-12-31"])
    assert len(json.dumps(flows)) > 256_000
    found = await client.figures("flows", {"flows": flows})
    assert found["xirr"] == pytest.approx((40_000 / 19_999) ** 0.5 - 1, rel=1e-12)
    assert await client.pointers("flows", {"flows": [*flows, *flows]}) == ["/flows"]


async def test_the_scope_is_needed() -> None:
    async with analytics_client("portfolio.read") as client:
        assert (await client.post("flows", {"flows": []})).status_code == 403


factors = st.floats(0.05, 20)


@given(st.lists(factors, min_size=1, max_size=5, unique_by=lambda x: round(x * 5)))
def test_every_root_of_a_polynomial_is_found(roots: list[float]) -> None:
    coefficients = np.poly(roots)
    assert irr(coefficients.tolist()).roots == pytest.approx(sorted(x - 1 for x in roots), abs=1e-6)


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=60))
def test_no_rate_is_listed_that_leaves_a_value(amounts: list[int]) -> None:
    found = irr([float(amount) for amount in amounts])
    for rate in found.roots:
        terms = [amount * (1 + rate) ** -i for i, amount in enumerate(amounts)]
        assert abs(sum(terms)) <= 1e-9 * sum(map(abs, terms))


def test_many_changes_of_sign_are_looked_at_on_a_grid() -> None:
    amounts = [-100.0, *([5.0, -3.0] * 200), 180.0]
    found = irr(amounts)
    assert len(found.roots) == 1
    assert found.rate == pytest.approx(pyxirr.irr(amounts), rel=1e-8)


def test_an_absurd_rate_does_not_make_a_sensible_one_ambiguous() -> None:
    # Money back and forth within days is worth nothing at about e^89 and e^199 a year as well.
    days = ["2020-01-01", "2020-01-02", "2020-01-03", "2020-12-31"]
    flows = [DatedFlow(date.fromisoformat(day), amount) for day, amount in zip(days, (-10, 30, -22, 2.2), strict=True)]
    roots = xirr_roots(flows)
    assert len(roots) == 1
    assert roots[0] == pytest.approx(pyxirr.xirr([flow.day for flow in flows], [-10, 30, -22, 2.2]), rel=1e-9)
    assert xirr(flows) == roots[0]
