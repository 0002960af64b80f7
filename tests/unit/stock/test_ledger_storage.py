"""What long ledgers are written as, and the work done after answers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from stocktool_kit.core.errors import Unavailable
from stocktool_stock.adapters.ledger_chunks import MAX_BYTES, ChunkDamaged, cut_entries, pack_entries, unpack_entries
from stocktool_stock.application.afterwards import Afterwards
from stocktool_stock.application.columns import Schema, Unwritable
from stocktool_stock.domain.import_batch import entry_id, new_import_id, place_of
from stocktool_stock.domain.ledger import LotChoice

from tests.factories.stock import an_entry, day


def test_entries_of_every_field_come_back_digit_by_digit() -> None:
    entries = [
        an_entry("buy", "2024-01-02", "AAPL", quantity="123456789012345678901234.000000000001", price="0.10", fee="1"),
        replace(an_entry("split", "2024-01-03", "AAPL"), ratio=Fraction(1, 3), account_id=""),
        replace(
            an_entry("sell", "2024-01-04", "AAPL", quantity="2", price="3", fx_rate="0.912345678901"),
            lots=(LotChoice("txn_1", Decimal(1)), LotChoice("txn_2", Decimal(1))),
            acquired=day("2020-02-29"),
            cost_basis=Decimal("1.10"),
            note="déjà vu",
        ),
    ]
    assert unpack_entries(pack_entries(entries)) == entries
    moved = unpack_entries(pack_entries(entries), after=1_000)
    assert [entry.sequence for entry in moved] == [entry.sequence + 1_000 for entry in entries]


def test_chunks_fit_an_item_whatever_is_noted() -> None:
    """Notes of characters that do not compress: a thousand would not fit."""
    entries = [
        replace(
            an_entry("deposit", "2024-01-02", amount="1"),
            note="".join(chr(0x4E00 + (at * 7919 + place * 104_729) ** 2 % 20_000) for place in range(500)),
        )
        for at in range(1_000)
    ]
    parts = list(cut_entries(entries))
    assert len(parts) > 1
    assert all(len(chunk) <= MAX_BYTES for _, chunk in parts)
    assert [entry for _, chunk in parts for entry in unpack_entries(chunk)] == entries


def test_damaged_chunks_are_told_apart() -> None:
    chunk = pack_entries([an_entry("deposit", "2024-01-02", amount="1")])
    for damaged in (b"", chunk[:-3], chunk[:-3] + b"abc", chunk.replace(b'"format":1', b'"format":2')):
        with pytest.raises(ChunkDamaged):
            unpack_entries(damaged)


@dataclass(frozen=True, slots=True)
class Older:
    name: str
    on: date


@dataclass(frozen=True, slots=True)
class Newer:
    name: str
    on: date
    amount: Decimal = Decimal("1.5")


def test_what_an_older_version_wrote_gets_defaults_and_what_a_newer_one_added_is_left_out() -> None:
    older = [Older("a", date(2024, 1, 2)), Older("b", date(2024, 1, 3))]
    newer = [Newer("a", date(2024, 1, 2)), Newer("b", date(2024, 1, 3), Decimal(2))]
    assert Schema(Newer).read_many(Schema(Older).write_many(older)) == [replace(newer[0]), Newer("b", date(2024, 1, 3))]
    assert Schema(Older).read_many(Schema(Newer).write_many(newer)) == older
    assert Schema(Older).name != Schema(Newer).name

    @dataclass(frozen=True, slots=True)
    class Unknown:
        what: object

    with pytest.raises(Unwritable):
        Schema(Unknown)


def test_an_imported_entrys_id_says_where_it_lies() -> None:
    import_id = new_import_id()
    assert place_of(entry_id(import_id, 0)) == (import_id, 0)
    assert place_of(entry_id(import_id, 99_999)) == (import_id, 99_999)
    assert place_of("txn_01jd0000000000000000000000") is None


async def test_work_after_answers_is_done_once_each_and_survives_failures() -> None:
    done: asyncio.Queue[str] = asyncio.Queue()
    afterwards = Afterwards(capacity=2)

    async def fails() -> None:
        raise Unavailable("the table does not answer")

    async def works() -> None:
        done.put_nowait("works")

    afterwards.submit("a", fails)
    afterwards.submit("b", works)
    afterwards.submit("b", works)
    afterwards.submit("c", works)  # too many wait
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(afterwards.run(stop))
        await done.get()
        afterwards.submit("b", works)
        await done.get()
        stop.set()
    assert done.empty()
