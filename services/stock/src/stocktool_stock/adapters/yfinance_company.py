"""Yahoo's modules about a company as ours; what a module lacks stays unknown."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from stocktool_stock.domain.company import Earnings, Fundamentals

FUNDAMENTAL_MODULES = "price,summaryDetail,defaultKeyStatistics,financialData"
EARNINGS_MODULES = "calendarEvents,price"

_PLACES = Decimal("0.000001")
_FIELDS = {
    "market_cap": ("summaryDetail", "marketCap"),
    "trailing_pe": ("summaryDetail", "trailingPE"),
    "forward_pe": ("summaryDetail", "forwardPE"),
    "price_to_book": ("defaultKeyStatistics", "priceToBook"),
    "earnings_per_share": ("defaultKeyStatistics", "trailingEps"),
    "dividend_yield": ("summaryDetail", "dividendYield"),
    "payout_ratio": ("summaryDetail", "payoutRatio"),
    "beta": ("summaryDetail", "beta"),
    "shares_outstanding": ("defaultKeyStatistics", "sharesOutstanding"),
    "revenue": ("financialData", "totalRevenue"),
    "profit_margin": ("financialData", "profitMargins"),
    "return_on_equity": ("financialData", "returnOnEquity"),
    "debt_to_equity": ("financialData", "debtToEquity"),
    "year_low": ("summaryDetail", "fiftyTwoWeekLow"),
    "year_high": ("summaryDetail", "fiftyTwoWeekHigh"),
}
_PER_SHARE = frozenset({"year_low", "year_high"})  # in the currency's hundredths where prices are
_PERCENT = frozenset({"debt_to_equity"})  # Yahoo writes 152.4 for 1.524


def fundamentals_of(
    symbol: str, modules: Mapping[str, Any], *, now: datetime, minor: Mapping[str, str]
) -> Fundamentals:
    """Read the modules of `FUNDAMENTAL_MODULES`; `minor` are the currencies that are hundredths of another one."""
    stated = str((modules.get("summaryDetail") or {}).get("currency") or "")
    figures: dict[str, Decimal] = {}
    for name, (module, field) in _FIELDS.items():
        value = _number((modules.get(module) or {}).get(field))
        if value is None:
            continue
        if name in _PERCENT or (name in _PER_SHARE and stated in minor):
            value /= 100
        figures[name] = value
    return Fundamentals(
        symbol=symbol, currency=minor.get(stated, stated.upper()), as_of=now, source=_source(modules), **figures
    )


def earnings_of(symbol: str, modules: Mapping[str, Any], *, now: datetime) -> Earnings:
    """Read the modules of `EARNINGS_MODULES`."""
    calendar = modules.get("calendarEvents") or {}
    earnings = calendar.get("earnings") or {}
    estimated = earnings.get("isEarningsDateEstimate")
    return Earnings(
        symbol=symbol,
        days=tuple(sorted({day for stamp in earnings.get("earningsDate") or () if (day := _day(stamp)) is not None})),
        as_of=now,
        source=_source(modules),
        estimated=estimated if isinstance(estimated, bool) else None,
        ex_dividend_day=_day(calendar.get("exDividendDate")),
    )


def _source(modules: Mapping[str, Any]) -> str:
    return str((modules.get("price") or {}).get("quoteSourceName") or "Yahoo Finance")


def _number(value: object) -> Decimal | None:
    if isinstance(value, Mapping):  # the library's default wraps values: {"raw": 1.5, "fmt": "1.50"}
        value = value.get("raw")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    number = Decimal(str(value))
    return number if number == number.to_integral_value() else number.quantize(_PLACES).normalize()


def _day(value: object) -> date | None:
    if isinstance(value, Mapping):
        value = value.get("raw")
    return datetime.fromtimestamp(value, UTC).date() if isinstance(value, int) and value > 0 else None
