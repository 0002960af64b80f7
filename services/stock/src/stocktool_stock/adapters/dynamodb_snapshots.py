"""Snapshots of books in the table `stocktool-portfolios`, beside the ledger they are made of.

In the table and not in S3: they go with their portfolio's partition, are written on condition of its head, and need no
bucket, no right and no round trip of another kind; a book of 50,000 entries takes some eight items. `Y#book` says which
parts are the present ones, so that no reader mixes two.

A snapshot is named by its sequence and then by time. Names are in one order for all writers: who loses it cannot become
the present one any more, so its parts may go, and the parts of a writer still under way are never taken from it.
"""

from __future__ import annotations

import hashlib
from typing import Any

from boto3.dynamodb.conditions import ConditionBase
from stocktool_kit.aws.table import Attr, Check, Key, Put, Table
from stocktool_kit.core.errors import Conflict
from stocktool_kit.core.ids import new_ulid

from stocktool_stock.adapters.ledger_log import partition
from stocktool_stock.domain.portfolio import PortfolioId

_PART_BYTES = 350_000
_MOST_PARTS = 80  # 28 MB; a book beyond is kept from its ledger


class DynamoDBSnapshots:
    """The `SnapshotStore` of the mesh.

    Args:
        table: The portfolios' table.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    async def read(self, portfolio_id: PortfolioId) -> bytes | None:
        """Read the present snapshot; None when there is none, or not all of it."""
        pk = partition(portfolio_id)
        pointer = await self._table.get({"pk": pk, "sk": "Y#book"})
        if pointer is None:
            return None
        if "chunk" in pointer:
            return bytes(pointer["chunk"])
        names = [_part(pointer["snapshot"], at) for at in range(int(pointer["parts"]))]
        items = await self._table.batch_get([{"pk": pk, "sk": name} for name in names])
        found = {item["sk"]: bytes(item["chunk"]) for item in items}
        data = b"".join(found.get(name, b"") for name in names)
        return data if _digest(data) == pointer["digest"] else None

    async def write(self, portfolio_id: PortfolioId, sequence: int, data: bytes) -> bool:
        """Write a snapshot of the ledger as of a sequence, unless there is a later one or the portfolio is gone."""
        parts = [data[at : at + _PART_BYTES] for at in range(0, len(data), _PART_BYTES)]
        if len(parts) > _MOST_PARTS:
            return False
        pk, name = partition(portfolio_id), f"{sequence:012d}.{new_ulid()}"
        pointer: dict[str, Any] = {"pk": pk, "sk": "Y#book", "snapshot": name, "digest": _digest(data)}
        if len(parts) == 1:
            pointer["chunk"] = data
        else:
            pointer["parts"] = len(parts)
            await self._table.batch_write(
                [{"pk": pk, "sk": _part(name, at), "chunk": part} for at, part in enumerate(parts)]
            )
        newest = Attr("snapshot").not_exists() | Attr("snapshot").lt(name)
        head = Check({"pk": pk, "sk": "head"}, Attr("last_sequence").gte(sequence))
        try:
            await self._table.transact([Put(pointer, newest), head])
        except Conflict:  # a later one is there, the portfolio is gone or just being changed
            await self._drop(pk, Key("sk").begins_with(f"Y#{name}#"))
            return False
        await self._drop(pk, Key("sk").between("Y#0", f"Y#{name}"))  # what this one follows, and what crashes left
        return True

    async def _drop(self, pk: str, names: ConditionBase) -> None:
        keys = Key("pk").eq(pk) & names
        items = [item async for item in self._table.query_all(keys, attributes=["pk", "sk"])]
        await self._table.batch_write(deletes=items)


def _part(snapshot: str, number: int) -> str:
    return f"Y#{snapshot}#{number:03d}"


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
