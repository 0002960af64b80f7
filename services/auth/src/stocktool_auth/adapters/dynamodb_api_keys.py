"""API keys in the identity table: `K#<id>` holds the key, `U#<user>` / `key#<id>` points to it."""

from __future__ import annotations

from collections.abc import Sequence

from stocktool_kit.aws.table import Attr, Delete, Item, Key, Put, Table
from stocktool_kit.core.clock import epoch, instant, parse_instant

from stocktool_auth.adapters.dynamodb_audit import AuditWriter
from stocktool_auth.domain.api_keys import ApiKey
from stocktool_auth.domain.audit import AuditEvent
from stocktool_auth.domain.users import UserId

_POINTER = "key#"


class DynamoDBApiKeys:
    """An `ApiKeyStore`."""

    def __init__(self, table: Table, audit: AuditWriter) -> None:
        self._table = table
        self._audit = audit

    async def add(self, key: ApiKey, audit: AuditEvent) -> None:
        """Store a new key."""
        item = _key(key.id) | {
            "id": key.id,
            "user_id": key.user_id,
            "name": key.name,
            "secret_hash": key.secret_hash,
            "scopes": list(key.scopes),
            "created_at": instant(key.created_at),
            "ends_at": instant(key.expires_at),
            "expires_at": epoch(key.expires_at),
        }
        pointer = _pointer(key) | {"expires_at": item["expires_at"]}
        await self._table.transact([Put(item, Attr("pk").not_exists()), Put(pointer), self._audit.entry(audit)])

    async def find(self, key_id: str) -> ApiKey | None:
        """The key, expired ones included."""
        item = await self._table.get(_key(key_id))
        return _parse(item) if item is not None else None

    async def of_user(self, user_id: UserId) -> Sequence[ApiKey]:
        """All keys of a user that are stored, in no certain order."""
        pointers = self._table.query_all(Key("pk").eq(f"U#{user_id}") & Key("sk").begins_with(_POINTER))
        keys = [_key(item["sk"].removeprefix(_POINTER)) async for item in pointers]
        return [_parse(item) for item in await self._table.batch_get(keys)] if keys else []

    async def delete(self, key: ApiKey, audit: AuditEvent) -> None:
        """Forget a key; no error when it is gone."""
        await self._table.transact([Delete(_key(key.id)), Delete(_pointer(key)), self._audit.entry(audit)])


def _key(key_id: str) -> Item:
    return {"pk": f"K#{key_id}", "sk": "key"}


def _pointer(key: ApiKey) -> Item:
    return {"pk": f"U#{key.user_id}", "sk": f"{_POINTER}{key.id}"}


def _parse(item: Item) -> ApiKey:
    return ApiKey(
        id=item["id"],
        user_id=UserId(item["user_id"]),
        name=item["name"],
        secret_hash=item["secret_hash"],
        scopes=tuple(item["scopes"]),
        created_at=parse_instant(item["created_at"]),
        expires_at=parse_instant(item["ends_at"]),
    )
