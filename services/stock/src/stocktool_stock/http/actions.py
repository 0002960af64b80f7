"""`GET /instruments/{symbol}/actions`, `/fundamentals` and `/earnings`: what companies did, report, and when."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from stocktool_kit.http.model import MoneyModel, ResponseModel, plain_decimal

from stocktool_stock.domain.company import Fundamentals
from stocktool_stock.domain.instruments import parse_symbol
from stocktool_stock.http.bars import SplitModel
from stocktool_stock.http.market_uses import Market, Reader

router = APIRouter(tags=["market"])


class DatedModel(ResponseModel):
    """Where values come from, and how old they are."""

    source: str
    as_of: datetime = Field(description="The market's instant at which the source said so.")
    age_seconds: int = Field(description="From then to the market's now.")
    stale: bool = Field(description="Newer values were due and could not be had.")


class DividendModel(ResponseModel):
    """One dividend, per share, adjusted for later splits."""

    ex_date: date
    amount: MoneyModel


class ActionsModel(DatedModel):
    """Dividends and splits, oldest first."""

    symbol: str
    dividends: list[DividendModel]
    splits: list[SplitModel]
    undefined: dict[str, str] = Field(description="What cannot be told, with the reason.")


@router.get("/instruments/{symbol}/actions")
async def get_actions(
    symbol: str,
    market: Market,
    _caller: Reader,
    start: Annotated[date | None, Query(description="First ex-date; by default the first known.")] = None,
    end: Annotated[date | None, Query(description="Last ex-date; by default the market's today.")] = None,
) -> ActionsModel:
    """Dividends and splits of an instrument."""
    actions = await market.bars.actions(parse_symbol(symbol), start, end)
    return ActionsModel(
        symbol=actions.symbol,
        dividends=[
            DividendModel(
                ex_date=one.ex_date, amount=MoneyModel(amount=plain_decimal(one.amount), currency=actions.currency)
            )
            for one in actions.dividends
        ],
        splits=[SplitModel(ex_date=one.ex_date, ratio=plain_decimal(one.ratio)) for one in actions.splits],
        undefined=actions.undefined(),
        source=actions.source,
        as_of=actions.as_of,
        age_seconds=actions.age_seconds,
        stale=actions.stale,
    )


class FundamentalsModel(DatedModel):
    """A company's figures; null where the provider gives none. Rates and ratios are fractions."""

    symbol: str
    market_cap: MoneyModel | None
    revenue: MoneyModel | None = Field(description="Of the last four quarters.")
    earnings_per_share: MoneyModel | None
    year_low: MoneyModel | None
    year_high: MoneyModel | None
    trailing_pe: float | None
    forward_pe: float | None
    price_to_book: float | None
    dividend_yield: float | None
    payout_ratio: float | None
    beta: float | None = Field(description="As the provider reckons it; see /portfolios for ours.")
    shares_outstanding: str | None = Field(description="Count, as decimal text.")
    profit_margin: float | None
    return_on_equity: float | None
    debt_to_equity: float | None
    undefined: dict[str, str] = Field(description="Why figures are null, by name.")


@router.get("/instruments/{symbol}/fundamentals")
async def get_fundamentals(symbol: str, market: Market, _caller: Reader) -> FundamentalsModel:
    """A company's figures."""
    read = await market.companies.fundamentals(parse_symbol(symbol))
    found = read.value

    def money(name: str) -> MoneyModel | None:
        amount = getattr(found, name)
        return None if amount is None else MoneyModel(amount=plain_decimal(amount), currency=found.currency)

    def number(name: str) -> float | None:
        value = getattr(found, name)
        return None if value is None else float(value)

    shares = found.shares_outstanding
    return FundamentalsModel(
        symbol=found.symbol,
        market_cap=money("market_cap"),
        revenue=money("revenue"),
        earnings_per_share=money("earnings_per_share"),
        year_low=money("year_low"),
        year_high=money("year_high"),
        trailing_pe=number("trailing_pe"),
        forward_pe=number("forward_pe"),
        price_to_book=number("price_to_book"),
        dividend_yield=number("dividend_yield"),
        payout_ratio=number("payout_ratio"),
        beta=number("beta"),
        shares_outstanding=None if shares is None else plain_decimal(shares),
        profit_margin=number("profit_margin"),
        return_on_equity=number("return_on_equity"),
        debt_to_equity=number("debt_to_equity"),
        undefined=found.undefined(),
        source=found.source,
        as_of=found.as_of,
        age_seconds=_age(found, market),
        stale=read.overdue,
    )


class EarningsModel(DatedModel):
    """When a company reports next."""

    symbol: str
    next: date | None = Field(description="The first expected day from the market's today on.")
    days: list[date] = Field(description="All expected days; two are a span.")
    estimated: bool | None = Field(description="Not confirmed by the company; null when nobody says.")
    ex_dividend_day: date | None
    undefined: dict[str, str] = Field(description="Why values are null, by name.")


@router.get("/instruments/{symbol}/earnings")
async def get_earnings(symbol: str, market: Market, _caller: Reader) -> EarningsModel:
    """The days of a company's next reports."""
    read = await market.companies.earnings(parse_symbol(symbol))
    found = read.value
    today = market.status.today()
    return EarningsModel(
        symbol=found.symbol,
        next=found.next_after(today),
        days=list(found.days),
        estimated=found.estimated,
        ex_dividend_day=found.ex_dividend_day,
        undefined=found.undefined(today),
        source=found.source,
        as_of=found.as_of,
        age_seconds=market.status.age_seconds(found.as_of),
        stale=read.overdue,
    )


def _age(found: Fundamentals, market: Market) -> int:
    return market.status.age_seconds(found.as_of)
