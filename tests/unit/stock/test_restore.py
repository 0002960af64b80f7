"""Undo of undo, the history of writes and the report of sales, on fakes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import PageRequest, encode_token
from stocktool_kit.testing.clock import FakeClock
from stocktool_stock.application.ledger_books import books_of
from stocktool_stock.application.list_writes import SHOWN, ListWrites
from stocktool_stock.application.portfolios import CreatePortfolio
from stocktool_stock.application.report_realised import ReportRealised
from stocktool_stock.application.stage_import import StageImport
from stocktool_stock.application.transactions import (
    DeleteTransaction,
    ImportUndone,
    RecordTransactions,
    RestoreTransaction,
)
from stocktool_stock.application.undo_import import UndoImport
from stocktool_stock.domain.ledger import Draft, Entry, ShortSale, TransactionNotFound
from stocktool_stock.domain.portfolio import PortfolioId

from tests.factories.stock import day
from tests.fakes.stock_portfolios import FakeImports, FakeMarket, FakePortfolios, FakeRates

CALLER = Caller("usr_1", (OwnerId("usr_1"),))
BUY = Draft("buy", day("2024-01-02"), symbol="X", quantity="10", price="100")
SALE = Draft("sell", day("2024-02-01"), symbol="X", quantity="4", price="120")


@dataclass
class Kit:
    store: FakePortfolios
    id: PortfolioId
    record: RecordTransactions
    delete: DeleteTransaction
    restore: RestoreTransaction
    stage: StageImport
    undo: UndoImport
    writes: ListWrites
    realised: ReportRealised

    async def standing(self) -> list[str]:
        portfolio = await self.store.get(CALLER.owner, self.id)
        return [entry.id for entry in (await self.store.ledger(portfolio)).standing]

    async def recorded(self, *drafts: Draft) -> list[Entry]:
        return list((await self.record(CALLER, self.id, drafts)).entries)


@pytest.fixture
async def kit() -> Kit:
    store, clock, rates = FakePortfolios(), FakeClock(datetime(2026, 1, 1, tzinfo=UTC)), FakeRates()
    market, imports = FakeMarket(day("2024-11-29")), FakeImports(store)
    portfolio = await CreatePortfolio(store, rates, clock)(CALLER, name="P", base_currency="USD")
    return Kit(
        store,
        portfolio.id,
        RecordTransactions(store, store, rates, market, clock),
        DeleteTransaction(store, rates, clock),
        RestoreTransaction(store, imports, rates, clock),
        StageImport(store, imports, rates, market, clock),
        UndoImport(store, imports, rates, clock),
        ListWrites(store, store),
        ReportRealised(store, books_of(store, rates), market),
    )


async def test_what_was_taken_back_stands_again_and_a_repetition_changes_nothing(kit: Kit) -> None:
    buy, sale = await kit.recorded(BUY, SALE)
    key = IdempotencyKey("usr_1", "POST", "/restore", "k", "h")
    await kit.delete(CALLER, kit.id, sale.id)
    assert await kit.standing() == [buy.id]
    for _ in range(2):
        assert (await kit.restore(CALLER, kit.id, sale.id, key=key)).reversed_by == ""
    assert await kit.standing() == [buy.id, sale.id]
    version = (await kit.store.get(CALLER.owner, kit.id)).version
    await kit.restore(CALLER, kit.id, sale.id)  # it stands already
    assert (await kit.store.get(CALLER.owner, kit.id)).version == version == 4


async def test_a_sale_whose_shares_are_gone_stays_taken_back(kit: Kit) -> None:
    buy, sale = await kit.recorded(BUY, SALE)
    await kit.delete(CALLER, kit.id, sale.id)
    await kit.delete(CALLER, kit.id, buy.id)
    with pytest.raises(ShortSale):
        await kit.restore(CALLER, kit.id, sale.id)
    with pytest.raises(TransactionNotFound):
        await kit.restore(CALLER, kit.id, "txn_none")
    assert await kit.standing() == []


async def test_an_entry_of_an_import_can_be_restored_unless_the_import_was_taken_back(kit: Kit) -> None:
    made = await kit.stage(
        CALLER, kit.id, [(BUY, "row 1"), (BUY, "row 2")], source_name="f.csv", content_hash="ab", key=None
    )
    first, second = await kit.standing()
    await kit.delete(CALLER, kit.id, first)
    await kit.restore(CALLER, kit.id, first)
    assert await kit.standing() == [first, second]
    await kit.undo(CALLER, kit.id, made.id)
    with pytest.raises(ImportUndone):
        await kit.restore(CALLER, kit.id, first)
    told = (await kit.writes(CALLER, kit.id, PageRequest())).items
    assert [(each.count, len(each.entries)) for each in told if "import" in each.write.detail] == [(2, 0), (2, 0)]


async def test_the_history_names_an_entry_and_has_it_beside(kit: Kit) -> None:
    [buy] = await kit.recorded(BUY)
    await kit.delete(CALLER, kit.id, buy.id)
    write = kit.store.history[kit.id][-1]
    assert write.detail == {"transaction": buy.id, "type": "buy", "date": "2024-01-02"}


async def test_the_history_shows_the_first_entries_of_a_write_as_they_are_now(kit: Kit) -> None:
    bought = await kit.recorded(*[BUY] * (SHOWN + 2))
    [latest] = (await kit.writes(CALLER, kit.id, PageRequest(1))).items
    assert (latest.count, [entry.id for entry in latest.entries]) == (SHOWN + 2, [e.id for e in bought[:SHOWN]])
    await kit.delete(CALLER, kit.id, bought[0].id)
    newest, before, made = (await kit.writes(CALLER, kit.id, PageRequest())).items
    assert ([entry.id for entry in newest.entries], newest.count) == ([bought[0].id], 1)
    assert [bool(entry.reversed_by) for entry in before.entries] == [True] + [False] * (SHOWN - 1)
    assert (made.write.action, made.entries, made.count) == ("portfolio.created", [], 0)


async def test_the_report_takes_ranges_and_refuses_what_makes_no_sense(kit: Kit) -> None:
    later = Draft("sell", day("2024-03-01"), symbol="X", quantity="1", price="90")
    await kit.recorded(BUY, SALE, later)
    whole = await kit.realised(CALLER.owner, kit.id, PageRequest())
    assert (whole.total.gain, whole.total.short_term, whole.end) == (70, 70, day("2024-11-29"))
    february = await kit.realised(CALLER.owner, kit.id, PageRequest(), start=day("2024-02-01"), end=day("2024-02-29"))
    assert (february.total.gain, list(february.by_symbol)) == (80, ["X"])
    none = await kit.realised(CALLER.owner, kit.id, PageRequest(), symbol="Y")
    assert (none.total.gain, none.sales.items, none.by_symbol) == (0, [], {})
    for wrong in ({"start": day("2025-01-01")}, {"account_id": "acc_none"}):
        with pytest.raises(InvalidArgument):
            await kit.realised(CALLER.owner, kit.id, PageRequest(), **wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument):
        await kit.realised(CALLER.owner, kit.id, PageRequest(1, encode_token({"first": "-1"})))
