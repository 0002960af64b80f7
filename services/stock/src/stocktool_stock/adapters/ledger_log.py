"""The ledger as the table keeps it: a log of rows that never change.

`T#<sequence>` is an entry, a reversal, or the mark that an import begins here or was taken back. An import's entries
lie packed in `S#<import>#<part>` items, numbered from 1; its mark gives them their place, so that one conditional write
adds or removes a hundred thousand. `K#<sequence>` holds a thousand rows of the log once more, packed: a projection that
spares readers some 15 pages per 50,000 rows, and that anyone can make again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from stocktool_kit.aws.table import Attr, ConditionFailed, Key, Table
from stocktool_kit.core.clock import instant, parse_instant
from stocktool_kit.core.errors import Internal

from stocktool_stock.adapters.ledger_chunks import (
    MAX_BYTES,
    ChunkDamaged,
    pack_entries,
    unpack_entries,
)
from stocktool_stock.application.records import Record, entry_of, entry_record
from stocktool_stock.domain.import_batch import ImportBatch
from stocktool_stock.domain.ledger import Entry, Reversal
from stocktool_stock.domain.ledger_part import LedgerPart

PACKED_ROWS = 1_000
_REVERSAL, _IMPORT, _UNDO = "reversal", "import", "undo"
_MARKS = frozenset({_REVERSAL, _IMPORT, _UNDO})
_AT_ONCE = 20  # chunks asked for at a time: a batch answers at most 16 MB
_CACHE_BYTES = 24_000_000


_Row = Entry | Record
"""A row of the log; entries come read where they lay packed."""


@dataclass(frozen=True, slots=True)
class _Mark:
    import_id: str
    first_sequence: int
    parts: int


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


class LedgerLog:
    """Reads the log, and packs it.

    Args:
        table: `stocktool-portfolios`.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._cache = ChunkCache()

    async def read(self, portfolio_id: str, *, after: int, until: int) -> LedgerPart:
        """Read the rows with sequences in (after, until]."""
        rows: list[_Row] = []
        if after == 0 and until >= PACKED_ROWS:
            rows, after = await self._packed(portfolio_id, until)
        rows += await self._rows(portfolio_id, after, until)
        return await self._part(portfolio_id, rows)

    async def pack(self, portfolio_id: str, until: int) -> int:
        """Pack every full thousand of rows that is not packed yet, and say how many packs were made."""
        _, follows = await self._packed(portfolio_id, until)
        rows = await self._rows(portfolio_id, follows, until)
        made = 0
        for at in range(0, len(rows) - PACKED_ROWS + 1, PACKED_ROWS):
            item = _pack_item(portfolio_id, rows[at : at + PACKED_ROWS], follows)
            if len(item["chunk"]) > MAX_BYTES:
                break  # a thousand notes that do not compress: read row by row from here on
            with suppress(ConditionFailed):  # rows never change, so whoever came first wrote the same
                await self._table.put(item, Attr("pk").not_exists())
            follows, made = int(item["last"]), made + 1
        return made

    async def reversals(self, portfolio_id: str, *, until: int) -> list[Reversal]:
        """Rows that took single entries back; packs tell theirs without being unpacked."""
        found: list[Reversal] = []
        after = 0
        between = Key("pk").eq(partition(portfolio_id)) & Key("sk").between("K#", f"K#{until:010d}")
        async for item in self._table.query_all(between, attributes=["follows", "last", "reversals"]):
            if int(item["follows"]) != after or int(item["last"]) > until:
                break
            found += map(_reversal_of, item["reversals"])
            after = int(item["last"])
        rows = await self._rows(portfolio_id, after, until)
        return found + [_reversal_of(row) for row in rows if row["type"] == _REVERSAL]

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
            raise Internal("a part of an import is missing", portfolio=pk)
        return [found[sk] for sk in keys]

    async def _rows(self, portfolio_id: str, after: int, until: int) -> list[Record]:
        """Rows of the log; a mark lies at its import's first sequence, so nothing begins between its entries."""
        if until <= after:
            return []
        between = Key("sk").between(f"T#{after + 1:010d}", f"T#{until:010d}")
        return [item async for item in self._table.query_all(Key("pk").eq(partition(portfolio_id)) & between)]

    async def _packed(self, portfolio_id: str, until: int) -> tuple[list[_Row], int]:
        """Rows of the packs that join without a gap, and the sequence of the last one."""
        rows: list[_Row] = []
        after = 0
        between = Key("sk").between("K#", f"K#{until:010d}")
        async for item in self._table.query_all(Key("pk").eq(partition(portfolio_id)) & between):
            if int(item["follows"]) != after or int(item["last"]) > until:
                break
            try:
                entries, others = unpack_entries(bytes(item["chunk"]))
            except ChunkDamaged:
                # The log itself tells what was in it; the next packing writes it anew.
                await self._table.delete({"pk": item["pk"], "sk": item["sk"]}, Attr("chunk").eq(item["chunk"]))
                break
            rows += sorted([*entries, *others], key=_sequence)
            after = int(item["last"])
        return rows, after

    async def _part(self, portfolio_id: str, rows: Iterable[_Row]) -> LedgerPart:
        part = LedgerPart()
        for row in rows:
            if isinstance(row, Entry):
                part.rows.append((row.sequence, row.id))
                part.entries.append(row)
                continue
            part.rows.append((_sequence(row), str(row["id"])))
            match row["type"]:
                case "reversal":
                    part.reversals.append(_reversal_of(row))
                case "undo":
                    part.undone.append(_reversal_of(row))
                case "import":
                    mark = _Mark(str(row["id"]), int(str(row["sequence"])), int(str(row["parts"])))
                    part.entries += await self._imported(portfolio_id, mark)
                case _:
                    part.entries.append(entry_of(row))
        return part

    async def _imported(self, portfolio_id: str, mark: _Mark) -> list[Entry]:
        keys = [segment_key(mark.import_id, number) for number in range(mark.parts)]
        chunks = await self.chunks(partition(portfolio_id), keys)
        try:
            return [entry for chunk in chunks for entry in unpack_entries(chunk, after=mark.first_sequence - 1)[0]]
        except ChunkDamaged as error:
            raise Internal("a part of an import is damaged", import_id=mark.import_id) from error


def _sequence(row: _Row) -> int:
    return row.sequence if isinstance(row, Entry) else int(str(row["sequence"]))


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


def import_item(portfolio_id: str, batch: ImportBatch, parts: int) -> dict[str, Any]:
    """The mark that makes an import part of the ledger."""
    return {
        **_row_key(portfolio_id, batch.first_sequence),
        "type": _IMPORT,
        "id": batch.id,
        "sequence": batch.first_sequence,
        "count": batch.count,
        "parts": parts,
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
    return {
        "pk": partition(portfolio_id),
        "sk": f"K#{plain[0]['sequence']:010d}",
        "follows": follows,
        "last": plain[-1]["sequence"],
        "reversals": [row for row in plain if row["type"] == _REVERSAL],
        "chunk": pack_entries(
            [entry_of(row) for row in plain if row["type"] not in _MARKS], [r for r in plain if r["type"] in _MARKS]
        ),
    }


def _json(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row in JSON's values: the table gives whole numbers as decimals."""
    return {name: int(value) if name in {"sequence", "count", "parts"} else value for name, value in row.items()}
