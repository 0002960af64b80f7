"""Each kind of write sent twice at once under one key, to two processes over real sockets: both are answered alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import httpx
import pytest
import pytest_asyncio
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.table import Table
from stocktool_kit.core.ids import new_id
from stocktool_kit.process import Process, running
from stocktool_stock.settings import Settings

from tests.factories.alerts import ABOVE_240
from tests.fakes.market_server import MarketServer
from tests.fakes.stock_process import a_portfolio, apple, record, stock_settings, trusting, user_of

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

Json = dict[str, Any]
pytestmark = pytest.mark.asyncio(loop_scope="module")  # processes for all: users keep apart what they write

SALE = {"date": "2024-02-01", "type": "sell", "symbol": "AAPL", "quantity": "10", "price": "120"}
HOUSE = {"symbol": "custom:house", "name": "House", "currency": "USD"}
TARGETS = {"weights": {"AAPL": 0.5, "cash": 0.5}}
CSV = b"date,type,symbol,quantity,price,currency\n2024-01-02,buy,AAPL,10,100,USD\n"
MAIL = {"email": True, "email_address": "me@example.com"}


@dataclass(frozen=True)
class Write:
    """A request that changes something."""

    method: str
    path: str
    more: Json = field(default_factory=dict)

    async def send(self, http: httpx.AsyncClient) -> httpx.Response:
        return await http.request(self.method, self.path, headers={"idempotency-key": "twice"}, **self.more)


Given: TypeAlias = Callable[[httpx.AsyncClient], Awaitable[Write]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pods(emulator: EmulatedAws, market: MarketServer) -> AsyncIterator[list[Process[Settings]]]:
    settings = [stock_settings(market, emulator) for _ in range(2)]
    async with running(settings[0], trusting()) as one, running(settings[1], trusting()) as other:
        yield [one, other]


async def created(http: httpx.AsyncClient, path: str, body: Json) -> str:
    answer = await http.post(path, json=body)
    assert answer.status_code in {201, 202}, answer.text
    return f"{path}/{answer.json().get('id', '')}"


async def held(http: httpx.AsyncClient) -> tuple[str, str]:
    """The paths of a portfolio and of its one entry, ten shares bought."""
    portfolio_id = await a_portfolio(http)
    [entry] = await record(http, portfolio_id, apple("10", "100", "2024-01-02"))
    return f"/portfolios/{portfolio_id}", f"/portfolios/{portfolio_id}/transactions/{entry['id']}"


async def creating_a_portfolio(_: httpx.AsyncClient) -> Write:
    return Write("POST", "/portfolios", {"json": {"name": "P", "base_currency": "USD"}})


async def changing_a_portfolio(http: httpx.AsyncClient) -> Write:
    path, _ = await held(http)
    return Write("PATCH", path, {"json": {"name": "Q", "version": 2}})


async def deleting_a_portfolio(http: httpx.AsyncClient) -> Write:
    return Write("DELETE", (await held(http))[0])


async def selling_all(http: httpx.AsyncClient) -> Write:
    path, _ = await held(http)
    return Write("POST", f"{path}/transactions", {"json": SALE})


async def taking_an_entry_back(http: httpx.AsyncClient) -> Write:
    return Write("DELETE", (await held(http))[1])


async def restoring_an_entry(http: httpx.AsyncClient) -> Write:
    _, entry = await held(http)
    assert (await http.delete(entry)).status_code == 204
    return Write("POST", f"{entry}:restore")


async def importing_a_file(http: httpx.AsyncClient) -> Write:
    path = f"/portfolios/{await a_portfolio(http)}/imports"
    return Write("POST", path, {"files": {"file": ("f.csv", CSV)}})


async def importing_an_own_instrument(http: httpx.AsyncClient) -> Write:
    source, target = await a_portfolio(http), await a_portfolio(http)
    await created(http, f"/portfolios/{source}/instruments", HOUSE)
    await record(http, source, apple("1", "100", "2024-01-02") | {"symbol": HOUSE["symbol"]})
    export = await http.get(f"/portfolios/{source}/export", params={"format": "json"})
    assert export.status_code == 200, export.text
    return Write("POST", f"/portfolios/{target}/imports", {"files": {"file": ("f.json", export.content)}})


async def undoing_an_import(http: httpx.AsyncClient) -> Write:
    path = f"/portfolios/{await a_portfolio(http)}/imports"
    made = await http.post(path, files={"file": ("f.csv", CSV)})
    assert made.status_code == 201, made.text
    return Write("DELETE", f"{path}/{made.json()['id']}")


async def making_an_instrument(http: httpx.AsyncClient) -> Write:
    return Write("POST", f"/portfolios/{await a_portfolio(http)}/instruments", {"json": HOUSE})


async def an_instrument(http: httpx.AsyncClient) -> str:
    path = f"/portfolios/{await a_portfolio(http)}/instruments"
    await created(http, path, HOUSE)
    return f"{path}/{HOUSE['symbol']}"


async def changing_an_instrument(http: httpx.AsyncClient) -> Write:
    return Write("PATCH", await an_instrument(http), {"json": {"name": "Home"}})


async def deleting_an_instrument(http: httpx.AsyncClient) -> Write:
    return Write("DELETE", await an_instrument(http))


async def pricing_an_instrument(http: httpx.AsyncClient) -> Write:
    prices = [{"date": "2024-01-02", "price": "5"}]
    return Write("PUT", f"{await an_instrument(http)}/prices", {"json": {"prices": prices}})


async def removing_prices(http: httpx.AsyncClient) -> Write:
    write = await pricing_an_instrument(http)
    assert (await http.put(write.path, **write.more)).status_code == 200
    return Write("DELETE", write.path)


async def setting_targets(http: httpx.AsyncClient) -> Write:
    return Write("PUT", f"/portfolios/{await a_portfolio(http)}/targets", {"json": TARGETS | {"version": 0}})


async def deleting_targets(http: httpx.AsyncClient) -> Write:
    path = f"/portfolios/{await a_portfolio(http)}/targets"
    assert (await http.put(path, json=TARGETS)).status_code == 200
    return Write("DELETE", path)


async def setting_thresholds(http: httpx.AsyncClient) -> Write:
    body = {"thresholds": {"single_holding": 0.3}, "version": 0}
    return Write("PUT", f"/portfolios/{await a_portfolio(http)}/xray/thresholds", {"json": body})


async def deleting_thresholds(http: httpx.AsyncClient) -> Write:
    write = await setting_thresholds(http)
    assert (await http.put(write.path, **write.more)).status_code == 200
    return Write("DELETE", write.path)


async def storing_a_what_if(http: httpx.AsyncClient) -> Write:
    path, _ = await held(http)
    body = {"name": "F", "trades": [{"type": "sell", "symbol": "AAPL", "quantity": "5"}]}
    return Write("POST", f"{path}/what-if:store", {"json": body})


async def making_a_watchlist(http: httpx.AsyncClient) -> Write:
    for number in range(19):  # of twenty
        await created(http, "/watchlists", {"name": f"L{number}"})
    return Write("POST", "/watchlists", {"json": {"name": "L", "symbols": ["AAPL"]}})


async def changing_a_watchlist(http: httpx.AsyncClient) -> Write:
    path = await created(http, "/watchlists", {"name": "L"})
    return Write("PATCH", path, {"json": {"symbols": ["AAPL"], "version": 1}})


async def deleting_a_watchlist(http: httpx.AsyncClient) -> Write:
    return Write("DELETE", await created(http, "/watchlists", {"name": "L"}))


async def making_an_alert(_: httpx.AsyncClient) -> Write:
    return Write("POST", "/alerts", {"json": {"rule": ABOVE_240}})


async def changing_an_alert(http: httpx.AsyncClient) -> Write:
    path = await created(http, "/alerts", {"rule": ABOVE_240})
    return Write("PATCH", path, {"json": {"name": "B", "version": 1}})


async def snoozing_an_alert(http: httpx.AsyncClient) -> Write:
    path = await created(http, "/alerts", {"rule": ABOVE_240})
    return Write("POST", f"{path}:snooze", {"json": {"until": None}})


async def deleting_an_alert(http: httpx.AsyncClient) -> Write:
    return Write("DELETE", await created(http, "/alerts", {"rule": ABOVE_240}))


async def setting_notifications(_: httpx.AsyncClient) -> Write:
    return Write("PUT", "/notification-settings", {"json": MAIL})


async def confirming_an_address(http: httpx.AsyncClient) -> Write:
    assert (await http.put("/notification-settings", json=MAIL)).status_code == 200
    history = (await http.get(f"/portfolios/{await a_portfolio(http)}/history")).json()
    key = {"pk": f"U#{history['items'][0]['actor']}", "sk": "settings#notifications"}
    row = await Table(AwsClients(), "stocktool-portfolios").get(key)
    assert row is not None
    return Write("POST", "/notification-settings:confirm", {"json": {"code": row["email"]["code"]}})


async def trying_notifications_out(_: httpx.AsyncClient) -> Write:
    return Write("POST", "/notification-settings:test")


async def starting_the_last_analysis(http: httpx.AsyncClient) -> Write:
    path = f"/portfolios/{await a_portfolio(http)}/analyses"
    for _ in range(19):  # of twenty
        await created(http, path, {"kind": "portfolio"})
    return Write("POST", path, {"json": {"kind": "portfolio"}})


async def cancelling_an_analysis(http: httpx.AsyncClient) -> Write:
    made = await created(http, f"/portfolios/{await a_portfolio(http)}/analyses", {"kind": "portfolio"})
    return Write("POST", f"/analyses/{made.rsplit('/', 1)[-1]}:cancel")


async def keeping_a_mapping(_: httpx.AsyncClient) -> Write:
    return Write("PUT", "/imports/mappings/mine", {"json": {"symbols": {"Apple": "AAPL"}}})


async def deleting_a_mapping(http: httpx.AsyncClient) -> Write:
    write = await keeping_a_mapping(http)
    assert (await http.put(write.path, **write.more)).status_code == 200
    return Write("DELETE", write.path)


WRITES: list[Given] = [
    creating_a_portfolio,
    changing_a_portfolio,
    deleting_a_portfolio,
    selling_all,
    taking_an_entry_back,
    restoring_an_entry,
    importing_a_file,
    importing_an_own_instrument,
    undoing_an_import,
    making_an_instrument,
    changing_an_instrument,
    deleting_an_instrument,
    pricing_an_instrument,
    removing_prices,
    setting_targets,
    deleting_targets,
    setting_thresholds,
    deleting_thresholds,
    storing_a_what_if,
    making_a_watchlist,
    changing_a_watchlist,
    deleting_a_watchlist,
    making_an_alert,
    changing_an_alert,
    snoozing_an_alert,
    deleting_an_alert,
    setting_notifications,
    confirming_an_address,
    trying_notifications_out,
    starting_the_last_analysis,
    cancelling_an_analysis,
    keeping_a_mapping,
    deleting_a_mapping,
]


@pytest.mark.parametrize("given", WRITES, ids=lambda given: given.__name__)
async def test_a_write_sent_twice_at_once_is_answered_twice_the_same(
    pods: list[Process[Settings]], given: Given
) -> None:
    user = new_id("usr")
    async with user_of(pods[0], user) as one, user_of(pods[1], user) as other:
        write = await given(one)
        first, second = await asyncio.gather(write.send(one), write.send(other))
        again = await write.send(other)
    assert first.is_success, first.text
    told = [(answer.status_code, answer.text) for answer in (first, second, again)]
    assert told == [told[0]] * 3
