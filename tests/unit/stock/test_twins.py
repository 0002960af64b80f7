"""A write sent twice at once: wherever its twin comes between, both are answered the same and one of them writes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from typing import TypeAlias

import pytest
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.testing.clock import FakeClock
from stocktool_stock.adapters.import_files.parts import import_uses
from stocktool_stock.application.alert_facts import GatherFacts
from stocktool_stock.application.alerts import KeepAlerts
from stocktool_stock.application.analyses import MAX_OPEN, CancelAnalysis, StartAnalysis
from stocktool_stock.application.custom_instruments import CustomInstruments, InstrumentChange
from stocktool_stock.application.export_portfolio import ExportFormat
from stocktool_stock.application.import_report import ImportChoices
from stocktool_stock.application.notification_settings import MOST_CODES_A_DAY, ChooseNotifications, Wanted
from stocktool_stock.application.portfolio_picture import ReadPicture
from stocktool_stock.application.portfolio_plans import KeepTargets, KeepThresholds
from stocktool_stock.application.portfolio_reader import PortfolioReader
from stocktool_stock.application.portfolios import CreatePortfolio, DeletePortfolio, UpdatePortfolio
from stocktool_stock.application.stage_import import StageImport
from stocktool_stock.application.store_what_if import StoreWhatIf
from stocktool_stock.application.transactions import DeleteTransaction, RecordTransactions, RestoreTransaction
from stocktool_stock.application.undo_import import UndoImport
from stocktool_stock.application.watchlists import KeepWatchlists
from stocktool_stock.application.what_if import WhatIf
from stocktool_stock.domain.allocation import AllocationBy
from stocktool_stock.domain.analysis import AnalysisKind
from stocktool_stock.domain.custom_instruments import MAX_INSTRUMENTS, CustomInstrument
from stocktool_stock.domain.imports.options import ReadOptions
from stocktool_stock.domain.imports.saved_mappings import MOST_MAPPINGS, SavedMapping
from stocktool_stock.domain.ledger import Draft, Entry
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.domain.quotes import QuoteBatch
from stocktool_stock.domain.targets import Targets
from stocktool_stock.domain.watchlists import MOST_LISTS
from stocktool_stock.domain.xray import Thresholds

from tests.factories.alerts import ABOVE_240
from tests.factories.stock import day, some_bars
from tests.fakes.alerts import FakeAlerts, FakeEarnings, FakePortfolioDays
from tests.fakes.analyses import FakeAnalyses
from tests.fakes.import_mappings import FakeMappings
from tests.fakes.notification_channels import FakeNotificationSettings
from tests.fakes.stock_planning import FakeInstruments, FakePlans
from tests.fakes.stock_portfolios import FakeBars, FakeImports, FakeMarket, FakePortfolios, FakeRates
from tests.fakes.twins import Between, outcome
from tests.fakes.watchlists import FakeWatchlists

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CALLER = Caller("usr_1", (OwnerId("usr_1"),))
KEY = IdempotencyKey("usr_1", "POST", "/api/stock/v1/anything", "k", "h")
Send: TypeAlias = Callable[["Process", IdempotencyKey], Awaitable[object]]

BUY = Draft("buy", day("2024-01-02"), symbol="X", quantity="10", price="100")
SALE = Draft("sell", day("2024-02-01"), symbol="X", quantity="10", price="120")
SPLIT = b""""Date","Action","Symbol","Description","Quantity","Price","Fees & Comm","Amount"
"07/15/2024","Stock Split","X","X INC","10","","",""
"""
HOUSE = CustomInstrument("CUSTOM:HOUSE", "House", "USD", "real estate")
MAIL = Wanted(
    email=True,
    email_address="me@example.com",
    webhook_url="https://example.com/hook",
    webhook_enabled=True,
    new_secret=True,
    quiet_hours=None,
    kinds=(),
)


class _NoQuotes:
    async def quotes(self, symbols: Sequence[str]) -> QuoteBatch:
        return QuoteBatch([], [], NOW)


class Stores:
    """Where everything is kept."""

    def __init__(self) -> None:
        self.portfolios = FakePortfolios()
        self.plans = FakePlans(self.portfolios)
        self.lists, self.alerts = FakeWatchlists(), FakeAlerts()
        self.settings, self.mappings = FakeNotificationSettings(), FakeMappings()
        self.analyses = FakeAnalyses()

    def written(self) -> object:
        """How much there is of everything, and at which versions."""
        keyed = (self.portfolios, self.lists, self.alerts, self.settings, self.plans, self.mappings)
        return (
            [len(store.answers) for store in keyed],
            sorted((head.version, head.last_sequence) for head in self.portfolios.heads.values()),
            sorted(len(rows) for rows in self.portfolios.batches.values() if rows),
            sorted(len(rows) for rows in self.portfolios.custom.values()),
            sorted(each.version for each in self.lists.lists.values()),
            sorted(each.version for each in self.alerts.alerts.values()),
            sorted(each.version for each in self.mappings.kept.values()),
            sorted(str(record["version"]) for record in self.plans.rows.values()),
            [each.version for each in self.settings.settings.values()],
            (len(self.settings.codes_for), len(self.settings.sent)),
            sorted(each.state for each in self.analyses.rows.values()),
        )


class Process:
    """The use cases of one process that write with a key; a twin may come between their calls of the stores."""

    def __init__(self, stores: Stores, between: Between) -> None:
        over, clock = between.over, FakeClock(NOW)
        self.portfolios = store = over(stores.portfolios)
        rates, market, imports = FakeRates(), FakeMarket(day("2024-11-29")), over(FakeImports(stores.portfolios))
        bars, quotes = FakeBars({"X": some_bars("X", {"2024-01-02": 100, "2024-11-29": 120})}), _NoQuotes()
        self.create = CreatePortfolio(store, rates, clock)
        self.update = UpdatePortfolio(store, rates)
        self.delete = DeletePortfolio(store)
        self.record = RecordTransactions(store, store, rates, market, clock)
        self.reverse = DeleteTransaction(store, rates, clock)
        self.restore = RestoreTransaction(store, imports, rates, clock)
        self.stage = StageImport(store, imports, rates, market, clock)
        self.undo = UndoImport(store, imports, rates, clock)
        self.own = CustomInstruments(store, store, rates, market)
        plans = over(stores.plans)
        self.targets, self.thresholds = KeepTargets(store, plans, clock), KeepThresholds(store, plans, clock)
        pictures = ReadPicture(PortfolioReader(store, bars, rates, market), FakeInstruments({}), rates, clock)
        self.fork = StoreWhatIf(store, imports, store, WhatIf(pictures, rates, clock), clock)
        self.lists = KeepWatchlists(over(stores.lists), quotes, clock)
        gather = GatherFacts(quotes, bars, FakePortfolioDays(), FakeEarnings(), market)
        self.alerts = KeepAlerts(over(stores.alerts), store, gather, clock)
        self.settings = ChooseNotifications(over(stores.settings), clock)
        self.start = StartAnalysis(store, over(stores.analyses), clock)
        self.cancel = CancelAnalysis(over(stores.analyses))
        self.files = import_uses(
            *(store, self.stage, store, over(stores.mappings)),
            instruments=FakeInstruments({}),
            rates=rates,
            market=market,
            clock=clock,
        )

    async def portfolio(self, *drafts: Draft) -> PortfolioId:
        made = await self.create(CALLER, name="P", base_currency="USD")
        if drafts:
            await self.record(CALLER, made.id, drafts)
        return made.id

    async def entry(self, portfolio_id: PortfolioId, at: int) -> Entry:
        head = await self.portfolios.get(CALLER.owner, portfolio_id)
        return (await self.portfolios.ledger(head)).entries[at]


async def creating_a_portfolio(world: Process) -> Send:
    return lambda uses, key: uses.create(CALLER, name="P", base_currency="USD", key=key)


async def changing_a_portfolio(world: Process) -> Send:
    portfolio_id = await world.portfolio()
    return lambda uses, key: uses.update(CALLER, portfolio_id, name="Q", key=key)


async def changing_a_portfolio_as_it_was_read(world: Process) -> Send:
    portfolio_id = await world.portfolio()
    return lambda uses, key: uses.update(CALLER, portfolio_id, name="Q", version=1, key=key)


async def deleting_a_portfolio(world: Process) -> Send:
    portfolio_id = await world.portfolio(BUY)
    return lambda uses, key: uses.delete(CALLER, portfolio_id, key=key)


async def selling_all(world: Process) -> Send:
    portfolio_id = await world.portfolio(BUY)
    return lambda uses, key: uses.record(CALLER, portfolio_id, [SALE], key=key)


async def taking_an_entry_back(world: Process) -> Send:
    portfolio_id = await world.portfolio(BUY)
    entry = await world.entry(portfolio_id, 0)
    return lambda uses, key: uses.reverse(CALLER, portfolio_id, entry.id, key=key)


async def restoring_an_entry(world: Process) -> Send:
    portfolio_id = await world.portfolio(BUY)
    entry = await world.entry(portfolio_id, 0)
    await world.reverse(CALLER, portfolio_id, entry.id)
    return lambda uses, key: uses.restore(CALLER, portfolio_id, entry.id, key=key)


async def importing_rows(world: Process) -> Send:
    portfolio_id = await world.portfolio(BUY)
    rows = [(SALE, "a")]
    return lambda uses, key: uses.stage(CALLER, portfolio_id, rows, source_name="f.csv", content_hash="ab", key=key)


async def undoing_an_import(world: Process) -> Send:
    portfolio_id = await world.portfolio()
    made = await world.stage(CALLER, portfolio_id, [(BUY, "a")], source_name="f.csv", content_hash="ab")
    return lambda uses, key: uses.undo(CALLER, portfolio_id, made.id, key=key)


def _importing(portfolio_id: PortfolioId, content: bytes) -> Send:
    async def send(uses: Process, key: IdempotencyKey) -> object:
        told = await uses.files.commit(
            CALLER,
            portfolio_id,
            content,
            options=ReadOptions(),
            choices=ImportChoices(),
            source_name="f",
            key=key,
        )
        return told.staged, told.counts

    return send


async def importing_a_file(world: Process) -> Send:
    portfolio_id = await world.portfolio(BUY)
    return _importing(portfolio_id, b"date,type,symbol,quantity,price,currency\n2024-02-01,sell,X,10,120,USD\n")


async def importing_splits(world: Process) -> Send:
    portfolio_id = await world.portfolio(BUY)
    return _importing(portfolio_id, SPLIT)


async def importing_an_export_with_an_own_instrument(world: Process) -> Send:
    here, there = await world.portfolio(BUY), await world.portfolio()
    for number in range(MAX_INSTRUMENTS - 1):
        await world.own.create(CALLER, there, replace(HOUSE, symbol=f"CUSTOM:N{number}"))
    await world.own.create(CALLER, here, HOUSE)
    await world.record(CALLER, here, [replace(BUY, symbol=HOUSE.symbol)])
    export = await world.files.export(CALLER, here, ExportFormat.JSON)
    return _importing(there, "".join([part async for part in export.parts]).encode())


async def making_an_instrument(world: Process) -> Send:
    portfolio_id = await world.portfolio()
    return lambda uses, key: uses.own.create(CALLER, portfolio_id, HOUSE, key=key)


async def making_the_last_instrument(world: Process) -> Send:
    portfolio_id = await world.portfolio()
    for number in range(MAX_INSTRUMENTS - 1):
        await world.own.create(CALLER, portfolio_id, replace(HOUSE, symbol=f"CUSTOM:N{number}"))
    return lambda uses, key: uses.own.create(CALLER, portfolio_id, HOUSE, key=key)


async def changing_an_instrument(world: Process) -> Send:
    portfolio_id = await world.portfolio()
    await world.own.create(CALLER, portfolio_id, HOUSE)
    return lambda uses, key: uses.own.update(CALLER, portfolio_id, HOUSE.symbol, InstrumentChange(name="Home"), key=key)


async def deleting_an_instrument(world: Process) -> Send:
    portfolio_id = await world.portfolio()
    await world.own.create(CALLER, portfolio_id, HOUSE)
    return lambda uses, key: uses.own.delete(CALLER, portfolio_id, HOUSE.symbol, key=key)


async def pricing_an_instrument(world: Process) -> Send:
    portfolio_id = await world.portfolio()
    await world.own.create(CALLER, portfolio_id, HOUSE)
    rows = [(day("2024-01-02"), "5")]
    return lambda uses, key: uses.own.set_prices(CALLER, portfolio_id, HOUSE.symbol, rows, key=key)


async def removing_prices(world: Process) -> Send:
    portfolio_id = await world.portfolio()
    await world.own.create(CALLER, portfolio_id, HOUSE)
    await world.own.set_prices(CALLER, portfolio_id, HOUSE.symbol, [(day("2024-01-02"), "5")])
    return lambda uses, key: uses.own.delete_prices(CALLER, portfolio_id, HOUSE.symbol, key=key)


async def setting_targets(world: Process) -> Send:
    portfolio_id = await world.portfolio()
    targets = Targets(AllocationBy.SYMBOL, {"X": Decimal(1)})
    return lambda uses, key: uses.targets.put(CALLER, portfolio_id, targets, key=key)


async def setting_targets_as_they_were_read(world: Process) -> Send:
    portfolio_id = await world.portfolio()
    targets = Targets(AllocationBy.SYMBOL, {"X": Decimal(1)})
    return lambda uses, key: uses.targets.put(CALLER, portfolio_id, targets, version=0, key=key)


async def deleting_targets(world: Process) -> Send:
    portfolio_id = await world.portfolio()
    await world.targets.put(CALLER, portfolio_id, Targets(AllocationBy.SYMBOL, {"X": Decimal(1)}))
    return lambda uses, key: uses.targets.delete(CALLER, portfolio_id, key=key)


async def setting_thresholds(world: Process) -> Send:
    portfolio_id = await world.portfolio()
    return lambda uses, key: uses.thresholds.put(CALLER, portfolio_id, Thresholds({"sector": 0.5}), version=0, key=key)


async def deleting_thresholds(world: Process) -> Send:
    portfolio_id = await world.portfolio()
    await world.thresholds.put(CALLER, portfolio_id, Thresholds({"sector": 0.5}))
    return lambda uses, key: uses.thresholds.delete(CALLER, portfolio_id, key=key)


async def storing_a_what_if(world: Process) -> Send:
    portfolio_id = await world.portfolio(BUY)
    return lambda uses, key: uses.fork(CALLER, portfolio_id, "F", [SALE], key=key)


async def making_the_last_watchlist(world: Process) -> Send:
    for number in range(MOST_LISTS - 1):
        await world.lists.create(CALLER, name=f"L{number}", symbols=[])
    return lambda uses, key: uses.lists.create(CALLER, name="L", symbols=["X"], key=key)


async def changing_a_watchlist(world: Process) -> Send:
    made = await world.lists.create(CALLER, name="L", symbols=[])
    return lambda uses, key: uses.lists.change(CALLER, made.id, name="M", key=key)


async def changing_a_watchlist_as_it_was_read(world: Process) -> Send:
    made = await world.lists.create(CALLER, name="L", symbols=[])
    return lambda uses, key: uses.lists.change(CALLER, made.id, name="M", version=1, key=key)


async def deleting_a_watchlist(world: Process) -> Send:
    made = await world.lists.create(CALLER, name="L", symbols=[])
    return lambda uses, key: uses.lists.delete(CALLER, made.id, key=key)


async def making_an_alert(world: Process) -> Send:
    return lambda uses, key: uses.alerts.create(CALLER, name="A", rule=ABOVE_240, key=key)


async def changing_an_alert_as_it_was_read(world: Process) -> Send:
    made = await world.alerts.create(CALLER, name="A", rule=ABOVE_240)
    return lambda uses, key: uses.alerts.change(CALLER, made.id, {"name": "B"}, version=1, key=key)


async def snoozing_an_alert(world: Process) -> Send:
    made = await world.alerts.create(CALLER, name="A", rule=ABOVE_240)
    return lambda uses, key: uses.alerts.snooze(CALLER, made.id, NOW + timedelta(hours=1), key=key)


async def deleting_an_alert(world: Process) -> Send:
    made = await world.alerts.create(CALLER, name="A", rule=ABOVE_240)
    return lambda uses, key: uses.alerts.delete(CALLER, made.id, key=key)


async def setting_notifications(world: Process) -> Send:
    return lambda uses, key: uses.settings.put(CALLER, MAIL, key=key)


async def setting_notifications_as_they_were_read(world: Process) -> Send:
    return lambda uses, key: uses.settings.put(CALLER, MAIL, version=0, key=key)


async def asking_for_the_last_code(world: Process) -> Send:
    for number in range(MOST_CODES_A_DAY - 1):
        await world.settings.put(CALLER, replace(MAIL, email_address=f"me{number}@example.com"))
    return lambda uses, key: uses.settings.put(CALLER, MAIL, key=key)


async def confirming_an_address(world: Process) -> Send:
    await world.settings.put(CALLER, MAIL)
    email = (await world.settings.get(CALLER)).email
    assert email is not None
    return lambda uses, key: uses.settings.confirm(CALLER, email.code, key=key)


async def trying_notifications_out(world: Process) -> Send:
    return lambda uses, key: uses.settings.test(CALLER, key=key)


async def starting_the_last_analysis(world: Process) -> Send:
    portfolio_id = await world.portfolio()
    for _ in range(MAX_OPEN - 1):
        await world.start(CALLER, portfolio_id, AnalysisKind.PORTFOLIO)
    return lambda uses, key: uses.start(CALLER, portfolio_id, AnalysisKind.PORTFOLIO, key=key)


async def cancelling_an_analysis(world: Process) -> Send:
    made = await world.start(CALLER, await world.portfolio(), AnalysisKind.PORTFOLIO)
    return lambda uses, key: uses.cancel(CALLER, made.id, key=key)


async def keeping_the_last_mapping(world: Process) -> Send:
    saved = [SavedMapping(CALLER.owner, f"m{number}", NOW) for number in range(MOST_MAPPINGS)]
    for each in saved[1:]:
        await world.files.mappings.put(CALLER, each, key=None)
    return lambda uses, key: uses.files.mappings.put(CALLER, saved[0], key=key)


async def deleting_a_mapping(world: Process) -> Send:
    await world.files.mappings.put(CALLER, SavedMapping(CALLER.owner, "m", NOW), key=None)
    return lambda uses, key: uses.files.mappings.delete(CALLER, "m", key=key)


WRITES = [
    creating_a_portfolio,
    changing_a_portfolio,
    changing_a_portfolio_as_it_was_read,
    deleting_a_portfolio,
    selling_all,
    taking_an_entry_back,
    restoring_an_entry,
    importing_rows,
    undoing_an_import,
    importing_a_file,
    importing_splits,
    importing_an_export_with_an_own_instrument,
    making_an_instrument,
    making_the_last_instrument,
    changing_an_instrument,
    deleting_an_instrument,
    pricing_an_instrument,
    removing_prices,
    setting_targets,
    setting_targets_as_they_were_read,
    deleting_targets,
    setting_thresholds,
    deleting_thresholds,
    storing_a_what_if,
    making_the_last_watchlist,
    changing_a_watchlist,
    changing_a_watchlist_as_it_was_read,
    deleting_a_watchlist,
    making_an_alert,
    changing_an_alert_as_it_was_read,
    snoozing_an_alert,
    deleting_an_alert,
    setting_notifications,
    setting_notifications_as_they_were_read,
    asking_for_the_last_code,
    confirming_an_address,
    trying_notifications_out,
    starting_the_last_analysis,
    cancelling_an_analysis,
    keeping_the_last_mapping,
    deleting_a_mapping,
]


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.__name__)
async def test_twins_are_answered_the_same_wherever_one_overtakes_the_other(
    write: Callable[[Process], Awaitable[Send]],
) -> None:
    alone = Stores()
    process = Process(alone, Between())
    assert (await outcome((await write(process))(process, KEY)))[0] == "answered"
    for call in count(1):
        stores, between = Stores(), Between()
        process, other = Process(stores, between), Process(stores, Between())
        send = await write(process)
        between.run(partial(send, other, KEY), before_call=call)
        slower, quicker = await outcome(send(process, KEY)), between.found
        if quicker is None:  # there were no more calls to come between
            assert call > 1
            return
        assert quicker[0] == "answered", f"before call {call}"
        assert slower == quicker, f"before call {call}"
        assert await outcome(send(other, KEY)) == quicker, f"sent again after call {call}"
        assert stores.written() == alone.written(), f"before call {call}"
