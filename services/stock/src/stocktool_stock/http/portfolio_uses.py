"""What the portfolio routes call; bootstrap puts it on the app's state as `portfolios`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Depends, Query, Request
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, PageRequest
from stocktool_kit.http.auth import requires
from stocktool_kit.http.idempotency import idempotency_key

from stocktool_stock.application.periods import Period
from stocktool_stock.application.portfolio_uses import PortfolioUses
from stocktool_stock.domain.instruments import parse_symbol
from stocktool_stock.domain.segments import Scope


def _uses(request: Request) -> PortfolioUses:
    found: PortfolioUses = request.app.state.portfolios
    return found


def _page(
    page_size: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE, description="At most so many.")] = DEFAULT_PAGE_SIZE,
    page_token: Annotated[str, Query(max_length=512, description="Token of the next page.")] = "",
) -> PageRequest:
    return PageRequest(page_size, page_token)


Uses = Annotated[PortfolioUses, Depends(_uses)]
Reader = Annotated[Caller, requires("portfolio.read")]
Writer = Annotated[Caller, requires("portfolio.write")]
Key = Annotated[IdempotencyKey | None, idempotency_key()]
PageQuery = Annotated[PageRequest, Depends(_page)]
AsOf = Annotated[date | None, Query(description="Day of the valuation; by default, and at most, the market's today.")]
LongTermDays = Annotated[
    int | None,
    Query(ge=0, le=36_600, description="Long-term is more than so many days; by default more than a calendar year."),
]
BenchmarkSymbol = Annotated[str, Query(max_length=32, description="Symbol to compare with, SPY; none by default.")]


@dataclass(frozen=True, slots=True)
class Range:
    """A range of days as a query says it."""

    start: date | None
    end: date | None
    period: Period | None


def _range(
    start: Annotated[date | None, Query(description="First day, whose close is the base.")] = None,
    end: Annotated[date | None, Query(description="Last day; by default, and at most, the market's today.")] = None,
    period: Annotated[Period | None, Query(description="ytd, 1m, 1y or max, when no start is given.")] = None,
) -> Range:
    return Range(start, end, period)


RangeQuery = Annotated[Range, Depends(_range)]


def _scope(
    account_id: Annotated[str, Query(max_length=64, description="Of one account only.")] = "",
    symbol: Annotated[str, Query(max_length=32, description="Of one holding only.")] = "",
) -> Scope:
    return Scope(account_id, parse_symbol(symbol, "symbol") if symbol else "")


ScopeQuery = Annotated[Scope, Depends(_scope)]
Gross = Annotated[bool, Query(description="Before fees and taxes; by default after them.")]
