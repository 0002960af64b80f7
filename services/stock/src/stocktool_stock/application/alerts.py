"""Alerts as their owner sees them: make, read, change, snooze, delete."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import InvalidArgument, NotFound
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId, new_id
from stocktool_kit.core.once import once
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_stock.application.alert_facts import GatherFacts
from stocktool_stock.application.alert_ports import AlertStore, PortfolioHeads
from stocktool_stock.domain.alert_rule_reader import read_rule
from stocktool_stock.domain.alert_rules import Rule, portfolios_of
from stocktool_stock.domain.alert_truth import Facts
from stocktool_stock.domain.alerts import MARGIN, Alert, StaleAlert, read_alert_name, read_until

_REARMING = frozenset({"rule", "margin", "repeat", "enabled"})


@dataclass(frozen=True, slots=True)
class JudgedAlert:
    """An alert, the measures of its leaves now, and that now by the real clock."""

    alert: Alert
    facts: Facts
    now: datetime


class KeepAlerts:
    """What a user does with their alerts.

    Args:
        store: The alerts.
        portfolios: Tells whether a portfolio that a rule names is the caller's.
        gather: Measures rules for a look at one alert.
        clock: Real time, by which alerts expire and are snoozed.
    """

    def __init__(self, store: AlertStore, portfolios: PortfolioHeads, gather: GatherFacts, clock: Clock) -> None:
        self._store = store
        self._portfolios = portfolios
        self._gather = gather
        self._clock = clock

    async def create(
        self,
        caller: Caller,
        *,
        name: str,
        rule: object,
        repeat: bool = False,
        margin: float = MARGIN,
        expires_at: datetime | None = None,
        key: IdempotencyKey | None = None,
    ) -> Alert:
        """Make an alert, once per request. It begins armed: a rule that holds already fires at its first evaluation.

        Raises:
            InvalidArgument: Something cannot be taken; each violation names its place.
            TooManyAlerts: The caller has as many as there may be.
        """

        async def attempt() -> Alert:
            now = self._clock.now()
            alert = Alert(
                id=new_id("alr"),
                owner=caller.owner,
                name=read_alert_name(name),
                rule=await self.read(caller.owner, rule),
                created_at=now,
                updated_at=now,
                repeat=repeat,
                margin=margin,
                expires_at=self._expiry(expires_at, now),
            )
            return await self._store.create(alert, key, caller.subject)

        return await once(lambda: self._store.earlier(key), attempt)

    async def list(self, caller: Caller, page: PageRequest) -> Page[Alert]:
        """The caller's alerts, oldest first."""
        return await self._store.list(caller.owner, page)

    async def get(self, caller: Caller, alert_id: str) -> JudgedAlert:
        """One alert with the measures of its leaves now.

        Raises:
            AlertNotFound: None by this id is the caller's.
        """
        alert = await self._store.get(caller.owner, alert_id)
        return JudgedAlert(alert, await self._gather(alert.owner, [alert.rule]), self._clock.now())

    async def stored(self, caller: Caller, alert_id: str) -> Alert:
        """One alert, unmeasured.

        Raises:
            AlertNotFound: None by this id is the caller's.
        """
        return await self._store.get(caller.owner, alert_id)

    async def change(
        self,
        caller: Caller,
        alert_id: str,
        changes: Mapping[str, Any],
        *,
        version: int | None = None,
        key: IdempotencyKey | None = None,
    ) -> Alert:
        """Change `name`, `rule`, `repeat`, `margin`, `enabled` or `expires_at`; all but the name and the end re-arm it.

        Raises:
            StaleAlert: The version is not the newest.
            AlertNotFound: None by this id is the caller's.
            InvalidArgument: Something cannot be taken.
        """
        now = self._clock.now()
        values = dict(changes)
        if "name" in values:
            values["name"] = read_alert_name(values["name"])
        if "rule" in values:
            values["rule"] = await self.read(caller.owner, values["rule"])
        if "expires_at" in values:
            values["expires_at"] = self._expiry(values["expires_at"], now)

        def changed(before: Alert) -> Alert:
            after = replace(before, **values, updated_at=now, version=before.version + 1)
            return replace(after, armed=True, turn=before.turn + 1) if _REARMING & values.keys() else after

        return await self._write(caller, alert_id, changed, version, key)

    async def snooze(
        self, caller: Caller, alert_id: str, until: datetime | None, *, key: IdempotencyKey | None = None
    ) -> Alert:
        """Keep an alert silent until an instant; None ends the silence.

        Raises:
            AlertNotFound: None by this id is the caller's.
            InvalidArgument: The instant is past or too far away.
        """
        now = self._clock.now()
        until = read_until(until, now)
        return await self._write(caller, alert_id, lambda before: before.snoozed(until, now), None, key)

    async def delete(self, caller: Caller, alert_id: str, *, key: IdempotencyKey | None = None) -> None:
        """Delete one, once per request.

        Raises:
            AlertNotFound: None by this id is the caller's.
        """

        async def done() -> bool | None:
            return await self._store.was_done(key) or None

        async def attempt() -> bool:
            alert = await self._store.get(caller.owner, alert_id)
            await self._store.delete(alert, key, caller.subject)
            return True

        await once(done, attempt, stale=StaleAlert)

    async def read(self, owner: OwnerId, rule: object) -> Rule:
        """Read a rule and see that the portfolios it names are the owner's.

        Raises:
            InvalidArgument: It is no rule, or names a portfolio that is not there.
        """
        read = read_rule(rule)
        for portfolio_id in portfolios_of(read):
            try:
                await self._portfolios.get(owner, portfolio_id)
            except NotFound as error:
                raise InvalidArgument.of(
                    "/rule", f"names the portfolio {portfolio_id}, which you do not have"
                ) from error
        return read

    async def _write(
        self,
        caller: Caller,
        alert_id: str,
        change: Callable[[Alert], Alert],
        version: int | None,
        key: IdempotencyKey | None,
    ) -> Alert:
        async def attempt() -> Alert:
            before = await self._store.get(caller.owner, alert_id)
            if version is not None and version != before.version:
                raise StaleAlert(
                    "the alert was changed since it was read; read it again", expected=version, found=before.version
                )
            return await self._store.replace(before, change(before), key, caller.subject)

        # Also of a version that was named: it may only have fired meanwhile, which is no reason to refuse its owner.
        return await once(lambda: self._store.earlier(key), attempt, stale=StaleAlert)

    @staticmethod
    def _expiry(expires_at: datetime | None, now: datetime) -> datetime | None:
        if expires_at is not None and expires_at <= now:
            raise InvalidArgument.of("/expires_at", "is past; give a later instant, or null for none")
        return expires_at
