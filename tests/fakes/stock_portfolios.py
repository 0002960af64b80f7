"""In-memory portfolios, prices and rates. Trusted because the store passes the same contract as the real one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import numpy.typing as npt
from stocktool_kit.aws.idempotency import IdempotencyKeyReused
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token
from stocktool_stock.application.ledger_ports import Write
from stocktool_stock.application.market_ports import BarsBatch, FxRate, FxSeries, Status
from stocktool_stock.application.ports import Change
from stocktool_stock.application.records import Record
from stocktool_stock.domain.bars import Bars
from stocktool_stock.domain.custom_instruments import CustomInstrument, InstrumentNotFound
from stocktool_stock.domain.fx import UnknownCurrency
from stocktool_stock.domain.import_batch import ImportBatch, ImportNotFound, ImportState, place_of, short_print
from stocktool_stock.domain.ledger import Entry, Ledger, Reversal, taken_back
from stocktool_stock.domain.ledger_part import LedgerPart
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId, PortfolioNotFound, StaleVersion
from stocktool_stock.domain.quotes import SymbolFailure, SymbolNotFound
from stocktool_stock.domain.selection import Selection


@dataclass
class FakePortfolios:
    """A `PortfolioStore` in memory."""

    heads: dict[str, Portfolio] = field(default_factory=dict)
    entries: dict[str, list[Entry]] = field(default_factory=dict)
    reversals: dict[str, list[Reversal]] = field(default_factory=dict)
    answers: dict[str, tuple[str, Record]] = field(default_factory=dict)
    batches: dict[str, dict[str, ImportBatch]] = field(default_factory=dict)
    staged: dict[str, tuple[Sequence[Entry], Sequence[str]]] = field(default_factory=dict)
    custom: dict[str, dict[str, CustomInstrument]] = field(default_factory=dict)
    history: dict[str, list[Write]] = field(default_factory=dict)
    undone: dict[str, list[Reversal]] = field(default_factory=dict)

    async def get(self, owner: OwnerId, portfolio_id: PortfolioId) -> Portfolio:
        head = self.heads.get(portfolio_id)
        if head is None or head.owner != owner:
            raise PortfolioNotFound("no such portfolio", portfolio_id=portfolio_id)
        return head

    async def list(self, owner: OwnerId, page: PageRequest) -> Page[Portfolio]:
        after = decode_token(page.page_token)["after"] if page.page_token else ""
        mine = sorted((head for head in self.heads.values() if head.owner == owner), key=lambda head: head.id)
        rest = [head for head in mine if head.id > after]
        shown = rest[: page.page_size]
        return Page(shown, encode_token({"after": shown[-1].id}) if len(rest) > len(shown) else "")

    async def ledger(self, portfolio: Portfolio) -> Ledger:
        return (await self.since(portfolio, 0)).ledger()

    async def since(self, portfolio: Portfolio, sequence: int) -> LedgerPart:
        seen = range(sequence + 1, portfolio.last_sequence + 1)
        batches = [b for b in self.batches.get(portfolio.id, {}).values() if b.state is not ImportState.STAGED]
        entries = [each for each in self.entries.get(portfolio.id, []) if each.sequence in seen]
        reversals = [each for each in self.reversals.get(portfolio.id, []) if each.sequence in seen]
        undone = [each for each in self.undone.get(portfolio.id, []) if each.sequence in seen]
        begun = [batch for batch in batches if batch.first_sequence in seen]
        rows = [(each.sequence, each.id) for each in (*entries, *reversals, *undone)]
        rows += [(batch.first_sequence, batch.id) for batch in begun]
        entries += [entry for batch in begun for entry in batch.placed(self.staged[batch.id][0])]
        return LedgerPart(sorted(entries, key=lambda entry: entry.sequence), reversals, undone, sorted(rows))

    async def select(self, portfolio: Portfolio, selection: Selection, limit: int) -> list[Entry]:
        return selection.of((await self.ledger(portfolio)).entries, limit)

    async def pack(self, portfolio: Portfolio) -> int:
        return 0

    async def earlier(self, key: IdempotencyKey | None) -> Record | None:
        found = None if key is None else self.answers.get(key.record_id)
        if key is None or found is None:
            return None
        if found[0] != key.body_hash:
            raise IdempotencyKeyReused("this Idempotency-Key was used for another request")
        return found[1]

    async def commit(self, change: Change) -> Record:
        earlier = await self.earlier(change.key)
        if earlier is not None:
            return earlier
        portfolio_id = change.portfolio.id
        head = self.heads.get(portfolio_id)
        if (head.version if head else 0) != change.expected_version:
            raise StaleVersion("the portfolio was changed meanwhile", portfolio_id=portfolio_id)
        batches = self.batches.setdefault(portfolio_id, {})
        for batch, before in ((change.commits, ImportState.STAGED), (change.undoes, ImportState.COMMITTED)):
            if batch is not None and (batch.id not in batches or batches[batch.id].state is not before):
                raise StaleVersion("the import is not there any more", import_id=batch.id)
        if change.deletes:
            del self.heads[portfolio_id]
            self.entries.pop(portfolio_id, None)
            self.reversals.pop(portfolio_id, None)
            self.batches.pop(portfolio_id, None)
        else:
            self.heads[portfolio_id] = change.head
            self.entries.setdefault(portfolio_id, []).extend(change.entries)
            self.reversals.setdefault(portfolio_id, []).extend(change.reversals)
            if change.undoes is not None:
                undo = Reversal(
                    change.undoes.undone_by, change.portfolio.last_sequence, change.undoes.id, datetime.now(UTC)
                )
                self.undone.setdefault(portfolio_id, []).append(undo)
            custom = self.custom.setdefault(portfolio_id, {})
            custom.update({each.symbol: each for each in change.instruments})
            for symbol in change.removed_instruments:
                custom.pop(symbol, None)
            self._note(change, head.last_sequence if head else 0)
            batches.update({batch.id: batch for batch in (change.commits, change.undoes) if batch is not None})
        if change.key is not None:
            self.answers[change.key.record_id] = (change.key.body_hash, change.answer)
        return change.answer

    def _note(self, change: Change, before: int) -> None:
        write = Write(
            change.portfolio.version,
            datetime(2026, 1, 1, tzinfo=UTC),
            change.actor,
            change.action,
            before + 1,
            change.portfolio.last_sequence,
            change.about,
            change.detail,
        )
        self.history.setdefault(change.portfolio.id, []).append(write)

    async def writes(self, portfolio_id: PortfolioId, page: PageRequest) -> Page[Write]:
        before = int(decode_token(page.page_token)["before"]) if page.page_token else 10**9
        rest = [write for write in reversed(self.history.get(portfolio_id, [])) if write.version < before]
        shown = rest[: page.page_size]
        return Page(shown, encode_token({"before": str(shown[-1].version)}) if len(rest) > len(shown) else "")

    async def instruments(self, portfolio_id: PortfolioId) -> Sequence[CustomInstrument]:
        return [each for _, each in sorted(self.custom.get(portfolio_id, {}).items())]

    async def instrument(self, portfolio_id: PortfolioId, symbol: str) -> CustomInstrument:
        found = self.custom.get(portfolio_id, {}).get(symbol)
        if found is None:
            raise InstrumentNotFound("no such instrument in this portfolio", symbol=symbol)
        return found


@dataclass
class FakeImports:
    """An `ImportStore` over the portfolios of a fake store."""

    portfolios: FakePortfolios
    abandoned_before: datetime = datetime(1970, 1, 1, tzinfo=UTC)

    async def stage(
        self, portfolio_id: PortfolioId, batch: ImportBatch, entries: Sequence[Entry], fingerprints: Sequence[str]
    ) -> None:
        self.portfolios.batches.setdefault(portfolio_id, {})[batch.id] = batch
        self.portfolios.staged[batch.id] = (entries, fingerprints)

    async def discard(self, portfolio_id: PortfolioId, import_id: str) -> None:
        batches = self.portfolios.batches.get(portfolio_id, {})
        if import_id in batches and batches[import_id].state is ImportState.STAGED:
            del batches[import_id], self.portfolios.staged[import_id]

    async def sweep(self, portfolio_id: PortfolioId) -> int:
        batches = self.portfolios.batches.get(portfolio_id, {}).values()
        left = [b for b in batches if b.state is ImportState.STAGED and b.staged_at < self.abandoned_before]
        for batch in left:
            await self.discard(portfolio_id, batch.id)
        return len(left)

    async def get(self, portfolio_id: PortfolioId, import_id: str) -> ImportBatch:
        batch = self.portfolios.batches.get(portfolio_id, {}).get(import_id)
        if batch is None or batch.state is ImportState.STAGED:
            raise ImportNotFound("no such import in this portfolio", import_id=import_id)
        return batch

    async def list(self, portfolio_id: PortfolioId, page: PageRequest) -> Page[ImportBatch]:
        before = decode_token(page.page_token)["after"] if page.page_token else "~"
        batches = self.portfolios.batches.get(portfolio_id, {}).values()
        rest = sorted(
            (b for b in batches if b.state is not ImportState.STAGED and b.id < before),
            key=lambda batch: batch.id,
            reverse=True,
        )
        shown = rest[: page.page_size]
        return Page(shown, encode_token({"after": shown[-1].id}) if len(rest) > len(shown) else "")

    async def fingerprints(self, portfolio: Portfolio) -> Counter[bytes]:
        back = {place_of(entry_id) for entry_id in taken_back(self.portfolios.reversals.get(portfolio.id, []))}
        return Counter(
            short_print(fingerprint)
            for batch in self.portfolios.batches.get(portfolio.id, {}).values()
            if batch.state is ImportState.COMMITTED
            for at, fingerprint in enumerate(self.portfolios.staged[batch.id][1])
            if (batch.id, at) not in back
        )


@dataclass
class FakeSnapshots:
    """A `SnapshotStore` over the portfolios of a fake store."""

    portfolios: FakePortfolios
    snapshots: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    async def read(self, portfolio_id: PortfolioId) -> bytes | None:
        return self.snapshots.get(portfolio_id, (0, None))[1]

    async def write(self, portfolio_id: PortfolioId, sequence: int, data: bytes) -> bool:
        head = self.portfolios.heads.get(portfolio_id)
        if head is None or head.last_sequence < sequence or self.snapshots.get(portfolio_id, (0, b""))[0] > sequence:
            return False
        self.snapshots[portfolio_id] = (sequence, data)
        return True


@dataclass
class FakeBars:
    """A `BarSource` of given series."""

    series: Mapping[str, Bars]

    async def bars(self, symbol: str, start: date | None = None, end: date | None = None) -> Bars:
        if symbol not in self.series:
            raise SymbolNotFound(symbol)
        return self.series[symbol].between(start, end)

    async def many(self, symbols: Sequence[str], start: date | None = None, end: date | None = None) -> BarsBatch:
        return BarsBatch(
            {symbol: self.series[symbol].between(start, end) for symbol in symbols if symbol in self.series},
            [SymbolFailure(s, SymbolNotFound.reason, "unknown") for s in symbols if s not in self.series],
        )


@dataclass
class FakeRates:
    """`FxRates` that never move: units of the euro's partner by currency."""

    per_euro: Mapping[str, str] = field(default_factory=lambda: {"EUR": "1", "USD": "1.25"})
    _tables: dict[str, Mapping[tuple[str, date], Decimal]] = field(default_factory=dict, repr=False, compare=False)

    async def rate(self, base: str, quote: str, day: date) -> FxRate:
        for currency in (base, quote):
            if currency not in self.per_euro:
                raise UnknownCurrency(f"no rate for {currency}", currency=currency)
        return FxRate(base, quote, day, Decimal(self.per_euro[quote]) / Decimal(self.per_euro[base]))

    async def into(self, currency: str) -> Mapping[tuple[str, date], Decimal]:
        return self._tables.setdefault(currency, _RatesInto(self.per_euro, currency))

    async def series(self, base: str, quote: str, days: npt.NDArray[np.datetime64]) -> FxSeries:
        rate = float((await self.rate(base, quote, date(2024, 1, 1))).rate)
        return FxSeries(base, quote, days, np.full(len(days), rate), days)

    async def currencies(self) -> frozenset[str]:
        return frozenset(self.per_euro)


class _RatesInto(dict[tuple[str, date], Decimal]):
    def __init__(self, per_euro: Mapping[str, str], currency: str) -> None:
        super().__init__()
        self._per_euro, self._currency = per_euro, currency

    def __missing__(self, key: tuple[str, date]) -> Decimal:
        if key[0] not in self._per_euro:
            raise UnknownCurrency(f"no rate for {key[0]}", currency=key[0])
        return Decimal(self._per_euro[self._currency]) / Decimal(self._per_euro[key[0]])


@dataclass
class FakeMarket:
    """A `MarketStatus` that stands on one day."""

    day: date

    def today(self) -> date:
        return self.day

    async def status(self) -> Status:
        raise NotImplementedError("these use cases ask for the day alone")
