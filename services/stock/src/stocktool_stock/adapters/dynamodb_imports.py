"""Imports in the table `stocktool-portfolios`.

`B#<import>` says where an import stands, `S#<import>#<part>` are its entries, `F#<import>#<part>` its fingerprints.
Until `B#` says `committed` nobody reads the others. Nothing staged carries `expires_at`: were a time to live left on by
a crash around the commit, it would eat the ledger. What a crash leaves is swept instead, by taking `B#` away first on
condition that it still says `staged`: of a sweep and a slow commit one fails.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from stocktool_kit.aio import run_blocking
from stocktool_kit.aws.table import Attr, ConditionFailed, Key, Table, Update
from stocktool_kit.core.clock import Clock, instant, parse_instant
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token

from stocktool_stock.adapters.ledger_chunks import cut_entries, pack_prints, unpack_prints
from stocktool_stock.adapters.ledger_log import LedgerLog, partition, segment_key
from stocktool_stock.domain.import_batch import ImportBatch, ImportNotFound, ImportState, place_of
from stocktool_stock.domain.ledger import Entry, taken_back
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId

ABANDONED_AFTER = timedelta(hours=1)
"""An import still staged after so long has lost its request, which lives a minute at most."""


class DynamoDBImports:
    """The `ImportStore` of the mesh.

    Args:
        table: The portfolios' table.
        log: Reads the ledger in the same table.
        clock: Real time.
    """

    def __init__(self, table: Table, log: LedgerLog, clock: Clock) -> None:
        self._table = table
        self._log = log
        self._clock = clock

    async def stage(
        self, portfolio_id: PortfolioId, batch: ImportBatch, entries: Sequence[Entry], fingerprints: Sequence[str]
    ) -> None:
        """Write entries where no reader sees them."""
        pk = partition(portfolio_id)
        parts = await run_blocking(self._table.aws.limiter, lambda: list(cut_entries(entries)))
        segments = [chunk for _, chunk in parts]
        prints = await run_blocking(self._table.aws.limiter, pack_prints, fingerprints)
        days = [[some[0].day.isoformat(), some[-1].day.isoformat()] for some, _ in parts]
        row = _batch_item(portfolio_id, batch, parts=len(segments), prints=len(prints)) | {"days": days}
        await self._table.put(row, Attr("pk").not_exists())  # first, so that a sweep finds whatever follows
        items = [{"pk": pk, "sk": segment_key(batch.id, at), "chunk": chunk} for at, chunk in enumerate(segments)]
        items += [{"pk": pk, "sk": _prints_key(batch.id, at), "chunk": chunk} for at, chunk in enumerate(prints)]
        await self._table.batch_write(items)

    async def discard(self, portfolio_id: PortfolioId, import_id: str) -> None:
        """Remove a staged import; one that was committed stays."""
        await self._remove(portfolio_id, import_id)

    async def sweep(self, portfolio_id: PortfolioId) -> int:
        """Remove imports staged long ago."""
        before = instant(self._clock.now() - ABANDONED_AFTER)
        abandoned = [
            item["import_id"]
            async for item in self._table.query_all(
                _batches(portfolio_id), where=Attr("state").eq(ImportState.STAGED.value) & Attr("staged_at").lt(before)
            )
        ]
        return sum([await self._remove(portfolio_id, import_id) for import_id in abandoned])

    async def get(self, portfolio_id: PortfolioId, import_id: str) -> ImportBatch:
        """Read an import that was committed."""
        item = await self._table.get(batch_key(portfolio_id, import_id))
        if item is None or item["state"] == ImportState.STAGED:
            raise ImportNotFound("no such import in this portfolio", import_id=import_id)
        return batch_of(item)

    async def list(self, portfolio_id: PortfolioId, page: PageRequest) -> Page[ImportBatch]:
        """List committed imports, newest first."""
        start = None
        if page.page_token:
            after = decode_token(page.page_token).get("after", "")
            if not after.startswith("B#"):
                raise InvalidArgument.of("page_token", "is not a token this list gave; start again without it")
            start = {"pk": partition(portfolio_id), "sk": after}
        items, last = await self._table.query(
            _batches(portfolio_id),
            where=Attr("state").ne(ImportState.STAGED.value),
            limit=page.page_size,
            forward=False,
            start=start,
        )
        return Page([batch_of(item) for item in items], encode_token({"after": last["sk"]}) if last else "")

    async def fingerprints(self, portfolio: Portfolio) -> Counter[bytes]:
        """Count the fingerprints of standing imported entries."""
        pk = partition(portfolio.id)
        committed = Attr("state").eq(ImportState.COMMITTED.value)
        batches = [item async for item in self._table.query_all(_batches(portfolio.id), where=committed)]
        if not batches:
            return Counter()
        keys = {
            item["import_id"]: [_prints_key(item["import_id"], at) for at in range(int(item["prints"]))]
            for item in batches
        }
        prints = {import_id: unpack_prints(await self._log.chunks(pk, few)) for import_id, few in keys.items()}
        for entry_id in taken_back(await self._log.reversals(portfolio.id, until=portfolio.last_sequence)):
            place = place_of(entry_id)
            if place is not None and place[0] in prints:
                prints[place[0]][place[1]] = b""
        found: Counter[bytes] = Counter()
        for some in prints.values():
            found.update(some)
        del found[b""]
        return found

    async def _remove(self, portfolio_id: PortfolioId, import_id: str) -> bool:
        try:
            item = await self._table.delete(
                batch_key(portfolio_id, import_id), Attr("state").eq(ImportState.STAGED.value)
            )
        except ConditionFailed:
            return False  # committed meanwhile, or swept by another
        if item is not None:
            keys = [segment_key(import_id, at) for at in range(int(item["parts"]))]
            keys += [_prints_key(import_id, at) for at in range(int(item["prints"]))]
            await self._table.batch_write(deletes=[{"pk": partition(portfolio_id), "sk": sk} for sk in keys])
        return True


def batch_key(portfolio_id: str, import_id: str) -> dict[str, str]:
    """Key of an import's row."""
    return {"pk": partition(portfolio_id), "sk": f"B#{import_id}"}


