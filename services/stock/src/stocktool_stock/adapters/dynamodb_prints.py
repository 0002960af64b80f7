"""Prints in quarantine, in one partition of the cache table."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from stocktool_kit.aws.audit import audit_entry
from stocktool_kit.aws.table import Attr, ConditionFailed, Key, Put, Table, Update
from stocktool_kit.core.clock import Clock, epoch, instant, parse_instant
from stocktool_kit.core.errors import InvalidArgument, NotFound
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token

from stocktool_stock.application.provider_ports import KeptPrint
from stocktool_stock.domain.bars import Fault

_PARTITION = "L#quarantine"
_KEPT = timedelta(days=400)
_VOUCHED = timedelta(days=36525)  # a word that was given holds


class DynamoDBPrints:
    """The `PrintStore` in the cache table.

    Args:
        table: The cache table.
        clock: Real time.
        audit_table: Name of the audit table.
    """

    def __init__(self, table: Table, clock: Clock, audit_table: str) -> None:
        self._table = table
        self._audit_table = audit_table
        self._clock = clock

    async def put(self, kept: KeptPrint) -> None:
        """Keep one; the first one of its name stays."""
        item = {
            "symbol": _PARTITION,
            "data_type": kept.id,
            "price": repr(kept.price),
            "currency": kept.currency,
            "fault": kept.fault.value,
            "last_good": None if kept.last_good is None else repr(kept.last_good),
            "source": kept.source,
            "seen_at": instant(kept.seen_at),
            "released": False,
            "expires_at": epoch(self._clock.now(), _KEPT),
        }
        try:
            await self._table.put(item, Attr("symbol").not_exists())
        except ConditionFailed:
            return

    async def list(self, symbol: str, page: PageRequest) -> Page[KeptPrint]:
        """By symbol, kind and day."""
        partition = Key("symbol").eq(_PARTITION)
        key = partition & Key("data_type").begins_with(f"{symbol}|") if symbol else partition
        start = None
        if page.page_token:
            after = decode_token(page.page_token).get("after", "")
            if not after.startswith(f"{symbol}|" if symbol else ""):
                raise InvalidArgument.of("page_token", "is not a token this list gave; start again without it")
            start = {"symbol": _PARTITION, "data_type": after}
        items, last = await self._table.query(key, limit=page.page_size, start=start)
        now = epoch(self._clock.now())
        kept = [_print(item) for item in items if item["expires_at"] > now]
        return Page(kept, encode_token({"after": str(last["data_type"])}) if last else "")

    async def release(self, print_id: str, by: str) -> KeptPrint:
        """Vouch for one."""
        key = {"symbol": _PARTITION, "data_type": print_id}
        item = await self._table.get(key)
        if item is None:
            raise NotFound("no print of this name is kept aside", id=print_id)
        kept = replace(_print(item), released=True)
        put = {"released": True, "expires_at": epoch(self._clock.now(), _VOUCHED)}
        update = Update(key, put=put, condition=Attr("released").eq(value=False))
        # A second word, or one given at the same time, finds it released and tells nothing.
        with suppress(ConditionFailed):
            await self._table.transact([update, self._audit(kept, by)])
        return kept

    def _audit(self, kept: KeptPrint, by: str) -> Put:
        detail = {
            "symbol": kept.symbol,
            "kind": kept.kind,
            "day": kept.day.isoformat(),
            "price": repr(kept.price),
            "currency": kept.currency,
            "fault": kept.fault.value,
            "last_good": None if kept.last_good is None else repr(kept.last_good),
            "source": kept.source,
        }
        return audit_entry(
            table=self._audit_table,
            actor=by,
            owner="market",
            action="print.released",
            target=kept.id,
            now=self._clock.now(),
            detail=detail,
        )


def _print(item: Mapping[str, Any]) -> KeptPrint:
    symbol, kind, day = str(item["data_type"]).split("|")
    return KeptPrint(
        symbol=symbol,
        kind=kind,
        day=date.fromisoformat(day),
        price=float(Decimal(item["price"])),
        currency=item["currency"],
        fault=Fault(item["fault"]),
        last_good=None if item.get("last_good") is None else float(Decimal(item["last_good"])),
        source=item["source"],
        seen_at=parse_instant(item["seen_at"]),
        released=bool(item["released"]),
    )
