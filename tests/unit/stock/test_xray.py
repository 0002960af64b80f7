"""The X-ray through its route, over fakes: each rule worked by hand, its states, and its thresholds."""

from __future__ import annotations

from typing import Any

import httpx
import numpy as np
import pytest
from stocktool_kit.core.errors import InvalidArgument
from stocktool_stock.domain.bars import Bars
from stocktool_stock.domain.instruments import Instrument
from stocktool_stock.domain.xray import BY_ID, RULES, State, Thresholds

from tests.factories.stock import a_portfolio, an_entry, some_bars
from tests.fakes.stock_planning import ENTRIES, PROFILES, Planning, answered, bars, planning, planning_client, refused

Json = dict[str, Any]


@pytest.fixture
async def kit() -> Planning:
    made = planning(bars(), PROFILES, benchmark="SPY")
    await made.keep(a_portfolio(), ENTRIES)
    return made


async def rules(client: httpx.AsyncClient, query: str = "") -> dict[str, Json]:
    found = await answered(client, "GET", f"/xray{query}")
    assert sum(found["counts"].values()) == len(found["rules"]) == len(RULES)
    return {rule["id"]: rule for rule in found["rules"]}


async def test_every_rule_is_there_with_its_value_threshold_and_words(kit: Planning) -> None:
    async with planning_client(kit.uses) as http:
        found = await rules(http)
    assert list(found) == list(BY_ID)
    assert len(found) >= 14
    for rule in found.values():
        assert rule["state"] in set(State)
        assert rule["title"]
        assert rule["advice"]
        assert rule["formula"]
        assert (rule["value"] is None) == (rule["state"] == "unknown") == (rule["reason"] is not None)


async def test_weights_are_those_of_the_holdings(kit: Planning) -> None:
    # 4000 A, 2500 B and 5500 in cash of 12000; A cost 2500, B 2000.
    async with planning_client(kit.uses) as http:
        found = await rules(http)
    values = {name: found[name]["value"] for name in found}
    assert values["single_holding"] == pytest.approx(4 / 12)
    assert found["single_holding"]["state"] == "fail"
    [behind] = found["single_holding"]["positions"]
    assert (behind["key"], behind["value"]["amount"]) == ("A", "4000.00")
    assert values["top_five"] == pytest.approx(6.5 / 12)
    assert values["sector"] == values["country"] == pytest.approx(4 / 12)
    assert [each["key"] for each in found["sector"]["positions"]] == ["Energy", "A"]
    assert (values["cash_drag"], found["cash_drag"]["state"]) == (pytest.approx(5.5 / 12), "fail")
    # 1 / (w_A^2 + w_B^2) of 6500
    assert values["effective_number"] == pytest.approx(1 / ((40 / 65) ** 2 + (25 / 65) ** 2))
    assert (found["effective_number"]["bad"], found["effective_number"]["state"]) == ("below", "fail")
    for name in ("currency", "fees", "stale_prices", "unpriced", "unbooked_splits", "single_loss", "negative_cash"):
        assert (values[name], found[name]["state"]) == (0.0, "pass"), name
    assert found["target_drift"]["reason"] == "the portfolio has no targets"
    assert found["single_account"]["reason"] == "there is one account only"


async def test_risk_is_that_of_the_weights_over_a_year(kit: Planning) -> None:
    async with planning_client(kit.uses) as http:
        found = await rules(http)
    series = bars()
    days = series["A"].days
    inside = int((days >= np.datetime64("2023-11-30")).sum())
    returns = {name: each.close[-inside:][1:] / each.close[-inside:][:-1] - 1 for name, each in series.items()}
    daily = (4 * returns["A"] + 2.5 * returns["B"]) / 12
    assert found["volatility"]["value"] == pytest.approx(daily.std(ddof=1) * np.sqrt(252), rel=1e-9)
    assert found["value_at_risk"]["value"] == pytest.approx(-np.quantile(daily, 0.05), rel=1e-9)
    assert found["beta"]["value"] == pytest.approx(np.polyfit(returns["SPY"], daily, 1)[0], rel=1e-6)
    table = np.cov(returns["A"], returns["B"])
    weights = np.array([4 / 6.5, 2.5 / 6.5])
    shares = weights * (table @ weights) / (weights @ table @ weights)
    assert found["single_risk"]["value"] == pytest.approx(shares.max(), rel=1e-9)


