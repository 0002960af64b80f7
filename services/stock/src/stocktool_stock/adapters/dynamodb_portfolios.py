"""Portfolios and ledgers in the table `stocktool-portfolios`.

`P#<id>` holds the head (`head`) and the ledger (`T#<sequence>`), `U#<owner>` one row per portfolio. A write is one
transaction over all of it, its audit entry and its idempotency record, conditional on the head's version.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from stocktool_kit.aws.audit import audit_entry
from stocktool_kit.aws.idempotency import IdempotencyRecords
from stocktool_kit.aws.table import Attr, ConditionFailed, Delete, Key, Operation, Put, Table
from stocktool_kit.core.clock import Clock, instant
from stocktool_kit.core.errors import Conflict, InvalidArgument
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token

from stocktool_stock.application.ports import Change
from stocktool_stock.application.records import Record, entry_of, entry_record, portfolio_of, portfolio_record
from stocktool_stock.domain.ledger import Entry, Ledger, Reversal
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId, PortfolioNotFound, StaleVersion

_REVERSAL = "reversal"

Operations: TypeAlias = list[Operation]
"""Spelled here, since `list` is a method's name inside the class."""


class DynamoDBPortfolios:
    """The `PortfolioStore` of the mesh.

    Args:
        table: The portfolios' table.
        audit_table: Name of the audit table.
        clock: Real time.
    """

    def __init__(self, table: Table, audit_table: str, clock: Clock) -> None:
        self._table = table
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

    async def ledger(self, portfolio_id: PortfolioId) -> Ledger:
        """Read all entries, marking those that were taken back."""
        entries: list[Entry] = []
        reversed_by: dict[str, str] = {}
        async for item in self._table.query_all(_ledger_of(portfolio_id)):
            if item["type"] == _REVERSAL:
                reversed_by[item["of"]] = item["id"]
            else:
                entries.append(entry_of(item))
        return Ledger([replace(entry, reversed_by=reversed_by.get(entry.id, "")) for entry in entries])

    async def earlier(self, key: IdempotencyKey | None) -> Record | None:
        """The answer given to the same request before."""
        return None if key is None else await self._records.replay(key)

    async def commit(self, change: Change) -> Record:
        """Write a change, once per request."""
        earlier = await self.earlier(change.key)
        if earlier is not None:
            return earlier
        operations = self._operations(change)
        if change.key is not None:
            operations.append(self._records.record(change.key, change.answer))
        try:
            await self._table.transact(operations)
        except Conflict as error:
            # The twin of this request may be what came between; its answer is ours then.
            answer = await self.earlier(change.key)
            if answer is not None:
                return answer
            if not isinstance(error, ConditionFailed):  # a transaction in progress: let it end
                await asyncio.sleep(random.uniform(0.01, 0.06))  # noqa: S311 - jitter, not a secret
            raise StaleVersion(
                "the portfolio was changed meanwhile; read it again", portfolio_id=change.portfolio.id
            ) from error
        if change.deletes:
            await self._purge(change.portfolio.id)
        return change.answer

    def _operations(self, change: Change) -> Operations:
        portfolio = change.portfolio
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
        operations += [Put(_entry_item(portfolio.id, entry), free) for entry in change.entries]
        operations += [Put(_reversal_item(portfolio.id, reversal), free) for reversal in change.reversals]
        operations.append(
            audit_entry(
                table=self._audit_table,
                actor=change.actor,
                owner=portfolio.owner,
                action=change.action,
                target=portfolio.id,
                now=self._clock.now(),
                detail=change.detail,
            )
        )
        return operations

    async def _purge(self, portfolio_id: PortfolioId) -> None:
        """Delete the entries of a portfolio whose head is gone; nobody can read them any more."""
        keys: list[Mapping[str, Any]] = [
            {"pk": item["pk"], "sk": item["sk"]}
            async for item in self._table.query_all(_ledger_of(portfolio_id), attributes=["pk", "sk"])
        ]
        await self._table.batch_write(deletes=keys)


def _head_key(portfolio_id: str) -> dict[str, str]:
    return {"pk": f"P#{portfolio_id}", "sk": "head"}


def _ledger_of(portfolio_id: str) -> Any:
    return Key("pk").eq(f"P#{portfolio_id}") & Key("sk").begins_with("T#")


def _entry_key(portfolio_id: str, sequence: int) -> dict[str, str]:
    return {"pk": f"P#{portfolio_id}", "sk": f"T#{sequence:010d}"}


def _entry_item(portfolio_id: str, entry: Entry) -> dict[str, Any]:
    return {**_entry_key(portfolio_id, entry.sequence), **entry_record(entry)}


def _reversal_item(portfolio_id: str, reversal: Reversal) -> dict[str, Any]:
    return {
        **_entry_key(portfolio_id, reversal.sequence),
        "type": _REVERSAL,
        "id": reversal.id,
        "sequence": reversal.sequence,
        "of": reversal.of,
        "recorded_at": instant(reversal.recorded_at),
    }
