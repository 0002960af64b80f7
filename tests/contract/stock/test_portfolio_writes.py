"""What every `InstrumentShelf` and `WriteHistory` promises, and restoring, on the fakes and on DynamoDB."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.table import Table
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.ids import OwnerId, new_id
from stocktool_kit.core.paging import PageRequest, encode_token
from stocktool_stock.adapters.dynamodb_instruments import DynamoDBInstruments
from stocktool_stock.adapters.dynamodb_portfolios import DynamoDBPortfolios
from stocktool_stock.adapters.dynamodb_writes import DynamoDBWrites
from stocktool_stock.application.ledger_ports import InstrumentShelf, WriteHistory
from stocktool_stock.application.ports import Change, PortfolioStore
from stocktool_stock.domain.custom_instruments import MAX_PRICES, CustomInstrument, InstrumentNotFound
from stocktool_stock.domain.ledger import Entry, Reversal
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId, StaleVersion

from tests.factories.stock import RECORDED, a_portfolio, an_entry, day
from tests.fakes.stock_portfolios import FakePortfolios

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

PRICES = ((day("2024-01-02"), Decimal("350000.000000000001")),)
HOUSE = CustomInstrument("CUSTOM:HOUSE", "House", "EUR", "real estate", "", "Italy", 400, PRICES)


@dataclass
class Stores:
    """The three ports over one place."""

    portfolios: PortfolioStore
    shelf: InstrumentShelf
    history: WriteHistory

    async def opened(self) -> Portfolio:
        portfolio = replace(a_portfolio(owner=OwnerId(new_id("usr"))), id=PortfolioId(new_id("prt")))
        await self.portfolios.commit(Change(portfolio, 0, "usr_1", "portfolio.created", {}))
        return portfolio

    async def write(self, portfolio: Portfolio, action: str, rows: int = 0, **what: object) -> Portfolio:
        """Commit a change that adds so many rows to the ledger, and read the head again."""
        number = portfolio.last_sequence + rows
        after = replace(portfolio, version=portfolio.version + 1, last_sequence=number)
        await self.portfolios.commit(Change(after, portfolio.version, "usr_1", action, {}, **what))  # type: ignore[arg-type]
        return await self.portfolios.get(portfolio.owner, portfolio.id)


class PortfolioWritesContract:
    """Subclass and provide `stores`."""

    async def test_instruments_are_kept_digit_by_digit_and_by_symbol(self, stores: Stores) -> None:
        portfolio = await stores.opened()
        fund = replace(HOUSE, symbol="CUSTOM:FUND", prices=())
        await stores.write(portfolio, "instrument.created", instruments=[HOUSE, fund])
        assert list(await stores.shelf.instruments(portfolio.id)) == [fund, HOUSE]
        assert await stores.shelf.instrument(portfolio.id, HOUSE.symbol) == HOUSE
        assert list(await stores.shelf.instruments(PortfolioId("prt_other"))) == []

    async def test_one_that_was_removed_is_not_found(self, stores: Stores) -> None:
        portfolio = await stores.write(await stores.opened(), "instrument.created", instruments=[HOUSE])
        await stores.write(portfolio, "instrument.deleted", removed_instruments=[HOUSE.symbol])
        with pytest.raises(InstrumentNotFound):
            await stores.shelf.instrument(portfolio.id, HOUSE.symbol)

    async def test_a_stale_writer_loses_no_price(self, stores: Stores) -> None:
        portfolio = await stores.opened()
        await stores.write(portfolio, "instrument.created", instruments=[HOUSE])
        with pytest.raises(StaleVersion):
            await stores.write(portfolio, "instrument.priced", instruments=[replace(HOUSE, prices=())])
        assert (await stores.shelf.instrument(portfolio.id, HOUSE.symbol)).prices == HOUSE.prices

    async def test_all_prices_an_instrument_may_have_fit(self, stores: Stores) -> None:
        portfolio = await stores.opened()
        first = day("2000-01-01").toordinal()
        many = {type(RECORDED.date()).fromordinal(first + n): Decimal(f"{n}.123456789012") for n in range(MAX_PRICES)}
        full = replace(HOUSE, prices=()).priced(many)
        await stores.write(portfolio, "instrument.priced", instruments=[full])
        assert await stores.shelf.instrument(portfolio.id, HOUSE.symbol) == full

    async def test_writes_are_listed_newest_first_with_what_they_added(self, stores: Stores) -> None:
        portfolio = await stores.opened()
        entries = [replace(an_entry("deposit", "2024-01-02", amount="1"), sequence=n) for n in (1, 2)]
        portfolio = await stores.write(
            portfolio, "transactions.recorded", rows=2, entries=entries, detail={"count": 2, "first": entries[0].id}
        )
        portfolio = await stores.write(portfolio, "instrument.created", instruments=[HOUSE], about=HOUSE.symbol)
        reversal = Reversal("txn_r", 3, entries[0].id, RECORDED)
        await stores.write(portfolio, "transaction.reversed", rows=1, reversals=[reversal])
        writes = list((await stores.history.writes(portfolio.id, PageRequest())).items)
        assert [(w.version, w.actor, w.action, w.first_sequence, w.last_sequence) for w in writes] == [
            (4, "usr_1", "transaction.reversed", 3, 3),
            (3, "usr_1", "instrument.created", 3, 2),
            (2, "usr_1", "transactions.recorded", 1, 2),
            (1, "usr_1", "portfolio.created", 1, 0),
        ]
        assert (writes[1].about, writes[2].detail) == (HOUSE.symbol, {"count": 2, "first": entries[0].id})

    async def test_writes_go_page_by_page(self, stores: Stores) -> None:
        portfolio = await stores.opened()
        for _ in range(4):
            portfolio = await stores.write(portfolio, "portfolio.updated")
        first = await stores.history.writes(portfolio.id, PageRequest(2))
        second = await stores.history.writes(portfolio.id, PageRequest(2, first.next_page_token))
        third = await stores.history.writes(portfolio.id, PageRequest(2, second.next_page_token))
        pages = [[write.version for write in page.items] for page in (first, second, third)]
        assert pages == [[5, 4], [3, 2], [1]]
        assert third.next_page_token == ""

    async def test_an_entry_can_be_taken_back_and_restored_again_and_again(self, stores: Stores) -> None:
        portfolio = await stores.opened()
        entry = replace(an_entry("deposit", "2024-01-02", amount="1"), sequence=1)
        portfolio = await stores.write(portfolio, "transactions.recorded", rows=1, entries=[entry])
        seen: list[str] = []
        for number, restores in enumerate((False, True, False, True, False), start=2):
            reversal = Reversal(f"txn_{number}", number, entry.id, RECORDED, restores=restores)
            portfolio = await stores.write(portfolio, "transaction", rows=1, reversals=[reversal])
            seen += [found.reversed_by for found in (await stores.portfolios.ledger(portfolio)).entries]
        assert seen == ["txn_2", "", "txn_4", "", "txn_6"]

    async def test_entries_keep_every_field(self, stores: Stores) -> None:
        portfolio = await stores.opened()
        entries = numbered(
            an_entry(
                "sell", "2024-01-02", "X", quantity="3", price="1", fee="1", fee_currency="CHF", tax="2",
                tax_currency="GBP", lots={"txn_a": "1", "txn_b.2": "2"},
            ),
            an_entry("opening", "2024-01-02", "X", quantity="3", cost_basis="1.5", price="2", acquired="2019-02-28"),
            an_entry("transfer_out", "2024-01-02", "X", quantity="3", to_account_id="acc_2"),
            an_entry(
                "spin_off", "2024-01-02", "X", new_symbol="Y", ratio="1", cost_fraction="0.123456789012", amount="1"
            ),
            an_entry("merger", "2024-01-02", "X", new_symbol="Y", ratio="1/3", amount_per_share="1", account_id=""),
        )  # fmt: skip
        portfolio = await stores.write(portfolio, "transactions.recorded", rows=len(entries), entries=entries)
        assert list((await stores.portfolios.ledger(portfolio)).entries) == entries


def numbered(*entries: Entry) -> list[Entry]:
    return [replace(entry, sequence=number) for number, entry in enumerate(entries, start=1)]


class TestFake(PortfolioWritesContract):
    @pytest.fixture
    def stores(self) -> Stores:
        store = FakePortfolios()
        return Stores(store, store, store)


class TestDynamoDB(PortfolioWritesContract):
    @pytest.fixture
    async def stores(self, emulator: EmulatedAws) -> AsyncIterator[Stores]:
        aws = AwsClients()
        table = Table(aws, "stocktool-portfolios")
        store = DynamoDBPortfolios(table, "stocktool-audit", SystemClock())
        yield Stores(store, DynamoDBInstruments(table), DynamoDBWrites(table))
        aws.close()

    async def test_a_token_of_another_list_is_refused(self, stores: Stores) -> None:
        portfolio = await stores.opened()
        with pytest.raises(InvalidArgument):
            await stores.history.writes(portfolio.id, PageRequest(2, encode_token({"before": "x"})))
