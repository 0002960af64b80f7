"""Stores of market data in memory; trusted because they pass the contracts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from stocktool_kit.core.errors import InvalidArgument, NotFound, StockToolError
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token
from stocktool_stock.application.provider_ports import KeptPrint, Wish
from stocktool_stock.domain.bars import Bars


class FakePrints:
    """A `PrintStore` in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, KeptPrint] = {}
        self.vouched: dict[str, str] = {}

    async def put(self, kept: KeptPrint) -> None:
        """Keep one; the first of its name stays."""
        self.kept.setdefault(kept.id, kept)

    async def list(self, symbol: str, page: PageRequest) -> Page[KeptPrint]:
        """By name."""
        after = decode_token(page.page_token)["after"] if page.page_token else ""
        prefix = f"{symbol}|" if symbol else ""
        if page.page_token and not after.startswith(prefix):
            raise InvalidArgument.of("page_token", "is another list's")
        found = [self.kept[key] for key in sorted(self.kept) if key.startswith(prefix) and key > after]
        more = len(found) > page.page_size
        found = found[: page.page_size]
        return Page(found, encode_token({"after": found[-1].id}) if more else "")

    async def release(self, print_id: str, by: str) -> KeptPrint:
        """Vouch for one."""
        if print_id not in self.kept:
            raise NotFound("no print of this name is kept aside", id=print_id)
        self.vouched.setdefault(print_id, by)
        self.kept[print_id] = replace(self.kept[print_id], released=True)
        return self.kept[print_id]


class FakeArchive:
    """A `BarArchive` in memory; `broken` makes every call fail."""

    def __init__(self) -> None:
        self.kept: dict[str, Bars] = {}
        self.writes = 0
        self.broken: StockToolError | None = None

    async def read(self, symbol: str, *, last_years: int | None = None) -> Bars | None:
        """Give what is kept."""
        if self.broken is not None:
            raise self.broken
        bars = self.kept.get(symbol)
        if bars is None or last_years is None:
            return bars
        years = sorted({day.year for day in bars.days.tolist()})[-last_years:]
        return bars.taken((bars.days.astype("datetime64[Y]").astype(int) + 1970 >= years[0]).nonzero()[0])

    async def write(self, bars: Bars) -> None:
        """Keep a series."""
        if self.broken is not None:
            raise self.broken
        self.writes += 1
        self.kept[bars.symbol] = bars


class FakeSymbols:
    """A `SymbolStore` in memory."""

    def __init__(self) -> None:
        self.symbols: set[str] = set()

    async def add(self, symbols: Sequence[str]) -> None:
        """Put symbols in."""
        self.symbols.update(symbols)

    async def read(self) -> Sequence[str]:
        """Give them all."""
        return sorted(self.symbols)


class FakeWishes:
    """`Wishes` in memory."""

    def __init__(self) -> None:
        self.wishes: dict[tuple[str, str], Wish] = {}
        self.refused: dict[tuple[str, str], StockToolError] = {}

    async def put(self, wishes: Sequence[Wish]) -> None:
        """Tell wishes."""
        for wish in wishes:
            self.wishes[wish.kind, wish.key] = wish
            self.refused.pop((wish.kind, wish.key), None)

    async def open(self) -> Sequence[Wish]:
        """Those nobody answered."""
        return list(self.wishes.values())

    async def answer(self, wish: Wish, error: StockToolError | None) -> None:
        """End one."""
        self.wishes.pop((wish.kind, wish.key), None)
        if error is not None:
            self.refused[wish.kind, wish.key] = error

    async def refusals(self, kind: str, keys: Sequence[str]) -> Mapping[str, StockToolError]:
        """What was refused."""
        return {key: self.refused[kind, key] for key in keys if (kind, key) in self.refused}
