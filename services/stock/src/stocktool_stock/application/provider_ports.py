"""What market reads need below them: a provider, a store of what it said, and somewhere to run fetches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, Protocol, TypeVar

from stocktool_kit.core.errors import StockToolError
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_stock.domain.bars import Bars, Fault
from stocktool_stock.domain.company import Earnings, Fundamentals
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
        fetched_at: Real instant at which the provider said so, None when that is not known.
    """

    value: T | None
    fresh_until: datetime
    suggestions: tuple[str, ...] = ()
    fetched_at: datetime | None = None


class EntryStore(Protocol[T]):
    """Entries of one kind that outlive the process; an expired entry may be missing."""

    async def read(self, keys: Sequence[str]) -> Mapping[str, Entry[T]]:
        """Give the entries there are, fresh or not."""
        ...

    async def write(self, entries: Mapping[str, Entry[T]]) -> None:
        """Keep entries; the last write of a key wins."""
        ...


class Turns(Protocol):
    """Who may ask the provider: each key belongs to a shard, each shard to at most one process."""

    async def mine(self, keys: Sequence[str]) -> Sequence[str]:
        """The keys this process may ask about."""
        ...


@dataclass(frozen=True, slots=True)
class Wish:
    """A key some other process should ask the provider about.

    Attributes:
        kind: The kind of value, "quote".
        key: The key.
        newer_than: An answer from before this real instant does not do; None: a fresh one does.
    """

    kind: str
    key: str
    newer_than: datetime | None = None


class Wishes(Protocol):
    """Wishes between processes; a lost one is told again."""

    async def put(self, wishes: Sequence[Wish]) -> None:
        """Tell wishes."""
        ...

    async def open(self) -> Sequence[Wish]:
        """Those nobody has answered."""
        ...

    async def answer(self, wish: Wish, error: StockToolError | None) -> None:
        """End a wish, fulfilled or not."""
        ...

    async def refusals(self, kind: str, keys: Sequence[str]) -> Mapping[str, StockToolError]:
        """Why wishes about keys were not fulfilled, as far as that was said in the last seconds."""
        ...


class BarArchive(Protocol):
    """Settled bars by symbol and year, for good."""

    async def read(self, symbol: str, *, last_years: int | None = None) -> Bars | None:
        """Give what is kept, whole or of its last calendar years; None when there is nothing, or nothing whole."""
        ...

    async def write(self, bars: Bars) -> None:
        """Keep a whole series; years that have not changed are not written again."""
        ...


@dataclass(frozen=True, slots=True)
class KeptPrint:
    """A print in quarantine.

    Attributes:
        symbol: The symbol.
        kind: "bar" or "quote".
        day: The day it stands under; of a quote, the day on which it was made.
        price: What it said.
        currency: ISO 4217 code of the prices.
        fault: Why it cannot be a price.
        last_good: The price it was judged by, None where there was none.
        source: Who gave it.
        seen_at: Real instant at which it was first seen.
        released: Somebody vouched for it.
    """

    symbol: str
    kind: str
    day: date
    price: float
    currency: str
    fault: Fault
    last_good: float | None
    source: str
    seen_at: datetime
    released: bool = False

    @property
    def id(self) -> str:
        """Its name: symbol, kind and day."""
        return f"{self.symbol}|{self.kind}|{self.day.isoformat()}"


class PrintStore(Protocol):
    """Prints in quarantine."""

    async def put(self, kept: KeptPrint) -> None:
        """Keep one; the first one of its name stays."""
        ...

    async def list(self, symbol: str, page: PageRequest) -> Page[KeptPrint]:
        """By symbol, kind and day; of all symbols when empty.

        Raises:
            InvalidArgument: The token is not one of this list's.
        """
        ...

    async def release(self, print_id: str, by: str) -> KeptPrint:
        """Vouch for one, with an audit entry that names who did; again is the same and tells nothing.

        Raises:
            NotFound: There is none of this name.
        """
        ...


class MarketProvider(Protocol):
    """A vendor of market data.

    Every method raises ProviderLimited when the vendor or our own budget refuses, ProviderUnavailable when the vendor
    does not answer or answers nonsense.
    """

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote | None]:
        """Ask for last prices: None for symbols the vendor does not know; one it cannot tell of now is left out."""
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

    async def fundamentals(self, symbol: str) -> Fundamentals | None:
        """Ask for a company's figures; None when the vendor does not know the symbol."""
        ...

    async def earnings(self, symbol: str) -> Earnings | None:
        """Ask when a company reports; None when the vendor does not know the symbol."""
        ...
