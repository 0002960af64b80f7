"""What every store of watchlists promises, and what the index of watchers tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.idempotency import IdempotencyKeyReused
from stocktool_kit.aws.table import Table
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId, new_id
from stocktool_kit.core.paging import PageRequest
from stocktool_kit.testing.aws import emulated, own_table
from stocktool_kit.testing.clock import FakeClock
from stocktool_stock.adapters.dynamodb_watchlists import DynamoDBWatchlists
from stocktool_stock.adapters.ledger_chunks import pack_entries
from stocktool_stock.adapters.ledger_log import segment_key
from stocktool_stock.adapters.watch_index import Watch, WatchIndex
from stocktool_stock.adapters.watched_symbols import DynamoDBWatchedSymbols
from stocktool_stock.application.watchlists import WatchlistStore
from stocktool_stock.domain.watchlists import (
    MOST_LISTS,
    StaleWatchlist,
    TooManyWatchlists,
    Watchlist,
    WatchlistNotFound,
)

from tests.factories.stock import an_entry
from tests.fakes.watchlists import FakeWatchlists

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
ME, OTHER = OwnerId("usr_me"), OwnerId("usr_other")


def a_list(*symbols: str, owner: OwnerId = ME, name: str = "Mine") -> Watchlist:
    return Watchlist(new_id("wl"), owner, name, symbols or ("AAPL", "JPM"), NOW, NOW)


def a_key(key: str = "k", body: str = "b") -> IdempotencyKey:
    return IdempotencyKey(ME, "POST", "/watchlists", key, body)


class WatchlistContract:
    """What every WatchlistStore promises; subclass and provide `store`."""

    async def test_list_is_read_as_it_was_kept_and_by_its_owner_alone(self, store: WatchlistStore) -> None:
        kept = await store.create(a_list("MSFT", "AAPL"), None, "usr_me")
        assert await store.get(ME, kept.id) == kept
        assert kept.symbols == ("MSFT", "AAPL")
        with pytest.raises(WatchlistNotFound):
            await store.get(OTHER, kept.id)

    async def test_pages_go_from_old_to_new(self, store: WatchlistStore) -> None:
        kept = [await store.create(a_list(name=str(number)), None, ME) for number in range(5)]
        await store.create(a_list(owner=OTHER), None, OTHER)
        names, token = [], ""
        while True:
            page = await store.list(ME, PageRequest(2, token))
            names += [each.name for each in page.items]
            token = page.next_page_token
            if not token:
                break
        assert sorted(names) == [each.name for each in kept]

    async def test_the_same_request_makes_one_list(self, store: WatchlistStore) -> None:
        first, again = await store.create(a_list(), a_key(), ME), await store.create(a_list(), a_key(), ME)
        assert first == again
        assert await store.earlier(a_key()) == first
        assert len((await store.list(ME, PageRequest())).items) == 1
        with pytest.raises(IdempotencyKeyReused):
            await store.create(a_list(), a_key(body="other"), ME)

    async def test_change_of_an_old_version_is_refused(self, store: WatchlistStore) -> None:
        first = await store.create(a_list(), None, ME)
        second = first.changed(NOW, name="Second")
        await store.replace(first, second, None, ME)
        with pytest.raises(StaleWatchlist):
            await store.replace(first, first.changed(NOW, name="Lost"), None, ME)
        with pytest.raises(StaleWatchlist):
            await store.delete(first, None, ME)
        assert (await store.get(ME, first.id)).name == "Second"

    async def test_deleted_list_is_gone_and_deleting_again_by_the_same_request_is_fine(
        self, store: WatchlistStore
    ) -> None:
        kept = await store.create(a_list(), None, ME)
        await store.delete(kept, a_key("delete"), ME)
        assert await store.was_done(a_key("delete"))
        assert not await store.was_done(a_key("another"))
        with pytest.raises(WatchlistNotFound):
            await store.get(ME, kept.id)

    async def test_number_of_lists_is_bounded_and_a_deleted_one_makes_room(self, store: WatchlistStore) -> None:
        lists = [await store.create(a_list("AAPL"), None, ME) for _ in range(MOST_LISTS)]
        with pytest.raises(TooManyWatchlists):
            await store.create(a_list("AAPL"), None, ME)
        await store.create(a_list("AAPL", owner=OTHER), None, OTHER)
        await store.delete(lists[0], None, ME)
        await store.create(a_list("AAPL"), None, ME)


class TestFake(WatchlistContract):
    @pytest.fixture
    def store(self) -> WatchlistStore:
        return FakeWatchlists()


class TestDynamoDB(WatchlistContract):
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
    def store(self, table: Table) -> WatchlistStore:
        return DynamoDBWatchlists(table, "stocktool-audit", FakeClock(NOW))

    async def test_index_follows_the_lists(self, store: WatchlistStore, table: Table) -> None:
        index = WatchIndex(table)
        mine = await store.create(a_list("AAPL", "JPM"), None, ME)
        await store.create(a_list("AAPL", owner=OTHER), None, OTHER)
        assert {each.owner async for each in index.watchers(["AAPL"], Watch.LIST)} == {ME, OTHER}
        assert [each async for each in index.watchers(["AAPL"], Watch.ALERT)] == []
        changed = await store.replace(mine, mine.changed(NOW, symbols=["MSFT"]), None, ME)
        assert await index.symbols(Watch.LIST) == ["AAPL", "MSFT"]
        assert await DynamoDBWatchedSymbols(table, ["SPY"]).symbols() == ["AAPL", "MSFT", "SPY"]
        await store.delete(changed, None, ME)
        assert await index.symbols(Watch.LIST, Watch.ALERT) == ["AAPL"]

    async def test_twins_at_the_same_moment_make_one_list(self, store: WatchlistStore, table: Table) -> None:
        kept = await asyncio.gather(*(store.create(a_list("AAPL", "JPM"), a_key(), ME) for _ in range(4)))
        assert len({each.id for each in kept}) == 1
        watchers = [each.id async for each in WatchIndex(table).watchers(["AAPL"], Watch.LIST)]
        assert watchers == [kept[0].id]

    async def test_lists_made_at_the_same_moment_are_all_kept_and_counted(self, store: WatchlistStore) -> None:
        await asyncio.gather(*(store.create(a_list("AAPL"), None, ME) for _ in range(MOST_LISTS)))
        assert len((await store.list(ME, PageRequest())).items) == MOST_LISTS
        with pytest.raises(TooManyWatchlists):
            await store.create(a_list("AAPL"), None, ME)

    async def test_list_of_a_hundred_symbols_is_kept(self, store: WatchlistStore, table: Table) -> None:
        symbols = [f"S{number}" for number in range(100)]
        await store.create(a_list(*symbols), None, ME)
        assert await WatchIndex(table).symbols(Watch.LIST) == sorted(symbols)

    async def test_symbols_held_by_entries_and_by_imports_are_watched(self, table: Table) -> None:
        await table.put({"pk": "P#prt_1", "sk": "T#0000000001", "symbol": "JPM", "type": "buy"})
        await table.put({"pk": "P#prt_1", "sk": "head", "name": "no symbol"})
        bought = [an_entry("buy", "2024-01-02", symbol, quantity="1", price="1") for symbol in ("KO", "PEP")]
        imported = pack_entries([*bought, an_entry("deposit", "2024-01-02", amount="10")])
        await table.put({"pk": "P#prt_1", "sk": segment_key("imp_1", 0), "chunk": imported})
        await table.put({"pk": "P#prt_1", "sk": segment_key("imp_2", 0), "chunk": b"damaged"})
        assert await DynamoDBWatchedSymbols(table, ["SPY"]).symbols() == ["JPM", "KO", "PEP", "SPY"]
