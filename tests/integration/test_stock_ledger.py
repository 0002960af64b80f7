"""The ledger's further kinds over real sockets: lots, transfers, reorganisations, own instruments, history, undo."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import pytest_asyncio
from google.type import date_pb2
from stocktool.stock.v1 import portfolio_service_pb2 as pb
from stocktool.stock.v1 import portfolio_service_pb2_grpc as pb_grpc
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.process import Process, running
from stocktool_kit.rpc.channel import open_channel
from stocktool_stock.settings import Settings

from tests.fakes.audit import audited
from tests.fakes.bundled import closes
from tests.fakes.market_server import MarketServer
from tests.fakes.stock_process import (
    KEYS,
    SCOPES,
    a_portfolio,
    apple,
    money,
    record,
    stock_settings,
    trusting,
    user_of,
)

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

Json = dict[str, Any]
pytestmark = pytest.mark.asyncio(loop_scope="module")  # one process for all: users keep apart what they write


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stock(emulator: EmulatedAws, market: MarketServer) -> AsyncIterator[Process[Settings]]:
    async with running(stock_settings(market, emulator), trusting()) as process:
        yield process


@pytest_asyncio.fixture(loop_scope="module")
async def http(stock: Process[Settings], request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    async with user_of(stock, f"usr_{request.node.name}"[:60]) as opened:
        yield opened


async def two_accounts(http: httpx.AsyncClient) -> tuple[str, str, str]:
    accounts = [{"name": "A", "currency": "USD"}, {"name": "B", "currency": "USD"}]
    body = (await http.post("/portfolios", json={"name": "Two", "base_currency": "USD", "accounts": accounts})).json()
    first, second = (account["id"] for account in body["accounts"])
    return body["id"], first, second


def sale(quantity: str, price: str, on: str, **more: object) -> Json:
    return {"date": on, "type": "sell", "symbol": "AAPL", "quantity": quantity, "price": price, **more}


async def test_a_sale_takes_the_lots_it_names_and_the_report_says_so(http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    path = f"/portfolios/{portfolio_id}"
    old, new, _ = await record(
        http,
        portfolio_id,
        apple("10", "100", "2022-01-03"),
        apple("10", "190", "2024-01-02"),
        {"date": "2022-01-01", "type": "deposit", "amount": "5000"},
    )
    choice = [{"lot_id": new["id"], "quantity": "4"}, {"lot_id": old["id"], "quantity": 1}]
    [sold] = await record(http, portfolio_id, sale("5", "180", "2024-02-01", fee="5", lots=choice))
    assert sold["lots"] == [{"lot_id": new["id"], "quantity": "4"}, {"lot_id": old["id"], "quantity": "1"}]
    await record(http, portfolio_id, apple("1", "185", "2024-02-20"))

    report = (await http.get(f"{path}/realised", params={"start": "2024-01-01"})).json()
    [item] = report["items"]
    # 900 - 5 = 895, by shares 716 and 179; costs 760 and 100
    assert [(lot["gain"]["amount"], lot["days_held"], lot["long_term"]) for lot in item["lots"]] == [
        ("-44.00", 30, False),
        ("79.00", 759, True),
    ]
    assert (money(item["gain"]), money(item["proceeds"]), item["wash_sale"]) == (35, 895, False)
    totals = report["total"]
    assert (money(totals["short_term"]), money(totals["long_term"]), money(totals["gain"])) == (-44, 79, 35)
    assert report["by_symbol"][0]["symbol"] == "AAPL"
    by_days = (await http.get(f"{path}/realised", params={"long_term_days": 29})).json()
    assert money(by_days["total"]["long_term"]) == 35

    holdings = (await http.get(f"{path}/holdings", params={"as_of": "2024-11-29"})).json()
    lots = {lot["id"]: lot for lot in holdings["items"][0]["lots"]}
    assert (lots[old["id"]]["quantity"], lots[old["id"]]["long_term"]) == ("9", True)
    assert (lots[new["id"]]["quantity"], lots[new["id"]]["days_held"], lots[new["id"]]["long_term"]) == (
        "6",
        332,
        False,
    )


async def test_a_loss_bought_back_is_flagged_and_pages_go_on(http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    items = [
        apple("10", "190", "2024-01-02"),
        sale("2", "180", "2024-05-01"),
        sale("2", "200", "2024-05-02"),
        apple("1", "185", "2024-05-20"),
    ]
    recorded = await record(http, portfolio_id, *items)
    path = f"/portfolios/{portfolio_id}/realised"
    first = (await http.get(path, params={"page_size": 1})).json()
    second = (await http.get(path, params={"page_size": 1, "page_token": first["next_page_token"]})).json()
    assert [(page["items"][0]["wash_sale"], page["items"][0]["repurchases"]) for page in (first, second)] == [
        (True, [recorded[3]["id"]]),
        (False, []),
    ]
    assert (first["total"], second["next_page_token"]) == (second["total"], "")
    wrong = await http.get(path, params={"account_id": "acc_none"})
    assert [error["pointer"] for error in wrong.json()["errors"]] == ["account_id"]


async def test_wrong_choices_of_lots_are_named(http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    [bought] = await record(http, portfolio_id, apple("10", "100", "2024-01-02"))
    lot = bought["id"]
    cases: list[tuple[list[Json], str]] = [
        ([{"lot_id": lot, "quantity": "3"}], "/lots"),
        ([{"lot_id": "txn_none", "quantity": "4"}], "/lots/0/lot_id"),
        ([{"lot_id": lot, "quantity": "2"}, {"lot_id": lot, "quantity": "2"}], "/lots/1/lot_id"),
        ([{"lot_id": lot, "quantity": "-4"}], "/lots/0/quantity"),
    ]
    for lots, pointer in cases:
        answer = await http.post(
            f"/portfolios/{portfolio_id}/transactions", json=sale("4", "100", "2024-02-01", lots=lots)
        )
        assert answer.status_code == 422, answer.text
        assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    await record(http, portfolio_id, sale("8", "100", "2024-02-01", lots=[{"lot_id": lot, "quantity": "8"}]))
    # a back-dated sale would leave the chosen lot too small: the fault of what is written now, not of a field
    early = await http.post(f"/portfolios/{portfolio_id}/transactions", json=sale("3", "100", "2024-01-10"))
    assert (early.status_code, early.json()["reason"]) == (409, "SHORT_SALE")
    await record(http, portfolio_id, apple("5", "100", "2024-01-05"))
    taken = await http.post(f"/portfolios/{portfolio_id}/transactions", json=sale("3", "100", "2024-01-10"))
    assert (taken.status_code, taken.json()["reason"]) == (409, "LOT_NOT_OPEN")
    gone = await http.delete(f"/portfolios/{portfolio_id}/transactions/{lot}")
    assert gone.status_code == 409


async def test_transfers_bring_dates_and_move_lots_between_own_accounts(http: httpx.AsyncClient) -> None:
    portfolio_id, first, second = await two_accounts(http)
    path = f"/portfolios/{portfolio_id}"
    await record(
        http,
        portfolio_id,
        {"date": "2024-01-02", "type": "deposit", "amount": "1000"},
        {
            "date": "2024-01-02",
            "type": "transfer_in",
            "symbol": "AAPL",
            "quantity": "10",
            "cost_basis": "500",
            "acquired": "2019-03-01",
        },
        {"date": "2024-03-01", "type": "transfer_out", "symbol": "AAPL", "quantity": "4", "to_account_id": second},
        {"date": "2024-03-01", "type": "transfer_out", "amount": "300", "to_account_id": second},
    )
    body = (await http.get(f"{path}/holdings", params={"as_of": "2024-11-29"})).json()
    [holding] = body["items"]
    assert {(lot["account_id"], lot["quantity"], lot["date"]) for lot in holding["lots"]} == {
        (first, "6", "2019-03-01"),
        (second, "4", "2019-03-01"),
    }
    assert (money(holding["cost_basis"]), money(body["cash_value"])) == (500, 1000)
    performance = (await http.get(f"{path}/performance")).json()
    file = closes("AAPL")
    assert money(performance["net_flows"]) == round(1000 + 10 * file["2024-01-02"], 2)  # the transfers within are none
    assert performance["twr"] == pytest.approx(
        float((1000 + 10 * file["2024-11-29"]) / (1000 + 10 * file["2024-01-02"]) - 1), rel=1e-9
    )
    parts = (await http.get(f"{path}/allocation", params={"by": "account"})).json()["items"]
    assert {part["key"]: money(part["value"]) for part in parts}[second] == round(4 * file["2024-11-29"] + 300, 2)


async def test_fees_and_taxes_in_other_currencies_are_paid_at_the_ecbs_rates(http: httpx.AsyncClient) -> None:
    """The ECB's reference rates of 2024-01-02: 1.0956 USD, 0.8665 GBP and 0.9305 CHF per EUR."""
    portfolio_id = await a_portfolio(http, base_currency="EUR")
    await record(
        http,
        portfolio_id,
        {"date": "2024-01-02", "type": "deposit", "amount": "1000"},
        apple("1", "100", "2024-01-02")
        | {"currency": "USD", "fee": "5", "fee_currency": "CHF", "tax": "2", "tax_currency": "GBP"},
    )
    body = (await http.get(f"/portfolios/{portfolio_id}/holdings")).json()
    spent = 100 / Decimal("1.0956") + 5 / Decimal("0.9305") + 2 / Decimal("0.8665")
    assert {m["currency"]: money(m) for m in body["cash"]} == {"EUR": round(1000 - spent, 2)}
    assert money(body["items"][0]["cost_basis"]) == round(spent, 2)
    lost = await http.post(
        f"/portfolios/{portfolio_id}/transactions",
        json=apple("1", "100", "2024-01-02") | {"currency": "USD", "fee": "5", "fee_currency": "XXX"},
    )
    assert [error["pointer"] for error in lost.json()["errors"]] == ["/fee_currency"]


