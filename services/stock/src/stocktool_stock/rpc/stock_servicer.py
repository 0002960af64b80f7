"""`StockService` on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import TypeAlias

import grpc
import numpy as np
from google.type import date_pb2
from stocktool.common.v1 import money_pb2
from stocktool.stock.v1 import stock_service_pb2 as pb
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.money import Money
from stocktool_kit.core.paging import PageRequest
from stocktool_kit.http.model import plain_decimal

from stocktool_stock.application.company_reads import ReadCompanies
from stocktool_stock.application.find_movers import FindMovers
from stocktool_stock.application.get_bars import GetBars
from stocktool_stock.application.get_quotes import GetQuotes
from stocktool_stock.application.market_ports import (
    InstrumentSource,
    MarketMode,
    NewsSource,
    ProviderState,
)
from stocktool_stock.application.market_status import TellMarketStatus
from stocktool_stock.application.offload import Offload
from stocktool_stock.domain.bars import Bars, Column, Interval
from stocktool_stock.domain.company import AMOUNTS, FIGURES
from stocktool_stock.domain.instruments import Instrument
from stocktool_stock.domain.quotes import Quote
from stocktool_stock.rpc.indicator_methods import IndicatorMethods

Context: TypeAlias = "grpc.aio.ServicerContext[object, object]"

_PAGE_SIZE = 10
_MODES = {
    MarketMode.REAL: pb.MARKET_MODE_REAL,
    MarketMode.FIXED: pb.MARKET_MODE_FIXED,
    MarketMode.REPLAY: pb.MARKET_MODE_REPLAY,
}
_STATES = {
    ProviderState.OK: pb.PROVIDER_STATE_OK,
    ProviderState.LIMITED: pb.PROVIDER_STATE_LIMITED,
    ProviderState.DOWN: pb.PROVIDER_STATE_DOWN,
}


class StockServicer(IndicatorMethods):
    """Converts, calls, converts."""

    def __init__(
        self,
        *,
        quotes: GetQuotes,
        bars: GetBars,
        instruments: InstrumentSource,
        news: NewsSource,
        status: TellMarketStatus,
        companies: ReadCompanies,
        movers: FindMovers,
        offload: Offload,
    ) -> None:
        self._quotes = quotes
        self._bars = bars
        self._instruments = instruments
        self._news = news
        self._status = status
        self._companies = companies
        self._movers = movers
        self._offload = offload

    async def GetMarketStatus(self, request: pb.GetMarketStatusRequest, context: Context) -> pb.GetMarketStatusResponse:
        """Tell the market's status."""
        status = await self._status.status()
        response = pb.GetMarketStatusResponse(
            mode=_MODES[status.mode],
            open=status.open,
            calendar=status.calendar,
            time_zone=status.time_zone,
            session=_date(status.session),
            provider_state=_STATES[status.provider_state],
            provider_detail=status.provider_detail,
            source=status.source,
        )
        response.now.FromDatetime(status.now)
        response.session_close.FromDatetime(status.session_close)
        response.next_open.FromDatetime(status.next_open)
        return response

    async def GetQuotes(self, request: pb.GetQuotesRequest, context: Context) -> pb.GetQuotesResponse:
        """Give last prices."""
        batch = await self._quotes.quotes(request.symbols)
        return pb.GetQuotesResponse(
            quotes=[_quote(quote, batch.now) for quote in batch.quotes],
            errors=[
                pb.SymbolError(
                    symbol=failure.symbol,
                    reason=failure.reason,
                    detail=failure.detail,
                    suggestions=failure.suggestions,
                )
                for failure in batch.failures
            ],
        )

    async def GetBars(self, request: pb.GetBarsRequest, context: Context) -> pb.GetBarsResponse:
        """Give price history."""
        start = _day(request.start, "start") if request.HasField("start") else None
        end = _day(request.end, "end") if request.HasField("end") else None
        bars = await self._bars.bars(request.symbol, start, end, interval=Interval.of(request.interval))
        return _bars(bars)

    async def SearchInstruments(
        self, request: pb.SearchInstrumentsRequest, context: Context
    ) -> pb.SearchInstrumentsResponse:
        """Find instruments."""
        page = await self._instruments.search(request.query, _page(request.page_size, request.page_token))
        return pb.SearchInstrumentsResponse(
            instruments=map(_instrument, page.items), next_page_token=page.next_page_token
        )

    async def GetInstrument(self, request: pb.GetInstrumentRequest, context: Context) -> pb.GetInstrumentResponse:
        """Give a profile."""
        return pb.GetInstrumentResponse(instrument=_instrument(await self._instruments.instrument(request.symbol)))

    async def ListNews(self, request: pb.ListNewsRequest, context: Context) -> pb.ListNewsResponse:
        """List notes."""
        page = await self._news.news(request.symbol, _page(request.page_size, request.page_token))
        response = pb.ListNewsResponse(next_page_token=page.next_page_token)
        for item in page.items:
            message = response.items.add(
                title=item.title,
                url=item.url,
                publisher=item.publisher,
                sentiment=item.sentiment,
                summary=item.summary,
            )
            message.published_at.FromDatetime(item.published_at)
        return response

    async def GetActions(self, request: pb.GetActionsRequest, context: Context) -> pb.GetActionsResponse:
        """Give dividends and splits."""
        start = _day(request.start, "start") if request.HasField("start") else None
        end = _day(request.end, "end") if request.HasField("end") else None
        actions = await self._bars.actions(request.symbol, start, end)
        return pb.GetActionsResponse(
            symbol=actions.symbol,
            dividends=[
                pb.Dividend(ex_date=_date(one.ex_date), amount=_money(Money(one.amount, actions.currency)))
                for one in actions.dividends
            ],
            splits=[pb.Split(ex_date=_date(one.ex_date), ratio=plain_decimal(one.ratio)) for one in actions.splits],
            provenance=_provenance(actions.source, actions.as_of, actions.age_seconds, stale=actions.stale),
            undefined=actions.undefined(),
        )

    async def GetFundamentals(self, request: pb.GetFundamentalsRequest, context: Context) -> pb.GetFundamentalsResponse:
        """Give a company's figures."""
        read = await self._companies.fundamentals(request.symbol)
        found = read.value
        known = {name: value for name in FIGURES if (value := getattr(found, name)) is not None}
        response = pb.GetFundamentalsResponse(
            symbol=found.symbol,
            numbers={name: float(value) for name, value in known.items() if name not in AMOUNTS},
            provenance=_provenance(
                found.source, found.as_of, self._status.age_seconds(found.as_of), stale=read.overdue
            ),
            undefined=found.undefined(),
        )
        for name in AMOUNTS & known.keys():
            response.amounts[name].CopyFrom(money_pb2.Money(amount=plain_decimal(known[name]), currency=found.currency))
        return response

    async def GetEarnings(self, request: pb.GetEarningsRequest, context: Context) -> pb.GetEarningsResponse:
        """Tell when a company reports."""
        read = await self._companies.earnings(request.symbol)
        found, today = read.value, self._status.today()
        coming, ex_day = found.next_after(today), found.ex_dividend_day
        return pb.GetEarningsResponse(
            symbol=found.symbol,
            next=None if coming is None else _date(coming),
            days=map(_date, found.days),
            estimated=found.estimated,
            ex_dividend_day=None if ex_day is None else _date(ex_day),
            provenance=_provenance(
                found.source, found.as_of, self._status.age_seconds(found.as_of), stale=read.overdue
            ),
            undefined=found.undefined(today),
        )

    async def GetMovers(self, request: pb.GetMoversRequest, context: Context) -> pb.GetMoversResponse:
        """Give the movers."""
        movers = await self._movers(request.limit or _PAGE_SIZE)
        return pb.GetMoversResponse(
            gainers=[_quote(quote, movers.now) for quote in movers.gainers],
            losers=[_quote(quote, movers.now) for quote in movers.losers],
            considered=movers.considered,
            stale_prices=movers.left_out,
        )


