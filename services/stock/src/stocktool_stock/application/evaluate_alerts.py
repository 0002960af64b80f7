"""Evaluates the alerts about symbols whose prices were refreshed; however many evaluators run, each fires once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from stocktool_kit.core.clock import Clock
from stocktool_kit.core.ids import OwnerId, new_ulid

from stocktool_stock.application.alert_facts import GatherFacts
from stocktool_stock.application.alert_ports import AlertStore
from stocktool_stock.domain.alert_rules import leaves, portfolios_of, symbols_of
from stocktool_stock.domain.alert_truth import Facts
from stocktool_stock.domain.alert_words import title
from stocktool_stock.domain.alerts import Alert, Decision, decide
from stocktool_stock.domain.notifications import Notification


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What an evaluation did: alerts judged, fired and armed again by this evaluator."""

    judged: int = 0
    fired: int = 0
    rearmed: int = 0

    def __add__(self, other: Evaluation) -> Evaluation:
        return Evaluation(self.judged + other.judged, self.fired + other.fired, self.rearmed + other.rearmed)


class EvaluateAlerts:
    """Judges alerts and lets those fire whose rules hold."""

    def __init__(self, store: AlertStore, gather: GatherFacts, clock: Clock) -> None:
        self._store = store
        self._gather = gather
        self._clock = clock

    async def __call__(self, symbols: Sequence[str], *, portfolios: bool = False) -> Evaluation:
        """Evaluate the alerts about symbols, and those about portfolios as a whole if asked."""
        total = Evaluation()
        async for alerts in self._store.concerning(symbols, portfolios=portfolios):
            now = self._clock.now()
            total += await self._judge([alert for alert in alerts if alert.needs_evaluation(now)])
        return total

    async def _judge(self, alerts: Sequence[Alert]) -> Evaluation:
        market = await self._gather.of_market({leaf for alert in alerts for leaf in leaves(alert.rule)})
        by_owner: dict[OwnerId, list[Alert]] = defaultdict(list)
        for alert in alerts:
            by_owner[alert.owner].append(alert)
        total = Evaluation(judged=len(alerts))
        for owner, theirs in by_owner.items():
            own = await self._gather.of_portfolios(owner, {leaf for alert in theirs for leaf in leaves(alert.rule)})
            facts = {**market, **own}
            for alert in theirs:
                total += await self._carry_out(alert, facts)
        return total

    async def _carry_out(self, alert: Alert, facts: Facts) -> Evaluation:
        now = self._clock.now()
        decision = decide(alert, facts, now)
        if decision is Decision.NOTHING:
            return Evaluation()
        told = self._notification(alert, facts) if decision is Decision.FIRE else None
        if not await self._store.advance(alert, alert.after(decision, now), told):
            return Evaluation()  # another evaluator was first, or the owner changed it: the next evaluation looks again
        return Evaluation(fired=1) if decision is Decision.FIRE else Evaluation(rearmed=1)

    def _notification(self, alert: Alert, facts: Facts) -> Notification:
        now = self._clock.now()
        data = {"alert_id": alert.id, "alert_name": alert.name, "symbols": ",".join(symbols_of(alert.rule))}
        portfolios = portfolios_of(alert.rule)
        if len(portfolios) == 1:
            data["portfolio_id"] = portfolios[0]
        return Notification(
            id=new_ulid(int(now.timestamp() * 1000)),
            owner=alert.owner,
            type="alert",
            title=title(alert.name, alert.rule, facts),
            created_at=now,
            data={name: value for name, value in data.items() if value},
        )
