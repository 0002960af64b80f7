"""The use cases of portfolios together, as both transports take them."""

from __future__ import annotations

from dataclasses import dataclass

from stocktool_stock.application.allocate_portfolio import AllocatePortfolio
from stocktool_stock.application.analyses import CancelAnalysis, ReadAnalysis, StartAnalysis
from stocktool_stock.application.attribute_return import AttributeReturn
from stocktool_stock.application.compare_symbols import CompareSymbols
from stocktool_stock.application.custom_instruments import CustomInstruments
from stocktool_stock.application.explain_figure import ExplainFigure
from stocktool_stock.application.import_uses import ImportUses
from stocktool_stock.application.list_writes import ListWrites
from stocktool_stock.application.measure_contribution import MeasureContribution
from stocktool_stock.application.measure_income import MeasureIncome
from stocktool_stock.application.measure_performance import MeasurePerformance
from stocktool_stock.application.measure_risk import MeasureRisk
from stocktool_stock.application.planning_uses import PlanningUses
from stocktool_stock.application.portfolios import CreatePortfolio, DeletePortfolio, ReadPortfolios, UpdatePortfolio
from stocktool_stock.application.project_portfolio import ProjectPortfolio
from stocktool_stock.application.report_realised import ReportRealised
from stocktool_stock.application.stage_import import StageImport
from stocktool_stock.application.transactions import (
    DeleteTransaction,
    ListTransactions,
    RecordTransactions,
    RestoreTransaction,
)
from stocktool_stock.application.undo_import import ReadImports, UndoImport
from stocktool_stock.application.value_portfolio import ValuePortfolio


@dataclass(frozen=True, slots=True)
class PortfolioUses:
    """The use cases of portfolios."""

    create: CreatePortfolio
    read: ReadPortfolios
    update: UpdatePortfolio
    delete: DeletePortfolio
    record: RecordTransactions
    list_transactions: ListTransactions
    delete_transaction: DeleteTransaction
    restore_transaction: RestoreTransaction
    realised: ReportRealised
    writes: ListWrites
    custom_instruments: CustomInstruments
    stage_import: StageImport
    imports: ImportUses
    read_imports: ReadImports
    undo_import: UndoImport
    value: ValuePortfolio
    performance: MeasurePerformance
    risk: MeasureRisk
    contribution: MeasureContribution
    attribution: AttributeReturn
    trail: ExplainFigure
    income: MeasureIncome
    project: ProjectPortfolio
    allocate: AllocatePortfolio
    compare: CompareSymbols
    start_analysis: StartAnalysis
    read_analysis: ReadAnalysis
    cancel_analysis: CancelAnalysis
    planning: PlanningUses
