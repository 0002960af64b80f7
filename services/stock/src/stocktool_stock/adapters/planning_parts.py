"""The use cases of planning, put together."""

from __future__ import annotations

from stocktool_kit.aws.table import Table
from stocktool_kit.core.clock import Clock

from stocktool_stock.adapters.dynamodb_plans import DynamoDBPlans
from stocktool_stock.adapters.threads import Threads
from stocktool_stock.application.ledger_ports import InstrumentShelf
from stocktool_stock.application.market_ports import FxRates, InstrumentSource
from stocktool_stock.application.optimise_portfolio import OptimisePortfolio
from stocktool_stock.application.planning_uses import PlanningUses
from stocktool_stock.application.portfolio_picture import ReadPicture
from stocktool_stock.application.portfolio_plans import KeepTargets, KeepThresholds
from stocktool_stock.application.portfolio_reader import PortfolioReader
from stocktool_stock.application.ports import ImportStore, PortfolioStore
from stocktool_stock.application.rebalance_portfolio import RebalancePortfolio
from stocktool_stock.application.store_what_if import StoreWhatIf
from stocktool_stock.application.what_if import WhatIf
from stocktool_stock.application.xray_portfolio import XRayPortfolio


def planning_uses(
    store: PortfolioStore,
    reader: PortfolioReader,
    instruments: InstrumentSource,
    fx: FxRates,
    *,
    imports: ImportStore,
    shelf: InstrumentShelf,
    table: Table,
    clock: Clock,
    audit_table: str,
    benchmark: str,
) -> PlanningUses:
    """Build them.

    Args:
        store: Portfolios.
        reader: Reads them with their prices.
        instruments: Profiles.
        fx: Exchange rates.
        imports: Stages copies of ledgers.
        shelf: Instruments of the users' own.
        table: `stocktool-portfolios`.
        clock: Real time.
        audit_table: Name of the audit table.
        benchmark: Symbol that the X-ray compares with.
    """
    plans = DynamoDBPlans(table, audit_table, clock)
    targets, thresholds = KeepTargets(store, plans, clock), KeepThresholds(store, plans, clock)
    pictures = ReadPicture(reader, instruments, fx, clock)
    rebalance = RebalancePortfolio(pictures, targets)
    what_if = WhatIf(pictures, fx, clock)
    return PlanningUses(
        targets=targets,
        thresholds=thresholds,
        rebalance=rebalance,
        optimise=OptimisePortfolio(pictures, rebalance, Threads()),
        what_if=what_if,
        store_what_if=StoreWhatIf(store, imports, shelf, what_if, clock),
        xray=XRayPortfolio(pictures, reader, targets, thresholds, benchmark),
    )
