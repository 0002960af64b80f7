"""Targets, rebalancing and what-if through their routes, over fakes: what is answered, and that nothing is stored."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from stocktool_stock.domain.bars import MANUAL
from stocktool_stock.domain.lots import CostMethod

from tests.factories.stock import a_portfolio, an_entry, some_bars
from tests.fakes.stock_planning import ENTRIES, PROFILES, Planning, answered, bars, planning, planning_client, refused

Json = dict[str, Any]


@pytest.fixture
async def kit() -> Planning:
    # 20 A = 4000, 50 B = 2500, cash 10000 - 1000 - 1500 - 2000 = 5500: 12000 in all.
    made = planning(bars(), PROFILES)
    await made.keep(a_portfolio(), ENTRIES)
    return made


async def test_targets_are_kept_with_versions_once_per_request(kit: Planning) -> None:
    async with planning_client(kit.uses) as http:
        missing = await refused(http, "GET", "/targets")
        assert (missing["status"], missing["reason"]) == (404, "TARGETS_NOT_SET")
        body = {"by": "holding", "weights": {"a": "0.6", "B": 0.3, "cash": "0.1"}, "band": 0.05}
        first = await http.put("/targets", json=body, headers={"Idempotency-Key": "k"})
        assert first.json() | {"updated_at": ""} == {
            "by": "holding", "weights": {"A": 0.6, "B": 0.3, "cash": 0.1}, "band": 0.05, "version": 1, "updated_at": "",
        }  # fmt: skip
        again = await http.put("/targets", json=body, headers={"Idempotency-Key": "k"})
        assert again.json() == first.json()
        stale = await refused(http, "PUT", "/targets", body | {"version": 0})
        assert (stale["status"], stale["reason"]) == (409, "STALE_VERSION")
        second = await http.put("/targets", json={"weights": {"A": 1}}, headers={"If-Match": '"1"'})
        assert (second.json()["version"], second.headers["etag"]) == (2, '"2"')
        assert (await answered(http, "GET", "/targets"))["weights"] == {"A": 1.0}
        assert (await http.delete("/targets")).status_code == 204
        assert (await http.get("/targets")).status_code == 404
        assert (await http.delete("/targets")).status_code == 204


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"weights": {"A": 0.5}}, "/weights"),
        ({"weights": {"A": -0.1, "B": 1.1}}, "/weights/A"),
        ({"weights": {"A": 0.5, "a": 0.5}}, "/weights/a"),
        ({"weights": {"not a symbol": 1}}, "/weights/not a symbol"),
        ({"weights": {}}, "/weights"),
        ({"weights": {"A": "NaN"}}, "/weights/A"),
        ({"weights": {"A": 1}, "band": 1.5}, "/band"),
        ({"weights": {"acc_1": 1}, "by": "account"}, "/by"),
    ],
)
async def test_targets_that_make_no_sense_are_refused(kit: Planning, body: Json, pointer: str) -> None:
    async with planning_client(kit.uses) as http:
        found = await refused(http, "PUT", "/targets", body)
        assert (found["status"], found["errors"][0]["pointer"]) == (422, pointer)


async def test_a_full_plan_brings_every_weight_to_its_target(kit: Planning) -> None:
    async with planning_client(kit.uses) as http:
        body = {"targets": {"weights": {"A": 0.25, "B": 0.25, "C": 0.4, "cash": 0.1}}}
        plan = await answered(http, "POST", "/rebalance", body)
    # Of 12000: A to 3000, so 5 A of 200 go; B to 3000, so 10 B of 50 come; C to 4800, 192 of 25; cash 1200.
    trades = [(t["side"], t["symbol"], t["quantity"], t["amount"]["amount"]) for t in plan["trades"]]
    assert trades == [
        ("sell", "A", "5", "1000.00"), ("buy", "B", "10", "500.00"), ("buy", "C", "192", "4800.00"),
    ]  # fmt: skip
    assert plan["cash_left"]["amount"] == "1200.00"
    assert {group["key"]: group["weight_after"] for group in plan["groups"]} == {
        "A": 0.25, "B": 0.25, "C": 0.4, "cash": 0.1,
    }  # fmt: skip
    # 4000, 2500, 0 and 5500 of 12000 before: half of |1/3 - .25| + |.2083 - .25| + .4 + |.4583 - .1|
    assert plan["drift_before"] == pytest.approx((1 / 12 + 1 / 24 + 0.4 + 5.5 / 12 - 0.1) / 2)
    assert plan["drift_after"] == 0.0
    assert plan["tracking_after"] == pytest.approx(0.0, abs=1e-12)
    # The first lot cost 100 a share: 5 x (200 - 100).
    [sale] = [t["realises"] for t in plan["trades"] if t["realises"]]
    assert (sale["gain"]["amount"], plan["gain"]["amount"]) == ("500.00", "500.00")
    [lot] = sale["lots"]
    assert (lot["date"], lot["quantity"], lot["gain"]["amount"]) == ("2024-01-02", "5", "500.00")


async def test_a_sale_takes_the_lots_of_the_cost_method() -> None:
    made = planning(bars(), PROFILES)
    await made.keep(a_portfolio(cost_method=CostMethod.LIFO), ENTRIES)
    async with planning_client(made.uses) as http:
        plan = await answered(http, "POST", "/rebalance", {"targets": {"weights": {"A": 0.25, "cash": 0.75}}})
    # 5 A of the second lot, 150 each, and all of B, 40 each: 5 x 50 + 50 x 10.
    assert [t["realises"]["gain"]["amount"] for t in plan["trades"]] == ["250.00", "500.00"]


async def test_buy_only_spends_new_cash_and_never_sells(kit: Planning) -> None:
    async with planning_client(kit.uses) as http:
        body = {
            "targets": {"weights": {"A": 0.2, "B": 0.2, "C": 0.2, "cash": 0.4}},
            "mode": "buy_only",
            "cash": "1000.00",
            "whole_shares": True,
            "fee": {"fixed": 1, "rate": "0.001"},
        }
        plan = await answered(http, "POST", "/rebalance", body)
    # Of 13000, 2600 each and 5200 in cash: 1300 may be spent, and C lacks most. 51 C cost 1275 + 2.28 (2.275 to even).
    assert [(t["side"], t["symbol"], t["quantity"], t["fee"]["amount"]) for t in plan["trades"]] == [
        ("buy", "C", "51", "2.28")
    ]
    assert plan["cash_left"]["amount"] == "5222.72"
    assert plan["total_after"]["amount"] == "12997.72"
    assert plan["fees"]["amount"] == "2.28"


async def test_slices_of_sectors_are_split_over_their_holdings(kit: Planning) -> None:
    async with planning_client(kit.uses) as http:
        targets = {"by": "sector", "weights": {"Energy": 0.25, "funds": 0.25, "Utilities": 0.4, "cash": 0.1}}
        without = await answered(http, "POST", "/rebalance", {"targets": targets})
        assert without["unreachable"] == ["Utilities"]
        plan = await answered(http, "POST", "/rebalance", {"targets": targets, "candidates": ["C"]})
    assert plan["unreachable"] == []
    assert [(t["symbol"], t["quantity"]) for t in plan["trades"]] == [("A", "5"), ("B", "10"), ("C", "192")]


async def test_within_the_band_nothing_is_traded(kit: Planning) -> None:
    async with planning_client(kit.uses) as http:
        await http.put("/targets", json={"weights": {"A": 0.3, "B": 0.25, "cash": 0.45}, "band": 0.05})
        plan = await answered(http, "POST", "/rebalance", {})
        assert (plan["trades"], plan["no_trades_because"]) == ([], "every slice is within the band")
        assert plan["targets_version"] == 1
        tight = await answered(http, "POST", "/rebalance", {"tolerance_band": 0.04})
        assert [group["key"] for group in tight["groups"] if group["outside_band"]] == ["B"]
        assert {t["symbol"] for t in tight["trades"]} == {"A", "B"}


async def test_an_account_in_another_currency_pays_with_its_own_cash() -> None:
    made = planning(bars(), PROFILES)  # a euro is 1.25 dollars
    portfolio = a_portfolio(accounts={"acc_1": "USD", "acc_2": "EUR"})
    await made.keep(
        portfolio,
        [
            an_entry("deposit", "2024-01-02", amount="1000"),
            an_entry("deposit", "2024-01-02", amount="800", currency="EUR", account_id="acc_2"),
        ],
    )
    async with planning_client(made.uses) as http:
        body = {"targets": {"weights": {"B": 1}}, "account_id": "acc_2", "cash": 250}
        plan = await answered(http, "POST", "/rebalance", body)
    # 800 euros are 1000 dollars, and 250 come: 25 B of 50.
    assert [(t["account_id"], t["quantity"], t["amount"]["amount"]) for t in plan["trades"]] == [
        ("acc_2", "25", "1250.00")
    ]
    assert (plan["total_before"]["amount"], plan["cash_left"]["amount"]) == ("1000.00", "0.00")


async def test_what_cannot_be_traded_stays_and_says_why() -> None:
    market = bars() | {"S": some_bars("S", {"2024-01-02": 10, "2024-11-29": 10}, splits=[("2024-06-03", "4")])}
    made = planning(market, PROFILES)
    house = an_entry("buy", "2024-01-02", "HOUSE", quantity="1", price="5000")
    await made.keep(a_portfolio(), [*ENTRIES, house, an_entry("buy", "2024-01-02", "S", quantity="1", price="40")])
    async with planning_client(made.uses) as http:
        plan = await answered(http, "POST", "/rebalance", {"targets": {"weights": {"A": 0.5, "B": 0.5}}})
    assert {each["symbol"]: each["reason"].split(" ")[0] for each in plan["locked"]} == {"HOUSE": "has", "S": "has"}
    assert {t["symbol"] for t in plan["trades"]} <= {"A", "B"}
    assert plan["no_trades_because"] is None


async def test_implied_deposits_survive_new_cash() -> None:
    made = planning(bars(), PROFILES)
    await made.keep(a_portfolio(), [an_entry("buy", "2024-01-02", "A", quantity="10", price="100")])
    async with planning_client(made.uses) as http:
        plan = await answered(http, "POST", "/rebalance", {"targets": {"weights": {"A": 0.5, "B": 0.5}}, "cash": 1000})
        assert (plan["total_before"]["amount"], plan["total_after"]["amount"]) == ("2000.00", "3000.00")
        assert plan["cash_left"]["amount"] == "0.00"
        assert plan["warnings"] == []


async def test_what_cannot_be_planned_is_refused(kit: Planning) -> None:
    async with planning_client(kit.uses) as http:
        none = await refused(http, "POST", "/rebalance", {})
        assert (none["status"], none["reason"]) == (404, "TARGETS_NOT_SET")
        unknown = await refused(http, "POST", "/rebalance", {"targets": {"weights": {"NOPE": 1}}})
        assert (unknown["status"], unknown["errors"][0]["pointer"]) == (422, "/targets/weights")
        account = await refused(http, "POST", "/rebalance", {"targets": {"weights": {"A": 1}}, "account_id": "acc_9"})
        assert (account["status"], account["errors"][0]["pointer"]) == (422, "/account_id")
        sum_ = await refused(http, "POST", "/rebalance", {"targets": {"weights": {"A": 2}}})
        assert (sum_["status"], sum_["errors"][0]["pointer"]) == (422, "/targets/weights/A")
        cash = await refused(http, "POST", "/rebalance", {"targets": {"weights": {"A": 1}}, "cash": -5})
        assert (cash["status"], cash["errors"][0]["pointer"]) == (422, "/cash")
    empty = planning(bars(), PROFILES)
    await empty.keep(a_portfolio(), [])
    async with planning_client(empty.uses) as http:
        nothing = await refused(http, "POST", "/rebalance", {"targets": {"weights": {"A": 1}}})
        assert (nothing["status"], nothing["reason"]) == (409, "NOTHING_TO_REBALANCE")
        bought = await answered(http, "POST", "/rebalance", {"targets": {"weights": {"A": 1}}, "cash": 400})
        assert [t["quantity"] for t in bought["trades"]] == ["2"]


async def test_what_if_compares_both_sides_and_stores_nothing(kit: Planning) -> None:
    before = (kit.store.heads["prt_1"], list(kit.store.entries["prt_1"]), dict(kit.store.answers))
    async with planning_client(kit.uses) as http:
        body = {
            "trades": [
                {"type": "sell", "symbol": "a", "quantity": "12", "price": "210", "fee": "20"},
                {"type": "buy", "symbol": "C", "quantity": 100},
                {"type": "withdrawal", "amount": 500},
            ],
            "benchmark": "SPY",
        }
        found = await answered(http, "POST", "/what-if", body, headers={"Idempotency-Key": "k"})
    assert (kit.store.heads["prt_1"], kit.store.entries["prt_1"], kit.store.answers) == before
    assert found["version"] == before[0].version
    assert [h["symbol"] for h in found["before"]["holdings"]] == ["A", "B"]
    assert {h["symbol"]: h["quantity"] for h in found["after"]["holdings"]} == {"A": "8", "B": "50", "C": "100"}
    # 5500 + 12 x 210 - 20 - 100 x 25 - 500
    assert [found[side]["cash_value"]["amount"] for side in ("before", "after")] == ["5500.00", "5000.00"]
    # 10 at 100 and 2 at 150: 2500 - 1300
    [sale] = found["sales"]
    assert (sale["proceeds"]["amount"], sale["cost"]["amount"], sale["gain"]["amount"]) == (
        "2500.00", "1300.00", "1200.00",
    )  # fmt: skip
    assert [(lot["quantity"], lot["cost"]["amount"]) for lot in sale["lots"]] == [("10", "1000.00"), ("2", "300.00")]
    assert (found["gain"]["amount"], found["fees"]["amount"]) == ("1200.00", "20.00")
    after = {part["key"]: part["weight"] for part in found["after"]["allocation"]["sector"]}
    # 1600 A, 2500 B, 2500 C and 5000 of 11600
    assert after == pytest.approx({"Energy": 16 / 116, "funds": 25 / 116, "Utilities": 25 / 116, "cash": 50 / 116})
    assert found["trades"][1]["price"] == "25"


async def test_risk_of_both_sides_is_that_of_the_weights(kit: Planning) -> None:
    async with planning_client(kit.uses) as http:
        body = {"trades": [{"type": "buy", "symbol": "C", "quantity": "100"}], "benchmark": "SPY"}
        found = await answered(http, "POST", "/what-if", body)
    series = bars()
    days = series["A"].days
    days = days[days >= np.datetime64(found["window_start"])]
    returns = {name: each.close[-len(days) :][1:] / each.close[-len(days) :][:-1] - 1 for name, each in series.items()}
    assert found["window_start"] == "2023-11-30"
    mixes = {"before": {"A": 4000, "B": 2500}, "after": {"A": 4000, "B": 2500, "C": 2500}}
    for side, values in mixes.items():
        daily = sum(value / 12000 * returns[name] for name, value in values.items())
        risk = found[side]["risk"]
        assert risk["volatility"] == pytest.approx(np.std(daily, ddof=1) * np.sqrt(252), rel=1e-9)
        assert risk["var95_hist"] == pytest.approx(np.quantile(daily, 0.05), rel=1e-9)
        slope = np.polyfit(returns["SPY"], daily, 1)[0]
        assert risk["beta"] == pytest.approx(slope, rel=1e-6)
        path = np.cumprod(np.concatenate([[1.0], 1 + daily]))
        assert risk["max_drawdown"] == pytest.approx(min(path / np.maximum.accumulate(path)) - 1, rel=1e-9)
        shares = np.array(list(values.values())) / sum(values.values())
        assert risk["hhi"] == pytest.approx(float(shares @ shares))
        single = sum(value / 12000 * np.std(returns[name], ddof=1) for name, value in values.items())
        assert risk["diversification_ratio"] == pytest.approx(single / np.std(daily, ddof=1), rel=1e-9)
        assert risk["n_returns"] == len(days) - 1


async def test_a_short_sale_is_refused_as_the_ledger_refuses_it(kit: Planning) -> None:
    async with planning_client(kit.uses) as http:
        body = {"trades": [{"type": "sell", "symbol": "A", "quantity": "20.5"}]}
        found = await refused(http, "POST", "/what-if", body)
        assert (found["status"], found["reason"]) == (409, "SHORT_SALE")


@pytest.mark.parametrize(
    ("trade", "pointer"),
    [
        ({"type": "split", "symbol": "A", "quantity": "1"}, "/trades/0/type"),
        ({"type": "buy", "symbol": "A", "quantity": "-1"}, "/trades/0/quantity"),
        ({"type": "buy", "symbol": "NOPE", "quantity": "1"}, "/trades/0/price"),
        ({"type": "buy", "symbol": "A", "quantity": "1", "price": "NaN"}, "/trades/0/price"),
        ({"type": "buy", "symbol": "A", "quantity": "1", "currency": "EUR"}, "/trades/0/price"),
        ({"type": "deposit", "amount": "1", "account_id": "acc_9"}, "/trades/0/account_id"),
    ],
)
async def test_trades_that_make_no_sense_are_refused(kit: Planning, trade: Json, pointer: str) -> None:
    async with planning_client(kit.uses) as http:
        found = await refused(http, "POST", "/what-if", {"trades": [trade]})
        assert (found["status"], found["errors"][0]["pointer"]) == (422, pointer)


async def test_another_owners_portfolio_is_not_found_by_any_of_them(kit: Planning) -> None:
    kit.store.heads["prt_1"] = a_portfolio(owner="usr_other")
    calls: list[tuple[str, str, Any]] = [
        ("GET", "/targets", None),
        ("PUT", "/targets", {"weights": {"A": 1}}),
        ("DELETE", "/targets", None),
        ("POST", "/rebalance", {"targets": {"weights": {"A": 1}}}),
        ("POST", "/what-if", {"trades": [{"type": "deposit", "amount": 1}]}),
        ("GET", "/xray", None),
        ("GET", "/xray/thresholds", None),
        ("PUT", "/xray/thresholds", {"thresholds": {}}),
        ("DELETE", "/xray/thresholds", None),
    ]
    async with planning_client(kit.uses) as http:
        for method, path, body in calls:
            found = await refused(http, method, path, body)
            assert (found["status"], found["reason"]) == (404, "PORTFOLIO_NOT_FOUND"), path


async def test_writing_takes_the_right_to_write(kit: Planning) -> None:
    async with planning_client(kit.uses, "portfolio.read") as http:
        assert (await http.put("/targets", json={"weights": {"A": 1}})).status_code == 403
        assert (await http.put("/xray/thresholds", json={"thresholds": {}})).status_code == 403
        plan = await answered(http, "POST", "/rebalance", {"targets": {"weights": {"A": 1}}})
        assert Decimal(plan["cash_left"]["amount"]) == 0


@pytest.mark.parametrize("method", CostMethod)
@pytest.mark.parametrize("funding", ["deposits", "implied", "shares"])
@pytest.mark.parametrize("last", ["2024-11-28", "2024-11-29"])
async def test_a_what_if_is_what_the_ledger_then_says(method: CostMethod, funding: str, last: str) -> None:
    first = {
        "deposits": [an_entry("deposit", "2024-01-02", amount="10000")],
        "implied": [],
        "shares": [an_entry("transfer_in", "2024-01-02", "A", quantity="3", price="90")],
    }[funding]
    ledger = [
        *first,
        an_entry("buy", "2024-01-03", "A", quantity="10", price="100", fee="3"),
        an_entry("buy", "2024-06-03", "A", quantity="7", price="170"),
        an_entry("sell", "2024-07-01", "A", quantity="4", price="160"),
        an_entry("buy", last, "B", quantity="11", price="49.5"),
    ]
    trades = [
        an_entry("sell", "2024-11-29", "A", quantity="8", price="210", fee="5"),
        an_entry("buy", "2024-11-29", "C", quantity="40", price="26"),
        an_entry("sell", "2024-11-29", "B", quantity="1", price="50"),
    ]
    made, real = planning(bars(), PROFILES), planning(bars(), PROFILES)
    await made.keep(a_portfolio(cost_method=method), ledger)
    await real.keep(a_portfolio(cost_method=method), [*ledger, *trades])
    body = {
        "trades": [
            {"type": t.type.value, "symbol": t.symbol, "quantity": str(t.quantity), "price": str(t.price)}
            | {"fee": str(t.fee)}
            for t in trades
        ]
    }
    async with planning_client(made.uses) as http:
        found = await answered(http, "POST", "/what-if", body)
    async with planning_client(real.uses) as http:
        then = await answered(http, "POST", "/what-if", {"trades": [{"type": "buy", "symbol": "C", "quantity": 1}]})
    expected = then["before"]
    for name in ("total", "cash", "holdings", "allocation", "risk", "realised"):
        assert found["after"][name] == expected[name], name


async def test_money_that_moves_makes_implied_deposits_real() -> None:
    made = planning(bars(), PROFILES)
    await made.keep(a_portfolio(), [an_entry("buy", "2024-01-02", "A", quantity="10", price="100")])
    async with planning_client(made.uses) as http:
        bought = await answered(http, "POST", "/what-if", {"trades": [{"type": "buy", "symbol": "B", "quantity": 10}]})
        # As before, what lacks counts as paid in.
        assert (bought["after"]["cash_value"]["amount"], bought["after"]["total"]["amount"]) == ("0.00", "2500.00")
        body = {"trades": [{"type": "deposit", "amount": 200}, {"type": "buy", "symbol": "B", "quantity": 10}]}
        paid = await answered(http, "POST", "/what-if", body)
        assert (paid["after"]["cash_value"]["amount"], paid["after"]["total"]["amount"]) == ("-300.00", "2200.00")
        assert paid["warnings"] == ["cash of account Account acc_1 is negative: -300 USD"]


async def test_a_price_entered_by_hand_is_traded_at_only_when_it_is_named() -> None:
    market = bars() | {"HOUSE": replace(some_bars("HOUSE", {"2024-01-02": 900, "2024-11-29": 1000}), source=MANUAL)}
    made = planning(market, PROFILES)
    await made.keep(a_portfolio(), [*ENTRIES, an_entry("buy", "2024-01-02", "HOUSE", quantity="2", price="900")])
    async with planning_client(made.uses) as http:
        kept = await answered(http, "POST", "/rebalance", {"targets": {"weights": {"A": 0.5, "cash": 0.5}}})
        assert [each["symbol"] for each in kept["locked"]] == ["HOUSE"]
        assert "HOUSE" not in {t["symbol"] for t in kept["trades"]}
        named = await answered(http, "POST", "/rebalance", {"targets": {"weights": {"HOUSE": 0.1, "cash": 0.9}}})
        [trade] = [t for t in named["trades"] if t["symbol"] == "HOUSE"]
    # 4000 + 2500 + 2000 + 5500 - 1800 = 12200, a tenth of which is 1.22 of it.
    assert (named["locked"], trade["side"], trade["quantity"]) == ([], "sell", "0.78")
