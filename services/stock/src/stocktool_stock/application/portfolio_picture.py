"""A portfolio on one day with everything that allocation, risk and plans about it need, read once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.application.market_ports import FxRates, InstrumentSource
from stocktool_stock.application.portfolio_reader import Material, PortfolioReader, price_warnings
from stocktool_stock.application.read_kinds import read_kinds
from stocktool_stock.domain.allocation import Kind
from stocktool_stock.domain.bars import Column
from stocktool_stock.domain.book import Book, Sale
from stocktool_stock.domain.bookkeeping import continue_book, funds, keep_book
from stocktool_stock.domain.fork import NewTrade, entries_of, forked, last_day, new_sales
from stocktool_stock.domain.ledger import Entry, Ledger
from stocktool_stock.domain.mix import ReturnTable, cash_name, return_table, window
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.quotes import ProviderUnavailable, SymbolNotFound
from stocktool_stock.domain.rates import RateTable
from stocktool_stock.domain.risk import to_date
from stocktool_stock.domain.valuation import Valuation, value_book

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A portfolio at the close of a day.

    Attributes:
        table: Daily returns of what is held, and of `also`, over a window.
        kinds: Where those symbols belong.
    """

    day: date
    material: Material
    book: Book
    rates: RateTable
    valuation: Valuation
    table: ReturnTable
    kinds: Mapping[str, Kind]

    @property
    def portfolio(self) -> Portfolio:
        """Its head."""
        return self.material.portfolio

    @property
    def base(self) -> str:
        """Its currency."""
        return self.portfolio.base_currency

    @property
    def window_start(self) -> date | None:
        """The day whose close is the base of the first return, None where there is none."""
        return to_date(self.table.days[0]) if len(self.table.days) else None

    def benchmark(self, symbol: str) -> Column | None:
        """The benchmark's returns, none without one or where it has too few prices."""
        return self.table.returns.get(symbol) if symbol else None

    def require(self, symbol: str, pointer: str) -> None:
        """See that a symbol beside the portfolio has prices.

        Raises:
            InvalidArgument: No such symbol, or it has no price yet on the day.
            ProviderUnavailable: Its prices cannot be had now.
        """
        if symbol in self.material.bars:
            return
        failure = self.material.failures.get(symbol)
        if failure is None:
            raise InvalidArgument.of(pointer, f"{symbol} has no price on or before {self.day}")
        if failure == SymbolNotFound.reason:
            raise InvalidArgument.of(pointer, f"{symbol} is not known")
        raise ProviderUnavailable(f"prices of {symbol} cannot be had now", symbol=symbol)

    def warnings(self) -> tuple[str, ...]:
        """What is to be said about its prices."""
        held = [holding.symbol for holding in self.valuation.holdings]
        return (*self.valuation.warnings, *price_warnings(self.material, held))


@dataclass(frozen=True, slots=True, eq=False)
class Forked:
    """What would be after some trades; nothing is stored."""

    entries: Sequence[Entry]
    book: Book
    valuation: Valuation
    sales: Sequence[Sale]


class ReadPicture:
    """Reads pictures."""

    def __init__(self, reader: PortfolioReader, instruments: InstrumentSource, fx: FxRates, clock: Clock) -> None:
        self._reader = reader
        self._instruments = instruments
        self._fx = fx
        self._clock = clock

    def day_of(self, asked: date | None) -> date:
        """The day asked for, at most the market's today."""
        return self._reader.day_of(asked)

    async def __call__(
        self,
        owner: OwnerId,
        portfolio_id: PortfolioId,
        *,
        as_of: date | None = None,
        start: date | None = None,
        end: date | None = None,
        also: Collection[str] = (),
        unprofiled: Collection[str] = (),
    ) -> Picture:
        """Read one.

        Args:
            owner: Whose it is.
            portfolio_id: Which.
            as_of: Its day, by default and at most the market's today.
            start: First day of the window of returns; by default a year before its end.
            end: Last day of that window, by default and at most the day.
            also: Further symbols to read.
            unprofiled: Those of them that need no profile, as a benchmark.

        Raises:
            PortfolioNotFound: None by this id is the owner's.
            InvalidArgument: The start is not before the day.
        """
        day = self._reader.day_of(as_of)
        last = day if end is None else min(end, day)
        begin = last - YEAR if start is None else start
        if begin >= last:
            raise InvalidArgument.of("/start", f"must be before the end, {last}")
        material = await self._reader.material(owner, portfolio_id, day, also=sorted(also), with_ledger=False)
        book, rates = await self._reader.book(material, day)
        valuation = value_book(book, material.bars, rates, as_of=day)
        held = {holding.symbol for holding in valuation.holdings}
        wanted = held | set(also)
        return Picture(
            day=day,
            material=material,
            book=book,
            rates=rates,
            valuation=valuation,
            table=await self._table(material, book, (wanted, begin, last)),
            kinds=await read_kinds(self._instruments, sorted(held | (set(also) - set(unprofiled))), material.custom),
        )

    async def fork(self, picture: Picture, trades: Sequence[NewTrade]) -> Forked:
        """Apply trades on the picture's day by the ledger's own rules.

        Raises:
            ShortSale: More would be sold than is held.
        """
        entries = entries_of(trades, picture.day, self._clock.now())
        return await self.fork_entries(picture, entries)

    async def fork_entries(self, picture: Picture, entries: Sequence[Entry]) -> Forked:
        """The same with entries as they would be recorded."""
        start, portfolio, day, rates = picture.book, picture.portfolio, picture.day, picture.rates
        if last_day(start) == day:
            # Within a day implied deposits are for what all its entries lack together: the whole ledger is needed.
            standing = (await self._ledger(picture)).standing
            book = keep_book(forked(standing, start, entries), portfolio, rates, until=day)
        else:
            implied = not any(funds(entry) for entry in entries) and await self._implied(picture)
            book = continue_book(start, entries, portfolio, rates, implied=implied, until=day)
        valuation = value_book(book, picture.material.bars, rates, as_of=day)
        return Forked(entries, book, valuation, new_sales(book, entries))

    async def _implied(self, picture: Picture) -> bool:
        """Whether the ledger is funded by implied deposits; shares that came in may or may not say so."""
        cash = [flow for flow in picture.book.flows if not flow.symbol]
        if cash or not picture.book.flows:
            return all(flow.implied for flow in cash)
        return not any(funds(entry) for entry in (await self._ledger(picture)).standing)

    async def _ledger(self, picture: Picture) -> Ledger:
        portfolio = picture.portfolio
        material = await self._reader.material(portfolio.owner, portfolio.id, picture.day, with_ledger=True)
        return material.ledger

    async def _table(self, material: Material, book: Book, wanted: tuple[Collection[str], date, date]) -> ReturnTable:
        symbols, start, end = wanted
        base = material.portfolio.base_currency
        bars = {symbol: material.bars[symbol] for symbol in sorted(symbols) if symbol in material.bars}
        days, left_out = window(bars, start, end)
        missing = {symbol: "has no market prices" for symbol in symbols if symbol not in bars}
        codes = {account.currency for account in material.portfolio.accounts} | {b.currency for b in bars.values()}
        codes |= {currency for _, currency in book.cash}
        fx = {code: (await self._fx.series(code, base, days)).rates for code in sorted(codes) if code != base}
        table = return_table(bars, days, {**left_out, **missing}, fx, base)
        silent = {cash_name(code) for code in codes}
        return replace(table, left_out={n: why for n, why in table.left_out.items() if n not in silent})