def commit_operation(portfolio_id: str, batch: ImportBatch) -> Update:
    """Turn a staged import into a committed one, in the transaction that puts its mark into the log."""
    return Update(
        batch_key(portfolio_id, batch.id),
        put={"state": ImportState.COMMITTED.value, "first_sequence": batch.first_sequence},
        condition=Attr("state").eq(ImportState.STAGED.value),
    )


def undo_operation(portfolio_id: str, batch: ImportBatch) -> Update:
    """Turn a committed import into one taken back."""
    return Update(
        batch_key(portfolio_id, batch.id),
        put={
            "state": ImportState.UNDONE.value,
            "undone_by": batch.undone_by,
            "undone_at": None if batch.undone_at is None else instant(batch.undone_at),
        },
        condition=Attr("state").eq(ImportState.COMMITTED.value),
    )


def _prints_key(import_id: str, number: int) -> str:
    return f"F#{import_id}#{number:04d}"


def _batches(portfolio_id: str) -> Any:
    return Key("pk").eq(partition(portfolio_id)) & Key("sk").begins_with("B#")


def _batch_item(portfolio_id: str, batch: ImportBatch, *, parts: int, prints: int) -> dict[str, Any]:
    return {
        **batch_key(portfolio_id, batch.id),
        "import_id": batch.id,
        "state": batch.state.value,
        "count": batch.count,
        "skipped_duplicates": batch.skipped_duplicates,
        "source_name": batch.source_name,
        "content_hash": batch.content_hash,
        "staged_at": instant(batch.staged_at),
        "staged_after": batch.staged_after,
        "parts": parts,
        "prints": prints,
    }


def batch_of(item: Mapping[str, Any]) -> ImportBatch:
    """An import from its row."""
    undone_at = item.get("undone_at")
    return ImportBatch(
        id=item["import_id"],
        state=ImportState(item["state"]),
        count=int(item["count"]),
        skipped_duplicates=int(item["skipped_duplicates"]),
        source_name=item["source_name"],
        content_hash=item["content_hash"],
        staged_at=parse_instant(item["staged_at"]),
        staged_after=int(item.get("staged_after", 0)),
        first_sequence=int(item.get("first_sequence", 0)),
        undone_by=item.get("undone_by", ""),
        undone_at=None if undone_at is None else parse_instant(undone_at),
    )
