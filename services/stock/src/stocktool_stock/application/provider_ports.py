"""What market reads need below them: a provider, a store of what it said, and somewhere to run fetches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, Protocol, TypeVar

from stocktool_stock.domain.bars import Bars
from stocktool_stock.domain.instruments import Instrument
from stocktool_stock.domain.news import NewsItem
from stocktool_stock.domain.quotes import Quote

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """What a provider said about a key.

    Attributes:
        value: None when the provider does not know the key.
        fresh_until: Real instant up to which it need not be asked again.
        suggestions: Known keys near an unknown one.
    """

    value: T | None
    fresh_until: datetime
    suggestions: tuple[str, ...] = ()


class EntryStore(Protocol[T]):
    """Entries of one kind that outlive the process; an expired entry may be missing."""

    async def read(self, keys: Sequence[str]) -> Mapping[str, Entry[T]]:
        """Give the entries there are, fresh or not."""
        ...

    async def write(self, entries: Mapping[str, Entry[T]]) -> None:
        """Keep entries; the last write of a key wins."""
        ...


class MarketProvider(Protocol):
    """A vendor of market data.

    Every method raises ProviderLimited when the vendor or our own budget refuses, ProviderUnavailable when the vendor
    does not answer or answers nonsense.
    """

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        """Ask for last prices; symbols the vendor does not know are left out."""
        ...

    async def bars(self, symbol: str, start: date | None = None) -> Bars | None:
        """Ask for daily bars with all splits since `start`, the whole history when None.

        Returns:
            None when nothing trades from there on.

        Raises:
            SymbolNotFound: No such symbol.
        """
        ...

    async def instrument(self, symbol: str) -> Instrument | None:
        """Ask for a profile; None when the vendor does not know the symbol."""
        ...

    async def search(self, query: str, limit: int, *, fuzzy: bool = False) -> Sequence[Instrument]:
        """Ask for instruments by words, best match first; `fuzzy` forgives misspelling."""
        ...

    async def news(self, symbol: str, limit: int) -> Sequence[NewsItem]:
        """Ask for notes, newest first; none for an unknown symbol."""
        ...
