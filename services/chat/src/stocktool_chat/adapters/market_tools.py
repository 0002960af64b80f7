"""Tools about the market and its symbols."""

from __future__ import annotations

import asyncio
import math

from stocktool.stock.v1 import analytics_service_pb2 as analytics_pb
from stocktool.stock.v1 import stock_service_pb2 as pb

from stocktool_chat.adapters import tool_arguments as args
from stocktool_chat.adapters.proto_json import to_plain
from stocktool_chat.adapters.tool_session import Session, Tool, renamed, wire_day
from stocktool_chat.domain.json_types import Json, JsonObject

_MOST_BARS = 60
_USUAL_DAYS = 5
# Funds that stand for the whole: large, small and technology companies of the US, the world's, bonds and gold.
_BROAD = ("SPY", "QQQ", "IWM", "ACWI", "AGG", "GLD")


async def market_status(session: Session, _: args.NoArguments) -> JsonObject:
    """The market's now."""
    return to_plain(await session.ask.market.GetMarketStatus(pb.GetMarketStatusRequest()))


async def quotes(session: Session, wanted: args.Symbols) -> JsonObject:
    """Last prices."""
    answer = await session.ask.market.GetQuotes(pb.GetQuotesRequest(symbols=wanted.symbols))
    return renamed(to_plain(answer), quotes="items")


async def bars(session: Session, wanted: args.Bars) -> JsonObject:
    """Prices by day, week or month; the newest of a long range."""
    request = pb.GetBarsRequest(
        symbol=wanted.symbol, start=wire_day(wanted.start), end=wire_day(wanted.end), interval=wanted.interval or "1d"
    )
    plain = to_plain(await session.ask.market.GetBars(request), drop=("adjusted_close",))
    shortened = {
        key: value[-_MOST_BARS:] if isinstance(value, list) and key != "warnings" else value
        for key, value in plain.items()
    }
    days = plain.get("dates")
    return {**shortened, "total_count": len(days) if isinstance(days, list) else 0}


async def indicators(session: Session, wanted: args.Indicators) -> JsonObject:
    """Technical indicators, the newest days."""
    request = pb.GetIndicatorsRequest(
        symbol=wanted.symbol, names=wanted.names, start=wire_day(wanted.start), end=wire_day(wanted.end)
    )
    found = await session.ask.market.GetIndicators(request)
    first = max(0, len(found.dates) - (wanted.limit or _USUAL_DAYS))
    items: list[Json] = [_indicator_day(found, at) for at in range(first, len(found.dates))]
    plain = to_plain(found, drop=("dates", "close", "lines"))
    return {**plain, "items": items, "total_count": len(found.dates)}


def _indicator_day(found: pb.GetIndicatorsResponse, at: int) -> JsonObject:
    """One day: prices as amounts, Wilder's index in its own points from 0 to 100."""
    lines: list[Json] = [
        {"name": line.name, "points" if line.name.startswith("rsi") else "value": _known(line.values[at])}
        for line in found.lines
    ]
    return {"date": found.dates[at], "close": _known(found.close[at]), "lines": lines}


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


async def market_overview(session: Session, wanted: args.Limit) -> JsonObject:
    """The market's state, broad funds and movers."""
    # Not a task group: it would wrap what a service said, and the model is told that by its reason.
    status, moved, broad = await asyncio.gather(
        market_status(session, args.NoArguments()),
        movers(session, wanted),
        quotes(session, args.Symbols(symbols=list(_BROAD))),
    )
    return {"market": status, **moved, "broad": broad.get("items", [])}


async def compare(session: Session, wanted: args.Compare) -> JsonObject:
    """Symbols side by side."""
    request = analytics_pb.CompareSymbolsRequest(
        symbols=wanted.symbols,
        start=wire_day(wanted.start),
        end=wire_day(wanted.end),
        period=args.wire_period(wanted.period),
    )
    return to_plain(await session.ask.analytics.CompareSymbols(request))


async def search_instruments(session: Session, wanted: args.Search) -> JsonObject:
    """Symbols by name."""
    request = pb.SearchInstrumentsRequest(query=wanted.query, page_size=10)
    answer = await session.ask.market.SearchInstruments(request)
    return renamed(to_plain(answer, drop=("next_page_token",)), instruments="items")


