"""Two thousand browsers on fifty symbols: how many of the ticks reach them within half a second; and what a cold symbol
that a hundred ask for at once costs the provider.

The server's half runs in a process of its own: the real socket route, hub, publisher and poller, over prices that are
made up, labelled so, and change every second. Two further processes are the browsers.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import uvloop
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.core.money import Money
from stocktool_kit.http.app import create_app
from stocktool_kit.process import Parts, Runtime, running
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
from stocktool_stock.worker.live_quotes import LiveQuotes
from websockets.asyncio.client import connect

from stocktool_dev.bench import BenchFailed, emit

SYMBOLS = tuple(f"BENCH{number:02}" for number in range(50))
CLIENTS = 2000
PROCESSES = 2
SECONDS = 10.0
LIMIT_MS = 500.0
_AT_ONCE = 25


class Ticker:
    """Prices that nobody paid, another one at every look."""

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


async def serve() -> None:
    """The server's process: prints its port and the browsers' tokens, and serves until its input ends."""
    keys = TokenFactory()
    ticker: Any = Ticker()
    nobody: Any = None

    @asynccontextmanager
    async def bootstrap(runtime: Runtime[Settings]) -> AsyncIterator[Parts]:
        runtime.verifier.use(keys)
        hub = Hub()
        app = create_app(runtime, title="bench", prefix="/api/stock/v1", routers=[stream.router])
        app.state.stream = StreamUses(hub, ticker, nobody, runtime.verifier, runtime.clock, runtime.draining)
        live = LiveQuotes(
            ticker,
            hub,
            Publisher(None, runtime.channel, hub),
            is_moving=lambda: True,
            write=lambda batch: quotes_body(batch)["items"],
            seconds=1.0,
        )
        yield Parts(app=app, workers=[live])

    settings = Settings.model_validate(ephemeral(service="stock", log_level="ERROR"))
    async with running(settings, bootstrap) as process:
        tokens = [keys.token(f"usr_bench{number}", "market.read") for number in range(CLIENTS)]
        print(json.dumps({"port": process.http_port, "tokens": tokens}), flush=True)
        await asyncio.to_thread(sys.stdin.read)


async def watch(part: int) -> None:
    """One process of browsers: opens its sockets, listens for a while, prints the delays in milliseconds."""
    given = json.loads(await asyncio.to_thread(sys.stdin.readline))
    numbers = range(part, CLIENTS, PROCESSES)
    delays: list[float] = []
    rounds: set[str] = set()
    measuring = asyncio.Event()
    turn = asyncio.Semaphore(_AT_ONCE)
    opened = 0
    all_open, stop = asyncio.Event(), asyncio.Event()

    async def browser(number: int) -> None:
        nonlocal opened
        mine = [SYMBOLS[(number + step) % len(SYMBOLS)] for step in range(given["symbols"])]
        address = f"ws://127.0.0.1:{given['port']}/api/stock/v1/stream"
        async with turn:
            socket = await connect(address, compression=None, ping_interval=None, open_timeout=60)
            await socket.send(orjson.dumps({"auth": given["tokens"][number]}).decode())
            await socket.recv()
            await socket.send(orjson.dumps({"subscribe": mine}).decode())
            opened += 1
            if opened == len(numbers):
                all_open.set()
        async with socket:
            while not stop.is_set():
                text = await socket.recv(decode=False)
                heard = time.time()
                if not measuring.is_set():
                    continue
                message = orjson.loads(text)
                if message["type"] == "quote":
                    made = datetime.fromisoformat(message["as_of"]).timestamp()
                    if given["from"] <= made < given["until"]:
                        delays.append((heard - made) * 1000)
                        rounds.add(message["as_of"])

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(browser(number)) for number in numbers]
        await all_open.wait()
        print(json.dumps({"opened": opened}), flush=True)
        given |= json.loads(await asyncio.to_thread(sys.stdin.readline))
        measuring.set()
        await asyncio.sleep(max(0.0, given["until"] - time.time()) + 2.0)
        stop.set()
        for task in tasks:
            task.cancel()
    print(json.dumps({"delays": delays, "rounds": sorted(rounds)}), flush=True)


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


def delivered(symbols: int) -> None:
    """Measure and emit the share of ticks in time, each browser watching so many of the fifty symbols."""
    server = _start("serve")
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
        answers = [_line(browser) for browser in browsers]
    finally:
        for process in (*browsers, server):
            process.terminate()
            process.communicate()
    delays = sorted(delay for answer in answers for delay in answer["delays"])
    rounds = set().union(*(answer["rounds"] for answer in answers))
    expected = len(rounds) * CLIENTS * symbols
    if not expected:
        raise BenchFailed("no tick reached anybody")
    name = f"live_{CLIENTS}_sockets_{symbols}_of_50_symbols"
    emit(f"{name}_within_500_ms", sum(delay <= LIMIT_MS for delay in delays) / expected, "share", 0.99)
    emit(f"{name}_p99", delays[min(len(delays) - 1, int(0.99 * expected))], "ms", LIMIT_MS)


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
        case ["serve"]:
            uvloop.run(serve())  # as the service's own process does
        case ["watch", part]:
            uvloop.run(watch(int(part)))
        case _:
            try:
                asyncio.run(cold_symbol())
                for symbols in (1, 5):
                    delivered(symbols)
            except BenchFailed as error:
                print(f"bench: {error}", file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
