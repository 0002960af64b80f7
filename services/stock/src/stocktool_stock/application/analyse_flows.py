"""Returns of flows and valuations that a caller brings along: nothing is read, nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.periodic import Figure, LinkedReturns, MoneyWeighted, Valuation, irr, linked_returns, mirr
from stocktool_stock.domain.returns import net_by_day, xirr_with_roots, xnpv

Conventions = Mapping[str, str | int]

DATED: Conventions = {
    "day_count": "ACT/365",
    "signs": "investor's view: paid in negative, paid out positive",
    "xirr": "yearly rate; null when no rate or several bring the flows to zero",
    "roots": "every rate above -100 %, lowest first",
    "xnpv": "discounted to the earliest flow",
    "same_day": "flows of one day are added up",
}
PERIODIC: Conventions = {
    "periods": "one between two flows, the first flow now",
    "signs": "investor's view: paid in negative, paid out positive",
    "irr": "rate per period; null when no rate or several bring the flows to zero",
    "mirr": "rate per period; what is paid in is financed, what is paid out reinvested, at rates per period",
}
DIETZ: Conventions = {
    "flows": "at the end of their day",
    "signs": "paid into the portfolio positive, taken out negative",
    "weights": "days from the flow to the end over days from begin to end",
    "modified_dietz": "gain over average capital, for the whole period, not annualised",
}
VALUATIONS: Conventions = {
    "t": "in years",
    "value": "at t, before flow_after, after dividends were paid out",
    "flow_after": "paid into the portfolio positive, taken out negative",
    "dividend_paid_out": "total of the period that ends at t, paid to the investor and not reinvested",
    "hpr": "(value before the flow + dividend paid out) over the value the period began with, less 1",
    "twr_annual": "geometric mean of the linked periods for a year",
    "mwr_annual": "yearly rate; null when no rate or several bring the flows to zero",
}


@dataclass(frozen=True, slots=True)
class DatedResult:
    """Money-weighted figures of dated flows."""

    xirr: Figure
    roots: Sequence[float]
    xnpv: Figure


@dataclass(frozen=True, slots=True)
class PeriodicResult:
    """Money-weighted figures of flows one period apart."""

    irr: MoneyWeighted
    mirr: Figure


def analyse_dated(flows: Sequence[tuple[date, Decimal]], rate: Decimal | None) -> DatedResult:
    """XIRR and XNPV of flows in any order."""
    net = net_by_day(flows)
    found, roots = xirr_with_roots(net)
    if len(net) == 1 and len(flows) > 1:
        found = Undefined("all flows fall on one day")
    value = Undefined("no rate is given") if rate is None else xnpv(float(rate), net)
    return DatedResult(found, roots, value)


def analyse_periodic(
    flows: Sequence[Decimal], finance_rate: Decimal | None, reinvest_rate: Decimal | None
) -> PeriodicResult:
    """IRR and MIRR of flows one period apart, the first now."""
    amounts = [float(amount) for amount in flows]
    if finance_rate is None or reinvest_rate is None:
        return PeriodicResult(irr(amounts), Undefined("needs both finance_rate and reinvest_rate"))
    return PeriodicResult(irr(amounts), mirr(amounts, float(finance_rate), float(reinvest_rate)))


def analyse_valuations(valuations: Sequence[Valuation]) -> LinkedReturns:
    """Time- and money-weighted returns between valuations, in any order."""
    return linked_returns(sorted(valuations, key=lambda each: each.time))
