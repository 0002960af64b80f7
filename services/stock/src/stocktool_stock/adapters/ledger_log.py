"""The ledger as the table keeps it: a log of rows that never change.

`T#<sequence>` is an entry, a reversal, or the mark that an import begins here or was taken back. An import's entries
lie packed in `S#<import>#<part>` items, numbered from 1; its mark gives them their place, so that one conditional write
adds or removes a hundred thousand. `K#<sequence>` holds a thousand rows of the log once more, packed: a projection that
spares readers some 15 pages per 50,000 rows, and that anyone can make again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson
from stocktool_kit.aio import Limiter, run_blocking
from stocktool_kit.aws.table import Attr, ConditionFailed, Item, Key, Table
from stocktool_kit.core.clock import instant, parse_instant
from stocktool_kit.core.errors import Internal

from stocktool_stock.adapters.ledger_chunks import (
    MAX_BYTES,
    ChunkDamaged,
    pack_entries,
    unpack_entries,
)
from stocktool_stock.application.records import Record, entry_of, entry_record
from stocktool_stock.domain.import_batch import ImportBatch, place_of
from stocktool_stock.domain.ledger import Entry, Reversal
from stocktool_stock.domain.ledger_part import LedgerPart
from stocktool_stock.domain.selection import Selection

PACKED_ROWS = 1_000
_REVERSAL, _IMPORT, _UNDO = "reversal", "import", "undo"
_MARKS = frozenset({_REVERSAL, _IMPORT, _UNDO})
_AT_ONCE = 20  # chunks asked for at a time: a batch answers at most 16 MB
_CACHE_BYTES = 24_000_000


@dataclass(frozen=True, slots=True)
class _Part:
    """Entries that lie packed in one item; those of an import are numbered on from `after`."""

    sort_key: str
    first_day: date
    last_day: date
    after: int = 0

    def begins_by(self, day: date, selection: Selection) -> bool:
        """Whether entries of it may come before the end of a day in a selection's order."""
        return self.last_day >= day if selection.newest_first else self.first_day <= day


@dataclass(slots=True)
class _Index:
    """A stretch of the log without the entries that lie packed."""

    parts: list[_Part] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    marks: list[Record] = field(default_factory=list)

    def add(self, row: Record) -> None:
        """Take up a row."""
        if row["type"] not in _MARKS:
            self.entries.append(entry_of(row))
            return
        self.marks.append(row)
        if row["type"] == _IMPORT:
            before = int(str(row["shift"]))
            for number, (first, last) in enumerate(_days(row)):
                self.parts.append(_Part(segment_key(str(row["id"]), number), first, last, before))

    def marking(self, entries: list[Entry]) -> LedgerPart:
        """Some of the entries with what took them back."""
        part = LedgerPart(entries)
        for row in self.marks:
            if row["type"] == _REVERSAL:
                part.reversals.append(_reversal_of(row))
            elif row["type"] == _UNDO:
                part.undone.append(_reversal_of(row))
        return part


class ChunkCache:
    """Chunks read lately, by key; they never change. Bounded in bytes."""

    def __init__(self, limit: int = _CACHE_BYTES) -> None:
        self._limit = limit
        self._size = 0
        self._chunks: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    def get(self, pk: str, sk: str) -> bytes | None:
        """A chunk, None when it is not here."""
        chunk = self._chunks.get((pk, sk))
        if chunk is not None:
            self._chunks.move_to_end((pk, sk))
        return chunk

    def put(self, pk: str, sk: str, chunk: bytes) -> None:
        """Keep a chunk; the ones not asked for longest go."""
        self._size += len(chunk) - len(self._chunks.pop((pk, sk), b""))
        self._chunks[pk, sk] = chunk
        while self._size > self._limit:
            self._size -= len(self._chunks.popitem(last=False)[1])

    def drop(self, pk: str, sk: str) -> None:
        """Forget a chunk."""
        self._size -= len(self._chunks.pop((pk, sk), b""))


