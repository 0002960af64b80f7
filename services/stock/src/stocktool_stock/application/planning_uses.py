"""The use cases that look at a portfolio as a whole and plan for it, as both transports take them."""

from __future__ import annotations

from dataclasses import dataclass

from stocktool_stock.application.optimise_portfolio import OptimisePortfolio
from stocktool_stock.application.portfolio_plans import KeepTargets, KeepThresholds
from stocktool_stock.application.rebalance_portfolio import RebalancePortfolio
from stocktool_stock.application.store_what_if import StoreWhatIf
from stocktool_stock.application.what_if import WhatIf
from stocktool_stock.application.xray_portfolio import XRayPortfolio


@dataclass(frozen=True, slots=True)
class PlanningUses:
    """The use cases of planning."""

    targets: KeepTargets
    thresholds: KeepThresholds
    rebalance: RebalancePortfolio
    optimise: OptimisePortfolio
    what_if: WhatIf
    store_what_if: StoreWhatIf
    xray: XRayPortfolio