async def test_the_fall_from_the_high_is_that_of_time_weighted_returns() -> None:
    prices = {"2024-01-02": 100, "2024-06-03": 200, "2024-09-03": 120, "2024-11-29": 150}
    made = planning({"X": some_bars("X", prices)})
    # All cash goes into X; a deposit in between is no gain.
    entries = [
        an_entry("deposit", "2024-01-02", amount="1000"),
        an_entry("buy", "2024-01-02", "X", quantity="10", price="100"),
        an_entry("deposit", "2024-09-03", amount="1200"),
        an_entry("buy", "2024-09-03", "X", quantity="10", price="120"),
    ]
    await made.keep(a_portfolio(), entries)
    async with planning_client(made.uses) as http:
        found = await rules(http)
    assert found["drawdown"]["value"] == pytest.approx(0.25)
    assert found["volatility"]["state"] == found["beta"]["state"] == "unknown"
    assert "enough prices" in found["volatility"]["reason"]


async def test_what_data_lack_is_named() -> None:
    market: dict[str, Bars] = {
        "OLD": some_bars("OLD", {"2024-01-02": 10, "2024-02-02": 10}, stale=True),
        "S": some_bars("S", {"2024-01-02": 10, "2024-11-29": 10}, splits=[("2024-06-03", "4")]),
    }
    made = planning(market)
    entries = [
        an_entry("buy", "2024-01-02", "OLD", quantity="10", price="10"),
        an_entry("buy", "2024-01-02", "S", quantity="10", price="40"),
        an_entry("transfer_in", "2024-01-02", "GONE", quantity="5", amount="0.000000000001"),
        an_entry("withdrawal", "2024-01-02", amount="50"),
    ]
    await made.keep(a_portfolio(), entries)
    async with planning_client(made.uses) as http:
        found = await rules(http)
    assert found["negative_cash"]["value"] == 1
    [account] = found["negative_cash"]["positions"]
    assert (account["key"], account["value"]["amount"]) == ("Account acc_1 USD", "-550.00")
    assert found["unbooked_splits"]["state"] == "fail"
    assert [(each["key"], each["figure"]) for each in found["unbooked_splits"]["positions"]] == [("S", 4.0)]
    # 100 + 100 - 550: nothing can be a part of that.
    for name in ("single_holding", "sector", "cash_drag", "stale_prices", "volatility", "unknown_sector"):
        assert (found[name]["state"], found[name]["value"]) == ("unknown", None), name


async def test_stale_prices_foreign_currencies_losses_and_fees_count_by_value() -> None:
    market = {
        "OLD": some_bars("OLD", {"2024-01-02": 10, "2024-02-02": 10}, stale=True),
        "EUR1": some_bars("EUR1", {"2024-01-02": 20, "2024-11-29": 16}, currency="EUR"),
    }
    made = planning(market, {"OLD": Instrument("OLD", type="EQUITY", sector="Energy", country="Canada")})
    portfolio = a_portfolio(accounts={"acc_1": "USD", "acc_2": "USD"})
    entries = [
        an_entry("deposit", "2024-01-02", amount="1000"),
        an_entry("buy", "2024-01-02", "OLD", quantity="20", price="10", fee="30"),
        an_entry("buy", "2024-01-02", "EUR1", quantity="10", price="20", currency="EUR", fx_rate="1.25"),
        an_entry("deposit", "2024-01-02", amount="200", account_id="acc_2"),
        an_entry("buy", "2024-01-02", "OLD", quantity="0.3", price="10", account_id="acc_2"),
    ]
    await made.keep(portfolio, entries)
    async with planning_client(made.uses) as http:
        found = await rules(http)
    # 20.3 OLD = 203; 10 EUR1 at 16 euros of 1.25 = 200; cash 1000 - 230 - 250 + 200 - 3 = 717: 1120 in all.
    assert found["stale_prices"]["value"] == pytest.approx(203 / 1120)
    assert found["currency"]["value"] == pytest.approx(200 / 1120)
    assert [each["key"] for each in found["currency"]["positions"]] == ["EUR"]
    # EUR1 cost 250 and is worth 200.
    assert found["single_loss"]["value"] == pytest.approx(0.2)
    # OLD cost 233 and is worth 203; a loss of a fifth is not beyond a fifth.
    assert [each["key"] for each in found["single_loss"]["positions"]] == ["EUR1"]
    assert found["fees"]["value"] == pytest.approx(30 / 1120)  # the ledger is younger than a year
    assert found["unknown_sector"]["value"] == pytest.approx(200 / 1120)
    assert found["country"]["positions"][0]["key"] == "Canada"
    assert found["single_account"]["value"] == pytest.approx((1120 - 200) / 1120)