class LedgerLog:
    """Reads the log, and packs it.

    Args:
        table: `stocktool-portfolios`.
        packed_rows: Rows of a pack.
    """

    def __init__(self, table: Table, *, packed_rows: int = PACKED_ROWS) -> None:
        self._table = table
        self._packed_rows = packed_rows
        self._cache = ChunkCache()
        self._threads = Limiter(2)

    async def read(self, portfolio_id: str, *, after: int, until: int) -> LedgerPart:
        """Read the rows with sequences in (after, until]."""
        index = await self._index(portfolio_id, after, until)
        try:
            packed = await self._unpacked(portfolio_id, index.parts)
        except ChunkDamaged:
            index = await self._without_damaged(portfolio_id, after, until)
            packed = await self._unpacked(portfolio_id, index.parts)
        part = index.marking(sorted([*packed, *index.entries], key=lambda entry: entry.sequence))
        part.rows = [(entry.sequence, entry.id) for entry in part.entries if place_of(entry.id) is None]
        part.rows = sorted([*part.rows, *((_sequence(row), str(row["id"])) for row in index.marks)])
        return part

    async def select(self, portfolio_id: str, selection: Selection, limit: int, *, until: int) -> list[Entry]:
        """Read the first entries of a selection; of the parts only those whose days it may want, in its order."""
        index = await self._index(portfolio_id, 0, until)
        waiting = sorted(
            (part for part in index.parts if selection.days_meet(part.first_day, part.last_day)),
            key=lambda part: part.last_day if selection.newest_first else part.first_day,
            reverse=not selection.newest_first,
        )
        marker = index.marking([])
        found = selection.of(marker.marked(index.entries), limit)
        while waiting and (len(found) < limit or waiting[-1].begins_by(found[-1].day, selection)):
            try:
                entries = await self._unpacked(portfolio_id, [waiting.pop()])
            except ChunkDamaged:
                index = await self._without_damaged(portfolio_id, 0, until)
                everything = [*index.entries, *await self._unpacked(portfolio_id, index.parts)]
                return selection.of(index.marking([]).marked(everything), limit)
            found = selection.of([*found, *marker.marked(entries)], limit)
        return found

    async def reversals(self, portfolio_id: str, *, until: int) -> list[Reversal]:
        """Rows that took single entries back, or let them stand again."""
        return (await self._index(portfolio_id, 0, until)).marking([]).reversals

    async def pack(self, portfolio_id: str, until: int) -> int:
        """Pack every full pack of rows that is not packed yet, and say how many packs were made."""
        follows = max((int(pack["last"]) for pack in await self._packs(portfolio_id, until)), default=0)
        rows = await self._rows(portfolio_id, follows, until)
        made = 0
        for at in range(0, len(rows) - self._packed_rows + 1, self._packed_rows):
            item = _pack_item(portfolio_id, rows[at : at + self._packed_rows], follows)
            if len(item["chunk"]) + len(orjson.dumps(item["marks"])) > MAX_BYTES:
                break  # a thousand notes that do not compress: read row by row from here on
            with suppress(ConditionFailed):  # rows never change, so whoever came first wrote the same
                await self._table.put(item, Attr("pk").not_exists())
                made += 1
            follows = int(item["last"])
        return made

    async def chunks(self, pk: str, keys: Sequence[str]) -> list[bytes]:
        """Read chunks by their sort keys, in order.

        Raises:
            Internal: One is missing.
        """
        found = {sk: chunk for sk in keys if (chunk := self._cache.get(pk, sk)) is not None}
        missing = [sk for sk in keys if sk not in found]
        for at in range(0, len(missing), _AT_ONCE):
            for item in await self._table.batch_get([{"pk": pk, "sk": sk} for sk in missing[at : at + _AT_ONCE]]):
                found[item["sk"]] = bytes(item["chunk"])
                self._cache.put(pk, item["sk"], found[item["sk"]])
        if len(found) < len(set(keys)):
            raise Internal("a part of a ledger is missing", portfolio=pk)
        return [found[sk] for sk in keys]

    async def _index(self, portfolio_id: str, after: int, until: int) -> _Index:
        index = _Index()
        if after == 0 and until >= self._packed_rows:
            for pack in await self._packs(portfolio_id, until):
                after = int(pack["last"])
                for first, last in _days(pack):
                    index.parts.append(_Part(pack["sk"], first, last))
                for row in pack["marks"]:
                    index.add(row)
        for row in await self._rows(portfolio_id, after, until):
            index.add(row)
        return index

    async def _packs(self, portfolio_id: str, until: int) -> list[Item]:
        """What the packs say of themselves, of those that join without a gap."""
        packs: list[Item] = []
        names = Key("sk").between("K#", f"K#{until:010d}")
        attributes = ["sk", "follows", "last", "days", "marks"]
        async for pack in self._table.query_all(Key("pk").eq(partition(portfolio_id)) & names, attributes=attributes):
            if int(pack["follows"]) != (int(packs[-1]["last"]) if packs else 0) or int(pack["last"]) > until:
                break
            packs.append(pack)
        return packs

    async def _rows(self, portfolio_id: str, after: int, until: int) -> list[Record]:
        """Rows of the log; a mark lies at its import's first sequence, so nothing begins between its entries."""
        if until <= after:
            return []
        between = Key("sk").between(f"T#{after + 1:010d}", f"T#{until:010d}")
        return [item async for item in self._table.query_all(Key("pk").eq(partition(portfolio_id)) & between)]

    async def _unpacked(self, portfolio_id: str, parts: Sequence[_Part]) -> list[Entry]:
        chunks = await self.chunks(partition(portfolio_id), [part.sort_key for part in parts])
        if not chunks:
            return []

        def unpack() -> list[Entry]:
            pairs = zip(chunks, parts, strict=True)
            return [entry for chunk, part in pairs for entry in unpack_entries(chunk, after=part.after)]

        return await run_blocking(self._threads, unpack)

    async def _without_damaged(self, portfolio_id: str, after: int, until: int) -> _Index:
        """Drop packs that cannot be read, for the log itself tells what was in them; the next packing writes them anew.

        Raises:
            Internal: It is the part of an import that is damaged.
        """
        index = await self._index(portfolio_id, after, until)
        pk = partition(portfolio_id)
        for part in index.parts:
            try:
                await self._unpacked(portfolio_id, [part])
            except ChunkDamaged as error:
                if not part.sort_key.startswith("K#"):
                    raise Internal("a part of an import is damaged", portfolio_id=portfolio_id) from error
                self._cache.drop(pk, part.sort_key)
                await self._table.delete({"pk": pk, "sk": part.sort_key})
        return await self._index(portfolio_id, after, until)


