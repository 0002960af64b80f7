"""Portfolios and ledgers in the table `stocktool-portfolios`.

`P#<id>` holds the head (`head`) and the ledger (see `ledger_log`), `U#<owner>` one row per portfolio. A write is one
transaction over all of it, its audit entry and its idempotency record, conditional on the head's version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from stocktool_kit.aws.audit import audit_entry
from stocktool_kit.aws.idempotency import IdempotencyRecords
from stocktool_kit.aws.table import Attr, ConditionFailed, Delete, Key, Operation, Put, Table
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token

from stocktool_stock.adapters.dynamodb_imports import batch_key, commit_operation, undo_operation
from stocktool_stock.adapters.dynamodb_instruments import instrument_operations
from stocktool_stock.adapters.dynamodb_writes import write_item
from stocktool_stock.adapters.ledger_log import (
    LedgerLog,
    entry_item,
    import_item,
    partition,
    reversal_item,
    undo_item,
)
from stocktool_stock.application.ports import Change
from stocktool_stock.application.records import Record, entry_record, portfolio_of, portfolio_record
from stocktool_stock.domain.exact import exact
from stocktool_stock.domain.import_batch import ImportState
from stocktool_stock.domain.ledger import Entry, Ledger, plain
from stocktool_stock.domain.ledger_part import LedgerPart
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId, PortfolioNotFound, StaleVersion
from stocktool_stock.domain.selection import Selection

Operations: TypeAlias = list[Operation]
"""Spelled here, since `list` is a method's name inside the class."""

MOST_TOLD = 50
"""Entries that one audit row shows in full."""


