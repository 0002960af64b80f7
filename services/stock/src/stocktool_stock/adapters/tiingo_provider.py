"""Tiingo's end-of-day prices as a provider: US listings, with a key of the operator's own.

Terms: a key is for the use of the one it was given to; whoever shows its prices to others needs Tiingo's licence for
that. So it is asked only where the operator set a key and named it among the providers.

Source:
    https://www.tiingo.com/documentation/end-of-day: raw prices beside ones adjusted for splits and dividends (CRSP's
    method), `divCash` and `splitFactor` on their ex-dates.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpcore2
import numpy as np
import orjson
from stocktool_kit.aio import Limiter, run_blocking
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.money import Money

from stocktool_stock.adapters.prices_only import PricesOnly
from stocktool_stock.adapters.token_bucket import TokenBucket
from stocktool_stock.domain.bars import Bars, Column, Dividend, Split
from stocktool_stock.domain.calendar import session_of
from stocktool_stock.domain.instruments import Instrument
from stocktool_stock.domain.quotes import ProviderLimited, ProviderUnavailable, Quote, SymbolNotFound

SOURCE = "Tiingo (end of day)"
_ZONE = "America/New_York"
_CURRENCY = "USD"
_COVERED = re.compile(r"^[A-Z]{1,5}(-[A-Z]{1,2})?$")  # indices, currencies and foreign exchanges have other marks
_FIRST_DAY = "1962-01-01"
_RECENT = timedelta(days=14)  # two sessions lie within it whatever the holidays
_AT_ONCE = 4
_PLACES = 6
_MOST_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class TiingoOptions:
    """How Tiingo is called.

    Attributes:
        key: The operator's API key.
        base_url: Its address.
        timeout_seconds: Limit of one call.
        calls_per_second: Budget of this process; a free key has 50 symbols an hour.
        burst: Calls at once after a pause.
    """

    key: str
    base_url: str = "https://api.tiingo.com"
    timeout_seconds: float = 8.0
    calls_per_second: float = 0.5
    burst: int = 20


class TiingoProvider(PricesOnly):
    """The `MarketProvider` that asks Tiingo for prices, and refuses all else.

    Prices come raw and are brought to the one basis: adjusted for the splits after their day.

    Args:
        options: How it is called.
        clock: The market's.
    """

    refusal = "Tiingo is asked for prices only"

    def __init__(self, options: TiingoOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._budget = TokenBucket(options.calls_per_second, options.burst, longest_wait_seconds=2.0)
        self._threads = Limiter(_AT_ONCE)  # a whole history is some 10,000 rows
        self._pool = httpcore2.AsyncConnectionPool(max_connections=_AT_ONCE, retries=0)

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.aclose()

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote | None]:
        """Give last closes; symbols beyond US listings are left out."""
        covered = [symbol for symbol in symbols if _COVERED.match(symbol)]
        if not covered:
            raise ProviderUnavailable("Tiingo has prices of US listings only")
        turns = asyncio.Semaphore(_AT_ONCE)

        async def last(symbol: str) -> Quote | None:
            async with turns:
                try:
                    bars = await self._series(symbol, self._clock.now().date() - _RECENT)
                except SymbolNotFound:
                    return None
                return None if bars is None else _quote(bars)

        try:
            async with asyncio.TaskGroup() as group:
                asked = {symbol: group.create_task(last(symbol)) for symbol in covered}
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from errors
        return {symbol: task.result() for symbol, task in asked.items()}

    async def bars(self, symbol: str, start: date | None = None) -> Bars | None:
        """Ask for daily bars since `start`, or the whole history."""
        if not _COVERED.match(symbol):
            raise ProviderUnavailable("Tiingo has prices of US listings only", symbol=symbol)
        return await self._series(symbol, start)

    async def instrument(self, symbol: str) -> Instrument | None:
        """Ask for a profile: name and exchange are all there is."""
        if not _COVERED.match(symbol):
            raise ProviderUnavailable("Tiingo knows US listings only", symbol=symbol)
        try:
            meta = await self._get(f"/tiingo/daily/{symbol}", symbol)
            first = meta.get("startDate")
            return Instrument(
                symbol=symbol,
                name=str(meta.get("name") or ""),
                type="",
                exchange=str(meta.get("exchangeCode") or ""),
                currency=_CURRENCY,
                country="United States",
                first_trade_date=date.fromisoformat(first) if first else None,
                source=SOURCE,
                as_of=self._clock.now(),
            )
        except SymbolNotFound:
            return None
        except (AttributeError, TypeError, ValueError) as error:
            raise ProviderUnavailable("Tiingo's answer could not be read") from error

    async def _series(self, symbol: str, start: date | None) -> Bars | None:
        first = _FIRST_DAY if start is None else start.isoformat()
        rows = await self._get(f"/tiingo/daily/{symbol}/prices?startDate={first}", symbol)
        try:
            return await run_blocking(self._threads, _bars, symbol, rows) if rows else None
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise ProviderUnavailable("Tiingo's answer could not be read", symbol=symbol) from error

    async def _get(self, path: str, symbol: str) -> Any:
        await self._budget.take()
        seconds = self._options.timeout_seconds
        try:
            async with (
                asyncio.timeout(seconds),
                self._pool.stream(
                    "GET",
                    f"{self._options.base_url.rstrip('/')}{path}",
                    headers=[("authorization", f"Token {self._options.key}"), ("accept", "application/json")],
                    extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)},
                ) as response,
            ):
                _check(response.status, symbol)
                body = bytearray()
                async for part in response.aiter_stream():
                    body += part
                    if len(body) > _MOST_BYTES:
                        raise ProviderUnavailable("Tiingo's answer is too long", symbol=symbol)
        except (TimeoutError, httpcore2.TimeoutException) as error:
            raise ProviderUnavailable("Tiingo did not answer in time") from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            raise ProviderUnavailable("Tiingo cannot be reached") from error
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ProviderUnavailable("Tiingo's answer could not be read") from error


def _check(status: int, symbol: str) -> None:
    if status == 200:
        return
    if status == 404:
        raise SymbolNotFound(symbol)
    if status == 429:
        raise ProviderLimited("Tiingo refuses calls for their number", retry_after_seconds=300)
    if status in {401, 403}:
        raise ProviderUnavailable("Tiingo refuses the key")
    raise ProviderUnavailable(f"Tiingo answered {status}")


def _bars(symbol: str, rows: Sequence[Mapping[str, Any]]) -> Bars:
    days = np.array([str(row["date"])[:10] for row in rows], dtype="datetime64[D]")
    ratios = np.array([float(row.get("splitFactor") or 1) for row in rows])
    # What one share of a day has become: the product of the ratios on later days.
    after = np.append(np.cumprod(ratios[::-1])[::-1][1:], 1.0)

    def column(name: str) -> Column:
        return np.array([np.nan if row.get(name) is None else float(row[name]) for row in rows])

    closes = column("close")
    known = ~np.isnan(closes)

    def price(values: Column) -> Column:
        rounded: Column = np.round(values / after, _PLACES)
        return rounded[known]

    # Dividends are told as paid then; ours count by today's shares, as prices do.
    paid = column("divCash") / after
    bars = Bars(
        symbol=symbol,
        currency=_CURRENCY,
        days=days[known],
        open=price(column("open")),
        high=price(column("high")),
        low=price(column("low")),
        close=price(closes),
        adjusted_close=np.round(column("adjClose"), _PLACES)[known],
        volume=(column("volume") * after)[known],
        splits=tuple(
            Split(day.item(), _exact(ratio)) for day, ratio in zip(days, ratios.tolist(), strict=True) if ratio != 1
        ),
        dividends=tuple(
            Dividend(day.item(), _exact(amount)) for day, amount in zip(days, paid.tolist(), strict=True) if amount > 0
        ),
        source=SOURCE,
        as_of=_closed(days[known][-1].item()),
        zone=_ZONE,
    ).in_order()
    for name in ("days", "open", "high", "low", "close", "adjusted_close", "volume"):
        getattr(bars, name).setflags(write=False)
    return bars


def _quote(bars: Bars) -> Quote:
    def money(row: int) -> Money:
        return Money(_exact(float(bars.close[row])), bars.currency)

    last = len(bars) - 1
    return Quote(
        symbol=bars.symbol,
        price=money(last),
        previous_close=money(last - 1) if last else None,
        as_of=bars.as_of,
        source=bars.source,
        zone=bars.zone,
    )


def _closed(day: date) -> datetime:
    session = session_of(day)
    return datetime.combine(day, datetime.min.time(), UTC) if session is None else session.closes


def _exact(value: float) -> Decimal:
    return Decimal(f"{round(value, _PLACES):.12g}")
