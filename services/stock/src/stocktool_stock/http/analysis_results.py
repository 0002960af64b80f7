"""Analyses as they are stored: parameters read back, results in the shapes of the routes."""

from __future__ import annotations

from collections.abc import Mapping

from stocktool_kit.core.money import Money

from stocktool_stock.application.analysis_works import AnalysisWire, PortfolioAnalysis
from stocktool_stock.application.optimise_portfolio import OptimisationReport, Task
from stocktool_stock.application.project_portfolio import ProjectionReport, ProjectionRequest
from stocktool_stock.application.report_statement import Statement, StatementRequest
from stocktool_stock.application.report_tax_lots import TaxLotsReport, TaxLotsRequest
from stocktool_stock.domain.analysis import Json
from stocktool_stock.domain.exact import number_or_none
from stocktool_stock.http.allocation_models import AllocationModel
from stocktool_stock.http.analysis_models import ReportPeriod, TaxLotsParameters
from stocktool_stock.http.figure_models import money
from stocktool_stock.http.holding_models import HoldingsModel
from stocktool_stock.http.income import IncomeSumModel
from stocktool_stock.http.optimise_models import OptimisationModel, OptimiseBody
from stocktool_stock.http.performance_models import PerformanceModel
from stocktool_stock.http.projection import PortfolioProjectionBody, PortfolioProjectionModel
from stocktool_stock.http.risk_models import RiskModel


def render_analysis(analysis: PortfolioAnalysis) -> dict[str, Json]:
    """An analysis in the shapes of the routes, as it is stored; daily series are left to their route."""
    return {
        "holdings": HoldingsModel.of(analysis.holdings).model_dump(mode="json"),
        "performance": PerformanceModel.of(analysis.performance).model_dump(
            mode="json", exclude={"series": True, "drawdown": True, "benchmark": {"growth"}}
        ),
        "risk": RiskModel.of(analysis.risk).model_dump(mode="json"),
        "allocation": {
            by.value: AllocationModel.of(report).model_dump(mode="json") for by, report in analysis.allocation.items()
        },
    }


def read_optimisation(parameters: Mapping[str, Json]) -> Task:
    """What is to be optimised, from its stored parameters."""
    return OptimiseBody.model_validate(parameters).task()


def render_optimisation(report: OptimisationReport) -> dict[str, Json]:
    """An optimisation as its route answers it."""
    body: dict[str, Json] = OptimisationModel.of(report).model_dump(mode="json")
    return body


def read_projection(parameters: Mapping[str, Json]) -> ProjectionRequest:
    """A projection's plan from its stored parameters."""
    return PortfolioProjectionBody.model_validate(parameters).request()


def render_projection(report: ProjectionReport) -> dict[str, Json]:
    """A projection as its route answers it."""
    body: dict[str, Json] = PortfolioProjectionModel.of(report).model_dump(mode="json")
    return body


def read_tax_lots(parameters: Mapping[str, Json]) -> TaxLotsRequest:
    """A tax-lot report's request from its stored parameters."""
    read = TaxLotsParameters.model_validate(parameters)
    return TaxLotsRequest(*read.days, rule=read.rule)


def render_tax_lots(report: TaxLotsReport) -> dict[str, Json]:
    """The sums of a tax-lot report; the lots stand in its files."""
    lots, base = report.lots, report.portfolio.base_currency
    total = lots.total
    amounts = {
        "proceeds": total.proceeds,
        "cost": total.cost,
        "gain": total.gain,
        "short_term": total.short_term,
        "long_term": total.long_term,
        "price_effect": total.price_effect,
        "currency_effect": total.currency_effect,
        "open_cost": lots.open_cost,
    }
    return {
        "start": lots.start.isoformat(),
        "end": lots.end.isoformat(),
        "sales": len(lots.sales),
        "sold_lots": sum(len(sale.lots) for sale in lots.sales),
        "open_lots": len(lots.open),
        **{name: _money(Money(amount, base)) for name, amount in amounts.items()},
        "warnings": list(report.warnings),
        "conventions": dict(report.conventions),
    }


def read_statement(parameters: Mapping[str, Json]) -> StatementRequest:
    """A statement's request from its stored parameters."""
    return StatementRequest(*ReportPeriod.model_validate(parameters).days)


def render_statement(statement: Statement) -> dict[str, Json]:
    """The sums of a statement; the rest stands in its file."""
    valuation, performance = statement.holdings.valuation, statement.performance
    base = valuation.total.currency
    twr = None if performance is None else number_or_none(performance.figures["twr"])
    return {
        "start": statement.start.isoformat(),
        "end": statement.end.isoformat(),
        "total": _money(valuation.total),
        "cash": _money(valuation.cash_value),
        "unrealised": _money(valuation.unrealised),
        "realised": _money(Money(statement.sales.lots.total.gain, base)),
        "income": IncomeSumModel.of(statement.income.received, base).model_dump(mode="json"),
        "twr": twr,
        "prices_as_of": None if valuation.prices_as_of is None else valuation.prices_as_of.isoformat(),
        "stale_prices": valuation.stale_prices,
    }


def _money(amount: Money) -> dict[str, Json]:
    body: dict[str, Json] = money(amount).model_dump(mode="json")
    return body


WIRE = AnalysisWire(
    render_portfolio=render_analysis,
    read_projection=read_projection,
    render_projection=render_projection,
    read_optimisation=read_optimisation,
    render_optimisation=render_optimisation,
    read_tax_lots=read_tax_lots,
    render_tax_lots=render_tax_lots,
    read_statement=read_statement,
    render_statement=render_statement,
)
"""How analyses are stored."""
