"""`GET /market/movers`, `/market/calendar` and `/market/quarantine`: the market as a whole."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import Response
from stocktool_kit.core.clock import instant
from stocktool_kit.http.model import ResponseModel

from stocktool_stock.application.provider_ports import KeptPrint
from stocktool_stock.domain.instruments import parse_symbol
from stocktool_stock.http.market_uses import Market, Operator, Reader, SmallPage, json_response
from stocktool_stock.http.quotes import QuoteModel, quote_body

router = APIRouter(tags=["market"])


class MoversModel(ResponseModel):
    """Who rose and fell most, from the close before to the last price."""

    gainers: list[QuoteModel] = Field(description="Largest rise first.")
    losers: list[QuoteModel] = Field(description="Largest fall first.")
    considered: int = Field(description="Symbols that were compared: those asked for here before.")
    stale_prices: int = Field(description="Symbols left out, since their price is stale or their change unknown.")
    now: datetime = Field(description="The market's now.")


@router.get("/market/movers", response_model=MoversModel)
async def get_movers(
    market: Market,
    _caller: Reader,
    limit: Annotated[int, Query(ge=1, le=50, description="At most so many on either side.")] = 10,
) -> Response:
    """The movers among the symbols this deployment knows."""
    movers = await market.movers(limit)
    return json_response(
        {
            "gainers": [quote_body(quote, movers.now) for quote in movers.gainers],
            "losers": [quote_body(quote, movers.now) for quote in movers.losers],
            "considered": movers.considered,
            "stale_prices": movers.left_out,
            "now": instant(movers.now),
        }
    )


class SessionModel(ResponseModel):
    """One session."""

    day: date
    opens: datetime
    closes: datetime


class CalendarModel(ResponseModel):
    """Sessions of one exchange, oldest first."""

    mic: str
    time_zone: str
    sessions: list[SessionModel]


@router.get("/market/calendar")
async def get_calendar(
    market: Market,
    _caller: Reader,
    mic: Annotated[str, Query(description="Market identifier code (ISO 10383).", examples=["XNYS"])] = "XNYS",
    start: Annotated[date | None, Query(description="First day; by default the market's today.")] = None,
    end: Annotated[date | None, Query(description="Last day; by default thirty days after the first.")] = None,
) -> CalendarModel:
    """When an exchange trades; at most three years."""
    first = start or market.status.today()
    found = await market.calendars(mic, first, end or first + timedelta(days=30))
    return CalendarModel(
        mic=found.mic,
        time_zone=found.zone,
        sessions=[SessionModel(day=one.day, opens=one.opens, closes=one.closes) for one in found.sessions],
    )


class PrintModel(ResponseModel):
    """A print that cannot be a price, kept aside."""

    id: str
    symbol: str
    kind: str = Field(description="bar or quote.")
    day: date
    price: str = Field(description="What it said, as text: it need not be a number.")
    currency: str
    fault: str = Field(description="not_finite, not_positive, future, high_below_low, hundredfold, dividend or jump.")
    last_good: str | None = Field(description="The price it was judged by.")
    source: str
    seen_at: datetime
    released: bool = Field(description="An operator vouched for it: it counts as a price.")

    @classmethod
    def of(cls, kept: KeptPrint) -> PrintModel:
        """Write a print."""
        return cls(
            id=kept.id,
            symbol=kept.symbol,
            kind=kept.kind,
            day=kept.day,
            price=repr(kept.price),
            currency=kept.currency,
            fault=kept.fault.value,
            last_good=None if kept.last_good is None else repr(kept.last_good),
            source=kept.source,
            seen_at=kept.seen_at,
            released=kept.released,
        )


class PrintList(ResponseModel):
    """By symbol, kind and day."""

    items: list[PrintModel]
    next_page_token: str


@router.get("/market/quarantine")
async def list_quarantine(
    market: Market,
    _caller: Reader,
    page: SmallPage,
    symbol: Annotated[str, Query(max_length=32, description="Only of this symbol.")] = "",
) -> PrintList:
    """Prints that were kept aside because they cannot be prices; the last good value stands in their place."""
    found = await market.quarantine.list(parse_symbol(symbol) if symbol else "", page)
    return PrintList(items=[PrintModel.of(one) for one in found.items], next_page_token=found.next_page_token)


@router.post("/market/quarantine/{print_id}:release")
async def release_print(
    market: Market,
    operator: Operator,
    print_id: Annotated[str, Path(max_length=80, description="As the list names it.")],
) -> PrintModel:
    """Vouch for a print: it counts as a price from now on. Doing so again changes nothing."""
    return PrintModel.of(await market.release_print(print_id, operator.subject))
