"""Market data from Yahoo Finance through yfinance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from stocktool_kit.core.clock import Clock, SystemClock
from stocktool_kit.core.money import Money

from stocktool_stock.adapters.yfinance_bars import bars_from_frame
from stocktool_stock.adapters.yfinance_client import YahooCalls, YFinanceClient
from stocktool_stock.adapters.yfinance_company import (
    EARNINGS_MODULES,
    FUNDAMENTAL_MODULES,
    earnings_of,
    fundamentals_of,
)
from stocktool_stock.domain.bars import Bars
from stocktool_stock.domain.company import Earnings, Fundamentals
from stocktool_stock.domain.instruments import Instrument
from stocktool_stock.domain.news import NewsItem
from stocktool_stock.domain.quotes import ProviderUnavailable, Quote, SymbolNotFound

_QUOTE_URL = "https://query1.finance.yahoo.com/v7/finance/quote"
_SUMMARY_URL = "https://query2.finance.yahoo.com/v10/finance/quoteSummary"
_MODULES = "quoteType,assetProfile,summaryDetail,price"
_PLACES = Decimal("0.000001")  # beyond it are artefacts of Yahoo's single-precision floats

# London quotes in pence, Johannesburg in cents, Tel Aviv in agorot.
_MINOR_CURRENCIES = {"GBp": "GBP", "GBX": "GBP", "ZAc": "ZAR", "ILA": "ILS"}


class YFinanceProvider:
    """The `MarketProvider` that asks Yahoo.

    Args:
        client: Makes the calls.
        clock: The market's, by which answers without an instant of their own are dated.
    """

    def __init__(self, client: YFinanceClient, clock: Clock | None = None) -> None:
        self._client = client
        self._clock = clock or SystemClock()

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote | None]:
        """Ask for last prices, all in one call."""

        def ask(calls: YahooCalls) -> Mapping[str, Quote | None]:
            document = calls.json(_QUOTE_URL, {"symbols": ",".join(symbols), "formatted": "false"})
            entries = document["quoteResponse"]["result"]
            quotes = [_quote(entry) for entry in entries if entry.get("regularMarketPrice") is not None]
            return {**dict.fromkeys(symbols), **{quote.symbol: quote for quote in quotes}}

        return await self._client.run(ask)

    async def bars(self, symbol: str, start: date | None = None) -> Bars | None:
        """Ask for daily bars since `start`, or the whole history."""

        def ask(calls: YahooCalls) -> Bars | None:
            ticker = calls.ticker(symbol)
            span = {"period": "max"} if start is None else {"start": start.isoformat()}
            frame = ticker.history(
                **span, interval="1d", auto_adjust=False, actions=True, timeout=calls.timeout_seconds
            )
            if frame.empty:
                return None
            return bars_from_frame(symbol, frame, ticker.history_metadata, minor=_MINOR_CURRENCIES)

        try:
            return await self._client.run(ask, symbol)
        except SymbolNotFound:
            if start is not None:  # the symbol was known before: nothing traded since
                return None
            raise

    async def instrument(self, symbol: str) -> Instrument | None:
        """Ask for a profile."""

        modules = await self._summary(symbol, _MODULES)
        return None if modules is None else _profile(symbol, modules, self._clock.now())

    async def search(self, query: str, limit: int, *, fuzzy: bool = False) -> Sequence[Instrument]:
        """Ask for instruments by words."""

        def ask(calls: YahooCalls) -> Sequence[Instrument]:
            result = calls.library.Search(
                query,
                max_results=limit,
                news_count=0,
                lists_count=0,
                enable_fuzzy_query=fuzzy,
                session=calls.session,
                timeout=calls.timeout_seconds,
            )
            return [_found(entry) for entry in result.quotes if entry.get("isYahooFinance", True)][:limit]

        return await self._client.run(ask)

    async def news(self, symbol: str, limit: int) -> Sequence[NewsItem]:
        """Ask for notes."""

        def ask(calls: YahooCalls) -> Sequence[NewsItem]:
            articles = calls.ticker(symbol).get_news(count=limit)
            items = [item for article in articles if (item := _note(article.get("content") or {})) is not None]
            return sorted(items, key=lambda item: item.published_at, reverse=True)

        return await self._client.run(ask)

    async def fundamentals(self, symbol: str) -> Fundamentals | None:
        """Ask for a company's figures."""
        modules = await self._summary(symbol, FUNDAMENTAL_MODULES)
        now = self._clock.now()
        return None if modules is None else fundamentals_of(symbol, modules, now=now, minor=_MINOR_CURRENCIES)

    async def earnings(self, symbol: str) -> Earnings | None:
        """Ask when a company reports."""
        modules = await self._summary(symbol, EARNINGS_MODULES)
        return None if modules is None else earnings_of(symbol, modules, now=self._clock.now())

    async def _summary(self, symbol: str, modules: str) -> Mapping[str, Any] | None:
        def ask(calls: YahooCalls) -> Mapping[str, Any]:
            document = calls.json(f"{_SUMMARY_URL}/{symbol}", {"modules": modules, "formatted": "false"})
            result: Mapping[str, Any] = document["quoteSummary"]["result"][0]
            return result

        try:
            return await self._client.run(ask, symbol)
        except SymbolNotFound:
            return None


