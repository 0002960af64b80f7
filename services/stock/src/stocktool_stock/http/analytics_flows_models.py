"""Bodies of returns of flows: four that may come, and their answers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import Field
from stocktool_kit.core.errors import FieldViolation, InvalidArgument
from stocktool_kit.http.model import RequestModel, ResponseModel

from stocktool_stock.application.analyse_flows import DATED, DIETZ, PERIODIC, VALUATIONS, DatedResult, PeriodicResult
from stocktool_stock.domain.exact import exact, number_or_none
from stocktool_stock.domain.periodic import LinkedReturns, Valuation
from stocktool_stock.domain.returns import DietzReturn
from stocktool_stock.http.analytics_route import Conventions, Day, Number, Rate, amount_or_none, amount_text
from stocktool_stock.http.figure_models import Undefinable, undefined_of

MOST_FLOWS = 20_000

# A bound narrows `Number` only within `Annotated`; beside the default it would be dropped.
_Time = Annotated[Number, Field(ge=-10_000, le=10_000)]
_NotNegative = Annotated[Number, Field(ge=0)]


class FlowModel(RequestModel):
    """Cash on a day."""

    date: Day
    amount: Number


class DatedBody(RequestModel):
    """Dated flows from the investor's side: paid in negative, paid out positive, in any order."""

    flows: list[FlowModel] = Field(max_length=MOST_FLOWS)
    rate: Rate | None = Field(default=None, description="Yearly rate that XNPV discounts at.")


class PeriodicBody(RequestModel):
    """Flows one period apart from the investor's side, the first now."""

    periodic_flows: list[Number] = Field(max_length=MOST_FLOWS)
    finance_rate: Rate | None = Field(default=None, description="Rate per period of what is paid in, for MIRR.")
    reinvest_rate: Rate | None = Field(default=None, description="Rate per period of what is paid out, for MIRR.")


class DietzBody(RequestModel):
    """Two valuations and the flows between: paid into the portfolio positive, taken out negative."""

    begin_value: Number
    end_value: Number
    begin: Day
    end: Day
    flows: list[FlowModel] = Field(default=[], max_length=MOST_FLOWS)

    def checked(self) -> list[tuple[date, Decimal]]:
        """The flows, once the days are in order.

        Raises:
            InvalidArgument: The end is before the begin, or a flow outside both.
        """
        if self.end < self.begin:
            raise InvalidArgument.of("/end", "must not be before begin")
        outside = [
            FieldViolation(f"/flows/{index}/date", "must lie between begin and end")
            for index, flow in enumerate(self.flows)
            if not self.begin <= flow.date <= self.end
        ]
        if outside:
            raise InvalidArgument(f"{outside[0].pointer}: {outside[0].detail}", outside)
        return [(flow.date, flow.amount) for flow in self.flows]


class ValuationModel(RequestModel):
    """A portfolio at a time, and what happened at it."""

    t: _Time = Field(description="In years.")
    value: Number | None = Field(default=None, description="At t; before `flow_after`, where that is given.")
    value_before_flow: Number | None = Field(
        default=None, description="At t, before the flow; with `value` beside it, that one is after the flow."
    )
    dividend_paid_out: _NotNegative = Field(
        default=Decimal(0), description="Total paid to the investor at t out of the period before; not in values."
    )
    flow_after: Number | None = Field(
        default=None, description="Paid in (positive) or taken out (negative) at t, after the valuation."
    )


class ValuationsBody(RequestModel):
    """A portfolio valued at the times when money comes or goes."""

    valuations: list[ValuationModel] = Field(max_length=MOST_FLOWS, min_length=1)

    def checked(self) -> list[Valuation]:
        """What each valuation says of the value before and after its flow, in order of time.

        Raises:
            InvalidArgument: Two are at one time, or one says too little or contradicts itself.
        """
        violations: list[FieldViolation] = []
        result: dict[Decimal, Valuation] = {}
        first = min(each.t for each in self.valuations)
        with exact():
            for index, each in enumerate(self.valuations):
                at = f"/valuations/{index}"
                if each.t in result:
                    violations.append(FieldViolation(f"{at}/t", "another valuation is at the same time"))
                if each.t == first and each.dividend_paid_out:
                    violations.append(FieldViolation(f"{at}/dividend_paid_out", "no period ends at the first"))
                before, after = _before_and_after(each, begins=each.t == first)
                if before is None or after is None:
                    violations.append(FieldViolation(f"{at}/value", "needs value or value_before_flow"))
                    continue
                if None not in (each.value, each.value_before_flow, each.flow_after) and after != each.value:
                    violations.append(FieldViolation(f"{at}/value", "is not value_before_flow and flow_after together"))
                result[each.t] = Valuation(each.t, before, after, each.dividend_paid_out)
        if violations:
            raise InvalidArgument(f"{violations[0].pointer}: {violations[0].detail}", violations)
        return list(result.values())


