"""What every `SnapshotStore` promises, on the fake and on DynamoDB."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.table import Key, Operation, Table
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.core.ids import OwnerId, new_id
from stocktool_stock.adapters.dynamodb_portfolios import DynamoDBPortfolios
from stocktool_stock.adapters.dynamodb_snapshots import DynamoDBSnapshots
from stocktool_stock.application.ports import Change, PortfolioStore, SnapshotStore
from stocktool_stock.application.records import portfolio_record
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId

from tests.factories.stock import a_portfolio
from tests.fakes.stock_portfolios import FakePortfolios, FakeSnapshots

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws


@dataclass
class Stores:
    portfolios: PortfolioStore
    snapshots: SnapshotStore

    async def open(self) -> Portfolio:
        owner = OwnerId(new_id("usr"))
        portfolio = replace(a_portfolio(owner=owner), id=PortfolioId(new_id("prt")), last_sequence=9)
        await self.portfolios.commit(Change(portfolio, 0, owner, "portfolio.created", portfolio_record(portfolio)))
        return portfolio


class SnapshotStoreContract:
    """Subclass and provide `stores`."""

    async def test_what_was_written_last_is_read(self, stores: Stores) -> None:
        portfolio = await stores.open()
        assert await stores.snapshots.read(portfolio.id) is None
        large = os.urandom(800_000)  # three items
        for sequence, data in ((3, b"small"), (5, large), (5, b"again"), (9, large[::-1])):
            assert await stores.snapshots.write(portfolio.id, sequence, data)
            assert await stores.snapshots.read(portfolio.id) == data

    async def test_an_earlier_one_does_not_replace_a_later_one(self, stores: Stores) -> None:
        portfolio = await stores.open()
        assert await stores.snapshots.write(portfolio.id, 5, b"later")
        assert not await stores.snapshots.write(portfolio.id, 4, b"earlier")
        assert await stores.snapshots.read(portfolio.id) == b"later"

    async def test_one_of_two_writers_at_a_time_is_read_whole(self, stores: Stores) -> None:
        portfolio = await stores.open()
        bodies = [os.urandom(500_000) for _ in range(2)]
        await asyncio.gather(*(stores.snapshots.write(portfolio.id, 5, body) for body in bodies))
        assert await stores.snapshots.read(portfolio.id) in bodies

    async def test_none_is_written_for_a_portfolio_that_is_gone_or_not_so_far(self, stores: Stores) -> None:
        portfolio = await stores.open()
        assert not await stores.snapshots.write(portfolio.id, 10, b"ahead")
        assert await stores.snapshots.write(portfolio.id, 9, os.urandom(400_000))
        await stores.portfolios.commit(Change(portfolio, 1, portfolio.owner, "portfolio.deleted", {}, deletes=True))
        assert not await stores.snapshots.write(portfolio.id, 9, b"late")


class TestFake(SnapshotStoreContract):
    @pytest.fixture
    def stores(self) -> Stores:
        portfolios = FakePortfolios()
        return Stores(portfolios, FakeSnapshots(portfolios))


class TestDynamoDB(SnapshotStoreContract):
    @pytest.fixture
    async def table(self, emulator: EmulatedAws) -> AsyncIterator[Table]:
        clients = AwsClients()
        yield Table(clients, "stocktool-portfolios")
        clients.close()

    @pytest.fixture
    def stores(self, table: Table) -> Stores:
        return Stores(DynamoDBPortfolios(table, "stocktool-audit", SystemClock()), DynamoDBSnapshots(table))

    async def test_parts_of_earlier_ones_and_of_a_deleted_portfolio_go(self, stores: Stores, table: Table) -> None:
        portfolio = await stores.open()
        for sequence in (3, 4):
            await stores.snapshots.write(portfolio.id, sequence, os.urandom(800_000))
        assert len(await names(table, portfolio)) == 4
        await stores.snapshots.write(portfolio.id, 3, os.urandom(800_000))
        assert len(await names(table, portfolio)) == 4
        await stores.snapshots.write(portfolio.id, 5, b"small")
        assert await names(table, portfolio) == ["Y#book"]
        await stores.portfolios.commit(Change(portfolio, 1, portfolio.owner, "portfolio.deleted", {}, deletes=True))
        assert await names(table, portfolio) == []

    @pytest.mark.parametrize("sequences", [(5, 5), (6, 5), (5, 6)])
    async def test_a_writer_overtaken_before_its_last_step_takes_nothing_away(
        self, stores: Stores, table: Table, monkeypatch: pytest.MonkeyPatch, sequences: tuple[int, int]
    ) -> None:
        portfolio = await stores.open()
        bodies = [os.urandom(500_000) for _ in range(2)]
        transact = table.transact

        async def overtaken(writes: Sequence[Operation]) -> None:
            monkeypatch.setattr(table, "transact", transact)
            assert await stores.snapshots.write(portfolio.id, sequences[1], bodies[1])
            await transact(writes)

        monkeypatch.setattr(table, "transact", overtaken)
        is_present = await stores.snapshots.write(portfolio.id, sequences[0], bodies[0])
        assert is_present == (sequences[0] > sequences[1])
        assert await stores.snapshots.read(portfolio.id) == bodies[0 if is_present else 1]
        assert len(await names(table, portfolio)) == 3  # the pointer, two parts

    async def test_a_part_that_is_missing_or_damaged_makes_it_unread(self, stores: Stores, table: Table) -> None:
        portfolio = await stores.open()
        await stores.snapshots.write(portfolio.id, 3, os.urandom(800_000))
        part = (await names(table, portfolio))[0]
        await table.put({"pk": f"P#{portfolio.id}", "sk": part, "chunk": b"other"})
        assert await stores.snapshots.read(portfolio.id) is None
        await table.delete({"pk": f"P#{portfolio.id}", "sk": part})
        assert await stores.snapshots.read(portfolio.id) is None


async def names(table: Table, portfolio: Portfolio) -> list[str]:
    keys = Key("pk").eq(f"P#{portfolio.id}") & Key("sk").begins_with("Y#")
    return [item["sk"] async for item in table.query_all(keys, attributes=["sk"])]
