"""The market half of the service, put together from its adapters and use cases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from stocktool_kit.aws.table import Table
from stocktool_kit.core.clock import Clock, MarketClock
from stocktool_kit.core.market_now import parse_market_now

from stocktool_stock.adapters import packed
from stocktool_stock.adapters.dynamodb_stock_cache import DynamoDBEntries
from stocktool_stock.adapters.ecb_rates import EcbRates
from stocktool_stock.adapters.yfinance_client import YahooOptions, YFinanceClient
from stocktool_stock.adapters.yfinance_provider import YFinanceProvider
from stocktool_stock.application.cached_reads import CachedReads, CachePolicy, Fetch
from stocktool_stock.application.fetch_queue import FetchQueue
from stocktool_stock.application.get_bars import FetchBars, GetBars
from stocktool_stock.application.get_quotes import FetchQuotes, GetQuotes
from stocktool_stock.application.list_news import FetchNews, ListNews
from stocktool_stock.application.market_ports import MarketMode
from stocktool_stock.application.market_status import TellMarketStatus
from stocktool_stock.application.provider_health import ProviderHealth
from stocktool_stock.application.search_instruments import FetchProfiles, FetchSearch, SearchInstruments
from stocktool_stock.domain.bars import Bars
from stocktool_stock.domain.calendar import is_open
from stocktool_stock.domain.instruments import Instrument
from stocktool_stock.domain.news import NewsItem
from stocktool_stock.domain.quotes import Quote

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MarketOptions:
    """What the market half is told by the settings.

    Attributes:
        market_now: The market's now; see `stocktool_kit.core.market_now`.
        yahoo: How the provider is called.
        quote_fresh: Age up to which a stored quote is not refreshed.
        bars_fresh: The same for price history.
    """

    market_now: str = ""
    yahoo: YahooOptions = field(default_factory=YahooOptions)
    quote_fresh: timedelta = timedelta(minutes=5)
    bars_fresh: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class MarketParts:
    """The market half.

    Attributes:
        fetches: A worker the process must run.
        is_moving: Whether prices can change now: a session runs, or past days pass.
    """

    quotes: GetQuotes
    bars: GetBars
    fx: EcbRates
    instruments: SearchInstruments
    news: ListNews
    status: TellMarketStatus
    clock: MarketClock
    fetches: FetchQueue
    is_moving: Callable[[], bool]


@asynccontextmanager
async def market_parts(
    options: MarketOptions, table: Table, clock: Clock, meter: Callable[[bool], None]
) -> AsyncIterator[MarketParts]:
    """Build the parts and close them.

    Args:
        options: From the settings.
        table: `stocktool-stock-cache`.
        clock: Real time.
        meter: Told of each cached key whether it was there.

    Raises:
        ValueError: `market_now` is malformed.
    """
    flow = parse_market_now(options.market_now)
    market_clock = MarketClock(clock, lambda: None if flow is None else flow.at(clock))
    mode = MarketMode.REAL if flow is None else MarketMode.REPLAY if flow.is_replay else MarketMode.FIXED
    client = YFinanceClient(options.yahoo)
    provider = YFinanceProvider(client)
    health = ProviderHealth(clock)
    queue = FetchQueue(concurrency=options.yahoo.threads)

    def reads(
        data_type: str, fetch: Fetch[T], pack: Callable[[T], bytes], unpack: Callable[[bytes], T], policy: CachePolicy
    ) -> CachedReads[T]:
        store = DynamoDBEntries(table, data_type, pack=pack, unpack=unpack, clock=clock)
        return CachedReads(data_type, store, fetch, queue=queue, health=health, clock=clock, policy=policy, meter=meter)

    quotes: CachedReads[Quote] = reads(
        "quote",
        FetchQuotes(provider, health),
        packed.pack_quote,
        packed.unpack_quote,
        CachePolicy(fresh=options.quote_fresh, held=timedelta(seconds=2)),
    )
    bars: CachedReads[Bars] = reads(
        "bars#1d",
        FetchBars(provider, health),
        packed.pack_bars,
        packed.unpack_bars,
        # Half a megabyte each: few are held, but for long, since history hardly changes.
        CachePolicy(
            fresh=options.bars_fresh,
            held=min(options.bars_fresh, timedelta(minutes=5)),
            size=48,
            timeout=timedelta(seconds=20),
            together=False,
        ),
    )
    profiles: CachedReads[Instrument] = reads(
        "profile",
        FetchProfiles(provider),
        packed.pack_instrument,
        packed.unpack_instrument,
        CachePolicy(fresh=timedelta(hours=24), held=timedelta(minutes=5), together=False),
    )
    found: CachedReads[Sequence[Instrument]] = reads(
        "search",
        FetchSearch(provider),
        packed.pack_instruments,
        packed.unpack_instruments,
        CachePolicy(fresh=timedelta(hours=1), held=timedelta(minutes=5), size=500, together=False),
    )
    notes: CachedReads[Sequence[NewsItem]] = reads(
        "news",
        FetchNews(provider),
        packed.pack_news,
        packed.unpack_news,
        CachePolicy(fresh=timedelta(minutes=30), held=timedelta(minutes=1), size=500, together=False),
    )
    instruments = SearchInstruments(found, profiles)
    try:
        yield MarketParts(
            quotes=GetQuotes(quotes, market_clock),
            bars=GetBars(bars, market_clock),
            fx=EcbRates(),
            instruments=instruments,
            news=ListNews(notes, instruments),
            status=TellMarketStatus(market_clock, health, lambda: mode),
            clock=market_clock,
            fetches=queue,
            is_moving=lambda: mode is MarketMode.REPLAY or is_open(market_clock.now()),
        )
    finally:
        client.close()
