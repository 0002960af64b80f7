"""The market half of the service, put together from its adapters and use cases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeVar

from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.table import Table
from stocktool_kit.core.breaker import Breaker
from stocktool_kit.core.clock import Clock, MarketClock
from stocktool_kit.core.market_now import parse_market_now

from stocktool_stock.adapters import packed
from stocktool_stock.adapters.archive_provider import ArchiveProvider
from stocktool_stock.adapters.dynamodb_prints import DynamoDBPrints
from stocktool_stock.adapters.dynamodb_stock_cache import DynamoDBEntries
from stocktool_stock.adapters.dynamodb_symbols import DynamoDBSymbols
from stocktool_stock.adapters.dynamodb_wishes import DynamoDBWishes
from stocktool_stock.adapters.ecb_rates import EcbRates
from stocktool_stock.adapters.exchange_calendar_library import ExchangeCalendarLibrary
from stocktool_stock.adapters.provider_chain import Link, ProviderChain
from stocktool_stock.adapters.s3_bar_archive import S3BarArchive
from stocktool_stock.adapters.shard_leases import ShardLeases
from stocktool_stock.adapters.tiingo_provider import TiingoOptions, TiingoProvider
from stocktool_stock.adapters.yfinance_client import YahooOptions, YFinanceClient
from stocktool_stock.adapters.yfinance_provider import YFinanceProvider
from stocktool_stock.application.cached_reads import CachedReads, CachePolicy, Fetch
from stocktool_stock.application.company_reads import FetchEach, ReadCompanies
from stocktool_stock.application.fetch_bars import FetchBars
from stocktool_stock.application.fetch_queue import FetchQueue
from stocktool_stock.application.fetch_quotes import FetchQuotes
from stocktool_stock.application.find_movers import FindMovers
from stocktool_stock.application.fulfil_wishes import FetchWork
from stocktool_stock.application.get_bars import GetBars
from stocktool_stock.application.get_quotes import GetQuotes
from stocktool_stock.application.known_symbols import KnownSymbols
from stocktool_stock.application.list_news import FetchNews, ListNews
from stocktool_stock.application.market_ports import MarketMode
from stocktool_stock.application.market_status import TellMarketStatus
from stocktool_stock.application.provider_health import ProviderHealth
from stocktool_stock.application.provider_ports import MarketProvider
from stocktool_stock.application.quarantine import Quarantine
from stocktool_stock.application.read_calendars import FetchCalendars, ReadCalendars
from stocktool_stock.application.release_print import ReleasePrint
from stocktool_stock.application.search_instruments import FetchProfiles, FetchSearch, SearchInstruments
from stocktool_stock.domain.bars import Bars, is_archived
from stocktool_stock.domain.calendar import is_open
from stocktool_stock.domain.company import Earnings, Fundamentals
from stocktool_stock.domain.exchanges import ExchangeYear
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
        providers: Names of providers in the order in which they are asked: "yahoo", "tiingo", and "archive" for what we
            kept.
        tiingo: How Tiingo is called; None without a key.
        audit_table: Where it is told who vouched for a print.
        serves: This process answers requests, and so holds its part of the provider's shards for good.
        tend_seconds: Interval of renewing the shards and dividing them anew.
    """

    market_now: str = ""
    yahoo: YahooOptions = field(default_factory=YahooOptions)
    quote_fresh: timedelta = timedelta(minutes=5)
    bars_fresh: timedelta = timedelta(minutes=15)
    providers: Sequence[str] = ("yahoo", "archive")
    tiingo: TiingoOptions | None = None
    audit_table: str = "stocktool-audit"
    serves: bool = False
    tend_seconds: float = 5.0

    def __post_init__(self) -> None:
        """Refuse providers nobody knows."""
        unknown = [name for name in self.providers if name not in {"yahoo", "tiingo", "archive"}]
        if unknown or not self.providers:
            raise ValueError(f"unknown providers of market data: {', '.join(unknown) or 'none given'}")
        if "tiingo" in self.providers and self.tiingo is None:
            raise ValueError("the provider tiingo needs a key: set STOCKTOOL_STOCK_TIINGO_API_KEY")


@dataclass(frozen=True, slots=True)
class MarketParts:
    """The market half.

    Attributes:
        fetches: A worker the process must run; it asks the provider, and holds the shards that allow it to.
        is_moving: Whether prices can change now: a session runs, or past days pass.
    """

    quotes: GetQuotes
    bars: GetBars
    fx: EcbRates
    instruments: SearchInstruments
    news: ListNews
    companies: ReadCompanies
    movers: FindMovers
    quarantine: Quarantine
    release_print: ReleasePrint
    calendars: ReadCalendars
    status: TellMarketStatus
    clock: MarketClock
    fetches: FetchWork
    is_moving: Callable[[], bool]