def _sequence(row: Record) -> int:
    return int(str(row["sequence"]))


def _days(row: Mapping[str, Any]) -> Iterator[tuple[date, date]]:
    """First and last day of each part of an import, or of a pack; none of a pack without entries."""
    for first, last in row["days"]:
        yield date.fromisoformat(first), date.fromisoformat(last)


def partition(portfolio_id: str) -> str:
    """Partition of a portfolio's head and ledger."""
    return f"P#{portfolio_id}"


def segment_key(import_id: str, number: int) -> str:
    """Sort key of a part of an import."""
    return f"S#{import_id}#{number:04d}"


def _row_key(portfolio_id: str, sequence: int) -> dict[str, str]:
    return {"pk": partition(portfolio_id), "sk": f"T#{sequence:010d}"}


def entry_item(portfolio_id: str, entry: Entry) -> dict[str, Any]:
    """An entry as a row of the log."""
    return {**_row_key(portfolio_id, entry.sequence), **entry_record(entry)}


def reversal_item(portfolio_id: str, reversal: Reversal) -> dict[str, Any]:
    """The reversal of an entry as a row of the log."""
    return {
        **_row_key(portfolio_id, reversal.sequence),
        "type": _REVERSAL,
        "id": reversal.id,
        "sequence": reversal.sequence,
        "of": reversal.of,
        "restores": reversal.restores or None,
        "recorded_at": instant(reversal.recorded_at),
    }


def _reversal_of(row: Mapping[str, Any]) -> Reversal:
    return Reversal(
        row["id"], int(row["sequence"]), row["of"], parse_instant(row["recorded_at"]), row.get("restores", False)
    )


def import_item(portfolio_id: str, batch: ImportBatch, days: Sequence[Sequence[str]]) -> dict[str, Any]:
    """The mark that makes an import part of the ledger; `days` are the first and last one of each part."""
    return {
        **_row_key(portfolio_id, batch.first_sequence),
        "type": _IMPORT,
        "id": batch.id,
        "sequence": batch.first_sequence,
        "count": batch.count,
        "shift": batch.shift,
        "days": days,
    }


def undo_item(portfolio_id: str, batch: ImportBatch, sequence: int) -> dict[str, Any]:
    """The mark that takes an import back."""
    return {
        **_row_key(portfolio_id, sequence),
        "type": _UNDO,
        "id": batch.undone_by,
        "sequence": sequence,
        "of": batch.id,
        "recorded_at": None if batch.undone_at is None else instant(batch.undone_at),
    }


def _pack_item(portfolio_id: str, rows: Sequence[Record], follows: int) -> dict[str, Any]:
    plain = [_json({name: value for name, value in row.items() if name not in {"pk", "sk"}}) for row in rows]
    entries = [entry_of(row) for row in plain if row["type"] not in _MARKS]
    days = sorted(entry.day.isoformat() for entry in entries)
    return {
        "pk": partition(portfolio_id),
        "sk": f"K#{plain[0]['sequence']:010d}",
        "follows": follows,
        "last": plain[-1]["sequence"],
        "days": [[days[0], days[-1]]] if days else [],
        "marks": [row for row in plain if row["type"] in _MARKS],
        "chunk": pack_entries(entries),
    }


def _json(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row in JSON's values: the table gives whole numbers as decimals."""
    return {name: int(value) if name in {"sequence", "count", "shift"} else value for name, value in row.items()}
