"""Bodies of the X-ray."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.http.model import MoneyModel, RequestModel, ResponseModel

from stocktool_stock.application.portfolio_plans import StoredThresholds
from stocktool_stock.application.xray_portfolio import XRayReport
from stocktool_stock.domain.exact import Undefined, number_or_none
from stocktool_stock.domain.xray import BY_ID, PARAMETERS, Behind, Finding, State, Thresholds, Unit
from stocktool_stock.http.figure_models import maybe_money, money


class BehindModel(ResponseModel):
    """A position, slice or account behind a finding."""

    key: str
    figure: float = Field(description="Its own figure: its weight, loss, share of risk, drift, ...")
    value: MoneyModel | None

    @classmethod
    def of(cls, behind: Behind) -> BehindModel:
        """As the API writes it."""
        return cls(key=behind.key, figure=behind.figure, value=maybe_money(behind.value))


class FindingModel(ResponseModel):
    """What a rule found."""

    id: str
    title: str
    state: State
    value: float | None
    threshold: float = Field(description="Beyond it the rule fails.")
    warn_threshold: float = Field(description="Beyond it the rule warns.")
    bad: str = Field(description="above or below the threshold.")
    unit: Unit
    positions: list[BehindModel]
    advice: str
    formula: str
    reason: str | None = Field(description="Why it is unknown.")

    @classmethod
    def of(cls, finding: Finding) -> FindingModel:
        """As the API writes it."""
        rule = finding.rule
        return cls(
            id=rule.id,
            title=rule.title,
            state=finding.state,
            value=number_or_none(finding.value),
            threshold=rule.fail,
            warn_threshold=rule.warn,
            bad="below" if rule.least else "above",
            unit=rule.unit,
            positions=[BehindModel.of(each) for each in finding.behind],
            advice=rule.advice,
            formula=rule.formula,
            reason=finding.value.reason if isinstance(finding.value, Undefined) else None,
        )


class XRayModel(ResponseModel):
    """Every rule, and what it found."""

    as_of: date
    window_start: date | None
    benchmark: str
    total: MoneyModel
    rules: list[FindingModel]
    counts: dict[State, int] = Field(description="How many rules came out how.")
    left_out: dict[str, str] = Field(description="Names without returns in the window, and why.")
    warnings: list[str]
    conventions: dict[str, str]

    @classmethod
    def of(cls, report: XRayReport) -> XRayModel:
        """As the API writes it."""
        states = [finding.state for finding in report.findings]
        return cls(
            as_of=report.as_of,
            window_start=report.window_start,
            benchmark=report.benchmark,
            total=money(report.valuation.total),
            rules=[FindingModel.of(finding) for finding in report.findings],
            counts={state: states.count(state) for state in State},
            left_out=dict(report.left_out),
            warnings=list(report.warnings),
            conventions=dict(report.conventions),
        )


class ThresholdsBody(RequestModel):
    """Limits that differ from the defaults; those left out go back to them."""

    thresholds: dict[str, float] = Field(
        max_length=100,
        description="By a rule's id where it fails, by `<id>_warn` where it warns, and the parameters.",
        examples=[{"single_holding": 0.3, "single_holding_warn": 0.2}],
    )
    version: int | None = Field(default=None, ge=0, description="Version the change was made on, 0 for none.")


class ThresholdsModel(ResponseModel):
    """All limits as they hold."""

    thresholds: dict[str, float] = Field(description="Every limit and parameter.")
    changed: dict[str, float] = Field(description="Those that were set.")
    version: int = Field(description="Grows by one with every write; 0 when none were set.")
    updated_at: datetime | None

    @classmethod
    def of(cls, stored: StoredThresholds) -> ThresholdsModel:
        """As the API writes it."""
        limits = stored.thresholds
        every: dict[str, float] = {}
        for rule in map(limits.rule, BY_ID):
            every |= {rule.id: rule.fail, f"{rule.id}_warn": rule.warn}
        every |= {name: limits.parameter(name) for name in PARAMETERS}
        return cls(thresholds=every, changed=dict(limits.changed), version=stored.version, updated_at=stored.updated_at)


def query_thresholds(text: str) -> Thresholds | None:
    """Thresholds of a query: `single_holding:0.3,sector:0.4`; none when it is empty.

    Raises:
        InvalidArgument: It is written otherwise, or names what is not known.
    """
    if not text:
        return None
    values: dict[str, float] = {}
    for part in text.split(","):
        name, _, number = part.partition(":")
        try:
            values[name.strip()] = float(number)
        except ValueError as error:
            raise InvalidArgument.of("thresholds", "must be as in single_holding:0.3,sector:0.4") from error
    return Thresholds.read(values, "thresholds")
