"""What every store of cached market data promises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from stocktool_kit.aws.table import Table
from stocktool_kit.testing.aws import emulated, own_table
from stocktool_kit.testing.clock import FakeClock
from stocktool_stock.adapters.dynamodb_stock_cache import DynamoDBEntries
from stocktool_stock.adapters.packed import pack_bars, unpack_bars
from stocktool_stock.application.provider_ports import Entry, EntryStore
from stocktool_stock.domain.bars import Bars

from tests.factories.market import some_bars
from tests.fakes.market_entries import FakeEntries

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
SOON = NOW + timedelta(minutes=5)


class EntryStoreContract:
    """What every EntryStore promises; subclass and provide `store`."""

    async def test_what_was_written_is_read(self, store: EntryStore[Bars]) -> None:
        await store.write({"AAPL": Entry(some_bars([1, 2, 3]), SOON), "UNKNOWN": Entry(None, SOON, ("AAPL",))})
        found = await store.read(["AAPL", "UNKNOWN", "JPM"])
        assert set(found) == {"AAPL", "UNKNOWN"}
        bars = found["AAPL"].value
        assert bars is not None
        assert bars.close.tolist() == [1, 2, 3]
        assert found["AAPL"].fresh_until == SOON
        assert (found["UNKNOWN"].value, found["UNKNOWN"].suggestions) == (None, ("AAPL",))

    async def test_last_write_wins(self, store: EntryStore[Bars]) -> None:
        await store.write({"AAPL": Entry(some_bars([1]), SOON)})
        await store.write({"AAPL": Entry(some_bars([2]), SOON + timedelta(minutes=1))})
        entry = (await store.read(["AAPL"]))["AAPL"]
        assert entry.value is not None
        assert entry.value.close.tolist() == [2]
        assert entry.fresh_until == SOON + timedelta(minutes=1)

    async def test_old_entries_are_given_for_a_week(self, store: EntryStore[Bars]) -> None:
        old = NOW - timedelta(days=6)
        await store.write({"AAPL": Entry(some_bars([1]), old)})
        assert (await store.read(["AAPL"]))["AAPL"].fresh_until == old

    async def test_reading_nothing_gives_nothing(self, store: EntryStore[Bars]) -> None:
        assert await store.read([]) == {}

    async def test_value_larger_than_an_item_may_be(self, store: EntryStore[Bars]) -> None:
        noise = np.random.default_rng(7).random(120_000) + 1
        await store.write({"AAPL": Entry(some_bars(noise.tolist(), start="1700-01-01"), SOON)})
        entry = (await store.read(["AAPL"]))["AAPL"]
        assert entry.value is not None
        assert np.array_equal(entry.value.close, noise)
        await store.write({"AAPL": Entry(some_bars([1, 2]), SOON)})
        again = (await store.read(["AAPL"]))["AAPL"]
        assert again.value is not None
        assert len(again.value) == 2


class TestFake(EntryStoreContract):
    @pytest.fixture
    def store(self) -> EntryStore[Bars]:
        return FakeEntries()


class TestDynamoDB(EntryStoreContract):
    @pytest.fixture
    async def table(self, emulator: EmulatedAws) -> AsyncIterator[Table]:
        aws = emulated(emulator.endpoint_url)
        async with own_table(aws, partition_key="symbol", sort_key="data_type") as table:
            yield table
        aws.close()

    @pytest.fixture
    def store(self, table: Table) -> EntryStore[Bars]:
        return DynamoDBEntries(table, "bars#1d", pack=pack_bars, unpack=unpack_bars, clock=FakeClock(NOW))

    async def test_expired_entry_is_not_given_though_the_table_still_has_it(
        self, table: Table, store: EntryStore[Bars]
    ) -> None:
        await store.write({"AAPL": Entry(some_bars([1]), NOW - timedelta(days=8))})
        assert await table.get({"symbol": "AAPL", "data_type": "bars#1d"}) is not None
        assert await store.read(["AAPL"]) == {}

    async def test_torn_or_foreign_value_counts_as_missing(self, table: Table, store: EntryStore[Bars]) -> None:
        noise = np.random.default_rng(7).random(120_000) + 1
        await store.write({"TORN": Entry(some_bars(noise.tolist(), start="1700-01-01"), SOON)})
        await table.delete({"symbol": "TORN", "data_type": "bars#1d#1"})
        await store.write({"FOREIGN": Entry(some_bars([1]), SOON)})
        head = await table.get({"symbol": "FOREIGN", "data_type": "bars#1d"})
        assert head is not None
        await table.put({**head, "body": b'{"format": 99}\n'})
        assert await store.read(["TORN", "FOREIGN"]) == {}
