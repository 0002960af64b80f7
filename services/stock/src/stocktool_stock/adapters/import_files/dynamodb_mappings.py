"""Mappings of imports as rows `IM#<name>` of their owner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stocktool_kit.aws.table import ConditionFailed, Table
from stocktool_kit.core.clock import Clock, instant, parse_instant
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.once import once
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_stock.adapters.owned_rows import OwnedRows, QuotaFull, RowChanged
from stocktool_stock.domain.imports.dates import DateOrder
from stocktool_stock.domain.imports.numbers import DecimalSign
from stocktool_stock.domain.imports.options import ColumnMapping
from stocktool_stock.domain.imports.saved_mappings import MOST_MAPPINGS, MappingNotFound, SavedMapping, TooManyMappings


class DynamoDBMappings:
    """The `MappingStore` of the mesh.

    Args:
        table: The portfolios' table.
        audit_table: Name of the audit table.
        clock: Real time.
    """

    def __init__(self, table: Table, audit_table: str, clock: Clock) -> None:
        self._rows = OwnedRows(table, audit_table, clock, prefix="IM#", kind="import_mapping", most=MOST_MAPPINGS)

    async def get(self, owner: OwnerId, name: str) -> SavedMapping:
        """Read one."""
        row = await self._rows.get(owner, name)
        if row is None:
            raise MappingNotFound("no such mapping", name=name)
        return _mapping_of(row)

    async def list(self, owner: OwnerId, page: PageRequest) -> Page[SavedMapping]:
        """List an owner's, by name."""
        rows, token = await self._rows.page(owner, page)
        return Page([_mapping_of(row) for row in rows], token)

    async def put(self, saved: SavedMapping, key: IdempotencyKey | None, actor: str) -> SavedMapping:
        """Keep one in place of the one by its name; of two writers at a time the last one stands."""

        async def attempt() -> Mapping[str, Any]:
            row = await self._rows.get(saved.owner, saved.name)
            version = 0 if row is None else int(row["version"])
            record = _record(replace(saved, version=version + 1))
            if row is None:
                return await self._rows.create(saved.owner, saved.name, record, actor=actor, key=key, answer=record)
            return await self._rows.replace(
                saved.owner, saved.name, record, expected_version=version, actor=actor, key=key, answer=record
            )

        try:
            answer = await once(lambda: self._rows.earlier(key), attempt, stale=(RowChanged, ConditionFailed))
        except QuotaFull as error:
            raise TooManyMappings(f"at most {MOST_MAPPINGS} mappings", most=MOST_MAPPINGS) from error
        return _mapping_of(answer)

    async def delete(self, owner: OwnerId, name: str, key: IdempotencyKey | None, actor: str) -> None:
        """Delete one."""

        async def attempt() -> Mapping[str, Any]:
            kept = await self.get(owner, name)
            await self._rows.delete(owner, name, expected_version=kept.version, actor=actor, key=key)
            return {}

        await once(lambda: self._rows.earlier(key), attempt, stale=RowChanged)


def _record(saved: SavedMapping) -> dict[str, Any]:
    mapping = saved.mapping
    return {
        "owner": saved.owner,
        "name": saved.name,
        "updated_at": instant(saved.updated_at),
        "mapping": None
        if mapping is None
        else {
            "columns": dict(mapping.columns),
            "types": dict(mapping.types),
            "default_type": mapping.default_type,
            "currency": mapping.currency,
            "delimiter": mapping.delimiter,
        },
        "date_order": saved.date_order.value if saved.date_order else None,
        "decimal": saved.decimal.value if saved.decimal else None,
        "symbols": dict(saved.symbols),
        "version": saved.version,
    }


def _mapping_of(record: Mapping[str, Any]) -> SavedMapping:
    mapping, order, decimal = record.get("mapping"), record.get("date_order"), record.get("decimal")
    return SavedMapping(
        owner=OwnerId(record["owner"]),
        name=record["name"],
        updated_at=parse_instant(record["updated_at"]),
        mapping=None if mapping is None else ColumnMapping(**mapping),
        date_order=DateOrder(order) if order else None,
        decimal=DecimalSign(decimal) if decimal else None,
        symbols=dict(record["symbols"]),
        version=int(record["version"]),
    )
