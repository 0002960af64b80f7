"""What every `ImportStore` promises together with its `PortfolioStore`, on the fakes and on DynamoDB."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.table import Key, Table
from stocktool_kit.core.ids import OwnerId, new_id
from stocktool_kit.core.paging import PageRequest
from stocktool_kit.testing.clock import FakeClock
from stocktool_stock.adapters.dynamodb_imports import ABANDONED_AFTER, DynamoDBImports
from stocktool_stock.adapters.dynamodb_portfolios import DynamoDBPortfolios
from stocktool_stock.adapters.ledger_log import LedgerLog
from stocktool_stock.application.ports import Change, ImportStore, PortfolioStore
from stocktool_stock.application.records import Record, portfolio_record
from stocktool_stock.domain.import_batch import (
    ImportBatch,
    ImportNotFound,
    ImportState,
    entry_id,
    new_import_id,
    short_print,
)
from stocktool_stock.domain.ledger import Entry, EntryType, Reversal
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId, StaleVersion
from stocktool_stock.domain.selection import Selection

from tests.factories.stock import a_portfolio, an_entry
from tests.fakes.stock_portfolios import FakeImports, FakePortfolios

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def a_batch(count: int, staged_at: datetime = NOW) -> ImportBatch:
    return ImportBatch(new_import_id(), ImportState.STAGED, count, 0, "broker.csv", "ab" * 32, staged_at)


def entries_of(batch: ImportBatch) -> list[Entry]:
    one = an_entry("buy", "2024-01-02", "AAPL", quantity="1", price="100.25", fee="1")
    return [replace(one, id=entry_id(batch.id, at), sequence=at + 1) for at in range(batch.count)]


def prints_of(batch: ImportBatch) -> list[str]:
    return [f"{batch.id}-{at}" for at in range(batch.count)]


def shorts(fingerprints: Sequence[str]) -> Counter[bytes]:
    return Counter(map(short_print, fingerprints))


@dataclass
class Stores:
    """Both stores over the same data, and a clock that moves what is abandoned."""

    portfolios: PortfolioStore
    imports: ImportStore
    clock: FakeClock

    async def open(self) -> Portfolio:
        owner = OwnerId(new_id("usr"))
        portfolio = replace(a_portfolio(owner=owner), id=PortfolioId(new_id("prt")))
        change = Change(portfolio, 0, owner, "portfolio.created", portfolio_record(portfolio))
        await self.portfolios.commit(change)
        return portfolio

    async def stage(self, portfolio: Portfolio, batch: ImportBatch) -> ImportBatch:
        await self.imports.stage(portfolio.id, batch, entries_of(batch), prints_of(batch))
        return batch

    async def commit(self, portfolio: Portfolio, batch: ImportBatch) -> Portfolio:
        committed = batch.committed(portfolio.last_sequence)
        after = replace(portfolio, version=portfolio.version + 1, last_sequence=committed.last_sequence)
        await self.portfolios.commit(
            Change(after, portfolio.version, portfolio.owner, "import.committed", {}, commits=committed)
        )
        return after

    async def undo(self, portfolio: Portfolio, batch: ImportBatch) -> Portfolio:
        after = replace(portfolio, version=portfolio.version + 1, last_sequence=portfolio.last_sequence + 1)
        undone = (await self.imports.get(portfolio.id, batch.id)).undone("txn_undo", NOW)
        await self.portfolios.commit(
            Change(after, portfolio.version, portfolio.owner, "import.undone", {}, undoes=undone)
        )
        return after

    async def append(self, portfolio: Portfolio, count: int = 1) -> Portfolio:
        entries = [
            replace(
                an_entry("deposit", "2024-01-02", amount="5"),
                id=new_id("txn"),
                sequence=portfolio.last_sequence + 1 + at,
            )
            for at in range(count)
        ]
        after = replace(portfolio, version=portfolio.version + 1, last_sequence=portfolio.last_sequence + count)
        await self.portfolios.commit(
            Change(after, portfolio.version, portfolio.owner, "transactions.recorded", {}, entries=entries)
        )
        return after


class ImportStoreContract:
    """Subclass and provide `stores`."""

    async def test_what_is_staged_is_seen_by_nobody(self, stores: Stores) -> None:
        portfolio = await stores.open()
        batch = await stores.stage(portfolio, a_batch(3))
        assert (await stores.portfolios.ledger(portfolio)).entries == []
        assert (await stores.imports.list(portfolio.id, PageRequest())).items == []
        assert not await stores.imports.fingerprints(portfolio)
        with pytest.raises(ImportNotFound):
            await stores.imports.get(portfolio.id, batch.id)

    async def test_one_write_makes_thousands_part_of_the_ledger_after_what_there_was(self, stores: Stores) -> None:
        portfolio = await stores.append(await stores.open(), 2)
        batch = await stores.stage(portfolio, a_batch(2_500))
        after = await stores.commit(portfolio, batch)
        last = await stores.append(after)
        ledger = await stores.portfolios.ledger(last)
        assert [entry.sequence for entry in ledger.entries] == list(range(1, 2_504))
        assert [entry.id for entry in ledger.entries[2:-1]] == [entry.id for entry in entries_of(batch)]
        assert ledger.entries[2] == replace(entries_of(batch)[0], sequence=3)
        assert await stores.imports.get(portfolio.id, batch.id) == batch.committed(2)
        assert await stores.imports.fingerprints(last) == shorts(prints_of(batch))

    async def test_the_head_before_an_import_does_not_read_it(self, stores: Stores) -> None:
        portfolio = await stores.append(await stores.open())
        await stores.commit(portfolio, await stores.stage(portfolio, a_batch(2)))
        assert len((await stores.portfolios.ledger(portfolio)).entries) == 1

    async def test_of_two_imports_at_a_time_one_has_to_look_again(self, stores: Stores) -> None:
        portfolio = await stores.open()
        batches = [await stores.stage(portfolio, a_batch(2)) for _ in range(2)]
        outcomes = await asyncio.gather(*(stores.commit(portfolio, batch) for batch in batches), return_exceptions=True)
        [won] = [outcome for outcome in outcomes if isinstance(outcome, Portfolio)]
        [lost] = [at for at, outcome in enumerate(outcomes) if isinstance(outcome, StaleVersion)]
        assert len((await stores.portfolios.ledger(won)).entries) == 2
        after = await stores.commit(won, batches[lost])
        assert [entry.sequence for entry in (await stores.portfolios.ledger(after)).entries] == [1, 2, 3, 4]

    async def test_an_import_is_committed_once(self, stores: Stores) -> None:
        portfolio = await stores.open()
        batch = await stores.stage(portfolio, a_batch(2))
        after = await stores.commit(portfolio, batch)
        with pytest.raises(StaleVersion):
            await stores.commit(after, batch)
        assert len((await stores.portfolios.ledger(after)).entries) == 2

    async def test_an_undone_import_stays_to_be_seen_and_does_not_stand(self, stores: Stores) -> None:
        portfolio = await stores.append(await stores.open())
        batch = a_batch(1_200)
        committed = await stores.commit(portfolio, await stores.stage(portfolio, batch))
        after = await stores.undo(committed, batch)
        ledger = await stores.portfolios.ledger(after)
        assert (len(ledger.entries), len(ledger.standing)) == (1_201, 1)
        assert {entry.reversed_by for entry in ledger.entries[1:]} == {"txn_undo"}
        assert not await stores.imports.fingerprints(after)
        found = await stores.imports.get(portfolio.id, batch.id)
        assert (found.state, found.undone_by, found.undone_at) == (ImportState.UNDONE, "txn_undo", NOW)
        with pytest.raises(StaleVersion):
            await stores.undo(after, batch)

    async def test_an_entry_taken_back_alone_gives_its_fingerprint_free(self, stores: Stores) -> None:
        portfolio = await stores.open()
        batch = await stores.stage(portfolio, a_batch(3))
        committed = await stores.commit(portfolio, batch)
        reversal = Reversal("txn_r", 4, entry_id(batch.id, 1), NOW)
        after = replace(committed, version=committed.version + 1, last_sequence=4)
        await stores.portfolios.commit(
            Change(after, committed.version, after.owner, "transaction.reversed", {}, reversals=[reversal])
        )
        first, _, third = prints_of(batch)
        assert await stores.imports.fingerprints(after) == shorts([first, third])
        assert [entry.reversed_by for entry in (await stores.portfolios.ledger(after)).entries] == ["", "txn_r", ""]

    async def test_leftovers_are_swept_and_can_never_be_committed(self, stores: Stores) -> None:
        portfolio = await stores.open()
        left = await stores.stage(portfolio, a_batch(3))
        assert await stores.imports.sweep(portfolio.id) == 0
        self.wait(stores)
        kept = await stores.stage(portfolio, a_batch(1, stores.clock.now()))
        assert await stores.imports.sweep(portfolio.id) == 1
        with pytest.raises(StaleVersion):
            await stores.commit(portfolio, left)
        await stores.commit(portfolio, kept)

    async def test_a_sweep_leaves_what_was_committed(self, stores: Stores) -> None:
        portfolio = await stores.open()
        batch = await stores.stage(portfolio, a_batch(3))
        after = await stores.commit(portfolio, batch)
        self.wait(stores)
        assert await stores.imports.sweep(portfolio.id) == 0
        await stores.imports.discard(portfolio.id, batch.id)
        assert len((await stores.portfolios.ledger(after)).entries) == 3

    async def test_imports_are_listed_page_by_page_newest_first(self, stores: Stores) -> None:
        portfolio = await stores.open()
        batches = []
        for number in range(3):
            batch = replace(a_batch(1), id=f"imp_{number:026d}")
            portfolio = await stores.commit(portfolio, await stores.stage(portfolio, batch))
            batches.append(batch)
        first = await stores.imports.list(portfolio.id, PageRequest(2))
        second = await stores.imports.list(portfolio.id, PageRequest(2, first.next_page_token))
        assert [batch.id for batch in (*first.items, *second.items)] == [batch.id for batch in reversed(batches)]

    @pytest.mark.parametrize("newest_first", [False, True])
    async def test_a_selection_is_read_page_by_page_from_where_its_days_lie(
        self, stores: Stores, *, newest_first: bool
    ) -> None:
        """2,300 imported entries over 230 days, older and newer ones of single writes among them, one taken back."""
        portfolio = await stores.append(await stores.open(), 3)
        batch = a_batch(2_300)
        entries = [
            replace(
                entry,
                day=date(2023, 12, 1) + timedelta(days=at // 10),
                symbol="AAPL" if at % 3 else "JPM",
                type=EntryType.SELL if at % 100 == 0 else EntryType.BUY,
            )
            for at, entry in enumerate(entries_of(batch))
        ]
        await stores.imports.stage(portfolio.id, batch, entries, prints_of(batch))
        portfolio = await stores.append(await stores.commit(portfolio, batch), 2)
        reversal = Reversal("txn_r", portfolio.last_sequence + 1, entries[40].id, NOW)
        after = replace(portfolio, version=portfolio.version + 1, last_sequence=reversal.sequence)
        await stores.portfolios.commit(
            Change(after, portfolio.version, after.owner, "transaction.reversed", {}, reversals=[reversal])
        )
        ledger = (await stores.portfolios.ledger(after)).entries
        for selection in (
            Selection(),
            Selection(include_reversed=True),
            Selection(symbol="JPM", start=date(2024, 2, 1), end=date(2024, 2, 20)),
            Selection(types=frozenset({EntryType.SELL, EntryType.DEPOSIT})),
            Selection(account_id="acc_2"),
            Selection(start=date(2030, 1, 1)),
        ):
            selection = replace(selection, newest_first=newest_first)  # noqa: PLW2901
            expected = [entry for entry in ledger if selection.include_reversed or not entry.reversed_by]
            expected = [entry for entry in expected if selection.symbol in ("", entry.symbol)]
            expected = [entry for entry in expected if not selection.types or entry.type in selection.types]
            expected = [entry for entry in expected if selection.account_id in ("", entry.account_id)]
            expected = [entry for entry in expected if entry.day >= (selection.start or date.min)]
            expected = [entry for entry in expected if entry.day <= (selection.end or date.max)]
            expected.sort(key=lambda entry: (entry.day, entry.sequence), reverse=newest_first)
            found: list[Entry] = []
            while page := await stores.portfolios.select(after, selection, 450):
                found += page
                selection = replace(selection, after=(page[-1].day, page[-1].sequence))  # noqa: PLW2901
            assert found == expected

    def wait(self, stores: Stores) -> None:
        """Let enough time go by for what is staged to count as abandoned."""
        stores.clock.advance(by=ABANDONED_AFTER + timedelta(minutes=1))


class TestFake(ImportStoreContract):
    @pytest.fixture
    def stores(self) -> Stores:
        portfolios = FakePortfolios()
        return Stores(portfolios, FakeImports(portfolios), FakeClock(NOW))

    def wait(self, stores: Stores) -> None:
        super().wait(stores)
        assert isinstance(stores.imports, FakeImports)
        stores.imports.abandoned_before = stores.clock.now() - ABANDONED_AFTER


class TestDynamoDB(ImportStoreContract):
    @pytest.fixture
    async def table(self, emulator: EmulatedAws) -> AsyncIterator[Table]:
        clients = AwsClients()
        yield Table(clients, "stocktool-portfolios")
        clients.close()

    @pytest.fixture
    def stores(self, table: Table) -> Stores:
        clock, log = FakeClock(NOW), LedgerLog(table)
        return Stores(
            DynamoDBPortfolios(table, "stocktool-audit", clock, log), DynamoDBImports(table, log, clock), clock
        )

    async def test_neither_a_sweep_nor_a_deleted_portfolio_leaves_items(self, stores: Stores, table: Table) -> None:
        portfolio = await stores.open()
        batch = await stores.stage(portfolio, a_batch(1_100))
        assert [sk[:2] for sk in await keys(table, portfolio) if batch.id in sk] == ["B#", "F#", "S#", "S#"]
        await stores.imports.discard(portfolio.id, batch.id)
        assert not [sk for sk in await keys(table, portfolio) if batch.id in sk]
        after = await stores.commit(portfolio, await stores.stage(portfolio, a_batch(1_100)))
        answer: Record = {}
        await stores.portfolios.commit(
            Change(after, after.version, after.owner, "portfolio.deleted", answer, deletes=True)
        )
        assert await keys(table, portfolio) == []

    async def test_packed_rows_read_as_the_log_does(self, stores: Stores, table: Table) -> None:
        """Rows, one of them an import's mark, one a reversal: packed, damaged, and packed again."""
        portfolio = await stores.commit(opened := await stores.open(), await stores.stage(opened, a_batch(5)))
        portfolio = await stores.append(portfolio, 88)
        entries = (await stores.portfolios.ledger(portfolio)).entries
        reversal = Reversal("txn_r", portfolio.last_sequence + 1, entries[7].id, NOW)
        after = replace(portfolio, version=portfolio.version + 1, last_sequence=reversal.sequence)
        await stores.portfolios.commit(
            Change(after, portfolio.version, after.owner, "transaction.reversed", {}, reversals=[reversal])
        )
        expected = (await stores.portfolios.ledger(after)).entries
        log = LedgerLog(table, packed_rows=45)
        assert await log.pack(after.id, after.last_sequence) == 2
        assert await log.pack(after.id, after.last_sequence) == 0
        another = LedgerLog(table, packed_rows=45)
        assert (await another.read(after.id, after=0, until=after.last_sequence)).ledger().entries == expected
        assert await log.reversals(after.id, until=after.last_sequence) == [reversal]

        pack, _ = [item async for item in table.query_all(Key("pk").eq(f"P#{after.id}") & Key("sk").begins_with("K#"))]
        await table.put({**pack, "chunk": bytes(pack["chunk"])[:-9] + b"123456789"})
        assert (await log.read(after.id, after=0, until=after.last_sequence)).ledger().entries == expected
        assert await log.pack(after.id, after.last_sequence) == 1


async def keys(table: Table, portfolio: Portfolio) -> list[str]:
    return [item["sk"] async for item in table.query_all(Key("pk").eq(f"P#{portfolio.id}"), attributes=["sk"])]
