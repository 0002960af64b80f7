"""Sessions in the identity table: `S#<family>` holds the session, `U#<user>` / `session#<family>` points to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from stocktool_kit.aws.table import Attr, ConditionFailed, Item, Key, Put, Table, Update
from stocktool_kit.core.clock import epoch, instant, parse_instant
from stocktool_kit.core.errors import Conflict

from stocktool_auth.adapters.dynamodb_audit import AuditWriter
from stocktool_auth.domain.audit import AuditEvent
from stocktool_auth.domain.sessions import LONGEST_LIFETIME, Session, SessionId
from stocktool_auth.domain.users import UserId

_POINTER = "session#"


class DynamoDBSessions:
    """A `SessionStore`."""

    def __init__(self, table: Table, audit: AuditWriter) -> None:
        self._table = table
        self._audit = audit

    async def add(self, session: Session, audit: AuditEvent) -> None:
        """Store a new session."""
        pointer = {
            "pk": f"U#{session.user_id}",
            "sk": f"{_POINTER}{session.id}",
            # Lives as long as the session ever can, so that a rotation need not touch it.
            "expires_at": epoch(session.created_at, LONGEST_LIFETIME),
        }
        await self._table.transact(
            [Put(_written(session), Attr("pk").not_exists()), Put(pointer), self._audit.entry(audit)]
        )

    async def find(self, session_id: SessionId) -> Session | None:
        """The session, ended ones included, as last written."""
        item = await self._table.get(_key(session_id))
        return _parse(item) if item is not None else None

    async def rotate(self, rotated: Session) -> bool:
        """Store the next generation; False when the stored session is ended or not one generation behind."""
        update = Update(
            _key(rotated.id),
            put={
                "generation": rotated.generation,
                "rotated_at": instant(rotated.rotated_at),
                "expires_at": epoch(rotated.expires_at),
            },
            condition=Attr("generation").eq(rotated.generation - 1) & Attr("ended_at").not_exists(),
        )
        try:
            await self._table.update(update)
        except Conflict:  # the condition, or a transaction that ends the session at this moment
            return False
        return True

    async def end(self, session: Session, at: datetime, audit: AuditEvent) -> bool:
        """Mark a session as ended; False, and nothing recorded, when it was already."""
        update = Update(
            _key(session.id),
            put={"ended_at": instant(at)},
            condition=Attr("pk").exists() & Attr("ended_at").not_exists(),
        )
        try:
            await self._table.transact([update, self._audit.entry(audit)])
        except ConditionFailed:
            return False
        return True

    async def of_user(self, user_id: UserId) -> Sequence[Session]:
        """All sessions of a user that are stored, in no certain order."""
        pointers = self._table.query_all(Key("pk").eq(f"U#{user_id}") & Key("sk").begins_with(_POINTER))
        keys = [_key(SessionId(item["sk"].removeprefix(_POINTER))) async for item in pointers]
        return [_parse(item) for item in await self._table.batch_get(keys)] if keys else []


def _key(session_id: SessionId) -> Item:
    return {"pk": f"S#{session_id}", "sk": "session"}


def _written(session: Session) -> Item:
    return _key(session.id) | {
        "id": session.id,
        "user_id": session.user_id,
        "generation": session.generation,
        "created_at": instant(session.created_at),
        "rotated_at": instant(session.rotated_at),
        "ended_at": instant(session.ended_at) if session.ended_at else None,
        "user_agent": session.user_agent,
        "address": session.address,
        "expires_at": epoch(session.expires_at),
    }


def _parse(item: Item) -> Session:
    ended_at = item.get("ended_at")
    return Session(
        id=SessionId(item["id"]),
        user_id=UserId(item["user_id"]),
        generation=int(item["generation"]),
        created_at=parse_instant(item["created_at"]),
        rotated_at=parse_instant(item["rotated_at"]),
        ended_at=parse_instant(ended_at) if ended_at else None,
        user_agent=item["user_agent"],
        address=item["address"],
    )
