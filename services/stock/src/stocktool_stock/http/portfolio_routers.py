"""The routers of the portfolio half, for the app and for its description."""

from __future__ import annotations

from stocktool_stock.http import (
    analyses,
    custom_instruments,
    explained,
    exports,
    figures,
    history,
    import_batches,
    import_mappings,
    imports,
    income,
    planning,
    portfolios,
    projection,
    realised,
    targets,
    trail,
    transactions,
)

PORTFOLIO_ROUTERS = (
    portfolios.router,
    transactions.router,
    history.router,
    custom_instruments.router,
    realised.router,
    import_mappings.router,
    import_batches.router,
    imports.router,
    exports.router,
    figures.router,
    explained.router,
    trail.router,
    income.router,
    projection.router,
    analyses.router,
    targets.router,
    planning.router,
)
