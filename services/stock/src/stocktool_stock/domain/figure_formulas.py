"""How each figure that has a trail is worked out from its rows, in words and signs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class FigureKind(StrEnum):
    """What a figure is worked out from."""

    DAY = "day"
    LEDGER = "ledger"
    RANGE = "range"
    CHAIN = "chain"


@dataclass(frozen=True, slots=True)
class Formula:
    """How a figure is worked out from its rows."""

    kind: FigureKind
    text: str
    source: str = ""


_TWR = "GIPS Standards for Firms (2020)"
FORMULAS: Mapping[str, Formula] = {
    "market_value": Formula(FigureKind.DAY, "sum of positions' value + sum of cash's value"),
    "cash": Formula(FigureKind.DAY, "sum of cash's value"),
    "cost_basis": Formula(FigureKind.DAY, "sum of lots' cost_basis: cost, fees included, at the rate of its day"),
    "unrealised": Formula(FigureKind.DAY, "sum of positions' value - sum of lots' cost_basis"),
    "unrealised_return": Formula(FigureKind.DAY, "(sum of positions' value - sum of lots' cost_basis) / cost_basis"),
    "price_effect": Formula(FigureKind.DAY, "sum of positions' value - sum of lots' cost x rate of the day"),
    "currency_effect": Formula(FigureKind.DAY, "sum of lots' cost x rate of the day - sum of lots' cost_basis"),
    "weight": Formula(
        FigureKind.DAY, "value of the symbol's positions / (sum of positions' value + sum of cash's value)"
    ),
    "hhi": Formula(FigureKind.DAY, "sum over symbols of (value / sum of positions' value)^2"),
    "realised": Formula(FigureKind.LEDGER, "sum of sales' proceeds - sum of sales' cost"),
    "income": Formula(FigureKind.LEDGER, "sum of income's gross: dividends and interest before tax"),
    "fees": Formula(FigureKind.LEDGER, "sum of charges' fee"),
    "taxes": Formula(FigureKind.LEDGER, "sum of charges' tax"),
    "net_flows": Formula(FigureKind.RANGE, "sum of flows' value"),
    "gain": Formula(FigureKind.RANGE, "value_end - value_start - sum of flows' value"),
    "simple_return": Formula(FigureKind.RANGE, "gain / (value_start + sum of flows' value above 0)"),
    "modified_dietz": Formula(
        FigureKind.RANGE,
        "gain / (value_start + sum of flows' value x (end - date) / (end - start))",
        "CFA Institute, Global Investment Performance Standards",
    ),
    "xirr": Formula(
        FigureKind.RANGE,
        "the rate r with -value_start - sum of flows' value / (1 + r)^((date - start) / 365) "
        "+ value_end / (1 + r)^((end - start) / 365) = 0",
        "Microsoft's documentation of Excel's XIRR",
    ),
    "irr": Formula(FigureKind.RANGE, "(1 + xirr)^((end - start) / 365) - 1"),
    "twr": Formula(FigureKind.CHAIN, "product of (1 + steps' rate) - 1; rate = (value - flow) / before - 1", _TWR),
    "twr_annual": Formula(FigureKind.CHAIN, "(product of (1 + steps' rate))^(365 / (end - start)) - 1", _TWR),
    "contribution": Formula(
        FigureKind.CHAIN,
        "sum of effects' gain / before x coefficient; coefficient = (ln(1 + rate) / rate) / (ln(1 + R) / R), "
        "R = product of (1 + rate) - 1",
        "Carino, Combining Attribution Effects Over Time (1999)",
    ),
    "max_drawdown": Formula(
        FigureKind.CHAIN, "least of index / highest index so far - 1; index = product of (1 + rate)"
    ),
    "total_return": Formula(FigureKind.CHAIN, "product of (1 + steps' rate) - 1"),
    "cagr": Formula(FigureKind.CHAIN, "(product of (1 + rate))^(252 / n) - 1"),
    "volatility": Formula(FigureKind.CHAIN, "standard deviation (n - 1) of steps' rate x sqrt(252)"),
    "sharpe": Formula(FigureKind.CHAIN, "mean(rate - risk_free_annual / 252) x 252 / volatility"),
    "sortino": Formula(
        FigureKind.CHAIN,
        "mean(rate - risk_free_annual / 252) x 252 / (sqrt(mean(min(rate - risk_free_annual / 252, 0)^2)) x sqrt(252))",
    ),
    "calmar": Formula(FigureKind.CHAIN, "cagr / -max_drawdown"),
    "skew": Formula(FigureKind.CHAIN, "mean((rate - mean)^3) / mean((rate - mean)^2)^1.5"),
    "kurtosis": Formula(FigureKind.CHAIN, "mean((rate - mean)^4) / mean((rate - mean)^2)^2 - 3"),
    "var95_hist": Formula(FigureKind.CHAIN, "5 % quantile of steps' rate, linear interpolation"),
    "cvar95_hist": Formula(FigureKind.CHAIN, "mean of the rates at or below their 5 % quantile"),
    "var95_normal": Formula(FigureKind.CHAIN, "mean + z x deviation; z = -1.6448536"),
    "cvar95_normal": Formula(FigureKind.CHAIN, "mean - deviation x phi(z) / 0.05; z = -1.6448536"),
    "var95_cornish_fisher": Formula(
        FigureKind.CHAIN, "mean + deviation x (z + (z^2 - 1) S/6 + (z^3 - 3z) K/24 - (2z^3 - 5z) S^2/36)"
    ),
    "worst_daily_return": Formula(FigureKind.CHAIN, "least of steps' rate"),
    "benchmark_twr": Formula(FigureKind.CHAIN, "product of (1 + steps' benchmark) - 1"),
    "beta": Formula(FigureKind.CHAIN, "covariance(rate, benchmark) / variance(benchmark)"),
    "alpha_annual": Formula(FigureKind.CHAIN, "(mean(rate - rf) - beta x mean(benchmark - rf)) x 252; rf a day's"),
    "correlation": Formula(FigureKind.CHAIN, "Pearson's r of rate and benchmark"),
    "tracking_error": Formula(FigureKind.CHAIN, "standard deviation (n - 1) of rate - benchmark x sqrt(252)"),
    "information_ratio": Formula(FigureKind.CHAIN, "mean(rate - benchmark) x 252 / tracking_error"),
}
AGAINST_BENCHMARK = frozenset(
    {"benchmark_twr", "beta", "alpha_annual", "correlation", "tracking_error", "information_ratio"}
)


_GAIN = ("positions", "lots")
TABLES_OF_DAY: Mapping[str, Sequence[str]] = {
    "market_value": ("positions", "cash"),
    "cash": ("cash",),
    "cost_basis": ("lots",),
    "unrealised": _GAIN,
    "unrealised_return": _GAIN,
    "price_effect": _GAIN,
    "currency_effect": ("lots",),
    "weight": ("positions", "cash"),
    "hhi": ("positions",),
}
"""Which rows a figure of one day is worked out from."""
