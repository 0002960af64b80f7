"""A ledger of thousands of entries over real sockets: import, figures, one more entry, pages, undo."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.table import Key, Table
from stocktool_kit.process import Process, running
from stocktool_stock.settings import Settings

from tests.eventually import eventually
from tests.fakes.bundled import closes
from tests.fakes.market_server import MarketServer
from tests.fakes.stock_process import a_portfolio, record, stock_settings, trusting, user_of

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

ROWS = 5_000
SYMBOLS = ("AAPL", "JPM", "WMT", "XOM")


@pytest.fixture
async def stock(emulator: EmulatedAws, market: MarketServer) -> AsyncIterator[Process[Settings]]:
    async with running(stock_settings(market, emulator), trusting()) as process:
        yield process


def a_file() -> tuple[str, dict[str, int]]:
    """5,000 rows over eight years, five a day, and the shares of each symbol they leave."""
    lines, held = ["date,type,symbol,quantity,price,amount,fee"], dict.fromkeys(SYMBOLS, 0)
    for at in range(ROWS):
        on, symbol = date(2016, 1, 4) + timedelta(days=at // 5 * 3), SYMBOLS[at % 4]
        if at % 50 == 0:
            lines.append(f"{on},deposit,,,,5000,")
        elif at % 7 == 0 and held[symbol] >= 3:
            held[symbol] -= 3
            lines.append(f"{on},sell,{symbol},3,{50 + at % 90}.25,,1")
        else:
            held[symbol] += 2
            lines.append(f"{on},buy,{symbol},2,{40 + at % 90}.5,,1")
    return "\n".join(lines) + "\n", held


async def put(http: httpx.AsyncClient, portfolio_id: str, content: str) -> httpx.Response:
    files = {"file": ("history.csv", content.encode())}
    return await http.post(f"/portfolios/{portfolio_id}/imports", files=files, data={"preset": "generic"})


async def quantities(http: httpx.AsyncClient, portfolio_id: str) -> dict[str, int]:
    body: dict[str, Any] = (await http.get(f"/portfolios/{portfolio_id}/holdings")).json()
    return {item["symbol"]: int(item["quantity"]) for item in body["items"]}


async def test_thousands_of_entries_come_at_once_are_read_from_a_snapshot_and_go_at_once(
    stock: Process[Settings], emulator: EmulatedAws, market: MarketServer
) -> None:
    content, held = a_file()
    async with user_of(stock, "usr_large") as http:
        portfolio_id = await a_portfolio(http)
        made = await put(http, portfolio_id, content)
        assert made.status_code == 201, made.text
        assert (made.json()["count"], made.json()["version"]) == (ROWS, 2)
        assert await quantities(http, portfolio_id) == held

        again = await put(http, portfolio_id, content)
        assert (again.status_code, again.json()["skipped_duplicates"]) == (200, ROWS)

        clients = AwsClients()
        table = Table(clients, "stocktool-portfolios")
        here = Key("pk").eq(f"P#{portfolio_id}")

        async def snapshots() -> list[str]:
            return [item["sk"] async for item in table.query_all(here & Key("sk").begins_with("Y#"))]

        await eventually(snapshots)
        rows = [item["sk"] async for item in table.query_all(here, attributes=["sk"])]
        assert len(rows) < 20, "entries lie packed"
        clients.close()

        [recorded] = await record(
            http,
            portfolio_id,
            {"date": "2024-06-03", "type": "buy", "symbol": "AAPL", "quantity": "5", "price": "190"},
        )
        async with running(stock_settings(market, emulator), trusting()) as other, user_of(other, "usr_large") as fresh:
            assert await quantities(fresh, portfolio_id) == held | {"AAPL": held["AAPL"] + 5}
            body = (await fresh.get(f"/portfolios/{portfolio_id}/performance")).json()
            total = (await fresh.get(f"/portfolios/{portfolio_id}/holdings")).json()["total"]["amount"]
            assert body["value_end"]["amount"] == total
        prices = {symbol: closes(symbol)["2024-11-29"] for symbol in SYMBOLS}
        holdings = (await http.get(f"/portfolios/{portfolio_id}/holdings")).json()
        values = {item["symbol"]: Decimal(item["market_value"]["amount"]) for item in holdings["items"]}
        assert values["JPM"] == round(held["JPM"] * prices["JPM"], 2)

        page = await http.get(
            f"/portfolios/{portfolio_id}/transactions",
            params={"type": ["sell"], "symbol": "JPM", "start": "2020-01-01", "end": "2020-12-31", "page_size": 3},
        )
        items = page.json()["items"]
        assert {(item["type"], item["symbol"], item["date"][:4]) for item in items} == {("sell", "JPM", "2020")}
        assert len(items) == 3
        assert page.json()["next_page_token"]

        late = await record(
            http,
            portfolio_id,
            {"date": "2024-07-01", "type": "sell", "symbol": "AAPL", "quantity": "5", "price": "200"},
        )
        import_id = made.json()["id"]
        assert (await http.delete(f"/portfolios/{portfolio_id}/transactions/{recorded['id']}")).status_code == 204
        refused = await http.delete(f"/portfolios/{portfolio_id}/imports/{import_id}")
        assert (refused.status_code, refused.json()["reason"]) == (409, "SHORT_SALE")
        assert "5 short" in refused.json()["detail"]
        assert (await http.delete(f"/portfolios/{portfolio_id}/transactions/{late[0]['id']}")).status_code == 204
        assert (await http.delete(f"/portfolios/{portfolio_id}/imports/{import_id}")).status_code == 204
        assert await quantities(http, portfolio_id) == {}
        [batch] = (await http.get(f"/portfolios/{portfolio_id}/imports")).json()["items"]
        assert (batch["id"], batch["state"], batch["count"]) == (import_id, "undone", ROWS)
        gone = await http.delete(f"/portfolios/{portfolio_id}/imports/{import_id}")
        assert (gone.status_code, gone.json()["reason"]) == (404, "IMPORT_NOT_FOUND")
