"""The live socket, the inbox behind it and live quotes, over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from stocktool.common.v1 import push_service_pb2 as push_pb
from stocktool.common.v1 import push_service_pb2_grpc as push_grpc
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.table import Table
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.core.ids import OwnerId, new_ulid
from stocktool_kit.process import Process
from stocktool_stock.adapters.dynamodb_inbox import DynamoDBInbox
from stocktool_stock.domain.notifications import Notification
from stocktool_stock.settings import Settings
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.fakes.market_process import KEYS, empty_the_cache, stock_process
from tests.fakes.market_server import DEMO_NOW, MarketServer, market_server

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

SCOPE = "market.read portfolio.read"
SOON = 60.0


@pytest.fixture
async def stock(emulator: EmulatedAws, market: MarketServer) -> AsyncIterator[Process[Settings]]:
    await empty_the_cache()
    async with stock_process(market) as process:
        yield process


@pytest.fixture
def user() -> str:
    return f"usr_{new_ulid()}"


def url(process: Process[Settings]) -> str:
    return f"ws://127.0.0.1:{process.http_port}/api/stock/v1/stream"


async def said(socket: ClientConnection, kind: str) -> dict[str, Any]:
    """The next message of a kind."""
    async with asyncio.timeout(SOON):
        while True:
            message: dict[str, Any] = json.loads(await socket.recv())
            if message["type"] == kind:
                return message


async def closed(socket: ClientConnection) -> tuple[int | None, str | None]:
    """Why the other side closed, whatever it said before."""
    async with asyncio.timeout(SOON):
        with suppress(ConnectionClosed):
            while True:
                await socket.recv()
    return socket.close_code, socket.close_reason


async def signed_in(socket: ClientConnection, user: str, **claims: object) -> None:
    await socket.send(json.dumps({"auth": KEYS.token(user, SCOPE, **claims)}))  # type: ignore[arg-type]
    await said(socket, "ready")


def a_notification(user: str, title: str = "Your portfolio analysis is ready") -> Notification:
    data = {"analysis_id": "ana_1", "state": "done"}
    return Notification(new_ulid(), OwnerId(user), "analysis", title, datetime.now(UTC), data=data)


async def test_subscribed_symbol_is_quoted_at_once_and_an_unknown_one_suggested(
    stock: Process[Settings], user: str
) -> None:
    async with connect(url(stock)) as socket:
        await signed_in(socket, user)
        await socket.send(json.dumps({"subscribe": ["AAPL", "AAPPL"]}))
        quote = await said(socket, "quote")
        error = await said(socket, "error")
    assert (quote["symbol"], quote["price"]["amount"]) == ("AAPL", "237.33")
    assert (error["symbol"], error["suggestions"][0]) == ("AAPPL", "AAPL")


async def test_price_that_moves_reaches_every_watcher(market: MarketServer, emulator: EmulatedAws, user: str) -> None:
    await empty_the_cache()
    before = "2024-11-27T22:00:00Z"
    market.set_clock(before)
    async with stock_process(market) as stock, connect(url(stock)) as one, connect(url(stock)) as two:
        for socket in (one, two):
            await signed_in(socket, user)
            await socket.send(json.dumps({"subscribe": ["AAPL"]}))
            assert (await said(socket, "quote"))["price"]["amount"] == "234.93"
        market.set_clock(DEMO_NOW)
        for socket in (one, two):
            while (quote := await said(socket, "quote"))["price"]["amount"] == "234.93":
                pass
            assert quote["price"]["amount"] == "237.33"


async def test_replay_ticks_when_a_past_session_closes(emulator: EmulatedAws, user: str) -> None:
    await empty_the_cache()
    # One real second is a minute of the market's, from a minute before the close of 2024-11-26.
    replay = f"2024-11-26T20:59:00Z from {datetime.now(UTC).isoformat().replace('+00:00', 'Z')} x60"
    with market_server(replay) as market:
        async with stock_process(market, now=replay, moving=None) as stock, connect(url(stock)) as socket:
            await signed_in(socket, user)
            await socket.send(json.dumps({"subscribe": ["AAPL"]}))
            quotes = [await said(socket, "quote")]
            while quotes[-1]["price"]["amount"] != "235.06":  # the file's close of that day
                quotes.append(await said(socket, "quote"))
    assert quotes[-1]["source"] == "demo data, replay"
    assert quotes[-1]["as_of"] == "2024-11-26T21:00:00.000000Z"


async def test_unsubscribed_symbol_is_heard_no_more(market: MarketServer, emulator: EmulatedAws, user: str) -> None:
    await empty_the_cache()
    before = "2024-11-27T22:00:00Z"
    market.set_clock(before)
    async with stock_process(market) as stock, connect(url(stock)) as socket:
        await signed_in(socket, user)
        await socket.send(json.dumps({"subscribe": ["AAPL", "JPM"]}))
        await socket.send(json.dumps({"unsubscribe": ["AAPL"]}))
        await socket.send(json.dumps({"subscribe": ["SPY"]}))
        while (await said(socket, "quote"))["symbol"] != "SPY":
            pass
        market.set_clock(DEMO_NOW)
        heard = [(await said(socket, "quote"))["symbol"] for _ in range(2)]
    assert "AAPL" not in heard


@pytest.mark.parametrize("first", ["{}", "no json", '{"subscribe": ["AAPL"]}', '{"auth": 5}', '{"auth": "a.b.c"}'])
async def test_first_message_must_sign_in(stock: Process[Settings], first: str) -> None:
    async with connect(url(stock)) as socket:
        await socket.send(first)
        code, reason = await closed(socket)
    assert code == 4401
    assert reason


async def test_token_without_the_scope_is_refused(stock: Process[Settings], user: str) -> None:
    async with connect(url(stock)) as socket:
        await socket.send(json.dumps({"auth": KEYS.token(user, "chat.read")}))
        assert (await closed(socket))[0] == 4403


async def test_socket_ends_with_its_token_unless_renewed(stock: Process[Settings], user: str) -> None:
    short = timedelta(seconds=-3)  # the verifier's leeway of five seconds leaves it two
    async with connect(url(stock)) as lapsing, connect(url(stock)) as renewed:
        for socket in (lapsing, renewed):
            await socket.send(json.dumps({"auth": KEYS.token(user, SCOPE, lifetime=short)}))
            await said(socket, "ready")
        await renewed.send(json.dumps({"auth": KEYS.token(user, SCOPE)}))
        code, reason = await closed(lapsing)
        assert (code, "expired" in reason) == (4401, True)
        await renewed.send(json.dumps({"subscribe": ["AAPL"]}))
        assert (await said(renewed, "quote"))["symbol"] == "AAPL"


async def test_renewing_as_somebody_else_is_refused(stock: Process[Settings], user: str) -> None:
    async with connect(url(stock)) as socket:
        await signed_in(socket, user)
        await socket.send(json.dumps({"auth": KEYS.token("usr_other", SCOPE)}))
        assert (await closed(socket))[0] == 4403


@pytest.mark.parametrize("message", ["[]", "no json", "{}", '{"subscribe": "AAPL"}', '{"subscribe": ["A B"]}'])
async def test_message_that_cannot_be_read_is_answered_and_changes_nothing(
    stock: Process[Settings], user: str, message: str
) -> None:
    async with connect(url(stock)) as socket:
        await signed_in(socket, user)
        await socket.send(message)
        assert (await said(socket, "error"))["problem"]["status"] == 422
        await socket.send(json.dumps({"subscribe": ["JPM"]}))
        assert (await said(socket, "quote"))["symbol"] == "JPM"


async def test_hints_reach_their_user_alone(stock: Process[Settings], user: str) -> None:
    stub = push_grpc.PushServiceStub(stock.runtime.channel(f"127.0.0.1:{stock.grpc_port}"))
    async with connect(url(stock)) as mine, connect(url(stock)) as other:
        await signed_in(mine, user)
        await signed_in(other, "usr_other")
        event = push_pb.PushEvent(subject=user, type="document", payload=b'{"state": "ready"}', id="doc_1")
        last = push_pb.PushEvent(subject="usr_other", type="document", payload=b'{"state": "failed"}', id="doc_2")
        await stub.Publish(push_pb.PublishRequest(events=[event, last]), timeout=SOON)
        assert await said(mine, "document") == {"type": "document", "state": "ready", "id": "doc_1"}
        assert (await said(other, "document"))["id"] == "doc_2"


async def test_revoked_session_ends_its_own_socket_only(stock: Process[Settings], user: str) -> None:
    stub = push_grpc.PushServiceStub(stock.runtime.channel(f"127.0.0.1:{stock.grpc_port}"))
    async with connect(url(stock)) as revoked, connect(url(stock)) as kept:
        await signed_in(revoked, user, sid="ses_1")
        await signed_in(kept, user, sid="ses_2")
        event = push_pb.PushEvent(subject=user, type="session.revoked", payload=b'{"session_id": "ses_1"}', id="ses_1")
        await stub.Publish(push_pb.PublishRequest(events=[event]), timeout=SOON)
        await said(revoked, "session.revoked")
        assert (await closed(revoked))[0] == 4401
        await kept.send(json.dumps({"subscribe": ["AAPL"]}))
        assert (await said(kept, "quote"))["symbol"] == "AAPL"


async def test_more_sockets_than_allowed_are_refused(stock: Process[Settings], user: str) -> None:
    sockets = [await connect(url(stock)) for _ in range(11)]
    try:
        for socket in sockets[:10]:
            await signed_in(socket, user)
        await sockets[10].send(json.dumps({"auth": KEYS.token(user, SCOPE)}))
        assert (await closed(sockets[10]))[0] == 4429
    finally:
        for socket in sockets:
            await socket.close()


async def test_socket_resumes_from_its_inbox_and_the_list_agrees(stock: Process[Settings], user: str) -> None:
    aws = AwsClients()
    inbox = DynamoDBInbox(Table(aws, "stocktool-portfolios"), SystemClock())
    rows = [a_notification(user, f"number {number}") for number in range(3)]
    for row in rows:
        await inbox.put(row)
    rows.sort(key=lambda row: row.id)
    aws.close()
    async with connect(url(stock)) as socket:
        await signed_in(socket, user)
        await socket.send(json.dumps({"resume_from": rows[0].id}))
        resumed = [await said(socket, "notification") for _ in range(2)]
    assert [message["id"] for message in resumed] == [row.id for row in rows[1:]]
    headers = {"authorization": f"Bearer {KEYS.token(user, SCOPE)}"}
    base = f"http://127.0.0.1:{stock.http_port}/api/stock/v1"
    async with httpx.AsyncClient(base_url=base, headers=headers) as http:
        first = (await http.get("/notifications", params={"page_size": 2})).json()
        rest = (await http.get("/notifications", params={"page_token": first["next_page_token"]})).json()
        read = await http.post(f"/notifications/{rows[0].id}:read")
        again = await http.post(f"/notifications/{rows[0].id}:read")
        unknown = await http.post(f"/notifications/{new_ulid()}:read")
        other = {"authorization": f"Bearer {KEYS.token('usr_other', SCOPE)}"}
        foreign = await http.post(f"/notifications/{rows[0].id}:read", headers=other)
    listed = [item["id"] for item in first["items"] + rest["items"]]
    assert listed == [row.id for row in reversed(rows)]
    assert read.json()["read"] is again.json()["read"] is True
    assert unknown.status_code == foreign.status_code == 404


async def test_draining_process_sends_its_sockets_away(market: MarketServer, emulator: EmulatedAws, user: str) -> None:
    async with stock_process(market) as stock:
        socket = await connect(url(stock))
        await signed_in(socket, user)
        stock.runtime.draining.set()
        assert await closed(socket) == (1012, "reconnect")
