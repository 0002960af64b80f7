"""The routers of the portfolio half, for the app and for its description."""

from __future__ import annotations

from stocktool_stock.http import figures, income, portfolios, transactions

PORTFOLIO_ROUTERS = (portfolios.router, transactions.router, figures.router, income.router)