async def test_a_spin_off_and_a_merger_keep_value_cost_and_days(http: httpx.AsyncClient) -> None:
    """JPM gives a share of SBUX for every second one; later SBUX becomes AAPL at 2 for 1 and 10 dollars a share."""
    portfolio_id, first, second = await two_accounts(http)
    path = f"/portfolios/{portfolio_id}"
    buy = {"date": "2022-01-03", "type": "buy", "symbol": "JPM", "price": "160"}
    await record(
        http,
        portfolio_id,
        {"date": "2022-01-03", "type": "deposit", "amount": "1600"},
        {"date": "2022-01-03", "type": "deposit", "amount": "640", "account_id": second},
        buy | {"quantity": "10"},
        buy | {"quantity": "4", "account_id": second},
        {
            "date": "2023-01-03",
            "type": "spin_off",
            "symbol": "JPM",
            "new_symbol": "SBUX",
            "ratio": "1/2",
            "cost_fraction": "0.25",
        },
    )
    spun = (await http.get(f"{path}/holdings", params={"as_of": "2023-01-03"})).json()
    file = {symbol: closes(symbol) for symbol in ("JPM", "SBUX", "AAPL")}
    assert {h["symbol"]: (h["quantity"], money(h["cost_basis"])) for h in spun["items"]} == {
        "JPM": ("14", 1680),
        "SBUX": ("7", 560),
    }
    assert money(spun["total"]) == round(14 * file["JPM"]["2023-01-03"] + 7 * file["SBUX"]["2023-01-03"], 2)

    await record(
        http,
        portfolio_id,
        {
            "date": "2024-01-02",
            "type": "merger",
            "symbol": "SBUX",
            "new_symbol": "AAPL",
            "ratio": "2",
            "amount_per_share": "10",
            "account_id": first,
        },
    )
    body = (await http.get(f"{path}/holdings")).json()
    held = {h["symbol"]: h for h in body["items"]}
    # account A: five SBUX at a cost of 400 became ten AAPL, 50 in cash lowered their cost
    assert (held["AAPL"]["quantity"], money(held["AAPL"]["cost_basis"])) == ("10", 350)
    assert {lot["date"] for h in body["items"] for lot in h["lots"]} == {"2022-01-03"}
    assert (held["SBUX"]["quantity"], money(body["cash_value"]), money(body["realised"])) == ("2", 50, 0)
    performance = (await http.get(f"{path}/performance")).json()
    assert money(performance["net_flows"]) == 2240
    last = {symbol: rows["2024-11-29"] for symbol, rows in file.items()}
    final = 14 * last["JPM"] + 2 * last["SBUX"] + 10 * last["AAPL"] + 50
    assert performance["twr"] == pytest.approx(float(final / (14 * file["JPM"]["2022-01-03"]) - 1), rel=1e-9)
    [told] = (await http.get(f"{path}/realised")).json()["items"]
    assert (told["type"], told["symbol"], money(told["proceeds"]), money(told["gain"])) == ("merger", "SBUX", 50, 0)
    none = await http.post(
        f"{path}/transactions",
        json={"date": "2024-01-03", "type": "merger", "symbol": "XOM", "new_symbol": "AAPL", "ratio": "1"},
    )
    assert (none.status_code, none.json()["reason"]) == (409, "NOTHING_HELD")


