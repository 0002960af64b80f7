"""Use cases on fakes: what a repetition, a racing writer and a missing price do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import PageRequest
from stocktool_kit.testing.clock import FakeClock
from stocktool_stock.application.measure_performance import MeasurePerformance
from stocktool_stock.application.periods import Period
from stocktool_stock.application.portfolio_reader import PortfolioReader
from stocktool_stock.application.portfolios import CreatePortfolio
from stocktool_stock.application.ports import Change
from stocktool_stock.application.read_history import ReadHistory
from stocktool_stock.application.records import Record
from stocktool_stock.application.transactions import DeleteTransaction, ListTransactions, RecordTransactions
from stocktool_stock.application.value_portfolio import ValuePortfolio
from stocktool_stock.domain.ledger import Draft, ShortSale
from stocktool_stock.domain.portfolio import Portfolio, StaleVersion

from tests.factories.stock import day, some_bars
from tests.fakes.stock_portfolios import FakeBars, FakeMarket, FakePortfolios, FakeRates

CALLER = Caller("usr_1", (OwnerId("usr_1"),))
TODAY = day("2024-11-29")
BUY = Draft("buy", day("2024-01-02"), symbol="X", quantity="10", price="100")
BARS = FakeBars({"X": some_bars("X", {"2024-01-02": 100, "2024-06-03": 120, "2024-11-29": 150})})


@dataclass
class Kit:
    """The use cases over one store."""

    store: FakePortfolios
    portfolio: Portfolio
    record: RecordTransactions
    delete: DeleteTransaction
    listing: ListTransactions
    reader: PortfolioReader


@pytest.fixture
async def kit() -> Kit:
    return await a_kit(FakePortfolios())


async def a_kit(store: FakePortfolios) -> Kit:
    clock, rates, market = FakeClock(datetime(2026, 1, 1, tzinfo=UTC)), FakeRates(), FakeMarket(TODAY)
    portfolio = await CreatePortfolio(store, rates, clock)(CALLER, name="P", base_currency="USD")
    return Kit(
        store,
        portfolio,
        RecordTransactions(store, store, rates, market, clock),
        DeleteTransaction(store, rates, clock),
        ListTransactions(store),
        PortfolioReader(store, BARS, rates, market),
    )


class RacedPortfolios(FakePortfolios):
    """Another writer comes between the reading and the first writes."""

    races = 0

    async def commit(self, change: Change) -> Record:
        if change.entries and self.races:
            self.races -= 1
            head = self.heads[change.portfolio.id]
            rival = replace(change.entries[0], id=f"txn_rival_{self.races}", sequence=head.last_sequence + 1)
            after = replace(head, version=head.version + 1, last_sequence=head.last_sequence + 1)
            await super().commit(Change(after, head.version, "usr_1", "rival", {}, entries=[rival]))
        return await super().commit(change)


async def test_a_write_that_met_another_is_worked_out_anew() -> None:
    store = RacedPortfolios()
    kit = await a_kit(store)
    store.races = 2
    recorded = await kit.record(CALLER, kit.portfolio.id, [BUY])
    assert recorded.entries[0].sequence == 3
    assert len((await store.ledger(await kit.store.get(CALLER.owner, kit.portfolio.id))).entries) == 3


async def test_a_sale_that_lost_the_race_is_checked_against_what_is_left() -> None:
    store = RacedPortfolios()
    kit = await a_kit(store)
    await kit.record(CALLER, kit.portfolio.id, [BUY])
    store.races = 1
    with pytest.raises(ShortSale):
        await kit.record(CALLER, kit.portfolio.id, [replace(BUY, type="sell", quantity="6")])
    assert len((await store.ledger(await kit.store.get(CALLER.owner, kit.portfolio.id))).entries) == 2


async def test_a_writer_that_always_loses_is_told() -> None:
    store = RacedPortfolios()
    kit = await a_kit(store)
    store.races = 100
    with pytest.raises(StaleVersion):
        await kit.record(CALLER, kit.portfolio.id, [BUY])


async def test_a_repeated_sale_is_answered_and_not_checked_again(kit: Kit) -> None:
    await kit.record(CALLER, kit.portfolio.id, [BUY])
    key = IdempotencyKey("usr_1", "POST", "/x", "k", "hash")
    sale = replace(BUY, type="sell")
    first = await kit.record(CALLER, kit.portfolio.id, [sale], key=key)
    assert await kit.record(CALLER, kit.portfolio.id, [sale], key=key) == first


async def test_a_repeated_deletion_is_answered(kit: Kit) -> None:
    [entry] = (await kit.record(CALLER, kit.portfolio.id, [BUY])).entries
    key = IdempotencyKey("usr_1", "DELETE", "/x", "k", "hash")
    await kit.delete(CALLER, kit.portfolio.id, entry.id, key=key)
    await kit.delete(CALLER, kit.portfolio.id, entry.id, key=key)
    assert (await kit.store.ledger(await kit.store.get(CALLER.owner, kit.portfolio.id))).standing == ()


async def test_transactions_are_listed_by_day_page_by_page(kit: Kit) -> None:
    days = ["2024-03-01", "2024-01-02", "2024-02-01"]
    await kit.record(CALLER, kit.portfolio.id, [replace(BUY, day=day(on)) for on in days])
    first = await kit.listing(CALLER, kit.portfolio.id, PageRequest(2))
    second = await kit.listing(CALLER, kit.portfolio.id, PageRequest(2, first.next_page_token))
    assert [entry.day.isoformat() for entry in [*first.items, *second.items]] == sorted(days)
    assert second.next_page_token == ""


async def test_a_name_without_prices_is_told_and_the_rest_is_valued(kit: Kit) -> None:
    await kit.record(CALLER, kit.portfolio.id, [BUY, replace(BUY, symbol="HOUSE", quantity="1", price="5000")])
    report = await ValuePortfolio(kit.reader)("usr_1", kit.portfolio.id)
    assert report.valuation.total.amount == 1500 + 5000
    assert report.valuation.stale_prices == 1
    assert report.warnings == ("HOUSE has no market price; its last trade stands in",)


async def test_a_range_within_the_ledger_starts_from_its_own_value(kit: Kit) -> None:
    await kit.record(CALLER, kit.portfolio.id, [BUY])
    measure = MeasurePerformance(kit.reader, ReadHistory(kit.reader, FakeRates()))
    report = await measure("usr_1", kit.portfolio.id, start=day("2024-06-03"))
    assert report.value_start.amount == 1200
    assert report.gain.amount == 300
    assert report.net_flows.amount == 0
    assert report.figures["twr"] == pytest.approx(0.25)
    whole = await measure("usr_1", kit.portfolio.id, period=Period.SINCE_INCEPTION)
    assert (whole.start, whole.gain.amount, whole.net_flows.amount) == (day("2024-01-02"), 500, 1000)
    assert whole.figures["simple_return"] == 0.5


@pytest.mark.parametrize(
    ("period", "end", "start"),
    [
        (Period.YEAR_TO_DATE, "2024-11-29", "2024-01-01"),
        (Period.ONE_YEAR, "2024-02-29", "2023-02-28"),
        (Period.ONE_MONTH, "2024-03-31", "2024-02-29"),
        (Period.ONE_MONTH, "2024-01-15", "2023-12-15"),
    ],
)
def test_a_period_begins_on_the_same_day_or_the_months_last(period: Period, end: str, start: str) -> None:
    assert period.start(day(end)) == day(start)
