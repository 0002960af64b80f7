"""Flags in the configuration table: `flags` / `<name>`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from stocktool_kit.aws.idempotency import IdempotencyRecords
from stocktool_kit.aws.table import Attr, ConditionFailed, Item, Key, Put, Table
from stocktool_kit.core.clock import instant, parse_instant
from stocktool_kit.core.idempotency import IdempotencyKey

from stocktool_admin.adapters.dynamodb_audit import DynamoDBAuditTrail
from stocktool_admin.domain.flags import Flag, StaleFlag

_PARTITION = "flags"


class DynamoDBFlags:
    """A `FlagStore`."""

    def __init__(self, table: Table, records: IdempotencyRecords, trail: DynamoDBAuditTrail) -> None:
        self._table = table
        self._records = records
        self._trail = trail

    async def find(self, name: str) -> Flag | None:
        """The flag, as last written."""
        item = await self._table.get({"pk": _PARTITION, "sk": name})
        return _parse(item) if item is not None else None

    async def list(self) -> Sequence[Flag]:
        """All flags, by name."""
        return [_parse(item) async for item in self._table.query_all(Key("pk").eq(_PARTITION))]

    async def save(self, flag: Flag, key: IdempotencyKey | None) -> Flag:
        """Store the next version with its audit record; a repetition of the same request gets the first's answer.

        Raises:
            StaleFlag: The stored version is not the one before `flag.version`.
        """
        item = _written(flag)
        unchanged = Attr("pk").not_exists() if flag.version == 1 else Attr("version").eq(flag.version - 1)
        event = self._trail.entry(
            action="flag.set", actor=flag.updated_by, target=flag.name, detail={"value": item["value"][:256]}
        )
        try:
            answer = await self._records.write(key, [Put(item, unchanged), event], item)
        except ConditionFailed as error:
            raise StaleFlag("the flag changed since you read it; read it again") from error
        return _parse(answer)

    async def replayed(self, key: IdempotencyKey | None) -> Flag | None:
        """What the same request was answered before; None when it is new."""
        earlier = await self._records.replay(key) if key is not None else None
        return _parse(earlier) if earlier is not None else None


def _written(flag: Flag) -> Item:
    return {
        "pk": _PARTITION,
        "sk": flag.name,
        # JSON as text: DynamoDB knows no floats, and what an operator typed should come back as it was.
        "value": orjson.dumps(flag.value).decode(),
        "version": flag.version,
        "updated_at": instant(flag.updated_at),
        "updated_by": flag.updated_by,
    }


def _parse(item: Mapping[str, Any]) -> Flag:
    return Flag(
        name=item["sk"],
        value=orjson.loads(item["value"]),
        version=int(item["version"]),
        updated_at=parse_instant(item["updated_at"]),
        updated_by=item["updated_by"],
    )
