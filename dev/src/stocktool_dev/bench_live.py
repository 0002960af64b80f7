"""Two thousand browsers on fifty symbols: how many of the ticks reach them within half a second; and what a cold symbol
that a hundred ask for at once costs the provider.

The server's half runs in a process of its own: the real socket route, hub, publisher and poller, over prices that are
made up, labelled so, and change every second. Two further processes are the browsers, which cost as little as they can,
and are told apart from the server: both share the machine.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import orjson
import uvloop
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.core.money import Money
from stocktool_kit.http.app import create_app
from stocktool_kit.process import Parts, Runtime, running
from stocktool_kit.push.events import PushEvent
from stocktool_kit.push.hub import Hub
from stocktool_kit.push.publisher import Publisher
from stocktool_kit.testing.process import TokenFactory, ephemeral
from stocktool_stock.application.cached_reads import CachedReads, CachePolicy
from stocktool_stock.application.fetch_queue import FetchQueue
from stocktool_stock.application.provider_health import ProviderHealth
from stocktool_stock.application.provider_ports import Entry
from stocktool_stock.domain.quotes import Quote, QuoteBatch
from stocktool_stock.http import stream
from stocktool_stock.http.quotes import quotes_body
from stocktool_stock.http.stream_session import StreamUses
from stocktool_stock.settings import Settings
from stocktool_stock.worker.live_quotes import LiveQuotes, subject_of
from websockets.client import ClientProtocol
from websockets.frames import Frame
from websockets.http11 import Response
from websockets.uri import parse_uri

from stocktool_dev.bench import BenchFailed, emit

SYMBOLS = tuple(f"BENCH{number:02}" for number in range(50))
CLIENTS = 2000
PROCESSES = 2
SECONDS = 10.0
TICK_SECONDS = 1.0
LIMIT_MS = 500.0
_AT_ONCE = 25


class Ticker:
    """Prices that nobody paid, another one at every look: of all symbols, or of some at a time."""

    def __init__(self) -> None:
        self._ticks = 0

    async def quotes(self, symbols: Sequence[str]) -> QuoteBatch:
        """The last prices."""
        now = datetime.now(UTC)
        price = Money(Decimal(100) + Decimal(self._ticks) / 100, "USD")
        quotes = [Quote(symbol, price, None, now, "made up for a benchmark") for symbol in symbols if symbol in SYMBOLS]
        return QuoteBatch(quotes, [], now)

    async def refreshed(self, symbols: Sequence[str], *, within: timedelta = timedelta(0)) -> QuoteBatch:
        """The next prices."""
        del within
        self._ticks += 1
        return await self.quotes(symbols)


class Spread:
    """A `Worker` that ticks each symbol once in a second, in turn: what a fleet of pollers or a feed looks like."""

    name = "live-spread"

    def __init__(self, ticker: Ticker, publisher: Publisher) -> None:
        self._ticker = ticker
        self._publisher = publisher

    async def run(self, stop: asyncio.Event) -> None:
        """Tick until stopped."""
        begin = time.monotonic()
        for number in itertools.count():
            pause = begin + number * TICK_SECONDS / len(SYMBOLS) - time.monotonic()
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, pause)):
                    await stop.wait()
            if stop.is_set():
                return
            batch = await self._ticker.refreshed([SYMBOLS[number % len(SYMBOLS)]])
            body = quotes_body(batch)["items"][0]
            await self._publisher.publish(PushEvent(subject_of(body["symbol"]), "quote", body, body["symbol"]))


async def serve(arrival: str) -> None:
    """The server's process: prints its port and the browsers' tokens, then at every line its processor time so far.

    Args:
        arrival: `burst`: the service's own poller, which tells all symbols at once; `spread`: one after the other.
    """
    keys = TokenFactory()
    ticker: Any = Ticker()
    nobody: Any = None

    @asynccontextmanager
    async def bootstrap(runtime: Runtime[Settings]) -> AsyncIterator[Parts]:
        runtime.verifier.use(keys)
        hub = Hub()
        app = create_app(runtime, title="bench", prefix="/api/stock/v1", routers=[stream.router])
        app.state.stream = StreamUses(hub, ticker, nobody, runtime.verifier, runtime.clock, runtime.draining)
        publisher = Publisher(None, runtime.channel, hub)
        poller = LiveQuotes(
            ticker,
            hub,
            publisher,
            is_moving=lambda: True,
            write=lambda batch: quotes_body(batch)["items"],
            seconds=TICK_SECONDS,
        )
        yield Parts(app=app, workers=[poller if arrival == "burst" else Spread(ticker, publisher)])

    settings = Settings.model_validate(ephemeral(service="stock", log_level="ERROR"))
    async with running(settings, bootstrap) as process:
        tokens = [keys.token(f"usr_bench{number}", "market.read") for number in range(CLIENTS)]
        print(json.dumps({"port": process.http_port, "tokens": tokens}), flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps({"busy": time.process_time()}), flush=True)


class Browser(asyncio.Protocol):
    """A browser's socket that costs little: what comes while measuring is kept with its time and read afterwards."""

    def __init__(self, port: int, token: str, symbols: Sequence[str]) -> None:
        self.open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.measuring = False
        self._web = ClientProtocol(parse_uri(f"ws://127.0.0.1:{port}/api/stock/v1/stream"), max_size=None)
        self._says: list[Mapping[str, Any]] = [{"auth": token}, {"subscribe": symbols}]
        self._heard: list[tuple[float, bytes]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shake hands."""
        self._transport = cast(asyncio.Transport, transport)
        self._web.send_request(self._web.connect())
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Speak until everything is subscribed, then only listen."""
        if self.measuring:
            self._heard.append((time.time(), data))
            return
        for event in self._read(data):
            if isinstance(event, Response) or event["type"] == "ready":
                self._web.send_text(orjson.dumps(self._says.pop(0)))
                self._flush()
            elif event["type"] == "quote" and not self.open.done():
                self.open.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody closes while it is measured."""
        if not self.open.done():
            self.open.set_exception(BenchFailed(f"a socket was closed: {exc}"))

    def heard(self) -> Iterator[tuple[float, Mapping[str, Any]]]:
        """What came while measuring, with the time at which its last byte came."""
        for at, data in self._heard:
            yield from ((at, message) for message in self._read(data))

    def close(self) -> None:
        """Leave."""
        self._transport.abort()

    def _read(self, data: bytes) -> Iterator[Any]:
        self._web.receive_data(data)
        for event in self._web.events_received():
            yield orjson.loads(event.data) if isinstance(event, Frame) else event

    def _flush(self) -> None:
        for data in self._web.data_to_send():
            self._transport.write(data)


async def watch(part: int) -> None:
    """One process of browsers: opens its sockets, listens for a while, prints the delays in milliseconds."""
    given = json.loads(await asyncio.to_thread(sys.stdin.readline))
    turn = asyncio.Semaphore(_AT_ONCE)

    async def opened(number: int) -> Browser:
        mine = [SYMBOLS[(number + step) % len(SYMBOLS)] for step in range(given["symbols"])]
        browser = Browser(given["port"], given["tokens"][number], mine)
        async with turn:
            await asyncio.get_running_loop().create_connection(lambda: browser, "127.0.0.1", given["port"])
            async with asyncio.timeout(60):
                await browser.open
        return browser

    browsers = await asyncio.gather(*(opened(number) for number in range(part, CLIENTS, PROCESSES)))
    print(json.dumps({"opened": len(browsers)}), flush=True)
    given |= json.loads(await asyncio.to_thread(sys.stdin.readline))
    for browser in browsers:
        browser.measuring = True
    busy = time.process_time()
    await asyncio.sleep(max(0.0, given["until"] - time.time()) + 2.0)
    busy = time.process_time() - busy
    for browser in browsers:
        browser.close()
    delays: list[float] = []
    ticks: set[tuple[str, str]] = set()
    for browser in browsers:
        for at, message in browser.heard():
            if message["type"] != "quote":
                continue
            made = datetime.fromisoformat(message["as_of"]).timestamp()
            if given["from"] <= made < given["until"]:
                delays.append((at - made) * 1000)
                ticks.add((message["symbol"], message["as_of"]))
    print(json.dumps({"delays": delays, "ticks": sorted(ticks), "busy": busy}), flush=True)


def _start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "stocktool_dev.bench_live", *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _line(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    while not (text := process.stdout.readline()).startswith("{"):
        if not text:
            raise BenchFailed("a process of the live benchmark ended early")
        sys.stderr.write(text)  # its log
    answer: dict[str, Any] = json.loads(text)
    return answer


def _tell(process: subprocess.Popen[str], body: Mapping[str, Any]) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(body) + "\n")
    process.stdin.flush()


def delivered(symbols: int, arrival: str) -> None:
    """Measure and emit the share of ticks in time, each browser watching so many of the fifty symbols.

    What the server's and the browsers' processors did is told apart: both share the machine.
    """
    server = _start("serve", arrival)
    browsers = [_start("watch", str(part)) for part in range(PROCESSES)]
    try:
        ready = _line(server)
        for browser in browsers:
            _tell(browser, ready | {"symbols": symbols})
        for browser in browsers:
            _line(browser)
        begin = time.time() + 2.0
        for browser in browsers:
            _tell(browser, {"from": begin, "until": begin + SECONDS})
        time.sleep(max(0.0, begin - time.time()))
        before = _busy(server)
        time.sleep(SECONDS)
        busy = _busy(server) - before
        answers = [_line(browser) for browser in browsers]
    finally:
        for process in (*browsers, server):
            process.terminate()
            process.communicate()
    delays = sorted(delay for answer in answers for delay in answer["delays"])
    ticks = {tuple(tick) for answer in answers for tick in answer["ticks"]}
    expected = len(ticks) * CLIENTS * symbols // len(SYMBOLS)
    if not expected:
        raise BenchFailed("no tick reached anybody")
    name = f"live_{CLIENTS}_sockets_{symbols}_of_50_symbols_{arrival}"
    emit(f"{name}_within_500_ms", sum(delay <= LIMIT_MS for delay in delays) / expected, "share", 0.99)
    emit(f"{name}_p99", delays[min(len(delays) - 1, int(0.99 * expected))], "ms", LIMIT_MS)
    emit(f"{name}_server_cpu_per_message", busy / expected * 1e6, "us")
    emit(f"{name}_browsers_cpu_per_message", sum(answer["busy"] for answer in answers) / expected * 1e6, "us")


def _busy(server: subprocess.Popen[str]) -> float:
    _tell(server, {})
    return float(_line(server)["busy"])


class _Store:
    """A store that has nothing."""

    async def read(self, keys: Sequence[str]) -> Mapping[str, Entry[str]]:
        """Nothing."""
        del keys
        return {}

    async def write(self, entries: Mapping[str, Entry[str]]) -> None:
        """Forget."""
        del entries


async def cold_symbol() -> None:
    """Count the provider's calls for a hundred concurrent asks for one cold symbol, in one process."""
    calls = 0

    async def fetch(keys: Sequence[str], known: Mapping[str, str]) -> Mapping[str, str]:
        nonlocal calls
        del known
        calls += 1
        await asyncio.sleep(0.2)  # a provider's answer
        return dict.fromkeys(keys, "answer")

    clock, queue = SystemClock(), FetchQueue()
    policy = CachePolicy(fresh=timedelta(minutes=5), held=timedelta(seconds=2))
    reads: CachedReads[str] = CachedReads(
        "bench",
        _Store(),
        fetch,
        queue=queue,
        health=ProviderHealth(clock),
        clock=clock,
        policy=policy,
        meter=lambda _: None,
    )
    stop = asyncio.Event()
    work = asyncio.create_task(queue.run(stop))
    await asyncio.gather(*(reads.get(["COLD"]) for _ in range(100)))
    stop.set()
    await work
    emit("provider_calls_for_100_asks_of_a_cold_symbol", calls, "calls", 1)


def main(arguments: Sequence[str]) -> int:
    """Run one role, or all."""
    match list(arguments):
        case ["serve", arrival]:
            uvloop.run(serve(arrival))  # as the service's own process does
        case ["watch", part]:
            uvloop.run(watch(int(part)))
        case ["one", count, arrival]:
            delivered(int(count), arrival)
        case _:
            try:
                asyncio.run(cold_symbol())
                for symbols in (1, 5):
                    for arrival in ("burst", "spread"):
                        delivered(symbols, arrival)
            except BenchFailed as error:
                print(f"bench: {error}", file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