def _quote(entry: Mapping[str, Any]) -> Quote:
    stated = str(entry.get("currency") or "")
    currency = _MINOR_CURRENCIES.get(stated, stated.upper())
    if len(currency) != 3:
        raise ProviderUnavailable("Yahoo gave a price without a currency", symbol=entry.get("symbol"))
    scale = Decimal("0.01") if stated in _MINOR_CURRENCIES else Decimal(1)

    def money(name: str) -> Money | None:
        value = entry.get(name)
        return None if value is None else Money(_exact(value) * scale, currency)

    price = money("regularMarketPrice")
    assert price is not None  # the caller left out entries without
    return Quote(
        symbol=str(entry["symbol"]),
        price=price,
        previous_close=money("regularMarketPreviousClose"),
        as_of=datetime.fromtimestamp(int(entry["regularMarketTime"]), UTC),
        source=str(entry.get("quoteSourceName") or "Yahoo Finance"),
        name=str(entry.get("longName") or entry.get("shortName") or ""),
        zone=str(entry.get("exchangeTimezoneName") or ""),
    )


def _exact(value: float) -> Decimal:
    number = Decimal(str(value)).quantize(_PLACES)
    return number.normalize() if number != number.to_integral_value() else number.quantize(Decimal(1))


def _profile(symbol: str, modules: Mapping[str, Mapping[str, Any]], now: datetime) -> Instrument:
    kind, profile, detail = (modules.get(name) or {} for name in ("quoteType", "assetProfile", "summaryDetail"))
    first = kind.get("firstTradeDateEpochUtc")
    place = [profile.get("city"), profile.get("state") or profile.get("country")]
    return Instrument(
        symbol=symbol,
        name=str(kind.get("longName") or kind.get("shortName") or ""),
        type=str(kind.get("quoteType") or ""),
        exchange=str(kind.get("exchange") or ""),
        currency=_MINOR_CURRENCIES.get(detail.get("currency") or "", detail.get("currency") or ""),
        sector=str(profile.get("sector") or ""),
        industry=str(profile.get("industry") or ""),
        headquarters=", ".join(str(part) for part in place if part),
        country=str(profile.get("country") or ""),
        first_trade_date=None if first is None else datetime.fromtimestamp(int(first), UTC).date(),
        source=str((modules.get("price") or {}).get("quoteSourceName") or "Yahoo Finance"),
        as_of=now,
    )


def _found(entry: Mapping[str, Any]) -> Instrument:
    return Instrument(
        symbol=str(entry["symbol"]),
        name=str(entry.get("longname") or entry.get("shortname") or ""),
        type=str(entry.get("quoteType") or ""),
        exchange=str(entry.get("exchDisp") or entry.get("exchange") or ""),
        sector=str(entry.get("sector") or ""),
        industry=str(entry.get("industry") or ""),
    )


def _note(content: Mapping[str, Any]) -> NewsItem | None:
    if not content.get("title") or not content.get("pubDate"):
        return None
    link = content.get("canonicalUrl") or content.get("clickThroughUrl") or {}
    url = str(link.get("url") or "")
    return NewsItem(
        title=str(content["title"]),
        url=url if url.startswith("https://") else "",  # shown as a link: nothing but a web address
        publisher=str((content.get("provider") or {}).get("displayName") or ""),
        published_at=datetime.fromisoformat(str(content["pubDate"])).astimezone(UTC),
        summary=str(content.get("summary") or ""),
    )
