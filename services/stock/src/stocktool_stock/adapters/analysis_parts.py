"""The kinds of background analyses, put together."""

from __future__ import annotations

from dataclasses import dataclass

from stocktool_kit.core.clock import Clock

from stocktool_stock.adapters.csv_tax_lots import tax_lots_csv
from stocktool_stock.application.analysis_ports import AnalysisStore, ReportStore
from stocktool_stock.application.analysis_works import (
    AnalyseOptimisation,
    AnalysePortfolio,
    AnalyseProjection,
    AnalysisWire,
)
from stocktool_stock.application.inbox import Hints
from stocktool_stock.application.market_ports import MarketStatus
from stocktool_stock.application.offload import Offload
from stocktool_stock.application.portfolio_reader import PortfolioReader
from stocktool_stock.application.portfolio_uses import PortfolioUses
from stocktool_stock.application.report_statement import Statement, WriteStatement
from stocktool_stock.application.report_tax_lots import ReportTaxLots, TaxLotsReport, WriteTaxLots
from stocktool_stock.application.run_analysis import RunAnalysis
from stocktool_stock.domain.analysis import AnalysisKind


@dataclass(frozen=True, slots=True)
class AnalysisParts:
    """What the kinds are made of."""

    analyses: AnalysisStore
    reports: ReportStore
    reader: PortfolioReader
    market: MarketStatus
    offload: Offload
    clock: Clock
    wire: AnalysisWire
    hints: Hints
    benchmark: str


def analysis_runner(parts: AnalysisParts, uses: PortfolioUses) -> RunAnalysis:
    """What runs them; all kinds but the documents are use cases that routes have too."""
    wire, offload = parts.wire, parts.offload
    sales = ReportTaxLots(parts.reader, parts.market)
    return RunAnalysis(
        parts.analyses,
        {
            AnalysisKind.PORTFOLIO: AnalysePortfolio(
                uses.value,
                uses.performance,
                uses.risk,
                uses.allocate,
                render=wire.render_portfolio,
                benchmark=parts.benchmark,
            ),
            AnalysisKind.OPTIMISATION: AnalyseOptimisation(
                uses.planning.optimise, read=wire.read_optimisation, render=wire.render_optimisation
            ),
            AnalysisKind.PROJECTION: AnalyseProjection(
                uses.project, read=wire.read_projection, render=wire.render_projection
            ),
            AnalysisKind.TAX_LOTS: WriteTaxLots(
                sales,
                parts.reports,
                offload,
                read=wire.read_tax_lots,
                render=wire.render_tax_lots,
                write_csv=tax_lots_csv,
                write_pdf=_tax_lots_pdf,
            ),
            AnalysisKind.STATEMENT: WriteStatement(
                uses.value,
                uses.performance,
                uses.income,
                sales,
                market=parts.market,
                reports=parts.reports,
                offload=offload,
                clock=parts.clock,
                read=wire.read_statement,
                render=wire.render_statement,
                write_pdf=_statement_pdf,
            ),
        },
        parts.hints,
    )


# Imported where they are used: only a worker that writes a document pays for the library, with its time and memory.
def _tax_lots_pdf(report: TaxLotsReport) -> bytes:
    from stocktool_stock.adapters.pdf_tax_lots import tax_lots_pdf  # noqa: PLC0415

    return tax_lots_pdf(report)


def _statement_pdf(statement: Statement) -> bytes:
    from stocktool_stock.adapters.pdf_statement import statement_pdf  # noqa: PLC0415

    return statement_pdf(statement)
