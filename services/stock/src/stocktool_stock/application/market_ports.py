"""What use cases ask of the market. Callers get cached, dated values; nobody here talks to a provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_stock.domain.bars import Bars
from stocktool_stock.domain.instruments import Instrument
from stocktool_stock.domain.news import NewsItem
from stocktool_stock.domain.quotes import QuoteBatch, SymbolFailure


class QuoteSource(Protocol):
    """Last prices."""

    async def quotes(self, symbols: Sequence[str]) -> QuoteBatch:
        """Give the last price of each symbol; never raises for a symbol, its failure stands in the batch."""
        ...


@dataclass(frozen=True, slots=True)
class BarsBatch:
    """Bars by symbol, and a failure for each symbol without."""

    bars: Mapping[str, Bars]
    failures: Sequence[SymbolFailure] = ()


class BarSource(Protocol):
    """Daily price history."""

    async def bars(self, symbol: str, start: date | None = None, end: date | None = None) -> Bars:
        """Give daily bars from `start` to `end`, both included; `end` defaults to the market's today.

        Raises:
            SymbolNotFound: No such symbol.
            ProviderUnavailable: Nothing is stored and the provider does not answer.
            ProviderLimited: Nothing is stored and the provider refuses for now.
            InvalidArgument: `start` is after `end`.
        """
        ...

    async def many(self, symbols: Sequence[str], start: date | None = None, end: date | None = None) -> BarsBatch:
        """Give daily bars of several symbols, read together; failures stand in the batch."""
        ...


@dataclass(frozen=True, slots=True)
class FxRate:
    """Units of `quote` for one `base`, as published for `day` (at or before the day asked)."""

    base: str
    quote: str
    day: date
    rate: Decimal


@dataclass(frozen=True, slots=True, eq=False)
class FxSeries:
    """Units of `quote` for one `base` on each of `days`, carried forward from the last publication.

    NaN before the first publication. `published` is the publication's own day per entry (NaT before the first).
    """

    base: str
    quote: str
    days: npt.NDArray[np.datetime64]
    rates: npt.NDArray[np.float64]
    published: npt.NDArray[np.datetime64]


class FxRates(Protocol):
    """ECB reference rates."""

    async def rate(self, base: str, quote: str, day: date) -> FxRate:
        """Give the rate of `day`, or the last one published before it.

        Raises:
            UnknownCurrency: The ECB publishes no rate for one of them.
            RateNotPublished: Nothing was published at or before `day`.
        """
        ...

    async def into(self, currency: str) -> Mapping[tuple[str, date], Decimal]:
        """Give the rates into a currency, by currency and day, by the same rule.

        What is not there yet is worked out at the look-up, which so raises `UnknownCurrency` and `RateNotPublished`.
        While no rate changes this is the same object: figures are kept as long as the rates they came from are.

        Raises:
            UnknownCurrency: The ECB publishes no rate for it.
        """
        ...

    async def series(self, base: str, quote: str, days: npt.NDArray[np.datetime64]) -> FxSeries:
        """Give a rate for each of `days` (`datetime64[D]`, increasing) by the same rule.

        Raises:
            UnknownCurrency: The ECB publishes no rate for one of them.
        """
        ...

    async def currencies(self) -> frozenset[str]:
        """ISO 4217 codes with rates, the euro among them."""
        ...


class InstrumentSource(Protocol):
    """Instruments."""

    async def search(self, query: str, page: PageRequest) -> Page[Instrument]:
        """Find by symbol or name, best match first."""
        ...

    async def instrument(self, symbol: str) -> Instrument:
        """Give one instrument's profile.

        Raises:
            SymbolNotFound: No such symbol.
            ProviderUnavailable: Nothing is stored and the provider does not answer.
        """
        ...


class NewsSource(Protocol):
    """Notes about instruments."""

    async def news(self, symbol: str, page: PageRequest) -> Page[NewsItem]:
        """List notes, newest first.

        Raises:
            SymbolNotFound: No such symbol.
        """
        ...


class MarketMode(StrEnum):
    """Where the market's now comes from."""

    REAL = "real"
    FIXED = "fixed"
    REPLAY = "replay"


class ProviderState(StrEnum):
    """How the provider is doing, by its last answers."""

    OK = "ok"
    LIMITED = "limited"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Status:
    """The market's status; the instants are UTC, `session` is the one running or the last that ended."""

    now: datetime
    mode: MarketMode
    open: bool
    calendar: str
    time_zone: str
    session: date
    session_close: datetime
    next_open: datetime
    provider_state: ProviderState
    provider_detail: str
    source: str


class MarketStatus(Protocol):
    """The market's now and health."""

    async def status(self) -> Status:
        """Tell the market's status."""
        ...

    def today(self) -> date:
        """The market's calendar day at the exchange: default end of a range, "this year"."""
        ...