def _before_and_after(each: ValuationModel, *, begins: bool) -> tuple[Decimal | None, Decimal | None]:
    before = each.value if each.value_before_flow is None else each.value_before_flow
    if before is None and begins and each.flow_after is not None:
        before = Decimal(0)  # money that comes first is all there is
    if before is None:
        return None, None
    if each.flow_after is not None:
        return before, before + each.flow_after
    return before, before if each.value is None else each.value


class FiguresModel(ResponseModel):
    """How figures were worked out, and why some are null."""

    conventions: Conventions
    undefined: Undefinable


class DatedFiguresModel(FiguresModel):
    """Figures of dated flows."""

    xirr: float | None
    xirr_ambiguous: bool = Field(description="Several rates bring the flows to zero; all of them stand in `roots`.")
    roots: list[float]
    xnpv: str | None

    @classmethod
    def of(cls, result: DatedResult) -> DatedFiguresModel:
        """As the API writes it."""
        return cls(
            xirr=number_or_none(result.xirr),
            xirr_ambiguous=len(result.roots) > 1,
            roots=list(result.roots),
            xnpv=amount_or_none(result.xnpv),
            conventions=dict(DATED),
            undefined=undefined_of({"xirr": result.xirr, "xnpv": result.xnpv}),
        )


class PeriodicFiguresModel(FiguresModel):
    """Figures of flows one period apart, per period."""

    irr: float | None
    irr_ambiguous: bool
    roots: list[float]
    mirr: float | None

    @classmethod
    def of(cls, result: PeriodicResult) -> PeriodicFiguresModel:
        """As the API writes it."""
        return cls(
            irr=number_or_none(result.irr.rate),
            irr_ambiguous=len(result.irr.roots) > 1,
            roots=list(result.irr.roots),
            mirr=number_or_none(result.mirr),
            conventions=dict(PERIODIC),
            undefined=undefined_of({"irr": result.irr.rate, "mirr": result.mirr}),
        )


class DietzFiguresModel(FiguresModel):
    """Modified Dietz for the whole period."""

    modified_dietz: float | None
    average_capital: str
    gain: str

    @classmethod
    def of(cls, result: DietzReturn) -> DietzFiguresModel:
        """As the API writes it."""
        return cls(
            modified_dietz=number_or_none(result.rate),
            average_capital=amount_text(float(result.average_capital)),
            gain=amount_text(float(result.gain)),
            conventions=dict(DIETZ),
            undefined=undefined_of({"modified_dietz": result.rate}),
        )


class ValuationFiguresModel(FiguresModel):
    """Returns between valuations."""

    twr: float | None = Field(description="Over all periods.")
    twr_annual: float | None
    mwr_annual: float | None
    mwr_ambiguous: bool
    roots: list[float]
    hpr: list[float | None] = Field(description="Return of each period, in order of time.")

    @classmethod
    def of(cls, result: LinkedReturns) -> ValuationFiguresModel:
        """As the API writes it."""
        figures = {"twr": result.twr, "twr_annual": result.twr_annual, "mwr_annual": result.mwr.rate}
        periods = {f"hpr/{index}": period for index, period in enumerate(result.periods)}
        return cls(
            twr=number_or_none(result.twr),
            twr_annual=number_or_none(result.twr_annual),
            mwr_annual=number_or_none(result.mwr.rate),
            mwr_ambiguous=len(result.mwr.roots) > 1,
            roots=list(result.mwr.roots),
            hpr=[number_or_none(period) for period in result.periods],
            conventions=dict(VALUATIONS),
            undefined=undefined_of({**figures, **periods}),
        )
