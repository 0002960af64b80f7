"""Grants in the identity table, `G#<work>`."""

from __future__ import annotations

from datetime import timedelta

from stocktool_kit.aws.table import Attr, ConditionFailed, Item, Put, Table, Update
from stocktool_kit.core.clock import epoch, instant, parse_instant

from stocktool_auth.adapters.dynamodb_audit import AuditWriter
from stocktool_auth.domain.audit import AuditEvent
from stocktool_auth.domain.grants import Grant
from stocktool_auth.domain.users import UserId

# A grant that is over answers "closed" or "expired" for a day, then it is unknown.
_KEPT = timedelta(days=1)


class DynamoDBGrants:
    """A `GrantStore`."""

    def __init__(self, table: Table, audit: AuditWriter) -> None:
        self._table = table
        self._audit = audit

    async def add(self, grant: Grant, audit: AuditEvent) -> bool:
        """Store a new grant; False when the work has one."""
        item = _key(grant.work_id) | {
            "work_id": grant.work_id,
            "subject": grant.subject,
            "actor": grant.actor,
            "scopes": list(grant.scopes),
            "created_at": instant(grant.created_at),
            "ends_at": instant(grant.expires_at),
            "closed": grant.closed,
            "expires_at": epoch(grant.expires_at, _KEPT),
        }
        try:
            await self._table.transact([Put(item, Attr("pk").not_exists()), self._audit.entry(audit)])
        except ConditionFailed:
            return False
        return True

    async def find(self, work_id: str) -> Grant | None:
        """The grant, closed ones included, as last written."""
        item = await self._table.get(_key(work_id))
        if item is None:
            return None
        return Grant(
            work_id=item["work_id"],
            subject=UserId(item["subject"]),
            actor=item["actor"],
            scopes=tuple(item["scopes"]),
            created_at=parse_instant(item["created_at"]),
            expires_at=parse_instant(item["ends_at"]),
            closed=item["closed"],
        )

    async def close(self, grant: Grant) -> None:
        """Mark a grant as closed."""
        await self._table.update(Update(_key(grant.work_id), put={"closed": True}, condition=Attr("pk").exists()))


def _key(work_id: str) -> Item:
    return {"pk": f"G#{work_id}", "sk": "grant"}
