"""What the archive of bars, the quarantine, the wishes and the known symbols promise: fakes and real adapters."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.table import Table
from stocktool_kit.core.errors import NotFound
from stocktool_kit.core.ids import new_ulid
from stocktool_kit.core.paging import PageRequest
from stocktool_kit.testing.aws import emulated, own_table
from stocktool_kit.testing.clock import FakeClock
from stocktool_stock.adapters.dynamodb_prints import DynamoDBPrints
from stocktool_stock.adapters.dynamodb_symbols import DynamoDBSymbols
from stocktool_stock.adapters.dynamodb_wishes import DynamoDBWishes
from stocktool_stock.adapters.s3_bar_archive import S3BarArchive
from stocktool_stock.application.known_symbols import SymbolStore
from stocktool_stock.application.provider_ports import BarArchive, KeptPrint, PrintStore, Wish, Wishes
from stocktool_stock.domain.bars import Aside, Bars, Fault
from stocktool_stock.domain.quotes import ProviderLimited, ProviderUnavailable

from tests.factories.market import some_bars
from tests.fakes.audit import audited
from tests.fakes.market_stores import FakeArchive, FakePrints, FakeSymbols, FakeWishes

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
COLUMNS = ("days", "open", "high", "low", "close", "adjusted_close", "volume")


@pytest.fixture
async def aws(emulator: EmulatedAws) -> AsyncIterator[AwsClients]:
    clients = emulated(emulator.endpoint_url)
    yield clients
    clients.close()


@pytest.fixture
async def table(aws: AwsClients) -> AsyncIterator[Table]:
    async with own_table(aws, partition_key="symbol", sort_key="data_type") as table:
        yield table


def three_years(symbol: str) -> Bars:
    closes = np.linspace(1, 700, 700).tolist()
    bars = some_bars(closes, start="2021-06-01", symbol=symbol, splits=[("2022-08-31", "4")])
    return replace(bars, aside=(Aside(date(2022, 1, 3), 15_000.0, Fault.HUNDREDFOLD, 150.0),))


class BarArchiveContract:
    """What every BarArchive promises; subclass and provide `archive`."""

    async def test_what_was_written_is_read(self, archive: BarArchive) -> None:
        bars = three_years(f"^{new_ulid()}")
        assert await archive.read(bars.symbol) is None
        await archive.write(bars)
        back = await archive.read(bars.symbol)
        assert back is not None
        for name in COLUMNS:
            assert np.array_equal(getattr(back, name), getattr(bars, name), equal_nan=name != "days")
        assert (back.splits, back.aside, back.as_of, back.source) == (bars.splits, bars.aside, bars.as_of, bars.source)

    async def test_last_years_alone(self, archive: BarArchive) -> None:
        bars = three_years(new_ulid())
        await archive.write(bars)
        back = await archive.read(bars.symbol, last_years=2)
        assert back is not None
        assert {day.year for day in back.days.tolist()} == {2023, 2024}

    async def test_later_write_wins(self, archive: BarArchive) -> None:
        bars = three_years(new_ulid())
        await archive.write(bars)
        await archive.write(replace(bars, close=bars.close / 2, adjusted_close=bars.close / 2))
        back = await archive.read(bars.symbol)
        assert back is not None
        assert np.array_equal(back.close, bars.close / 2)


class TestFakeArchive(BarArchiveContract):
    @pytest.fixture
    def archive(self) -> BarArchive:
        return FakeArchive()


class TestS3Archive(BarArchiveContract):
    @pytest.fixture
    def bucket(self, aws: AwsClients) -> Bucket:
        return Bucket(aws, "stocktool-knowledge")

    @pytest.fixture
    def archive(self, bucket: Bucket) -> BarArchive:
        return S3BarArchive(bucket)

    async def test_object_per_year_and_only_changed_ones_are_written_again(
        self, archive: BarArchive, bucket: Bucket
    ) -> None:
        bars = three_years(new_ulid())
        await archive.write(bars.between(None, date(2024, 1, 10)))
        first, _ = await bucket.list(f"bars/{bars.symbol}/")
        assert [info.key.rsplit("/", 1)[1] for info in first] == ["2021", "2022", "2023", "2024", "head"]
        before = {info.key: (await bucket.head(info.key)) for info in first}
        await archive.write(bars)
        after = {info.key: (await bucket.head(info.key)) for info in first}
        changed = {key.rsplit("/", 1)[1] for key in before if before[key] != after[key]}
        assert changed == {"2024", "head"}

    @pytest.mark.parametrize(
        ("name", "damage"),
        [("2022", b""), ("2022", b'{"format": 99}\nxx'), ("2022", None), ("head", b"\x00"), ("head", b"{}")],
        ids=["empty year", "foreign year", "lost year", "broken head", "empty head"],
    )
    async def test_broken_object_counts_as_nothing_and_is_written_anew(
        self, archive: BarArchive, bucket: Bucket, name: str, damage: bytes | None
    ) -> None:
        bars = three_years(new_ulid())
        await archive.write(bars)
        key = f"bars/{bars.symbol}/{name}"
        if damage is None:
            await bucket.delete(key)
        else:
            await bucket.put(key, damage)
        assert await archive.read(bars.symbol) is None
        await archive.write(bars)
        assert await archive.read(bars.symbol) is not None


class PrintStoreContract:
    """What every PrintStore promises; subclass and provide `store`."""

    def a_print(self, symbol: str, day: int, price: float = 23_733.0) -> KeptPrint:
        return KeptPrint(symbol, "bar", date(2024, 11, day), price, "USD", Fault.HUNDREDFOLD, 237.33, "demo data", NOW)

    async def test_first_print_of_a_name_stays(self, store: PrintStore) -> None:
        await store.put(self.a_print("AAPL", 29))
        await store.put(self.a_print("AAPL", 29, price=1.0))
        await store.put(self.a_print("AAPL", 27, price=float("inf")))
        await store.put(self.a_print("AA", 29))
        page = await store.list("AAPL", PageRequest())
        assert [(one.day.day, one.price) for one in page.items] == [(27, float("inf")), (29, 23_733.0)]
        assert page.items[1] == self.a_print("AAPL", 29)
        assert len((await store.list("", PageRequest())).items) == 3

    async def test_list_goes_on_after_its_page(self, store: PrintStore) -> None:
        for day in range(1, 6):
            await store.put(self.a_print("AAPL", day))
        first = await store.list("AAPL", PageRequest(page_size=3))
        rest = await store.list("AAPL", PageRequest(page_size=3, page_token=first.next_page_token))
        assert [one.day.day for one in (*first.items, *rest.items)] == [1, 2, 3, 4, 5]

    async def test_word_that_was_given_holds(self, store: PrintStore) -> None:
        kept = self.a_print("AAPL", 29)
        with pytest.raises(NotFound):
            await store.release(kept.id, "usr_admin")
        await store.put(kept)
        released = [await store.release(kept.id, "usr_admin") for _ in range(2)]
        await store.put(kept)
        assert released == [replace(kept, released=True)] * 2
        assert list((await store.list("AAPL", PageRequest())).items) == released[:1]


class TestFakePrints(PrintStoreContract):
    @pytest.fixture
    def store(self) -> PrintStore:
        return FakePrints()


class TestDynamoDBPrints(PrintStoreContract):
    @pytest.fixture
    def store(self, table: Table) -> PrintStore:
        return DynamoDBPrints(table, FakeClock(NOW), "stocktool-audit")

    async def test_the_audit_tells_once_who_vouched_for_what(self, store: PrintStore, table: Table) -> None:
        kept = self.a_print(new_ulid(), 27)
        await store.put(kept)
        for operator in ("usr_first", "usr_second"):
            await store.release(kept.id, operator)
        rows = await audited(table.aws, kept.id, NOW)
        assert [(row["actor"], row["action"]) for row in rows] == [("usr_first", "print.released")]
        told = {name: rows[0]["detail"][name] for name in ("symbol", "day", "price", "currency", "fault", "last_good")}
        assert told == {
            "symbol": kept.symbol,
            "day": "2024-11-27",
            "price": "23733.0",
            "currency": "USD",
            "fault": "hundredfold",
            "last_good": "237.33",
        }


class WishesContract:
    """What every Wishes promises; subclass and provide `wishes`."""

    async def test_wish_is_open_until_it_is_answered(self, wishes: Wishes) -> None:
        quote, bars = Wish("quote", "AAPL", NOW), Wish("bars#1d", "^GSPC")
        await wishes.put([quote, bars])
        assert sorted(await wishes.open(), key=lambda wish: wish.key) == [quote, bars]
        await wishes.answer(quote, None)
        assert list(await wishes.open()) == [bars]
        assert await wishes.refusals("quote", ["AAPL"]) == {}

    async def test_refusal_is_told_until_the_wish_is_told_again(self, wishes: Wishes) -> None:
        for error in (ProviderLimited("too many"), ProviderUnavailable("down")):
            wish = Wish("quote", "AAPL", NOW)
            await wishes.put([wish])
            await wishes.answer(wish, error)
            assert list(await wishes.open()) == []
            refused = await wishes.refusals("quote", ["AAPL", "JPM"])
            assert {key: (one.reason, one.message) for key, one in refused.items()} == {
                "AAPL": (error.reason, error.message)
            }
            await wishes.put([wish])
            assert await wishes.refusals("quote", ["AAPL"]) == {}


class TestFakeWishes(WishesContract):
    @pytest.fixture
    def wishes(self) -> Wishes:
        return FakeWishes()


class TestDynamoDBWishes(WishesContract):
    @pytest.fixture
    def wishes(self, table: Table) -> Wishes:
        return DynamoDBWishes(table, FakeClock(NOW))

    async def test_wish_nobody_took_up_is_gone_after_a_minute(self, table: Table, wishes: Wishes) -> None:
        await wishes.put([Wish("quote", "AAPL")])
        assert list(await DynamoDBWishes(table, FakeClock(NOW + timedelta(seconds=61))).open()) == []
        assert await table.get({"symbol": "L#wishes", "data_type": "quote|AAPL"}) is None


class SymbolStoreContract:
    """What every SymbolStore promises; subclass and provide `symbols`."""

    async def test_symbols_stand_once(self, symbols: SymbolStore) -> None:
        assert list(await symbols.read()) == []
        await symbols.add(["JPM", "AAPL"])
        await symbols.add(["AAPL"])
        assert list(await symbols.read()) == ["AAPL", "JPM"]


class TestFakeSymbols(SymbolStoreContract):
    @pytest.fixture
    def symbols(self) -> SymbolStore:
        return FakeSymbols()


class TestDynamoDBSymbols(SymbolStoreContract):
    @pytest.fixture
    def symbols(self, table: Table) -> SymbolStore:
        return DynamoDBSymbols(table)