async def test_holdings_that_move_together_are_one_group() -> None:
    twin = bars()["A"]
    market = bars() | {"T": some_bars("T", dict(zip(map(str, twin.days), twin.close * 0.5, strict=True)))}
    made = planning(market, PROFILES)
    await made.keep(a_portfolio(), [*ENTRIES, an_entry("buy", "2024-06-03", "T", quantity="10", price="75")])
    async with planning_client(made.uses) as http:
        found = await rules(http)
        # 4000 A and 1000 T of 12000 - 750 + 1000
        assert found["correlation_cluster"]["value"] == pytest.approx(5000 / 12250)
        assert [each["key"] for each in found["correlation_cluster"]["positions"]] == ["A", "T"]
        # Above a correlation of -1 everything is one group; above 1 nothing is.
        every = await rules(http, "?thresholds=correlation_level:0")
        assert every["correlation_cluster"]["value"] >= 5000 / 12250
        none = await rules(http, "?thresholds=correlation_level:1.1")
        assert none["correlation_cluster"]["value"] == 0


async def test_thresholds_of_the_owner_and_of_a_request_decide(kit: Planning) -> None:
    async with planning_client(kit.uses) as http:
        defaults = await answered(http, "GET", "/xray/thresholds")
        assert (defaults["version"], defaults["changed"]) == (0, {})
        assert defaults["thresholds"]["single_holding"] == BY_ID["single_holding"].fail
        body = {"thresholds": {"single_holding": 0.5, "cash_drag": 0.6, "cash_drag_warn": 0.1}}
        kept = await answered(http, "PUT", "/xray/thresholds", body, headers={"Idempotency-Key": "k"})
        assert (kept["version"], kept["changed"]) == (1, body["thresholds"])
        assert await answered(http, "PUT", "/xray/thresholds", body, headers={"Idempotency-Key": "k"}) == kept
        found = await rules(http)
        # 1/3 against 0.5, which moves the limit to warn from 0.15 to 0.3.
        assert (found["single_holding"]["state"], found["single_holding"]["warn_threshold"]) == ("warn", 0.3)
        assert found["cash_drag"]["state"] == "warn"
        asked = await rules(http, "?thresholds=single_holding:0.9,single_holding_warn:0.8")
        assert (asked["single_holding"]["state"], asked["cash_drag"]["state"]) == ("pass", "warn")
        stale = await refused(http, "PUT", "/xray/thresholds", body | {"version": 0})
        assert (stale["status"], stale["reason"]) == (409, "STALE_VERSION")
        assert (await http.delete("/xray/thresholds")).status_code == 204
        assert (await rules(http))["single_holding"]["state"] == "fail"


async def test_targets_have_their_drift_examined(kit: Planning) -> None:
    async with planning_client(kit.uses) as http:
        await http.put("/targets", json={"weights": {"A": 0.3, "B": 0.3, "cash": 0.4}})
        found = await rules(http)
    # Weights 1/3, 5/24 and 11/24: off by 1/30, -11/120 and 7/120.
    assert found["target_drift"]["value"] == pytest.approx(11 / 120)
    assert found["target_drift"]["state"] == "warn"
    assert [each["key"] for each in found["target_drift"]["positions"]] == ["B", "cash", "A"]


@pytest.mark.parametrize(
    "query", ["nope:1", "sector", "sector:x", "sector:nan", "sector:-1", "sector:0.1,sector_warn:2"]
)
async def test_thresholds_that_make_no_sense_are_refused(kit: Planning, query: str) -> None:
    async with planning_client(kit.uses) as http:
        assert (await refused(http, "GET", f"/xray?thresholds={query}"))["status"] == 422


async def test_a_benchmark_without_prices_is_refused(kit: Planning) -> None:
    async with planning_client(kit.uses) as http:
        for query in ("benchmark=NOPE", "benchmark=SPY&as_of=2020-01-02"):
            found = await refused(http, "GET", f"/xray?{query}")
            assert (found["status"], found["errors"][0]["pointer"]) == (422, "benchmark")
        none = await rules(http, "?benchmark=")
        assert none["beta"]["reason"] == "no benchmark is given"


async def test_an_empty_portfolio_fails_no_rule() -> None:
    made = planning({})
    await made.keep(a_portfolio(), [])
    async with planning_client(made.uses) as http:
        found = await rules(http)
    assert {rule["state"] for rule in found.values()} <= {"unknown", "pass"}


def test_limits_turn_for_rules_that_want_much() -> None:
    rule = BY_ID["effective_number"]
    assert [rule.state(value) for value in (10.0, 6.0, 3.0)] == [State.PASS, State.WARN, State.FAIL]
    assert Thresholds({"effective_number": 6.0}).rule("effective_number").warn == 12.0
    with pytest.raises(InvalidArgument):
        Thresholds.read({"effective_number": 6.0, "effective_number_warn": 5.0})
