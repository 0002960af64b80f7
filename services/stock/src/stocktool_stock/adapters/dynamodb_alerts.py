"""Alerts in the table `stocktool-portfolios`: the alert under `U#<owner>`, its symbols' rows under `W#<symbol>#<n>`.

The rows only point: an evaluation queries the partitions of the refreshed symbols and reads the alerts they name. An
alert about a portfolio as a whole stands under `W#@portfolio#<n>`, since any price can move it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
import structlog
from stocktool_kit.aws.outbox import Outbox
from stocktool_kit.aws.table import Attr, ConditionFailed, Operation, Table, Update
from stocktool_kit.core.clock import Clock, instant, parse_instant
from stocktool_kit.core.errors import Conflict, InvalidArgument
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_stock.adapters.notification_messages import notification_message
from stocktool_stock.adapters.owned_rows import OwnedRows, QuotaFull, RowChanged
from stocktool_stock.adapters.watch_index import PORTFOLIOS, Watch, Watcher, WatchIndex
from stocktool_stock.domain.alert_rule_reader import read_rule
from stocktool_stock.domain.alert_rules import Drawdown, Rule, leaves, rule_json, symbols_of
from stocktool_stock.domain.alerts import MOST_ALERTS, Alert, AlertNotFound, StaleAlert, TooManyAlerts
from stocktool_stock.domain.notifications import Notification

log = structlog.get_logger()

_GROUP = 200
_ATTEMPTS = 4


class DynamoDBAlerts:
    """The `AlertStore` of the mesh.

    Args:
        table: The portfolios' table.
        audit_table: Name of the audit table.
        outbox: Outbox in the same table; its relay knows `notifications`.
        clock: Real time.
    """

    def __init__(self, table: Table, audit_table: str, outbox: Outbox, clock: Clock) -> None:
        self._table = table
        self._outbox = outbox
        self._clock = clock
        self._rows = OwnedRows(table, audit_table, clock, prefix="AL#", kind="alert", most=MOST_ALERTS)
        self._index = WatchIndex(table)

    async def create(self, alert: Alert, key: IdempotencyKey | None, actor: str) -> Alert:
        """Keep a new alert and its rows."""
        record, places = _record(alert), _places(alert.rule)
        await self._index.register(places, Watch.ALERT, alert.owner)
        rows = [self._index.put(place, Watch.ALERT, _watcher(alert)) for place in places]
        try:
            answer = await self._rows.create(
                alert.owner, alert.id, record, actor=actor, key=key, answer=record, more=rows
            )
        except QuotaFull as error:
            raise TooManyAlerts(f"at most {MOST_ALERTS} alerts", most=MOST_ALERTS) from error
        return _alert_of(answer)

    async def get(self, owner: OwnerId, alert_id: str) -> Alert:
        """Read one; another owner's is not found."""
        row = await self._rows.get(owner, alert_id)
        if row is None:
            raise AlertNotFound("no such alert", alert_id=alert_id)
        return _alert_of(row)

    async def list(self, owner: OwnerId, page: PageRequest) -> Page[Alert]:
        """List the owner's, oldest first."""
        rows, token = await self._rows.page(owner, page)
        return Page([_alert_of(row) for row in rows], token)

    async def replace(self, before: Alert, after: Alert, key: IdempotencyKey | None, actor: str) -> Alert:
        """Keep the next version, and the rows of its rule."""
        record = _record(after)
        old, new = _places(before.rule), _places(after.rule)
        await self._index.register(new, Watch.ALERT, after.owner)
        more: list[Operation] = [self._index.put(p, Watch.ALERT, _watcher(after)) for p in new if p not in old]
        more += [self._index.delete(p, Watch.ALERT, _watcher(after)) for p in old if p not in new]
        try:
            answer = await self._rows.replace(
                after.owner,
                after.id,
                record,
                expected_version=before.version,
                actor=actor,
                key=key,
                answer=record,
                also=Attr("turn").eq(before.turn),
                more=more,
            )
        except RowChanged as error:
            raise StaleAlert("the alert was changed meanwhile; read it again", alert_id=after.id) from error
        return _alert_of(answer)

    async def delete(self, alert: Alert, key: IdempotencyKey | None, actor: str) -> None:
        """Delete an alert and its rows."""
        rows = [self._index.delete(place, Watch.ALERT, _watcher(alert)) for place in _places(alert.rule)]
        try:
            await self._rows.delete(
                alert.owner, alert.id, expected_version=alert.version, actor=actor, key=key, more=rows
            )
        except RowChanged as error:
            raise StaleAlert("the alert was changed meanwhile", alert_id=alert.id) from error

    async def earlier(self, key: IdempotencyKey | None) -> Alert | None:
        """The answer given to the same request."""
        answer = await self._rows.earlier(key)
        return _alert_of(answer) if answer else None

    async def was_done(self, key: IdempotencyKey | None) -> bool:
        """Whether the same request was carried out."""
        return await self._rows.earlier(key) is not None

    async def concerning(self, symbols: Sequence[str], *, portfolios: bool) -> AsyncIterator[Sequence[Alert]]:
        """Alerts about the symbols, in groups."""
        places = [*symbols, PORTFOLIOS] if portfolios else list(symbols)
        seen: set[str] = set()
        group: list[Watcher] = []
        async for watcher in self._index.watchers(places, Watch.ALERT):
            if watcher.id not in seen:
                seen.add(watcher.id)
                group.append(watcher)
            if len(group) == _GROUP:
                yield await self._read(group)
                group = []
        if group:
            yield await self._read(group)

    async def advance(self, before: Alert, after: Alert, notification: Notification | None) -> bool:
        """Keep a change of state and let its notification out."""
        put: dict[str, Any] = {"armed": after.armed, "turn": after.turn, "fired_count": after.fired_count}
        if after.fired_at is not None:
            put["fired_at"] = instant(after.fired_at)
        unchanged = Attr("version").eq(before.version) & Attr("turn").eq(before.turn)
        operations: list[Operation] = [Update(self._rows.key(before.owner, before.id), put=put, condition=unchanged)]
        if notification is not None:
            operations.append(self._outbox.entry(notification_message(notification), self._clock.now()))
        for _ in range(_ATTEMPTS):
            try:
                await self._table.transact(operations)
            except ConditionFailed:
                return False
            except Conflict:  # another transaction touches the alert: let it end, then look who was first
                await asyncio.sleep(random.uniform(0.01, 0.06))  # noqa: S311 - jitter, not a secret
            else:
                return True
        return False

    async def _read(self, group: Sequence[Watcher]) -> Sequence[Alert]:
        rows = await self._table.batch_get([self._rows.key(watcher.owner, watcher.id) for watcher in group])
        found = []
        for row in rows:
            try:
                found.append(_alert_of(row))
            except (InvalidArgument, KeyError, ValueError):
                # One that an older or newer version wrote must not keep the others about its symbol from firing.
                log.exception("alert_unreadable", alert_id=row.get("id"))
        return found