@asynccontextmanager
async def market_parts(
    options: MarketOptions,
    table: Table,
    clock: Clock,
    meter: Callable[[bool], None],
    bucket: Bucket | None = None,
) -> AsyncIterator[MarketParts]:
    """Build the parts and close them.

    Args:
        options: From the settings.
        table: `stocktool-stock-cache`.
        clock: Real time.
        meter: Told of each cached key whether it was there.
        bucket: The knowledge bucket, where series are archived; None: nowhere.

    Raises:
        ValueError: `market_now` is malformed.
    """
    flow = parse_market_now(options.market_now)
    market_clock = MarketClock(clock, lambda: None if flow is None else flow.at(clock))
    mode = MarketMode.REAL if flow is None else MarketMode.REPLAY if flow.is_replay else MarketMode.FIXED
    client = YFinanceClient(replace(options.yahoo, share=0.0))  # shards give it its share
    shards = ShardLeases(table, clock, client.budget.reshare, eager=options.serves)
    wishes = DynamoDBWishes(table, clock)
    health = ProviderHealth(clock)
    archive = None if bucket is None else S3BarArchive(bucket)
    tiingo = None if options.tiingo is None else TiingoProvider(options.tiingo, market_clock)
    candidates: dict[str, tuple[str, MarketProvider] | None] = {
        "yahoo": ("Yahoo", YFinanceProvider(client, market_clock)),
        "tiingo": None if tiingo is None else ("Tiingo", tiingo),
        "archive": None if archive is None else ("the archive", ArchiveProvider(archive)),
    }
    links = [
        Link(*candidate, Breaker(clock))
        for candidate in (candidates[name] for name in options.providers)
        if candidate is not None
    ]
    provider = ProviderChain(links, health)
    queue = FetchQueue(concurrency=options.yahoo.threads)
    quarantine = Quarantine(DynamoDBPrints(table, clock, options.audit_table), clock)
    known = KnownSymbols(DynamoDBSymbols(table))
    kinds: dict[str, CachedReads[Any]] = {}

    def reads(
        data_type: str,
        fetch: Fetch[T],
        pack: Callable[[T], bytes],
        unpack: Callable[[bytes], T],
        policy: CachePolicy,
        *,
        is_makeshift: Callable[[T], bool] = lambda _: False,
    ) -> CachedReads[T]:
        made = CachedReads(
            data_type,
            DynamoDBEntries(table, data_type, pack=pack, unpack=unpack, clock=clock),
            fetch,
            queue=queue,
            health=health,
            clock=clock,
            policy=policy,
            meter=meter,
            turns=shards,
            wishes=wishes,
            is_makeshift=is_makeshift,
        )
        kinds[data_type] = made
        return made

    quotes: CachedReads[Quote] = reads(
        "quote",
        FetchQuotes(provider, health, clock=market_clock, real=clock, quarantine=quarantine, known_symbols=known),
        packed.pack_quote,
        packed.unpack_quote,
        CachePolicy(fresh=options.quote_fresh, held=timedelta(seconds=2)),
        is_makeshift=lambda quote: is_archived(quote.source),
    )
    bars: CachedReads[Bars] = reads(
        "bars#1d",
        FetchBars(provider, health, market_clock, quarantine, archive=archive, queue=queue),
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
        is_makeshift=lambda series: is_archived(series.source),
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
    fundamentals: CachedReads[Fundamentals] = reads(
        "fundamentals",
        FetchEach(provider, provider.fundamentals),
        packed.pack_fundamentals,
        packed.unpack_fundamentals,
        CachePolicy(fresh=timedelta(hours=24), held=timedelta(minutes=5), size=500, together=False),
    )
    earnings: CachedReads[Earnings] = reads(
        "earnings",
        FetchEach(provider, provider.earnings),
        packed.pack_earnings,
        packed.unpack_earnings,
        CachePolicy(fresh=timedelta(hours=12), held=timedelta(minutes=5), size=500, together=False),
    )
    years: CachedReads[ExchangeYear] = CachedReads(
        "sessions",
        DynamoDBEntries(
            table, "sessions", pack=packed.pack_exchange_year, unpack=packed.unpack_exchange_year, clock=clock
        ),
        FetchCalendars(ExchangeCalendarLibrary()),
        queue=queue,
        health=ProviderHealth(clock),  # a library is no provider: nobody's turn, nobody's budget
        clock=clock,
        policy=CachePolicy(
            fresh=timedelta(days=30), held=timedelta(hours=1), size=64, timeout=timedelta(seconds=20), together=False
        ),
        meter=meter,
    )
    instruments = SearchInstruments(found, profiles)
    get_quotes, get_bars = GetQuotes(quotes, market_clock), GetBars(bars, market_clock)
    try:
        yield MarketParts(
            quotes=get_quotes,
            bars=get_bars,
            fx=EcbRates(),
            instruments=instruments,
            news=ListNews(notes, instruments),
            companies=ReadCompanies(fundamentals, earnings),
            movers=FindMovers(known, get_quotes),
            quarantine=quarantine,
            release_print=ReleasePrint(quarantine, get_bars, get_quotes),
            calendars=ReadCalendars(years),
            status=TellMarketStatus(market_clock, health, lambda: mode),
            clock=market_clock,
            fetches=FetchWork(queue, shards, wishes, kinds, tend_seconds=options.tend_seconds),
            is_moving=lambda: mode is MarketMode.REPLAY or is_open(market_clock.now()),
        )
    finally:
        client.close()
        if tiingo is not None:
            await tiingo.close()
