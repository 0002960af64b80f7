"""Benchmarks of long ledgers: CPU of figures in one process, and a ledger of 50,000 entries over HTTP.

Ratios of the first are against its limits. It is 5,000 entries of 40 symbols over ten years, a quarter of them in
another currency, valued and measured: from the packed entries alone (cold), from the bytes of the snapshot another
process left, with nothing of the portfolio at hand, and again in the same process (warm). Imports are done and the file
of exchange rates is read beforehand.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

import httpx
import numpy as np
from stocktool_kit.collector import settle_collector
from stocktool_kit.core.ids import OwnerId
from stocktool_stock.adapters.ecb_rates import EcbRates
from stocktool_stock.adapters.ledger_chunks import cut_entries, unpack_entries
from stocktool_stock.application.afterwards import Afterwards
from stocktool_stock.application.ledger_books import LedgerBooks
from stocktool_stock.application.market_ports import BarsBatch
from stocktool_stock.application.measure_performance import MeasurePerformance
from stocktool_stock.application.portfolio_reader import PortfolioReader
from stocktool_stock.application.read_history import ReadHistory
from stocktool_stock.application.value_portfolio import ValuePortfolio
from stocktool_stock.domain.bars import Bars
from stocktool_stock.domain.ledger import Entry, EntryType, Ledger
from stocktool_stock.domain.ledger_part import LedgerPart
from stocktool_stock.domain.lots import CostMethod
from stocktool_stock.domain.portfolio import Account, Portfolio, PortfolioId

from stocktool_dev.bench import BenchFailed, emit, ended, own_mesh, signed_in

ENTRIES, SYMBOLS = 5_000, 40
START, END = date(2014, 12, 1), date(2024, 11, 29)
COLD_MS, SNAPSHOT_MS = 150.0, 15.0
LARGE = 50_000
_ROUNDS = 5
_NOW = datetime(2024, 11, 29, 21, tzinfo=UTC)
_ACCOUNT = "acc_1"


def some_bars() -> dict[str, Bars]:
    """Seeded random walks, every fourth in euros."""
    days = np.arange(np.datetime64(START), np.datetime64(END) + 1)
    days = days[np.is_busday(days)]
    made: dict[str, Bars] = {}
    for number in range(SYMBOLS):
        steps = np.random.default_rng(number).normal(0.0003, 0.01, len(days))
        close = np.round(100 * np.exp(np.cumsum(steps)), 2)
        symbol, currency = f"S{number:02d}", "USD" if number % 4 else "EUR"
        made[symbol] = Bars(symbol, currency, days, close, close, close, close, close, close, (), "bench", _NOW)
    return made


def some_entries(bars: Mapping[str, Bars], count: int) -> list[Entry]:
    """Purchases, sales, dividends and deposits by a seeded hand that never sells what it has not."""
    rng, symbols, held = random.Random(7), list(bars), dict.fromkeys(bars, 0)  # noqa: S311 - a benchmark
    days = bars[symbols[0]].days
    entries = [_entry(1, START, EntryType.DEPOSIT, "USD", amount=Decimal(1_000_000))]
    for sequence, place in enumerate(sorted(rng.choices(range(len(days)), k=count - 1)), start=2):
        symbol, drawn, on = rng.choice(symbols), rng.random(), days[place].item()
        currency, price = bars[symbol].currency, Decimal(str(bars[symbol].close[place]))
        rate = Decimal("1.1234") if currency == "EUR" else None
        trade = {"symbol": symbol, "price": price, "fee": Decimal("1.5"), "fx_rate": rate}
        if drawn < 0.55 or held[symbol] < 2:
            quantity = rng.randint(1, 20)
            held[symbol] += quantity
            entries.append(_entry(sequence, on, EntryType.BUY, currency, quantity=Decimal(quantity), **trade))
        elif drawn < 0.85:
            quantity = rng.randint(1, held[symbol])
            held[symbol] -= quantity
            entries.append(_entry(sequence, on, EntryType.SELL, currency, quantity=Decimal(quantity), **trade))
        elif drawn < 0.95:
            entries.append(_entry(sequence, on, EntryType.DIVIDEND, currency, symbol=symbol, amount=Decimal("12.34")))
        else:
            entries.append(_entry(sequence, on, EntryType.DEPOSIT, "USD", amount=Decimal(500)))
    return entries


def _entry(sequence: int, on: date, kind: EntryType, currency: str, **fields: object) -> Entry:
    made: dict[str, object] = {
        "id": f"txn_{sequence:026d}",
        "sequence": sequence,
        "day": on,
        "type": kind,
        "account_id": _ACCOUNT,
        "currency": currency,
        "recorded_at": _NOW,
    }
    return Entry(**(made | fields))  # type: ignore[arg-type]  # the fields of one entry, by name


@dataclass
class _Store:
    """What the use cases need of a `PortfolioStore`, over packed entries."""

    portfolio: Portfolio
    chunks: Sequence[bytes]

    async def get(self, _owner: OwnerId, _portfolio_id: PortfolioId) -> Portfolio:
        return self.portfolio

    async def ledger(self, _portfolio: Portfolio) -> Ledger:
        return Ledger([entry for chunk in self.chunks for entry in unpack_entries(chunk)])

    async def since(self, _portfolio: Portfolio, _sequence: int) -> LedgerPart:
        return LedgerPart()

    async def pack(self, _portfolio: Portfolio) -> int:
        return 0


@dataclass
class _Snapshots:
    data: bytes | None = None

    async def read(self, _portfolio_id: PortfolioId) -> bytes | None:
        return self.data

    async def write(self, _portfolio_id: PortfolioId, _sequence: int, data: bytes) -> bool:
        self.data = data
        return True


@dataclass
class _Market:
    bars_of: Mapping[str, Bars]
    days: list[date] = field(default_factory=list)

    def today(self) -> date:
        return END

    async def many(self, symbols: Sequence[str], start: date | None = None, end: date | None = None) -> BarsBatch:
        return BarsBatch({symbol: self.bars_of[symbol].between(start, end) for symbol in symbols})


class Figures:
    """Holdings and performance of one portfolio, by processes that share nothing but what is stored."""

    def __init__(self) -> None:
        bars = some_bars()
        entries = some_entries(bars, ENTRIES)
        portfolio = Portfolio(
            id=PortfolioId("prt_bench"),
            owner=OwnerId("usr_bench"),
            name="Bench",
            base_currency="USD",
            accounts=(Account(_ACCOUNT, "Main", "USD"),),
            cost_method=CostMethod.FIFO,
            created_at=_NOW,
            last_sequence=ENTRIES,
        )
        self._store = _Store(portfolio, [chunk for _, chunk in cut_entries(entries)])
        self._market = _Market(bars)
        self._rates = EcbRates()
        self.snapshots = _Snapshots()

    def process(self, afterwards: Afterwards) -> tuple[ValuePortfolio, MeasurePerformance]:
        """The use cases of a new process."""
        books = LedgerBooks(self._store, self.snapshots, self._rates, afterwards)  # type: ignore[arg-type]
        reader = PortfolioReader(self._store, self._market, self._rates, self._market, books=books)  # type: ignore[arg-type]
        return ValuePortfolio(reader), MeasurePerformance(reader, ReadHistory(reader, self._rates))

    async def measure(self, uses: tuple[ValuePortfolio, MeasurePerformance]) -> float:
        """CPU milliseconds of both."""
        portfolio, before = self._store.portfolio, time.process_time()
        await uses[0](portfolio.owner, portfolio.id)
        await uses[1](portfolio.owner, portfolio.id)
        return (time.process_time() - before) * 1000


async def figures() -> None:
    """CPU of holdings and performance: cold, from the snapshot, and warm."""
    bench = Figures()
    cold: list[float] = []
    stored: list[float] = []
    warm: list[float] = []
    await bench.measure(bench.process(Afterwards()))  # imports, and the file of rates
    settle_collector()  # as every service does
    for _ in range(_ROUNDS):
        bench.snapshots.data = None
        afterwards = Afterwards()
        uses = bench.process(afterwards)
        cold.append(await bench.measure(uses))
        warm.append(await bench.measure(uses))
        await afterwards.drain()
        if bench.snapshots.data is None:
            raise BenchFailed("no snapshot was written")
        stored.append(await bench.measure(bench.process(Afterwards())))
    emit("ledger_5000_cold_cpu", statistics.median(cold), "ms", COLD_MS)
    emit("ledger_5000_stored_snapshot_cpu", statistics.median(stored), "ms", SNAPSHOT_MS)
    emit("ledger_5000_warm_cpu", statistics.median(warm), "ms", SNAPSHOT_MS)


def a_large_file(symbols: Sequence[str]) -> str:
    """50,000 rows over eight years as the generic preset reads them."""
    first, lines = date(2016, 1, 4).toordinal(), ["date,type,symbol,quantity,price,amount,fee"]
    for at in range(LARGE):
        on, symbol = date.fromordinal(first + at * 2_900 // LARGE), symbols[at // 3 % len(symbols)]
        if at % 40 == 0:
            lines.append(f"{on},deposit,,,,1000,")
        elif at % 3 == 2:  # of a symbol that was bought twice, or at least once, right before
            lines.append(f"{on},sell,{symbol},1,90.25,,1")
        else:
            lines.append(f"{on},buy,{symbol},2,80.5,,1")
    return "\n".join(lines) + "\n"


def large_ledger(client: httpx.Client) -> None:
    """50,000 entries end to end: import, figures, one more entry, figures again, undo; wall time of each request."""
    base = "/api/stock/v1/portfolios"
    body = {"name": "Bench", "base_currency": "USD"}
    portfolio = client.post(base, json=body).raise_for_status().json()["id"]
    path = f"{base}/{portfolio}"
    files = {"file": ("large.csv", a_large_file(("AAPL", "JPM", "WMT", "XOM")).encode())}
    buy = {"date": "2024-06-03", "type": "buy", "symbol": "AAPL", "quantity": "1", "price": "190"}
    made = _timed("ledger_50000_import", client.post(f"{path}/imports", files=files, timeout=300))
    if made.json()["count"] != LARGE:
        raise BenchFailed(f"imported {made.json()['count']} of {LARGE}")
    _timed("ledger_50000_holdings_first", client.get(f"{path}/holdings", timeout=60))
    _timed("ledger_50000_holdings_again", client.get(f"{path}/holdings"))
    _timed("ledger_50000_performance", client.get(f"{path}/performance", timeout=60))
    _timed("ledger_50000_list_page", client.get(f"{path}/transactions", params={"start": "2020-01-01"}))
    _timed("ledger_50000_add_one", client.post(f"{path}/transactions", json=buy))
    _timed("ledger_50000_holdings_after_add", client.get(f"{path}/holdings"))
    _timed("ledger_50000_undo", client.delete(f"{path}/imports/{made.json()['id']}", timeout=60))
    client.delete(path, timeout=60).raise_for_status()


def _timed(name: str, answer: httpx.Response) -> httpx.Response:
    emit(name, answer.raise_for_status().elapsed.total_seconds() * 1000, "ms")
    return answer


def measure() -> None:
    """Measure figures in this process, then a large ledger in a mesh of its own."""
    asyncio.run(figures())
    with own_mesh() as layout, signed_in(layout, timeout_seconds=60) as client:
        large_ledger(client)


if __name__ == "__main__":
    sys.exit(ended(measure))
