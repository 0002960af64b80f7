"""The portfolio half of the service, put together from its adapters and use cases."""

from __future__ import annotations

from dataclasses import dataclass

from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.lease import Leases
from stocktool_kit.aws.outbox import Outbox
from stocktool_kit.aws.table import Table
from stocktool_kit.core.clock import Clock

from stocktool_stock.adapters.analysis_parts import AnalysisParts, analysis_runner
from stocktool_stock.adapters.dynamodb_analyses import DynamoDBAnalyses
from stocktool_stock.adapters.dynamodb_imports import DynamoDBImports
from stocktool_stock.adapters.dynamodb_instruments import DynamoDBInstruments
from stocktool_stock.adapters.dynamodb_portfolios import DynamoDBPortfolios
from stocktool_stock.adapters.dynamodb_snapshots import DynamoDBSnapshots
from stocktool_stock.adapters.dynamodb_writes import DynamoDBWrites
from stocktool_stock.adapters.import_files.dynamodb_mappings import DynamoDBMappings
from stocktool_stock.adapters.import_files.parts import import_uses
from stocktool_stock.adapters.ledger_log import LedgerLog
from stocktool_stock.adapters.planning_parts import planning_uses
from stocktool_stock.adapters.s3_reports import S3Reports
from stocktool_stock.adapters.threads import Threads
from stocktool_stock.application.afterwards import Afterwards
from stocktool_stock.application.alert_ports import PortfolioHeads
from stocktool_stock.application.allocate_portfolio import AllocatePortfolio
from stocktool_stock.application.analyses import CancelAnalysis, ReadAnalysis, StartAnalysis
from stocktool_stock.application.analysis_works import AnalysisWire
from stocktool_stock.application.attribute_return import AttributeReturn
from stocktool_stock.application.compare_symbols import CompareSymbols
from stocktool_stock.application.custom_instruments import CustomInstruments
from stocktool_stock.application.explain_figure import ExplainFigure
from stocktool_stock.application.inbox import Hints
from stocktool_stock.application.ledger_books import LedgerBooks
from stocktool_stock.application.list_writes import ListWrites
from stocktool_stock.application.market_ports import BarSource, FxRates, InstrumentSource, MarketStatus
from stocktool_stock.application.measure_contribution import MeasureContribution
from stocktool_stock.application.measure_income import MeasureIncome
from stocktool_stock.application.measure_performance import MeasurePerformance
from stocktool_stock.application.measure_risk import MeasureRisk
from stocktool_stock.application.portfolio_days import ReadPortfolioDays
from stocktool_stock.application.portfolio_reader import PortfolioReader
from stocktool_stock.application.portfolio_uses import PortfolioUses
from stocktool_stock.application.portfolios import CreatePortfolio, DeletePortfolio, ReadPortfolios, UpdatePortfolio
from stocktool_stock.application.project_portfolio import ProjectPortfolio
from stocktool_stock.application.read_history import ReadHistory
from stocktool_stock.application.report_realised import ReportRealised
from stocktool_stock.application.run_analysis import RunAnalysis
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
class Market:
    """What the portfolio half asks of the market half."""

    bars: BarSource
    fx: FxRates
    instruments: InstrumentSource
    status: MarketStatus


@dataclass(frozen=True, slots=True)
class PortfolioParts:
    """The portfolio half."""

    uses: PortfolioUses
    afterwards: Afterwards
    run_analysis: RunAnalysis
    heads: PortfolioHeads
    days: ReadPortfolioDays


def portfolio_parts(
    market: Market,
    table: Table,
    leases: Leases,
    clock: Clock,
    bucket: Bucket,
    *,
    audit_table: str,
    benchmark: str,
    wire: AnalysisWire,
    hints: Hints,
) -> PortfolioParts:
    """Build the parts.

    Args:
        market: The market half.
        table: `stocktool-portfolios`.
        leases: Leases in the same table.
        clock: Real time.
        audit_table: Name of the audit table.
        benchmark: Symbol that background analyses compare with.
        bucket: The knowledge bucket, for reports.
        wire: Reads and writes analyses.
        hints: Tells sockets how far analyses are.
    """
    log = LedgerLog(table)
    store = DynamoDBPortfolios(table, audit_table, clock, log)
    imports = DynamoDBImports(table, log, clock)
    shelf = DynamoDBInstruments(table)
    analyses = DynamoDBAnalyses(table, audit_table, Outbox(table.name), leases, clock)
    afterwards = Afterwards()
    books = LedgerBooks(store, DynamoDBSnapshots(table), market.fx, afterwards)
    reader = PortfolioReader(store, market.bars, market.fx, market.status, shelf, books=books)
    history = ReadHistory(reader, market.fx)
    reports, threads = S3Reports(bucket), Threads()
    value = ValuePortfolio(reader)
    performance = MeasurePerformance(reader, history)
    risk = MeasureRisk(history)
    allocate = AllocatePortfolio(reader, market.instruments)
    stage = StageImport(store, imports, market.fx, market.status, clock, books=books)
    uses = PortfolioUses(
        create=CreatePortfolio(store, market.fx, clock),
        read=ReadPortfolios(store),
        update=UpdatePortfolio(store, market.fx),
        delete=DeletePortfolio(store),
        record=RecordTransactions(store, shelf, market.fx, market.status, clock, books=books),
        list_transactions=ListTransactions(store),
        delete_transaction=DeleteTransaction(store, market.fx, clock, books=books),
        restore_transaction=RestoreTransaction(store, imports, market.fx, clock, books=books),
        realised=ReportRealised(store, books, market.status),
        writes=ListWrites(store, DynamoDBWrites(table)),
        custom_instruments=CustomInstruments(store, shelf, market.fx, market.status),
        stage_import=stage,
        imports=import_uses(
            store,
            stage,
            DynamoDBInstruments(table),
            DynamoDBMappings(table, audit_table, clock),
            instruments=market.instruments,
            rates=market.fx,
            market=market.status,
            clock=clock,
        ),
        read_imports=ReadImports(store, imports),
        undo_import=UndoImport(store, imports, market.fx, clock, books=books),
        value=value,
        performance=performance,
        risk=risk,
        contribution=MeasureContribution(history, market.instruments),
        attribution=AttributeReturn(history, market.instruments),
        trail=ExplainFigure(reader, history, performance, market.fx),
        income=MeasureIncome(reader, threads),
        project=ProjectPortfolio(history, threads),
        allocate=allocate,
        compare=CompareSymbols(market.bars, market.status),
        start_analysis=StartAnalysis(store, analyses, clock),
        read_analysis=ReadAnalysis(store, analyses, reports),
        cancel_analysis=CancelAnalysis(analyses),
        planning=planning_uses(
            store,
            reader,
            market.instruments,
            market.fx,
            imports=imports,
            shelf=shelf,
            table=table,
            clock=clock,
            audit_table=audit_table,
            benchmark=benchmark,
        ),
    )
    run = analysis_runner(
        AnalysisParts(analyses, reports, reader, market.status, threads, clock, wire, hints, benchmark), uses
    )
    return PortfolioParts(uses, afterwards, run, heads=store, days=ReadPortfolioDays(reader, history, market.status))
