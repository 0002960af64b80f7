"""What companies report: figures of their accounts and the days on which they speak.

Ratios are fractions as everywhere: a dividend yield of 0.005 is half a percent. None is what the provider does not
give.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal

NOT_GIVEN = "the provider gives none"


@dataclass(frozen=True, slots=True)
class Fundamentals:
    """Figures of one company as its provider last had them; amounts of money are in `currency`.

    Attributes:
        symbol: The symbol.
        currency: ISO 4217 code of the amounts.
        as_of: The market's instant at which the provider was asked.
        source: Name shown beside the figures.
        market_cap: Price times shares.
        trailing_pe, forward_pe: Price over earnings per share, of the last year and as expected.
        price_to_book: Price over book value per share.
        earnings_per_share: Of the last four quarters.
        dividend_yield: Expected dividends of a year over the price, a fraction.
        payout_ratio: Dividends over earnings, a fraction.
        beta: As the provider reckons it, against its own index over five years of months.
        shares_outstanding: Count.
        revenue, profit_margin, return_on_equity, debt_to_equity: Of the last four quarters; fractions but for revenue.
        year_low, year_high: Extremes of the price over 52 weeks.
    """

    symbol: str
    currency: str
    as_of: datetime
    source: str
    market_cap: Decimal | None = None
    trailing_pe: Decimal | None = None
    forward_pe: Decimal | None = None
    price_to_book: Decimal | None = None
    earnings_per_share: Decimal | None = None
    dividend_yield: Decimal | None = None
    payout_ratio: Decimal | None = None
    beta: Decimal | None = None
    shares_outstanding: Decimal | None = None
    revenue: Decimal | None = None
    profit_margin: Decimal | None = None
    return_on_equity: Decimal | None = None
    debt_to_equity: Decimal | None = None
    year_low: Decimal | None = None
    year_high: Decimal | None = None

    def undefined(self) -> dict[str, str]:
        """Figures that are absent, each with its reason."""
        return {name: NOT_GIVEN for name in FIGURES if getattr(self, name) is None}


FIGURES = tuple(
    field.name for field in fields(Fundamentals) if field.name not in {"symbol", "currency", "as_of", "source"}
)
"""Names of the figures."""
AMOUNTS = frozenset({"market_cap", "revenue", "earnings_per_share", "year_low", "year_high"})
"""Those that are amounts of money."""


@dataclass(frozen=True, slots=True)
class Earnings:
    """When a company reports.

    Attributes:
        symbol: The symbol.
        days: Days of coming reports as the provider expects them, oldest first; two are a span it may fall in.
        estimated: The company has not confirmed them; None when the provider does not say.
        ex_dividend_day: Last or next day on which the share trades without its dividend.
        as_of: The market's instant at which the provider was asked.
        source: Name shown beside the days.
    """

    symbol: str
    days: tuple[date, ...]
    as_of: datetime
    source: str
    estimated: bool | None = None
    ex_dividend_day: date | None = None

    def undefined(self, today: date) -> dict[str, str]:
        """Values that are absent, each with its reason."""
        reasons: dict[str, str] = {}
        if not self.days:
            reasons["next"] = NOT_GIVEN
        elif self.next_after(today) is None:
            reasons["next"] = "the days the provider gives are past"
        if self.estimated is None:
            reasons["estimated"] = NOT_GIVEN
        if self.ex_dividend_day is None:
            reasons["ex_dividend_day"] = NOT_GIVEN
        return reasons

    def next_after(self, day: date) -> date | None:
        """The first expected day that is not before `day`."""
        return next((one for one in self.days if one >= day), None)
