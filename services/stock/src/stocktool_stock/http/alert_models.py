"""Shapes of alerts on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, Field, WithJsonSchema
from stocktool_kit.http.model import RequestModel, ResponseModel, plain_decimal

from stocktool_stock.application.alerts import JudgedAlert
from stocktool_stock.application.backtest_alert import CONVENTIONS, BacktestReport
from stocktool_stock.domain.alert_rules import MOST_DEPTH, MOST_LEAVES, rule_json
from stocktool_stock.domain.alert_truth import Measure, measures, missing, truth_of
from stocktool_stock.domain.alert_words import words
from stocktool_stock.domain.alerts import MARGIN, MOST_MARGIN, Alert, AlertStatus
from stocktool_stock.domain.exact import Undefined

_KINDS = ["price", "move", "weight", "drawdown", "stale", "earnings", "all", "any", "not"]
_RULE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Rule",
    "description": (
        f"A condition, or `all`, `any` (with a list in `of`) or `not` (with one rule in `of`); at most {MOST_LEAVES} "
        f"conditions, nested at most {MOST_DEPTH} deep. price: symbol, above or below, currency?. move: symbol, days "
        "(sessions), above or below (fraction). weight: portfolio_id, symbol, above or below (fraction). drawdown: "
        "portfolio_id, days, above (fraction). stale: symbol, hours. earnings: symbol, days."
    ),
    "required": ["kind"],
    "properties": {
        "kind": {"type": "string", "enum": _KINDS},
        "of": {"description": "Member rules of all and any, the one rule of not."},
        "symbol": {"type": "string"},
        "portfolio_id": {"type": "string"},
        "above": {"anyOf": [{"type": "number"}, {"type": "string"}]},
        "below": {"anyOf": [{"type": "number"}, {"type": "string"}]},
        "currency": {"type": "string"},
        "days": {"type": "integer", "minimum": 1},
        "hours": {"type": "number"},
    },
    "examples": [
        {
            "kind": "all",
            "of": [
                {"kind": "price", "symbol": "AAPL", "below": "200"},
                {"kind": "not", "of": {"kind": "earnings", "symbol": "AAPL", "days": 7}},
            ],
        }
    ],
}
# Read by the domain, which names the place of what is wrong; a union of models would put their names into it.
RuleBody = Annotated[Any, WithJsonSchema(_RULE_SCHEMA)]
MarginBody = Annotated[
    float,
    Field(ge=0, le=MOST_MARGIN, description="Part of each level that counts as noise: 0.01 is one percent."),
]


class NewAlertModel(RequestModel):
    """An alert to be made, or to be tried on the past."""

    name: str = "Alert"
    rule: RuleBody
    repeat: bool = Field(
        default=False, description="Armed again after firing, once the rule has been false by the margin."
    )
    margin: MarginBody = MARGIN
    expires_at: AwareDatetime | None = None


class AlertChangeModel(RequestModel):
    """What is to change; absent fields stay. A new rule, margin, `repeat` or `enabled` arms it anew."""

    name: str | None = None
    rule: RuleBody = None
    repeat: bool | None = None
    margin: MarginBody | None = None
    enabled: bool | None = None
    expires_at: AwareDatetime | None = Field(default=None, description="null: never.")
    version: int | None = Field(default=None, ge=1, description="Version the change was made on; or use If-Match.")

    def changes(self) -> dict[str, Any]:
        """What the body named; a null is a change for `expires_at` alone."""
        named = {name: getattr(self, name) for name in self.model_fields_set - {"version"}}
        return {name: value for name, value in named.items() if value is not None or name == "expires_at"}


class SnoozeModel(RequestModel):
    """How long an alert is to be silent."""

    until: AwareDatetime | None = Field(description="An instant in the next 366 days; null ends the silence.")


class AlertModel(ResponseModel):
    """One alert."""

    id: str
    name: str
    rule: RuleBody
    summary: str = Field(description="The rule in words.")
    repeat: bool
    margin: float
    enabled: bool
    expires_at: datetime | None
    snoozed_until: datetime | None
    status: AlertStatus
    fired_at: datetime | None
    fired_count: int
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, alert: Alert, now: datetime) -> AlertModel:
        """Write an alert as it stands at an instant."""
        return cls(**_fields(alert, now))


class ConditionModel(ResponseModel):
    """One condition of a rule as it is now."""

    pointer: str
    condition: str = Field(description="In words.")
    value: float | str | None = Field(
        description="Price as text, else a number: fraction, hours or days; null: unknown."
    )
    truth: str = Field(description="true, false or undefined.")


class JudgedAlertModel(AlertModel):
    """One alert with its conditions as they are now."""

    truth: str = Field(description="true, false or undefined: whether the rule holds now; undefined never fires.")
    conditions: list[ConditionModel]
    undefined: dict[str, str] = Field(description="Why conditions are undefined, by pointer.")

    @classmethod
    def judged(cls, found: JudgedAlert) -> JudgedAlertModel:
        """Write an alert and what was measured."""
        rule, facts = found.alert.rule, found.facts
        return cls(
            **_fields(found.alert, found.now),
            truth=truth_of(rule, facts).value,
            conditions=[
                ConditionModel(
                    pointer=pointer, condition=words(leaf), value=_value(measure), truth=truth_of(leaf, facts).value
                )
                for pointer, leaf, measure in measures(rule, facts)
            ],
            undefined=missing(rule, facts),
        )


class AlertPage(ResponseModel):
    """Oldest first."""

    items: list[AlertModel]
    next_page_token: str


class BacktestModel(ResponseModel):
    """On which days of the last year a rule would have fired."""

    start: date
    end: date
    days: int = Field(description="Days looked at.")
    fired: list[date]
    rearmed: list[date]
    true_days: int = Field(description="Days on which the rule held.")
    undefined_days: int = Field(description="Days on which it could not be told.")
    undefined: dict[str, str] = Field(description="Why not, by the pointer of the condition.")
    conventions: dict[str, str]

    @classmethod
    def of(cls, report: BacktestReport) -> BacktestModel:
        """Write what was found."""
        found = report.found
        return cls(
            start=report.start,
            end=report.end,
            days=len(found.days),
            fired=list(found.fired),
            rearmed=list(found.rearmed),
            true_days=found.true_days,
            undefined_days=found.undefined_days,
            undefined=dict(found.undefined),
            conventions=CONVENTIONS,
        )


def _fields(alert: Alert, now: datetime) -> dict[str, Any]:
    return {
        "id": alert.id,
        "name": alert.name,
        "rule": rule_json(alert.rule),
        "summary": words(alert.rule),
        "repeat": alert.repeat,
        "margin": alert.margin,
        "enabled": alert.enabled,
        "expires_at": alert.expires_at,
        "snoozed_until": alert.snoozed_until,
        "status": alert.status(now),
        "fired_at": alert.fired_at,
        "fired_count": alert.fired_count,
        "version": alert.version,
        "created_at": alert.created_at,
        "updated_at": alert.updated_at,
    }


def _value(measure: Measure) -> float | str | None:
    if isinstance(measure, Undefined):
        return None
    return measure if isinstance(measure, float) else plain_decimal(measure)