def _places(rule: Rule) -> list[str]:
    """Where a rule's rows stand: under its symbols, and with all portfolios' where a leaf names no symbol."""
    whole = any(isinstance(leaf, Drawdown) for leaf in leaves(rule))
    return [*symbols_of(rule), *([PORTFOLIOS] if whole else [])]


def _watcher(alert: Alert) -> Watcher:
    return Watcher(alert.owner, alert.id)


def _record(alert: Alert) -> dict[str, Any]:
    record = {
        "id": alert.id,
        "owner": alert.owner,
        "name": alert.name,
        "rule": orjson.dumps(rule_json(alert.rule)).decode(),  # text: a fraction is no decimal
        "created_at": instant(alert.created_at),
        "updated_at": instant(alert.updated_at),
        "repeat": alert.repeat,
        "margin": repr(alert.margin),
        "enabled": alert.enabled,
        "ends_at": _instant(alert.expires_at),  # not `expires_at`, by which the table deletes
        "snoozed_until": _instant(alert.snoozed_until),
        "version": alert.version,
        "turn": alert.turn,
        "armed": alert.armed,
        "fired_at": _instant(alert.fired_at),
        "fired_count": alert.fired_count,
    }
    return {name: value for name, value in record.items() if value is not None}


def _alert_of(record: Mapping[str, Any]) -> Alert:
    return Alert(
        id=record["id"],
        owner=OwnerId(record["owner"]),
        name=record["name"],
        rule=read_rule(orjson.loads(record["rule"])),
        created_at=parse_instant(record["created_at"]),
        updated_at=parse_instant(record["updated_at"]),
        repeat=bool(record["repeat"]),
        margin=float(record["margin"]),
        enabled=bool(record["enabled"]),
        expires_at=parse_instant(record["ends_at"]) if "ends_at" in record else None,
        snoozed_until=parse_instant(record["snoozed_until"]) if "snoozed_until" in record else None,
        version=int(record["version"]),
        turn=int(record["turn"]),
        armed=bool(record["armed"]),
        fired_at=parse_instant(record["fired_at"]) if "fired_at" in record else None,
        fired_count=int(record["fired_count"]),
    )


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else instant(moment)