async def test_an_own_instrument_is_priced_by_hand_and_no_provider_hears_of_it(
    http: httpx.AsyncClient, market: MarketServer
) -> None:
    portfolio_id = await a_portfolio(http, base_currency="EUR")
    path = f"/portfolios/{portfolio_id}"
    opening = {
        "date": "2024-01-02",
        "type": "opening",
        "symbol": "custom:house",
        "quantity": "1",
        "cost_basis": "250000",
        "acquired": "2015-06-01",
    }
    early = await http.post(f"{path}/transactions", json=opening)
    assert [error["pointer"] for error in early.json()["errors"]] == ["/symbol"]
    house = {"symbol": "custom:house", "name": "House", "currency": "EUR", "asset_class": "real estate"}
    made = await http.post(f"{path}/instruments", json=house | {"sector": "Real Estate", "country": "Italy"})
    assert (made.status_code, made.json()["symbol"], made.json()["stale"]) == (201, "CUSTOM:HOUSE", True)
    assert (await http.post(f"{path}/instruments", json=house)).json()["reason"] == "INSTRUMENT_EXISTS"
    await record(http, portfolio_id, opening, {"date": "2024-01-02", "type": "deposit", "amount": "50000"})
    one = f"{path}/instruments/custom:house"
    prices = {"prices": [{"date": "2024-01-02", "price": "300000"}, {"date": "2024-06-30", "price": 330000}]}
    version = (await http.get(path)).json()["version"]
    for _ in range(2):  # the same again changes nothing
        put = await http.put(f"{one}/prices", json=prices)
        assert [row["price"] for row in put.json()["items"]] == ["300000", "330000"]
    assert (await http.get(path)).json()["version"] == version + 1

    [holding] = (await http.get(f"{path}/holdings")).json()["items"]
    assert (holding["price_source"], holding["price_as_of"], holding["stale"]) == ("manual", "2024-06-30", True)
    assert (money(holding["market_value"]), money(holding["unrealised"])) == (330000, 80000)
    assert holding["lots"][0]["date"] == "2015-06-01"
    assert (await http.patch(one, json={"stale_after_days": 400})).json()["stale"] is False
    [fresh] = (await http.get(f"{path}/holdings")).json()["items"]
    assert fresh["stale"] is False
    [older] = (await http.get(f"{path}/holdings", params={"as_of": "2024-06-28"})).json()["items"]
    assert money(older["market_value"]) == 300000
    performance = (await http.get(f"{path}/performance")).json()
    assert performance["twr"] == pytest.approx(380000 / 350000 - 1, rel=1e-12)
    sectors = (await http.get(f"{path}/allocation", params={"by": "sector"})).json()["items"]
    assert {part["key"]: part["weight"] for part in sectors}["Real Estate"] == pytest.approx(330 / 380)

    used = await http.delete(one)
    assert (used.status_code, used.json()["reason"]) == (409, "INSTRUMENT_IN_USE")
    assert (await http.delete(f"{one}/prices", params={"start": "2024-06-01"})).status_code == 204
    assert [row["date"] for row in (await http.get(f"{one}/prices")).json()["items"]] == ["2024-01-02"]
    bad = await http.put(
        f"{one}/prices", json={"prices": [{"date": "2030-01-01", "price": "1"}, {"date": "2024-01-02", "price": "-1"}]}
    )
    assert [error["pointer"] for error in bad.json()["errors"]] == ["/prices/0/date", "/prices/1/price"]
    assert (await http.get("/quotes", params={"symbols": "CUSTOM:HOUSE"})).status_code == 404
    assert (await http.get("/bars/CUSTOM:HOUSE")).status_code == 404
    assert market.calls("CUSTOM") == market.calls("custom") == 0


