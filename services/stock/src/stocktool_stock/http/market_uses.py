"""What the market routes call; bootstrap puts it on the app's state as `market`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from fastapi import Depends, Query, Request
from starlette.responses import Response
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.paging import PageRequest
from stocktool_kit.http.auth import requires

from stocktool_stock.application.company_reads import ReadCompanies
from stocktool_stock.application.find_movers import FindMovers
from stocktool_stock.application.get_bars import GetBars
from stocktool_stock.application.get_quotes import GetQuotes
from stocktool_stock.application.market_ports import InstrumentSource, NewsSource
from stocktool_stock.application.market_status import TellMarketStatus
from stocktool_stock.application.quarantine import Quarantine
from stocktool_stock.application.read_calendars import ReadCalendars
from stocktool_stock.application.release_print import ReleasePrint


@dataclass(frozen=True, slots=True)
class MarketUses:
    """The use cases behind the market routes."""

    quotes: GetQuotes
    bars: GetBars
    instruments: InstrumentSource
    news: NewsSource
    status: TellMarketStatus
    companies: ReadCompanies
    movers: FindMovers
    quarantine: Quarantine
    release_print: ReleasePrint
    calendars: ReadCalendars


# Asynchronous though they wait for nothing: the framework runs plain functions on a thread, at half a millisecond each.
async def _market(request: Request) -> MarketUses:
    found: MarketUses = request.app.state.market
    return found


async def _page(
    page_size: Annotated[int, Query(ge=1, le=50, description="At most so many.")] = 10,
    page_token: Annotated[str, Query(max_length=512, description="Token of the next page.")] = "",
) -> PageRequest:
    return PageRequest(page_size, page_token)


Market = Annotated[MarketUses, Depends(_market)]
Reader = Annotated[Caller, requires("market.read")]
Operator = Annotated[Caller, requires("admin.write")]
SmallPage = Annotated[PageRequest, Depends(_page)]


def json_response(body: Any) -> Response:
    """Answer values of ours as they are: no second validation, NaN as null, numpy columns as lists."""
    return Response(orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")
