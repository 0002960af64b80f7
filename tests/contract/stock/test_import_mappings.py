"""What every store of import mappings promises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.idempotency import IdempotencyKeyReused
from stocktool_kit.aws.table import Table
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import PageRequest
from stocktool_kit.testing.aws import emulated, own_table
from stocktool_kit.testing.clock import FakeClock
from stocktool_stock.adapters.import_files.dynamodb_mappings import DynamoDBMappings
from stocktool_stock.application.import_mappings import MappingStore
from stocktool_stock.domain.imports.dates import DateOrder
from stocktool_stock.domain.imports.numbers import DecimalSign
from stocktool_stock.domain.imports.options import ColumnMapping
from stocktool_stock.domain.imports.saved_mappings import MOST_MAPPINGS, MappingNotFound, SavedMapping, TooManyMappings

from tests.fakes.import_mappings import FakeMappings

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
ME, OTHER = OwnerId("usr_me"), OwnerId("usr_other")


def a_mapping(name: str = "Broker", **symbols: str) -> SavedMapping:
    mapping = ColumnMapping({"Tag": "date", "": "note"}, {"Kauf": "buy", "Umbuchung": ""}, "buy", "EUR", ";")
    return SavedMapping(ME, name, NOW, mapping, DateOrder.DAY_FIRST, DecimalSign.COMMA, symbols)


def a_key(body: str = "b", method: str = "PUT") -> IdempotencyKey:
    return IdempotencyKey(ME, method, "/imports/mappings/Broker", "k", body)


class MappingContract:
    """What every MappingStore promises; subclass and provide `store`."""

    async def test_a_mapping_is_read_as_it_was_kept_and_by_its_owner_alone(self, store: MappingStore) -> None:
        kept = await store.put(a_mapping(XX="AAPL"), None, "usr_me")
        assert kept == a_mapping(XX="AAPL")
        assert await store.get(ME, "Broker") == kept
        with pytest.raises(MappingNotFound):
            await store.get(OTHER, "Broker")
        with pytest.raises(MappingNotFound):
            await store.delete(OTHER, "Broker", None, "usr_other")

    async def test_the_next_one_by_the_name_takes_its_place(self, store: MappingStore) -> None:
        await store.put(a_mapping(), None, "usr_me")
        only = SavedMapping(ME, "Broker", NOW, symbols={"A": "B"})
        again = await store.put(only, None, "usr_me")
        assert (again.version, again.mapping, again.symbols) == (2, None, {"A": "B"})
        assert await store.get(ME, "Broker") == again

    async def test_a_request_is_carried_out_once(self, store: MappingStore) -> None:
        first = await store.put(a_mapping(), a_key(), "usr_me")
        assert await store.put(a_mapping(), a_key(), "usr_me") == first
        assert (await store.get(ME, "Broker")).version == 1
        with pytest.raises(IdempotencyKeyReused):
            await store.put(a_mapping(), a_key("other"), "usr_me")
        for _ in range(2):
            await store.delete(ME, "Broker", a_key(method="DELETE"), "usr_me")
        with pytest.raises(MappingNotFound):
            await store.get(ME, "Broker")

    async def test_they_are_listed_by_name_page_by_page(self, store: MappingStore) -> None:
        for name in ("b", "a", "c"):
            await store.put(a_mapping(name), None, "usr_me")
        page = await store.list(ME, PageRequest(2, ""))
        assert [one.name for one in page.items] == ["a", "b"]
        page = await store.list(ME, PageRequest(2, page.next_page_token))
        assert [one.name for one in page.items] == ["c"]
        assert page.next_page_token == ""

    async def test_there_are_no_more_than_may_be(self, store: MappingStore) -> None:
        for number in range(MOST_MAPPINGS):
            await store.put(a_mapping(f"m{number}"), None, "usr_me")
        with pytest.raises(TooManyMappings):
            await store.put(a_mapping("one more"), None, "usr_me")
        await store.delete(ME, "m0", None, "usr_me")
        assert (await store.put(a_mapping("one more"), None, "usr_me")).version == 1


class TestFake(MappingContract):
    @pytest.fixture
    def store(self) -> MappingStore:
        return FakeMappings()


class TestDynamoDB(MappingContract):
    @pytest.fixture
    async def aws(self, emulator: EmulatedAws) -> AsyncIterator[AwsClients]:
        clients = emulated(emulator.endpoint_url)
        yield clients
        clients.close()

    @pytest.fixture
    async def table(self, aws: AwsClients) -> AsyncIterator[Table]:
        async with own_table(aws) as table:
            yield table

    @pytest.fixture
    def store(self, table: Table) -> MappingStore:
        return DynamoDBMappings(table, "stocktool-audit", FakeClock(NOW))
