"""Alerts, earnings dates and portfolios' days in memory; the store is trusted because it passes the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from stocktool_kit.aws.idempotency import IdempotencyKeyReused
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token
from stocktool_stock.application.alert_ports import PortfolioDays
from stocktool_stock.domain.alert_rules import Drawdown, leaves, symbols_of
from stocktool_stock.domain.alerts import MOST_ALERTS, Alert, AlertNotFound, StaleAlert, TooManyAlerts
from stocktool_stock.domain.notifications import Notification
from stocktool_stock.domain.portfolio import PortfolioId, PortfolioNotFound


@dataclass
class FakeAlerts:
    """Keeps alerts by id, and what they let out."""

    alerts: dict[str, Alert] = field(default_factory=dict)
    answers: dict[str, tuple[str, Alert | None]] = field(default_factory=dict)
    told: list[Notification] = field(default_factory=list)

    async def create(self, alert: Alert, key: IdempotencyKey | None, actor: str) -> Alert:
        earlier = await self.earlier(key)
        if earlier is not None:
            return earlier
        if sum(each.owner == alert.owner for each in self.alerts.values()) >= MOST_ALERTS:
            raise TooManyAlerts(f"at most {MOST_ALERTS} alerts")
        return self._keep(alert, key)

    async def get(self, owner: OwnerId, alert_id: str) -> Alert:
        found = self.alerts.get(alert_id)
        if found is None or found.owner != owner:
            raise AlertNotFound("no such alert", alert_id=alert_id)
        return found

    async def list(self, owner: OwnerId, page: PageRequest) -> Page[Alert]:
        after = decode_token(page.page_token)["after"] if page.page_token else ""
        mine = sorted((each for each in self.alerts.values() if each.owner == owner), key=lambda each: each.id)
        rest = [each for each in mine if each.id > after]
        shown = rest[: page.page_size]
        return Page(shown, encode_token({"after": shown[-1].id}) if len(rest) > len(shown) else "")

    async def replace(self, before: Alert, after: Alert, key: IdempotencyKey | None, actor: str) -> Alert:
        earlier = await self.earlier(key)
        if earlier is not None:
            return earlier
        if not self._is(before):
            raise StaleAlert("the alert was changed meanwhile")
        return self._keep(after, key)

    async def delete(self, alert: Alert, key: IdempotencyKey | None, actor: str) -> None:
        if await self.was_done(key):
            return
        found = self.alerts.get(alert.id)
        if found is None or found.version != alert.version:
            raise StaleAlert("the alert was changed meanwhile")
        del self.alerts[alert.id]
        if key is not None:
            self.answers[key.record_id] = (key.body_hash, None)

    async def earlier(self, key: IdempotencyKey | None) -> Alert | None:
        return self.answers[key.record_id][1] if key is not None and await self.was_done(key) else None

    async def was_done(self, key: IdempotencyKey | None) -> bool:
        if key is None or key.record_id not in self.answers:
            return False
        if self.answers[key.record_id][0] != key.body_hash:
            raise IdempotencyKeyReused("this Idempotency-Key was used for another request")
        return True

    async def concerning(self, symbols: Sequence[str], *, portfolios: bool) -> AsyncIterator[Sequence[Alert]]:
        found = [
            alert
            for alert in self.alerts.values()
            if set(symbols) & set(symbols_of(alert.rule))
            or (portfolios and any(isinstance(leaf, Drawdown) for leaf in leaves(alert.rule)))
        ]
        if found:
            yield found

    async def advance(self, before: Alert, after: Alert, notification: Notification | None) -> bool:
        if not self._is(before):
            return False
        self.alerts[after.id] = after
        if notification is not None:
            self.told.append(notification)
        return True

    def _is(self, before: Alert) -> bool:
        found = self.alerts.get(before.id)
        return found is not None and (found.version, found.turn) == (before.version, before.turn)

    def _keep(self, alert: Alert, key: IdempotencyKey | None) -> Alert:
        self.alerts[alert.id] = alert
        if key is not None:
            self.answers[key.record_id] = (key.body_hash, alert)
        return alert


@dataclass
class FakeEarnings:
    """Earnings dates by symbol."""

    by_symbol: Mapping[str, Sequence[date]] = field(default_factory=dict)

    async def dates(self, symbol: str) -> Sequence[date]:
        return self.by_symbol.get(symbol, ())


@dataclass
class FakePortfolioDays:
    """Days by portfolio id."""

    by_id: Mapping[str, PortfolioDays] = field(default_factory=dict)

    async def days(
        self, owner: OwnerId, portfolio_id: PortfolioId, start: date, symbols: Sequence[str]
    ) -> PortfolioDays:
        if portfolio_id not in self.by_id:
            raise PortfolioNotFound("no such portfolio", portfolio_id=portfolio_id)
        return self.by_id[portfolio_id]
