"""Rows under `U#<owner>` of which an owner has a few: versioned, counted, audited, written once per request.

A counter `Q#<prefix>` beside them bounds their number in the transaction that makes one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from boto3.dynamodb.conditions import ConditionBase
from stocktool_kit.aws.audit import audit_entry
from stocktool_kit.aws.idempotency import IdempotencyRecords
from stocktool_kit.aws.table import Attr, ConditionFailed, Delete, Item, Key, Operation, Put, Table, Update
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import Conflict, InvalidArgument
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.paging import PageRequest, decode_token, encode_token


class QuotaFull(Conflict):
    """The owner has as many of these rows as there may be; told by adapters in their own words."""


class RowChanged(Conflict):
    """The row is not at the version the write was made on; told by adapters in their own words."""


class OwnedRows:
    """Rows of one kind.

    Args:
        table: The portfolios' table.
        audit_table: Name of the audit table.
        clock: Real time.
        prefix: Begins the sort keys: `WL#`.
        kind: Name in the audit: `watchlist`.
        most: How many an owner may have.
    """

    def __init__(self, table: Table, audit_table: str, clock: Clock, *, prefix: str, kind: str, most: int) -> None:
        self._table = table
        self._audit_table = audit_table
        self._clock = clock
        self._prefix = prefix
        self._kind = kind
        self._most = most
        self._records = IdempotencyRecords(table, clock)

    def key(self, owner: str, row_id: str) -> dict[str, str]:
        """Key of a row."""
        return {"pk": f"U#{owner}", "sk": f"{self._prefix}{row_id}"}

    async def earlier(self, key: IdempotencyKey | None) -> Mapping[str, Any] | None:
        """The answer given to the same request within 24 hours."""
        return None if key is None else await self._records.replay(key)

    async def get(self, owner: str, row_id: str) -> Item | None:
        """One row."""
        return await self._table.get(self.key(owner, row_id))

    async def page(self, owner: str, page: PageRequest) -> tuple[Sequence[Item], str]:
        """Rows in the order of their ids, and the next page's token."""
        start = None
        if page.page_token:
            after = decode_token(page.page_token).get("after", "")
            if not after.startswith(self._prefix):
                raise InvalidArgument.of("page_token", "is not a token this list gave; start again without it")
            start = {"pk": f"U#{owner}", "sk": after}
        rows, last = await self._table.query(
            Key("pk").eq(f"U#{owner}") & Key("sk").begins_with(self._prefix), limit=page.page_size, start=start
        )
        return rows, encode_token({"after": last["sk"]}) if last else ""

    async def create(
        self,
        owner: str,
        row_id: str,
        row: Mapping[str, Any],
        *,
        actor: str,
        key: IdempotencyKey | None,
        answer: Mapping[str, Any],
        more: Sequence[Operation] = (),
    ) -> Mapping[str, Any]:
        """Keep a new row, and answer what the request is, or was, answered.

        Raises:
            QuotaFull: The owner has as many as there may be.
        """
        room = Attr("count").not_exists() | Attr("count").lt(self._most)
        operations: list[Operation] = [
            Update(self._quota(owner), add={"count": 1}, condition=room),
            Put({**row, **self.key(owner, row_id)}, Attr("pk").not_exists()),
            self._audit(owner, row_id, "created", actor),
            *more,
        ]
        try:
            return await self._records.write(key, operations, answer)
        except ConditionFailed as error:
            if 0 in error.operations:
                raise QuotaFull(f"at most {self._most}", most=self._most) from error
            raise

    async def replace(
        self,
        owner: str,
        row_id: str,
        row: Mapping[str, Any],
        *,
        expected_version: int,
        actor: str,
        key: IdempotencyKey | None,
        answer: Mapping[str, Any],
        also: ConditionBase | None = None,
        more: Sequence[Operation] = (),
    ) -> Mapping[str, Any]:
        """Keep the next version of a row.

        Raises:
            RowChanged: It is not at the expected version, or `also` does not hold.
        """
        unchanged: ConditionBase = Attr("version").eq(expected_version)
        operations: list[Operation] = [
            Put({**row, **self.key(owner, row_id)}, unchanged if also is None else unchanged & also),
            self._audit(owner, row_id, "updated", actor),
            *more,
        ]
        return await self._change(operations, key, answer)

    async def delete(
        self,
        owner: str,
        row_id: str,
        *,
        expected_version: int,
        actor: str,
        key: IdempotencyKey | None,
        more: Sequence[Operation] = (),
    ) -> None:
        """Delete a row.

        Raises:
            RowChanged: It is not at the expected version.
        """
        operations: list[Operation] = [
            Delete(self.key(owner, row_id), Attr("version").eq(expected_version)),
            Update(self._quota(owner), add={"count": -1}),
            self._audit(owner, row_id, "deleted", actor),
            *more,
        ]
        await self._change(operations, key, {})

    async def _change(
        self, operations: Sequence[Operation], key: IdempotencyKey | None, answer: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        try:
            return await self._records.write(key, operations, answer)
        except ConditionFailed as error:
            raise RowChanged("it was changed meanwhile; read it again") from error

    def _quota(self, owner: str) -> dict[str, str]:
        return {"pk": f"U#{owner}", "sk": f"Q#{self._prefix}"}

    def _audit(self, owner: str, row_id: str, what: str, actor: str) -> Put:
        return audit_entry(
            table=self._audit_table,
            actor=actor,
            owner=owner,
            action=f"{self._kind}.{what}",
            target=row_id,
            now=self._clock.now(),
        )
