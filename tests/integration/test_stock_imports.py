"""Files of brokers over real sockets: dry run, booking, the same file again, undo, and the way out and back in."""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import pytest_asyncio
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.process import Process, running
from stocktool_stock.settings import Settings

from tests.fakes.audit import audited
from tests.fakes.market_server import MarketServer
from tests.fakes.stock_process import a_portfolio, record, stock_settings, trusting, user_of

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one process for all: users keep apart what they write

DATA = Path(__file__).parents[1] / "data" / "imports"
Json = dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stock(emulator: EmulatedAws, market: MarketServer) -> AsyncIterator[Process[Settings]]:
    async with running(stock_settings(market, emulator), trusting()) as process:
        yield process


@pytest_asyncio.fixture(loop_scope="module")
async def http(stock: Process[Settings], request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    async with user_of(stock, f"usr_{request.node.name}"[:60]) as opened:
        yield opened


async def send(
    http: httpx.AsyncClient, portfolio_id: str, content: bytes | str, *, key: str = "", **fields: Any
) -> httpx.Response:
    data = {name: json.dumps(value) if isinstance(value, dict) else str(value) for name, value in fields.items()}
    return await http.post(
        f"/portfolios/{portfolio_id}/imports",
        files={"file": ("history.csv", content.encode() if isinstance(content, str) else content)},
        data=data,
        headers={"idempotency-key": key} if key else {},
    )


async def version(http: httpx.AsyncClient, portfolio_id: str) -> int:
    return int((await http.get(f"/portfolios/{portfolio_id}")).json()["version"])


async def holdings(http: httpx.AsyncClient, portfolio_id: str) -> dict[str, tuple[str, str]]:
    body = (await http.get(f"/portfolios/{portfolio_id}/holdings")).json()
    return {item["symbol"]: (item["quantity"], item["cost_basis"]["amount"]) for item in body["items"]}


async def cash(http: httpx.AsyncClient, portfolio_id: str) -> list[Json]:
    found: list[Json] = (await http.get(f"/portfolios/{portfolio_id}/holdings")).json()["cash"]
    return found


FIDELITY = "\n".join(
    [
        "Run Date,Action,Symbol,Description,Type,Quantity,Price ($),Commission ($),Fees ($),Amount ($),Settlement Date",
        "03/20/2024,YOU SOLD APPLE INC (AAPL) (Cash),AAPL,APPLE INC,Cash,-4,180,,0.02,719.98,03/22/2024",
        "03/18/2024,DIVIDEND RECEIVED JPMORGAN CHASE (JPM) (Cash),JPM,JPMORGAN,Cash,,,,,4.2,",
        "03/15/2024,YOU BOUGHT JPMORGAN CHASE (JPM) (Cash),JPM,JPMORGAN,Cash,4,190,,,-760,03/19/2024",
        "03/14/2024,YOU BOUGHT APPLE INC (AAPL) (Cash),AAPL,APPLE INC,Cash,10,172.5,4.95,,-1729.95,03/18/2024",
        "03/11/2024,Electronic Funds Transfer Received (Cash),,No Description,Cash,0,,,,6000,",
        "",
    ]
)


async def test_a_file_is_looked_at_booked_once_and_taken_back(http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    looked = await send(http, portfolio_id, FIDELITY, dry_run="true")
    assert looked.status_code == 200, looked.text
    body = looked.json()
    assert (body["preset"], body["format"], body["encoding"], body["id"]) == ("fidelity", "csv", "utf-8", None)
    assert body["counts"] == {"new": 5, "duplicate": 0, "error": 0, "skipped": 0}
    assert [row["row"] for row in body["rows"]] == [2, 3, 4, 5, 6]
    sale = body["rows"][0]["books"]
    assert {name: sale[name] for name in ("type", "date", "symbol", "quantity", "price", "fee")} == {
        "type": "sell",
        "date": "2024-03-20",
        "symbol": "AAPL",
        "quantity": "4",
        "price": "180",
        "fee": "0.02",
    }
    assert await version(http, portfolio_id) == 1

    booked = await send(http, portfolio_id, FIDELITY)
    assert booked.status_code == 201, booked.text
    body = booked.json()
    assert (body["count"], body["skipped_duplicates"], body["version"]) == (5, 0, 2)
    # 10 x 172.50 + 4.95 for ten shares, six of which are left: 1,037.97.
    expected = {"AAPL": ("6", "1037.97"), "JPM": ("4", "760.00")}
    assert await holdings(http, portfolio_id) == expected
    # 6,000 - 1,729.95 - 760 + 4.20 + 719.98
    assert await cash(http, portfolio_id) == [{"amount": "4234.23", "currency": "USD"}]

    again = await send(http, portfolio_id, FIDELITY)
    assert (again.status_code, again.json()["count"], again.json()["skipped_duplicates"]) == (200, 0, 5)
    assert await version(http, portfolio_id) == 2
    longer = FIDELITY + "03/21/2024,YOU BOUGHT JPMORGAN CHASE (JPM) (Cash),JPM,JPM,Cash,4,190,,,-760,03/19/2024\n"
    overlapping = await send(http, portfolio_id, longer)
    assert (overlapping.status_code, overlapping.json()["count"]) == (201, 1)
    assert (await holdings(http, portfolio_id))["JPM"] == ("8", "1520.00")

    for found in (overlapping, booked):
        undone = await http.delete(f"/portfolios/{portfolio_id}/imports/{found.json()['id']}")
        assert undone.status_code == 204, undone.text
    assert await holdings(http, portfolio_id) == {}
    gone = [
        row for row in await audited(AwsClients(), portfolio_id, datetime.now(UTC)) if row["action"] == "import.undone"
    ]
    assert [(row["detail"]["count"], row["detail"]["import"]) for row in gone] == [
        (found.json()["count"], found.json()["id"]) for found in (overlapping, booked)
    ]
    (bought,) = gone[0]["detail"]["was"]
    assert [bought[name] for name in ("type", "day", "symbol", "quantity", "price")] == [
        *("buy", "2024-03-21", "JPM", "4", "190")
    ]
    assert len(gone[1]["detail"]["was"]) == 5
    assert (await send(http, portfolio_id, FIDELITY)).json()["count"] == 5
    assert await holdings(http, portfolio_id) == expected


async def test_one_row_that_cannot_be_booked_stops_all(http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    text = (
        "date,type,symbol,quantity,price,currency\n"
        "2024-03-14,buy,AAPL,10,172.5,USD\n2024-03-15,sell,AAPL,11,180,USD\n"
        "2024-03-16,buy,JPM,x,190,USD\n2030-01-01,buy,JPM,1,190,USD\n2024-03-18,buy,JPM,1,190,XXY\n"
        "2024-03-19,gift,JPM,1,190,USD\n"
    )
    refused = await send(http, portfolio_id, text)
    assert (refused.status_code, refused.json()["reason"]) == (422, "IMPORT_REFUSED")
    pointers = {error["pointer"] for error in refused.json()["errors"]}
    assert pointers == {"/rows/3/quantity", "/rows/4/quantity", "/rows/5/date", "/rows/6/symbol"}
    assert "1 short" in refused.text
    assert await version(http, portfolio_id) == 1

    looked = (await send(http, portfolio_id, text, dry_run="true")).json()
    assert looked["counts"] == {"new": 1, "duplicate": 0, "error": 4, "skipped": 1}
    left_out = await send(http, portfolio_id, text, skip_rows="3,4,5,6")
    assert (left_out.status_code, left_out.json()["count"]) == (201, 1)


async def test_symbols_that_are_not_known_are_asked_about_with_candidates(http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    text = (
        "date,type,symbol,name,quantity,price,currency\n"
        "2024-03-14,buy,037833100,Apple,10,172.5,USD\n2024-03-15,buy,BRK B,Berkshire,1,400,USD\n"
        "2024-03-15,buy,JPM,JPMorgan,1,190,GBP\n"
    )
    looked = (await send(http, portfolio_id, text, dry_run="true")).json()
    unresolved = {one["text"]: one for one in looked["unresolved"]}
    assert "037833100" in unresolved
    assert "AAPL" in [one["symbol"] for one in unresolved["037833100"]["candidates"]]
    # The same letters in pounds are another share.
    assert "JPM" in unresolved
    assert (await send(http, portfolio_id, text)).status_code == 422
    told = await send(
        http, portfolio_id, text, symbols={"037833100": "AAPL", "JPM": "JPM", "BRK B": "MSFT"}, key="once"
    )
    assert (told.status_code, told.json()["count"]) == (201, 3), told.text
    repeated = await send(
        http, portfolio_id, text, symbols={"037833100": "AAPL", "JPM": "JPM", "BRK B": "MSFT"}, key="once"
    )
    assert repeated.json()["id"] == told.json()["id"]
    other = await send(http, portfolio_id, text, key="once")
    assert (other.status_code, other.json()["reason"]) in {(409, "IDEMPOTENCY_KEY_REUSED"), (200, None)}


async def test_a_statement_in_ofx_and_a_split_that_is_booked_already(http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    await record(http, portfolio_id, {"date": "2024-03-25", "type": "split", "symbol": "AAPL", "ratio": "2"})
    body = (await send(http, portfolio_id, (DATA / "statement.ofx").read_bytes(), dry_run="true")).json()
    assert (body["format"], body["counts"]) == ("ofx", {"new": 7, "duplicate": 1, "error": 0, "skipped": 1})
    assert body["warnings"] == ["account 'U100' of the file is booked in 'Main'"]
    booked = await send(http, portfolio_id, (DATA / "statement.ofx").read_bytes())
    assert (booked.status_code, booked.json()["count"]) == (201, 7), booked.text
    # 10 - 4 + 0.1, doubled.
    assert (await holdings(http, portfolio_id))["AAPL"][0] == "12.2"


@pytest.mark.parametrize("export_format", ["csv", "json"])
async def test_an_export_comes_back_to_the_same_holdings(http: httpx.AsyncClient, export_format: str) -> None:
    accounts = [{"name": "Main", "currency": "USD"}, {"name": "=cmd|' /C calc'!A0", "currency": "EUR"}]
    portfolio_id = await a_portfolio(http, name='Möbel "2024"/x', accounts=accounts)
    made = (await http.get(f"/portfolios/{portfolio_id}")).json()["accounts"]
    await record(
        http,
        portfolio_id,
        {"date": "2020-01-02", "type": "deposit", "amount": "10000", "note": '=HYPERLINK("http://x")'},
        {"date": "2020-01-03", "type": "buy", "symbol": "AAPL", "quantity": "10.5", "price": "297.43", "fee": "1.25"},
        {"date": "2020-02-07", "type": "dividend", "symbol": "AAPL", "amount": "8.09", "tax": "1.21"},
        {"date": "2020-08-31", "type": "split", "symbol": "AAPL", "ratio": "4"},
        {"date": "2021-03-01", "type": "sell", "symbol": "AAPL", "quantity": "2.5", "price": "127.79"},
        {
            "date": "2021-03-02",
            "type": "buy",
            "symbol": "JPM",
            "quantity": "3",
            "amount": "450.01",
            "account_id": made[1]["id"],
            "currency": "USD",
        },
    )
    answer = await http.get(f"/portfolios/{portfolio_id}/export", params={"format": export_format})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="M-bel-2024-x.{export_format}"'
    if export_format == "csv":
        rows = list(csv.DictReader(StringIO(answer.text)))
        assert rows[0]["note"] == '\'=HYPERLINK("http://x")'
        assert rows[-1]["account"].startswith("'=")
    else:
        assert [one["name"] for one in answer.json()["accounts"]] == [one["name"] for one in accounts]
    same = await send(http, portfolio_id, answer.content)
    assert (same.status_code, same.json()["count"]) == (200, 0), same.text

    other = await a_portfolio(http, name="Other", accounts=accounts)
    back = await send(http, other, answer.content)
    assert (back.status_code, back.json()["count"], back.json()["preset"]) == (201, 6, "stocktool"), back.text
    assert await holdings(http, other) == await holdings(http, portfolio_id)
    assert await cash(http, other) == await cash(http, portfolio_id)
    assert (await send(http, other, answer.content)).json()["count"] == 0


async def test_what_is_no_file_of_a_broker_is_refused(stock: Process[Settings], http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    for content, says in (
        (b"", "is empty"),
        (b"PK\x03\x04\x00\x00\x00\x00\x00\x00", "is no text"),
        (b"a,b\n1,2\n", "map columns"),
        (b"<OFX>", "no statement"),
        (b"{" * 5000, "no valid JSON"),
        (b"date,type,quantity\n" + b"x" * 20_000 + b",buy,1\n", "line 2 has a cell"),
        (FIDELITY.split("\n", maxsplit=1)[0].encode(), "no rows"),
    ):
        answer = await send(http, portfolio_id, content)
        assert (answer.status_code, answer.json()["reason"]) == (422, "UNREADABLE_FILE"), content[:40]
        assert says in answer.text, content[:40]
    for field, value in (("symbols", "[]"), ("mapping", "{}"), ("time_zone", "Mars"), ("skip_rows", "a")):
        answer = await send(http, portfolio_id, FIDELITY, **{field: value})
        assert answer.status_code == 422, field
        assert field in answer.json()["errors"][0]["pointer"]
    async with user_of(stock, "usr_stranger") as stranger:
        for answer in (
            await send(stranger, portfolio_id, FIDELITY),
            await send(stranger, portfolio_id, FIDELITY, dry_run="true"),
            await stranger.get(f"/portfolios/{portfolio_id}/export"),
        ):
            assert (answer.status_code, answer.json()["reason"]) == (404, "PORTFOLIO_NOT_FOUND")


async def test_presets_are_listed_with_their_templates(http: httpx.AsyncClient) -> None:
    presets = {one["name"]: one for one in (await http.get("/imports/presets")).json()["items"]}
    assert {"ibkr", "schwab", "fidelity", "trading212", "ghostfolio", "portfolio-performance"} <= presets.keys()
    assert presets["schwab"]["template"].startswith('"Date"')


async def test_a_mapping_is_kept_and_read_by(stock: Process[Settings], http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    columns = {
        "Handelstag": "date",
        "Vorgang": "type",
        "Kennung": "symbol",
        "Stückzahl": "quantity",
        "Kurs": "price",
        "Entgelt": "fee",
        "Währung": "currency",
    }
    body = {
        "mapping": {"columns": columns, "types": {"Order Kauf": "buy", "Order Verkauf": "sell", "Umschichtung": ""}},
        "symbols": {"AAPL": "AAPL"},
    }
    wrong = await http.put("/imports/mappings/Mine", json={"mapping": {"columns": {"Handelstag": "day"}}})
    assert wrong.status_code == 422
    kept = await http.put("/imports/mappings/Mine", json=body)
    assert (kept.status_code, kept.json()["version"]) == (200, 1), kept.text
    assert [one["name"] for one in (await http.get("/imports/mappings")).json()["items"]] == ["Mine"]
    assert (await http.get("/imports/mappings/Mine")).json() == kept.json()
    file = (DATA / "generic-de.csv").read_bytes()
    looked = (await send(http, portfolio_id, file, saved_mapping="Mine", dry_run="true")).json()
    assert looked["counts"] == {"new": 2, "duplicate": 0, "error": 0, "skipped": 1}
    async with user_of(stock, "usr_stranger") as stranger:
        assert (await stranger.get("/imports/mappings/Mine")).status_code == 404
    assert (await http.delete("/imports/mappings/Mine")).status_code == 204
    assert (await send(http, portfolio_id, file, saved_mapping="Mine")).json()["reason"] == "IMPORT_MAPPING_NOT_FOUND"