def _provenance(source: str, as_of: datetime, age_seconds: int, *, stale: bool) -> pb.Provenance:
    message = pb.Provenance(source=source, age_seconds=age_seconds, stale=stale)
    message.as_of.FromDatetime(as_of)
    return message


def _page(size: int, token: str) -> PageRequest:
    return PageRequest(size or _PAGE_SIZE, token)


def _quote(quote: Quote, now: datetime) -> pb.Quote:
    fraction = quote.change_fraction
    message = pb.Quote(
        symbol=quote.symbol,
        price=_money(quote.price),
        previous_close=_money(quote.previous_close),
        change=_money(quote.change),
        change_fraction=None if fraction is None else float(fraction),
        age_seconds=quote.age_seconds(now),
        stale=quote.stale,
        source=quote.source,
        name=quote.name,
        undefined=quote.undefined(),
    )
    message.as_of.FromDatetime(quote.as_of)
    return message


def _bars(bars: Bars) -> pb.GetBarsResponse:
    response = pb.GetBarsResponse(
        symbol=bars.symbol,
        currency=bars.currency,
        dates=np.datetime_as_string(bars.days).tolist(),
        open=_column(bars.open),
        high=_column(bars.high),
        low=_column(bars.low),
        close=_column(bars.close),
        adjusted_close=_column(bars.adjusted_close),
        volume=_column(bars.volume),
        splits=[pb.Split(ex_date=_date(split.ex_date), ratio=plain_decimal(split.ratio)) for split in bars.splits],
        source=bars.source,
        stale=bars.stale,
    )
    response.as_of.FromDatetime(bars.as_of)
    return response


def _column(values: Column) -> list[float]:
    result: list[float] = values.tolist()  # three times faster into a repeated field than the array itself
    return result


def _instrument(instrument: Instrument) -> pb.Instrument:
    first = instrument.first_trade_date
    return pb.Instrument(
        symbol=instrument.symbol,
        name=instrument.name,
        type=instrument.type,
        exchange=instrument.exchange,
        currency=instrument.currency,
        sector=instrument.sector,
        industry=instrument.industry,
        headquarters=instrument.headquarters,
        first_trade_date=None if first is None else _date(first),
    )


def _money(money: Money | None) -> money_pb2.Money | None:
    return None if money is None else money_pb2.Money(amount=plain_decimal(money.amount), currency=money.currency)


def _date(day: date) -> date_pb2.Date:
    return date_pb2.Date(year=day.year, month=day.month, day=day.day)


def _day(message: date_pb2.Date, pointer: str) -> date:
    try:
        return date(message.year, message.month, message.day)
    except ValueError as error:
        raise InvalidArgument.of(pointer, "is no day of the calendar") from error