async def profile(session: Session, wanted: args.OfSymbol) -> JsonObject:
    """What an instrument is."""
    answer = await session.ask.market.GetInstrument(pb.GetInstrumentRequest(symbol=wanted.symbol))
    return to_plain(answer.instrument)


async def fundamentals(session: Session, wanted: args.OfSymbol) -> JsonObject:
    """A company's figures."""
    return to_plain(await session.ask.market.GetFundamentals(pb.GetFundamentalsRequest(symbol=wanted.symbol)))


async def earnings(session: Session, wanted: args.OfSymbol) -> JsonObject:
    """When a company reports."""
    return to_plain(await session.ask.market.GetEarnings(pb.GetEarningsRequest(symbol=wanted.symbol)))


async def actions(session: Session, wanted: args.SymbolRange) -> JsonObject:
    """Dividends and splits of a symbol."""
    request = pb.GetActionsRequest(symbol=wanted.symbol, start=wire_day(wanted.start), end=wire_day(wanted.end))
    return to_plain(await session.ask.market.GetActions(request))


async def movers(session: Session, wanted: args.Limit) -> JsonObject:
    """Largest rises and falls of the day."""
    return to_plain(await session.ask.market.GetMovers(pb.GetMoversRequest(limit=wanted.limit or 5)))


async def news(session: Session, wanted: args.News) -> JsonObject:
    """News of a symbol."""
    request = pb.ListNewsRequest(symbol=wanted.symbol, page_size=wanted.limit or 5)
    answer = await session.ask.market.ListNews(request)
    return {"symbol": wanted.symbol, **to_plain(answer, drop=("next_page_token",))}


TOOLS = (
    Tool("get_market_status", "The market's today, whether it is open, and the state of the price source.",
         args.NoArguments, market_status, pb.GetMarketStatusResponse),
    Tool("get_quotes", "Last prices of symbols with their day's change and age.",
         args.Symbols, quotes, pb.GetQuotesResponse, ("items",)),
    Tool("get_bars", "Open, high, low, close and volume of a symbol by day, week or month; the newest of the range.",
         args.Bars, bars, pb.GetBarsResponse, ("total_count",), kept=True),
    Tool("get_indicators", "Technical indicators of a symbol's daily prices (moving averages, RSI, MACD, Bollinger "
         "bands, ATR): the newest days of the range.",
         args.Indicators, indicators, pb.GetIndicatorsResponse, ("items", "total_count"), kept=True),
    Tool("get_market_overview", "The market at a glance: whether it is open, broad funds with their day's change, the "
         "largest rises and falls.", args.Limit, market_overview, pb.GetMoversResponse, ("market", "broad")),
    Tool("compare_symbols", "Returns, volatility, drawdown and correlations of symbols over the same days.",
         args.Compare, compare, analytics_pb.CompareSymbolsResponse, kept=True),
    Tool("search_instruments", "Finds the symbol of a company or fund by name.",
         args.Search, search_instruments, pb.SearchInstrumentsResponse, ("items",), kept=True),
    Tool("get_profile", "What an instrument is: name, kind, sector, industry, currency, seat.",
         args.OfSymbol, profile, pb.Instrument, kept=True),
    Tool("get_fundamentals", "A company's figures: market value, earnings, ratios, dividend yield.",
         args.OfSymbol, fundamentals, pb.GetFundamentalsResponse, kept=True),
    Tool("get_earnings", "When a company reports its earnings.",
         args.OfSymbol, earnings, pb.GetEarningsResponse, kept=True),
    Tool("get_dividends", "Dividends and splits of a symbol.",
         args.SymbolRange, actions, pb.GetActionsResponse, kept=True),
    Tool("get_movers", "The largest rises and falls of the day among known symbols.",
         args.Limit, movers, pb.GetMoversResponse),
    Tool("list_news", "Recent news about a symbol.", args.News, news, pb.ListNewsResponse, ("symbol",), kept=True),
)  # fmt: skip
