"""Imports on fakes: repeated, racing, refused and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import PageRequest
from stocktool_kit.testing.clock import FakeClock
from stocktool_stock.application.portfolios import CreatePortfolio
from stocktool_stock.application.ports import Change
from stocktool_stock.application.records import Record
from stocktool_stock.application.stage_import import Rows, StagedImport, StageImport
from stocktool_stock.application.transactions import DeleteTransaction, RecordTransactions
from stocktool_stock.application.undo_import import ReadImports, UndoImport
from stocktool_stock.domain.import_batch import MAX_ROWS, ImportNotFound, ImportState
from stocktool_stock.domain.ledger import Draft, Entry, ShortSale
from stocktool_stock.domain.portfolio import Portfolio, PortfolioNotFound, StaleVersion

from tests.factories.stock import day
from tests.fakes.stock_portfolios import FakeImports, FakeMarket, FakePortfolios, FakeRates

CALLER = Caller("usr_1", (OwnerId("usr_1"),))
STRANGER = Caller("usr_2", (OwnerId("usr_2"),))


def buys(count: int, *, offset: int = 0) -> list[tuple[Draft, str]]:
    """Purchases of one share each, the later day first, with a fingerprint each."""
    return [
        (Draft("buy", day(f"2024-01-{28 - at % 20:02d}"), symbol="X", quantity="1", price="10"), f"row {offset + at}")
        for at in range(count)
    ]


class Racing(FakePortfolios):
    """Somebody else writes right before each of the next commits of an import."""

    races = 0

    async def commit(self, change: Change) -> Record:
        if change.commits and self.races:
            self.races -= 1
            head = self.heads[change.portfolio.id]
            await super().commit(Change(replace(head, version=head.version + 1), head.version, "usr_1", "rival", {}))
        return await super().commit(change)


@dataclass
class Kit:
    store: Racing
    imports: FakeImports
    portfolio: Portfolio
    stage: StageImport
    undo: UndoImport
    record: RecordTransactions

    async def bring(self, rows: Rows, key: IdempotencyKey | None = None) -> StagedImport:
        return await self.stage(CALLER, self.portfolio.id, rows, source_name="f.csv", content_hash="ab", key=key)

    async def entries(self) -> Sequence[Entry]:
        return (await self.store.ledger(await self.store.get(CALLER.owner, self.portfolio.id))).standing


@pytest.fixture
async def kit() -> Kit:
    store, clock, rates = Racing(), FakeClock(datetime(2026, 1, 1, tzinfo=UTC)), FakeRates()
    market = FakeMarket(day("2024-11-29"))
    imports = FakeImports(store)
    portfolio = await CreatePortfolio(store, rates, clock)(CALLER, name="P", base_currency="USD")
    return Kit(
        store,
        imports,
        portfolio,
        StageImport(store, imports, rates, market, clock),
        UndoImport(store, imports, rates, clock),
        RecordTransactions(store, store, rates, market, clock),
    )


async def test_an_import_is_larger_than_a_batch_and_ordered_by_day_then_as_given(kit: Kit) -> None:
    made = await kit.bring(buys(250))
    assert (made.count, made.skipped_duplicates, made.version) == (250, 0, 2)
    entries = await kit.entries()
    assert [entry.sequence for entry in entries] == list(range(1, 251))
    assert len({entry.id for entry in entries}) == 250
    [batch] = (await ReadImports(kit.store, kit.imports).list(CALLER, kit.portfolio.id, PageRequest())).items
    assert (batch.id, batch.state, batch.count, batch.source_name) == (made.id, ImportState.COMMITTED, 250, "f.csv")


async def test_the_same_rows_again_add_nothing_and_more_rows_add_what_is_new(kit: Kit) -> None:
    await kit.bring(buys(20))
    again = await kit.bring(buys(20))
    assert again == StagedImport("", 2, 0, 20)
    more = await kit.bring([*buys(20), *buys(5, offset=20)])
    assert (more.count, more.skipped_duplicates) == (5, 20)
    assert len(await kit.entries()) == 25


async def test_equal_rows_within_a_file_are_all_taken(kit: Kit) -> None:
    twice = [buys(1)[0], buys(1)[0]]
    assert (await kit.bring(twice)).count == 2
    assert (await kit.bring(twice)).count == 0
    assert (await kit.bring([*twice, buys(1)[0]])).count == 1


async def test_a_repeated_request_gets_the_first_answer(kit: Kit) -> None:
    key = IdempotencyKey("usr_1", "POST", "/imports", "k", "hash")
    made = await kit.bring(buys(3), key)
    assert await kit.bring(buys(9), key) == made
    assert len(await kit.entries()) == 3


async def test_rows_that_cannot_be_taken_are_told_by_their_place_and_nothing_is_written(kit: Kit) -> None:
    rows = buys(120)
    rows[7] = (replace(rows[7][0], quantity="many"), "a")
    rows[110] = (replace(rows[110][0], currency="XXX"), "b")
    with pytest.raises(InvalidArgument) as caught:
        await kit.bring(rows)
    pointers = {violation.pointer for violation in caught.value.violations}
    assert pointers == {"/rows/7/quantity", "/rows/110/currency"}
    with pytest.raises(InvalidArgument):
        await kit.bring([])
    with pytest.raises(InvalidArgument):
        await kit.bring(buys(1) * (MAX_ROWS + 1))
    with pytest.raises(PortfolioNotFound):
        await kit.stage(STRANGER, kit.portfolio.id, buys(1), source_name="", content_hash="")
    assert not kit.store.staged
    assert not await kit.entries()


async def test_a_file_that_sells_too_much_changes_nothing(kit: Kit) -> None:
    sale = (Draft("sell", day("2024-02-01"), symbol="X", quantity="3", price="10"), "sale")
    with pytest.raises(ShortSale):
        await kit.bring([*buys(2), sale])
    with pytest.raises(ShortSale):
        await kit.stage.preview(CALLER, kit.portfolio.id, [*buys(2), sale])
    assert not kit.store.staged
    seen = await kit.stage.preview(CALLER, kit.portfolio.id, [*buys(3), sale])
    assert (seen.count, await kit.entries()) == (4, ())


async def test_a_writer_between_makes_it_look_again(kit: Kit) -> None:
    kit.store.races = 2
    made = await kit.bring(buys(4))
    assert made.version == 4
    assert len(await kit.entries()) == 4
    assert len(kit.store.staged) == 1
    kit.store.races = 99
    with pytest.raises(StaleVersion):
        await kit.bring(buys(4, offset=50))
    assert len(kit.store.staged) == 1


async def test_an_import_is_taken_back_whole_and_may_come_again(kit: Kit) -> None:
    made = await kit.bring(buys(30))
    key = IdempotencyKey("usr_1", "DELETE", "/imports", "k", "hash")
    await kit.undo(CALLER, kit.portfolio.id, made.id, key=key)
    await kit.undo(CALLER, kit.portfolio.id, made.id, key=key)
    assert not await kit.entries()
    with pytest.raises(ImportNotFound):
        await kit.undo(CALLER, kit.portfolio.id, made.id)
    with pytest.raises(PortfolioNotFound):
        await kit.undo(STRANGER, kit.portfolio.id, made.id)
    assert (await kit.bring(buys(30))).count == 30
    known = await kit.stage.duplicates(CALLER, kit.portfolio.id, ["row 1", "row 99"])
    assert known == [True, False]


async def test_an_import_whose_shares_were_sold_stays(kit: Kit) -> None:
    made = await kit.bring(buys(5))
    await kit.record(CALLER, kit.portfolio.id, [Draft("sell", day("2024-03-01"), symbol="X", quantity="4", price="1")])
    with pytest.raises(ShortSale) as caught:
        await kit.undo(CALLER, kit.portfolio.id, made.id)
    assert caught.value.metadata["shortfall"] == "4"
    assert len(await kit.entries()) == 6


async def test_one_entry_of_an_import_taken_back_alone_comes_again(kit: Kit) -> None:
    await kit.bring(buys(5))
    [first, *_] = await kit.entries()
    delete = DeleteTransaction(kit.store, FakeRates(), FakeClock())
    await delete(CALLER, kit.portfolio.id, first.id)
    again = await kit.bring(buys(5))
    assert (again.count, again.skipped_duplicates) == (1, 4)
    assert len(await kit.entries()) == 5
