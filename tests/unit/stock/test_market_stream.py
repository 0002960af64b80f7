"""One socket's session: what it may watch, and that it never waits for another one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from stocktool_kit.push.events import PushEvent
from stocktool_kit.push.hub import Hub
from stocktool_kit.testing.clock import FakeClock
from stocktool_kit.testing.process import TokenFactory
from stocktool_kit.tokens import TokenVerifier
from stocktool_stock.domain.quotes import QuoteBatch
from stocktool_stock.http.stream_session import StreamSession, StreamUses

from tests.factories.market import CLOSE_OF_THE_DEMO, a_quote


class Quotes:
    """Knows every symbol."""

    async def quotes(self, symbols: Sequence[str]) -> QuoteBatch:
        return QuoteBatch([a_quote(symbol) for symbol in symbols], [], CLOSE_OF_THE_DEMO)


class Browser:
    """One socket; while `reads` is not set, nothing is taken off it.

    Args:
        uses: What sockets share.
        direct: Its server can write a frame at once.
    """

    def __init__(self, uses: StreamUses, *, direct: bool = False) -> None:
        self.heard: list[dict[str, Any]] = []
        self.offered: list[bytes] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.asked = asyncio.Event()
        self.session = StreamSession(uses, self._send, self._offer if direct else None)

    def _offer(self, frame: bytes) -> bool:
        if self.reads.is_set():
            self.offered.append(frame)
            self.heard.append(json.loads(frame[2:]))  # short texts have two bytes before them
        return self.reads.is_set()

    async def _send(self, text: str) -> None:
        self.asked.set()
        await self.reads.wait()
        self.heard.append(json.loads(text))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.heard if message["type"] == kind]


class World:
    def __init__(self) -> None:
        clock = FakeClock()
        self.keys, self.hub = TokenFactory(clock), Hub()
        verifier = TokenVerifier(self.keys, clock, issuer="stocktool", audience="stocktool")
        quotes: Any = Quotes()
        nobody: Any = None
        self.uses = StreamUses(self.hub, quotes, nobody, verifier, clock, asyncio.Event())

    async def browser(self, user: str = "usr_1", *, direct: bool = False) -> Browser:
        browser = Browser(self.uses, direct=direct)
        await browser.session.open(json.dumps({"auth": self.keys.token(user, "market.read")}))
        return browser


def subscribe(first: int, count: int) -> str:
    return json.dumps({"subscribe": [f"S{number}" for number in range(first, first + count)]})


async def test_symbols_are_limited_over_all_sockets_of_a_user() -> None:
    world = World()
    browsers = [await world.browser() for _ in range(3)]
    for number, browser in enumerate(browsers[:2]):
        await browser.session.take(subscribe(number * 200, 200))
    await browsers[2].session.take(subscribe(400, 101))
    refused = browsers[2].of("error")
    assert refused[0]["problem"]["errors"][0]["pointer"] == "subscribe"
    await browsers[2].session.take(subscribe(400, 100))
    assert len(browsers[2].of("quote")) == 100
    other = await world.browser("usr_2")
    await other.session.take(subscribe(0, 200))
    assert len(other.of("quote")) == 200
    await browsers[0].session.take(json.dumps({"unsubscribe": ["S0", "S1", "S999"]}))
    await browsers[2].session.take(subscribe(500, 2))
    assert len(browsers[2].of("quote")) == 102
    for browser in (*browsers, other):
        browser.session.close()
    assert not world.uses.watched
    assert not world.uses.sockets


async def test_slow_socket_holds_nobody_back_and_hears_the_last_price_only() -> None:
    world = World()
    slow, quick = await world.browser("usr_slow"), await world.browser("usr_quick")
    for browser in (slow, quick):
        await browser.session.take(json.dumps({"subscribe": ["AAPL"]}))
        browser.heard.clear()
    writing = [asyncio.create_task(browser.session.write(30.0)) for browser in (slow, quick)]
    slow.reads.clear()
    for number in range(100):
        world.hub.publish(PushEvent("symbol:AAPL", "quote", {"n": number}, "AAPL"))
        async with asyncio.timeout(60):
            while len(quick.heard) <= number:  # noqa: ASYNC110 - what it waits for signals nothing
                await asyncio.sleep(0)
    slow.reads.set()
    async with asyncio.timeout(60):
        while not slow.heard or slow.heard[-1]["n"] != 99:  # noqa: ASYNC110
            await asyncio.sleep(0)
    for task in writing:
        task.cancel()
    await asyncio.gather(*writing, return_exceptions=True)
    assert [message["n"] for message in quick.heard] == list(range(100))
    assert [message["n"] for message in slow.heard] == [0, 99]
    assert quick.heard[5] == {"type": "quote", "id": "AAPL", "n": 5}
    slow.session.close()
    quick.session.close()


async def test_socket_that_never_reads_is_let_go() -> None:
    world = World()
    browser = await world.browser()
    browser.reads.clear()
    world.hub.publish(PushEvent("usr_1", "job", {"state": "done"}, "ana_1"))
    ended = await browser.session.write(0.01)
    assert ended.code == 4408
    browser.session.close()


def price(number: int, symbol: str = "AAPL") -> PushEvent:
    return PushEvent(f"symbol:{symbol}", "quote", {"n": number}, symbol)


async def test_price_is_written_at_once_and_the_same_bytes_serve_everybody() -> None:
    world = World()
    browsers = [await world.browser(f"usr_{number}", direct=True) for number in range(3)]
    for browser in browsers:
        await browser.session.take(json.dumps({"subscribe": ["AAPL"]}))
        browser.heard.clear()
    world.hub.publish(price(1))
    for browser in browsers:
        assert browser.heard == [{"type": "quote", "n": 1, "id": "AAPL"}]
        assert browser.offered[0] is browsers[0].offered[0]
        browser.session.close()
    world.hub.publish(price(2))
    assert all(len(browser.heard) == 1 for browser in browsers)


async def test_price_overtakes_neither_what_waits_nor_what_is_being_said() -> None:
    world = World()
    browser = await world.browser(direct=True)
    await browser.session.take(json.dumps({"subscribe": ["AAPL"]}))
    browser.heard.clear()
    browser.reads.clear()
    world.hub.publish(price(1))  # refused: it waits for the writer
    browser.reads.set()
    world.hub.publish(price(2))  # replaces it
    browser.reads.clear()
    writing = asyncio.create_task(browser.session.write(30.0))
    browser.asked.clear()
    await browser.asked.wait()  # the writer holds the first one now, and waits until it is read
    browser.reads.set()
    world.hub.publish(price(3))  # before the writer has run again
    async with asyncio.timeout(60):
        while len(browser.heard) < 2:  # noqa: ASYNC110 - what it waits for signals nothing
            await asyncio.sleep(0)
    world.hub.publish(price(4))
    assert [message["n"] for message in browser.heard] == [2, 3, 4]
    assert len(browser.offered) == 1
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    browser.session.close()


async def test_only_prices_are_written_at_once() -> None:
    world = World()
    browser = await world.browser(direct=True)
    world.hub.publish(PushEvent("usr_1", "session.revoked", {}, "ses_1"))
    ended = await browser.session.write(5.0)
    assert (ended.code, browser.offered) == (4401, [])
    browser.session.close()