async def test_instruments_of_others_are_not_found(stock: Process[Settings], http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    body = {"symbol": "custom:fund", "name": "Fund", "currency": "USD"}
    assert (await http.post(f"/portfolios/{portfolio_id}/instruments", json=body)).status_code == 201
    async with user_of(stock, "usr_stranger") as stranger:
        for call in ("instruments", "instruments/custom:fund", "instruments/custom:fund/prices", "history", "realised"):
            answer = await stranger.get(f"/portfolios/{portfolio_id}/{call}")
            assert (answer.status_code, answer.json()["reason"]) == (404, "PORTFOLIO_NOT_FOUND"), call
    assert (await http.delete(f"/portfolios/{portfolio_id}/instruments/custom:fund")).status_code == 204
    gone = await http.get(f"/portfolios/{portfolio_id}/instruments/custom:fund")
    assert (gone.status_code, gone.json()["reason"]) == (404, "INSTRUMENT_NOT_FOUND")


async def test_the_ledger_is_listed_from_either_end(http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    days = ["2024-03-01", "2024-01-02", "2024-02-01", "2024-03-01"]
    entries = await record(http, portfolio_id, *({"date": day, "type": "deposit", "amount": "1"} for day in days))
    for order, expected in (("date", (1, 2, 0, 3)), ("date desc", (3, 0, 2, 1))):
        query = {"order_by": order, "page_size": 3}
        page = (await http.get(f"/portfolios/{portfolio_id}/transactions", params=query)).json()
        query["page_token"] = page["next_page_token"]
        rest = (await http.get(f"/portfolios/{portfolio_id}/transactions", params=query)).json()
        assert [entry["id"] for entry in page["items"] + rest["items"]] == [entries[at]["id"] for at in expected]
    bad = await http.get(f"/portfolios/{portfolio_id}/transactions", params={"order_by": "price"})
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "order_by")


async def test_what_was_taken_back_can_be_restored_and_the_history_tells_all(http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    path = f"/portfolios/{portfolio_id}"
    buy, sold = await record(http, portfolio_id, apple("10", "100", "2024-01-02"), sale("4", "120", "2024-02-01"))
    assert (await http.delete(f"{path}/transactions/{sold['id']}")).status_code == 204
    twice = await asyncio.gather(
        *(http.post(f"{path}/transactions/{sold['id']}:restore", headers={"idempotency-key": "r"}) for _ in range(2))
    )
    assert [(answer.status_code, answer.json()["reversed"]) for answer in twice] == [(200, False)] * 2
    holdings = (await http.get(f"{path}/holdings")).json()
    assert (holdings["items"][0]["quantity"], money(holdings["realised"])) == ("6", 80)
    await http.delete(f"{path}/transactions/{sold['id']}")
    await record(http, portfolio_id, sale("8", "120", "2024-03-01"))
    short = await http.post(f"{path}/transactions/{sold['id']}:restore")
    assert (short.status_code, short.json()["reason"]) == (409, "SHORT_SALE")
    unknown = await http.post(f"{path}/transactions/txn_none:restore")
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "TRANSACTION_NOT_FOUND")

    told = [each for each in await audited(AwsClients(), portfolio_id, datetime.now(UTC)) if "was" in each["detail"]]
    assert [each["action"] for each in told] == [f"transaction.{what}" for what in ("reversed", "restored", "reversed")]
    for each in told:
        (was,) = each["detail"]["was"]
        assert (
            was["id"],
            was["type"],
            was["symbol"],
            was["quantity"],
            was["price"],
            was["currency"],
            was["gross"],
        ) == (*(sold["id"], "sell", "AAPL", "4", "120", "USD", "480"),)

    history = (await http.get(f"{path}/history")).json()["items"]
    assert [(write["version"], write["action"]) for write in history] == [
        (6, "transactions.recorded"),
        (5, "transaction.reversed"),
        (4, "transaction.restored"),
        (3, "transaction.reversed"),
        (2, "transactions.recorded"),
        (1, "portfolio.created"),
    ]
    assert all(write["actor"].startswith("usr_test_what_was_taken_back") for write in history)
    was = history[1]["transactions"][0]
    assert (was["type"], was["symbol"], was["date"], was["quantity"]) == ("sell", "AAPL", "2024-02-01", "4")
    assert [entry["id"] for entry in history[4]["transactions"]] == [buy["id"], sold["id"]]
    page = (await http.get(f"{path}/history", params={"page_size": 4})).json()
    rest = (await http.get(f"{path}/history", params={"page_token": page["next_page_token"]})).json()
    assert [write["version"] for write in rest["items"]] == [2, 1]


async def test_grpc_knows_the_same_kinds(stock: Process[Settings], http: httpx.AsyncClient) -> None:
    portfolio_id, first, second = await two_accounts(http)
    day = date_pb2.Date(year=2024, month=1, day=2)
    token = KEYS.token((await http.get(f"/portfolios/{portfolio_id}/history")).json()["items"][0]["actor"], SCOPES)
    async with open_channel(f"127.0.0.1:{stock.grpc_port}", stock.runtime.identity, None) as channel:
        stub = pb_grpc.PortfolioServiceStub(channel)
        request = pb.RecordTransactionsRequest(
            portfolio_id=portfolio_id,
            idempotency_key="one",
            items=[
                pb.NewTransaction(
                    date=day,
                    type=pb.TRANSACTION_TYPE_OPENING,
                    symbol="AAPL",
                    quantity="3",
                    cost_basis="30",
                    acquired=date_pb2.Date(year=2020, month=5, day=4),
                ),
                pb.NewTransaction(
                    date=day, type=pb.TRANSACTION_TYPE_TRANSFER_OUT, symbol="AAPL", quantity="1", to_account_id=second
                ),
                pb.NewTransaction(
                    date=day, type=pb.TRANSACTION_TYPE_MERGER, symbol="AAPL", new_symbol="SBUX", ratio="1"
                ),
            ],
        )
        answer = await stub.RecordTransactions(request, metadata=(("authorization", f"Bearer {token}"),))
    opening, moved, merged = answer.items
    assert (opening.acquired.year, opening.cost_basis, moved.to_account_id) == (2020, "30", second)
    assert (merged.type, merged.new_symbol, merged.account_id) == (pb.TRANSACTION_TYPE_MERGER, "SBUX", "")
    [holding] = (await http.get(f"/portfolios/{portfolio_id}/holdings")).json()["items"]
    assert {(lot["account_id"], lot["date"], lot["quantity"]) for lot in holding["lots"]} == {
        (first, "2020-05-04", "2"),
        (second, "2020-05-04", "1"),
    }