class DynamoDBPortfolios:
    """The `PortfolioStore` of the mesh.

    Args:
        table: The portfolios' table.
        audit_table: Name of the audit table.
        clock: Real time.
        log: Reads the ledger in the same table.
    """

    def __init__(self, table: Table, audit_table: str, clock: Clock, log: LedgerLog | None = None) -> None:
        self._table = table
        self._log = log or LedgerLog(table)
        self._audit_table = audit_table
        self._clock = clock
        self._records = IdempotencyRecords(table, clock)

    async def get(self, owner: OwnerId, portfolio_id: PortfolioId) -> Portfolio:
        """Read a head; another owner's is not found."""
        item = await self._table.get(_head_key(portfolio_id))
        if item is None or item["owner"] != owner:
            raise PortfolioNotFound("no such portfolio", portfolio_id=portfolio_id)
        return portfolio_of(item)

    async def list(self, owner: OwnerId, page: PageRequest) -> Page[Portfolio]:
        """List an owner's portfolios, oldest first: their ids begin with the time of creation."""
        start = None
        if page.page_token:
            after = decode_token(page.page_token).get("after")
            if after is None:
                raise InvalidArgument.of("page_token", "is not a token this list gave; start again without it")
            start = {"pk": f"U#{owner}", "sk": after}
        rows, last = await self._table.query(
            Key("pk").eq(f"U#{owner}") & Key("sk").begins_with("P#"), limit=page.page_size, start=start
        )
        heads = await self._table.batch_get([_head_key(row["portfolio_id"]) for row in rows]) if rows else []
        portfolios = sorted((portfolio_of(head) for head in heads), key=lambda portfolio: portfolio.id)
        return Page(portfolios, encode_token({"after": last["sk"]}) if last else "")

    async def ledger(self, portfolio: Portfolio) -> Ledger:
        """Read all entries, marking those that were taken back."""
        return (await self.since(portfolio, 0)).ledger()

    async def since(self, portfolio: Portfolio, sequence: int) -> LedgerPart:
        """Read what was appended after a sequence."""
        return await self._log.read(portfolio.id, after=sequence, until=portfolio.last_sequence)

    async def select(self, portfolio: Portfolio, selection: Selection, limit: int) -> Sequence[Entry]:
        """Read the first entries of a selection."""
        return await self._log.select(portfolio.id, selection, limit, until=portfolio.last_sequence)

    async def pack(self, portfolio: Portfolio) -> int:
        """Pack every full thousand of the log's rows."""
        return await self._log.pack(portfolio.id, portfolio.last_sequence)

    async def earlier(self, key: IdempotencyKey | None) -> Record | None:
        """The answer given to the same request before."""
        return None if key is None else await self._records.replay(key)

    async def commit(self, change: Change) -> Record:
        """Write a change, once per request."""
        earlier = await self.earlier(change.key) if change.commits is not None else None
        if earlier is not None:  # its import is no longer staged then
            return earlier
        operations = [*self._operations(change), *await self._import_operations(change)]
        try:
            answer = await self._records.write(change.key, operations, change.answer)
        except ConditionFailed as error:
            raise StaleVersion(
                "the portfolio was changed meanwhile; read it again", portfolio_id=change.portfolio.id
            ) from error
        if change.deletes:
            await self._purge(change.portfolio.id)
        return answer

    def _operations(self, change: Change) -> Operations:
        portfolio = change.head
        head_key, row_key = _head_key(portfolio.id), {"pk": f"U#{portfolio.owner}", "sk": f"P#{portfolio.id}"}
        operations: Operations = []
        if change.deletes:
            operations += [Delete(head_key, Attr("version").eq(change.expected_version)), Delete(row_key)]
        elif change.expected_version == 0:
            operations += [
                Put({**head_key, **portfolio_record(portfolio)}, Attr("pk").not_exists()),
                Put({**row_key, "portfolio_id": portfolio.id}),
            ]
        else:
            head = {**head_key, **portfolio_record(portfolio)}
            operations.append(Put(head, Attr("version").eq(change.expected_version)))
        free = Attr("pk").not_exists()
        operations += [Put(entry_item(portfolio.id, entry), free) for entry in change.entries]
        operations += [Put(reversal_item(portfolio.id, reversal), free) for reversal in change.reversals]
        operations += instrument_operations(change)
        if not change.deletes:
            operations.append(Put(write_item(change, self._clock.now()), free))
        operations.append(
            audit_entry(
                table=self._audit_table,
                actor=change.actor,
                owner=portfolio.owner,
                action=change.action,
                target=portfolio.id,
                now=self._clock.now(),
                detail=_audited(change),
            )
        )
        return operations

    async def _import_operations(self, change: Change) -> Operations:
        portfolio, free = change.portfolio, Attr("pk").not_exists()
        operations: Operations = []
        if change.commits is not None:
            staged = await self._table.get(batch_key(portfolio.id, change.commits.id))
            if staged is None or staged["state"] != ImportState.STAGED:
                raise StaleVersion("the import is no longer staged; send it again", import_id=change.commits.id)
            operations.append(Put(import_item(portfolio.id, change.commits, staged["days"]), free))
            operations.append(commit_operation(portfolio.id, change.commits))
        if change.undoes is not None:
            operations.append(Put(undo_item(portfolio.id, change.undoes, portfolio.last_sequence), free))
            operations.append(undo_operation(portfolio.id, change.undoes))
        return operations

    async def _purge(self, portfolio_id: PortfolioId) -> None:
        """Delete what belongs to a portfolio whose head is gone; nobody can read it any more."""
        keys: list[Mapping[str, Any]] = [
            {"pk": item["pk"], "sk": item["sk"]}
            async for item in self._table.query_all(Key("pk").eq(partition(portfolio_id)), attributes=["pk", "sk"])
        ]
        await self._table.batch_write(deletes=keys)


def _audited(change: Change) -> Mapping[str, Any]:
    """What the audit tells of a change: of entries that were taken back the whole, as many as its row may hold."""
    if not change.was:
        return change.detail
    return {**change.detail, "was": [_told(entry) for entry in change.was[:MOST_TOLD]]}


def _told(entry: Entry) -> Mapping[str, Any]:
    with exact():
        return {**entry_record(entry), "gross": plain(entry.gross)}


def _head_key(portfolio_id: str) -> dict[str, str]:
    return {"pk": partition(portfolio_id), "sk": "head"}
