"""`GET /quotes`: last prices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response
from stocktool_kit.core.clock import instant
from stocktool_kit.core.money import Money
from stocktool_kit.http.model import MoneyModel, ResponseModel, plain_decimal

from stocktool_stock.application.failures import raised
from stocktool_stock.domain.instruments import parse_symbols
from stocktool_stock.domain.quotes import Quote, QuoteBatch, SymbolNotFound
from stocktool_stock.http.market_uses import Market, Reader, json_response

router = APIRouter(tags=["market"])

MOST_SYMBOLS = 100


class QuoteModel(ResponseModel):
    """The last price of one symbol."""

    symbol: str
    name: str = Field(description="Name of the instrument, empty when unknown.")
    price: MoneyModel
    previous_close: MoneyModel | None
    change: MoneyModel | None = Field(description="Price less previous close.")
    change_fraction: float | None = Field(description="Change as a fraction of the previous close.")
    as_of: datetime = Field(description="When the price was made.")
    age_seconds: int = Field(description="From then to the market's now.")
    stale: bool = Field(description="The price is older than it should be.")
    source: str
    undefined: dict[str, str] = Field(description="Why figures are null, by name.")


class SymbolErrorModel(ResponseModel):
    """Why one symbol has no answer."""

    symbol: str
    reason: str
    detail: str
    suggestions: list[str] = Field(description="Known symbols near it, nearest first.")


class QuoteList(ResponseModel):
    """Quotes in the order asked."""

    items: list[QuoteModel]
    errors: list[SymbolErrorModel]


@router.get("/quotes", response_model=QuoteList)
async def get_quotes(
    market: Market,
    _caller: Reader,
    symbols: Annotated[str, Query(description="Symbols with commas between, at most 100.", examples=["AAPL,JPM"])],
) -> Response:
    """Last prices. A symbol without an answer stands in `errors`; 404 only when no symbol is known."""
    batch = await market.quotes.quotes(parse_symbols(symbols, at_most=MOST_SYMBOLS))
    if not batch.quotes:
        # One that may exist decides: "try again" is truer than "unknown".
        known = [failure for failure in batch.failures if failure.reason != SymbolNotFound.reason]
        raise raised((known or list(batch.failures))[0])
    return json_response(quotes_body(batch))


def quotes_body(batch: QuoteBatch) -> dict[str, Any]:
    """The answer's body."""
    return {
        "items": [quote_body(quote, batch.now) for quote in batch.quotes],
        "errors": [
            {
                "symbol": failure.symbol,
                "reason": failure.reason,
                "detail": failure.detail,
                "suggestions": list(failure.suggestions),
            }
            for failure in batch.failures
        ],
    }


def quote_body(quote: Quote, now: datetime) -> dict[str, Any]:
    """One quote as JSON."""
    return {**_ageless(quote), "age_seconds": quote.age_seconds(now)}


@lru_cache(maxsize=4096)
def _ageless(quote: Quote) -> Mapping[str, Any]:
    """All of a quote but its age; the same quote is asked for many times before it changes."""
    fraction = quote.change_fraction
    return {
        "symbol": quote.symbol,
        "name": quote.name,
        "price": _money(quote.price),
        "previous_close": _money(quote.previous_close),
        "change": _money(quote.change),
        "change_fraction": None if fraction is None else float(fraction),
        "as_of": instant(quote.as_of),
        "stale": quote.stale,
        "source": quote.source,
        "undefined": quote.undefined(),
    }


def _money(money: Money | None) -> dict[str, str] | None:
    return None if money is None else {"amount": plain_decimal(money.amount), "currency": money.currency}
