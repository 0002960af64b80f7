"""Brings together what a figure about a portfolio needs: its book, prices and rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from stocktool_kit.core.errors import Internal
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.application.derived import Derived, Sources
from stocktool_stock.application.ledger_books import LedgerBooks, books_of
from stocktool_stock.application.ledger_ports import InstrumentShelf
from stocktool_stock.application.market_ports import BarsBatch, BarSource, FxRates, MarketStatus
from stocktool_stock.application.ports import PortfolioStore
from stocktool_stock.domain.bars import Bars, Column, Days
from stocktool_stock.domain.book import Book
from stocktool_stock.domain.custom_instruments import CustomInstrument, all_manual_bars, is_custom
from stocktool_stock.domain.ledger import Ledger
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.rates import RateTable
from stocktool_stock.domain.valuation import Valuation, value_book

PRICE_BASIS = "quantity as traded x split-adjusted close x ratios of later splits"
RATE_SOURCE = "ECB reference rate of the day, or the last one before"


@dataclass(frozen=True, slots=True)
class Material:
    """A portfolio and the prices up to a day; `failures` says which symbols have none, and why.

    `custom` are the user's own instruments among them; no provider is asked about these. `entries` is the whole ledger,
    where it was asked for: few figures need more than the book.
    """

    portfolio: Portfolio
    until: date
    bars: Mapping[str, Bars]
    failures: Mapping[str, str]
    custom: Mapping[str, CustomInstrument] = field(default_factory=dict)
    entries: Ledger | None = None

    @property
    def ledger(self) -> Ledger:
        """The whole ledger.

        Raises:
            Internal: It was not asked for.
        """
        if self.entries is None:
            raise Internal("a ledger was not asked for", portfolio_id=self.portfolio.id)
        return self.entries


class PortfolioReader:
    """Reads ledgers, prices and rates, and keeps books."""

    def __init__(
        self,
        store: PortfolioStore,
        bars: BarSource,
        rates: FxRates,
        market: MarketStatus,
        shelf: InstrumentShelf | None = None,
        *,
        books: LedgerBooks | None = None,
    ) -> None:
        self._store = store
        self._books = books or books_of(store, rates)
        self._shelf = shelf
        self._bars = bars
        self._rates = rates
        self._market = market
        self.derived = Derived()

    def day_of(self, asked: date | None) -> date:
        """The day asked for, at most the market's today."""
        today = self._market.today()
        return today if asked is None else min(asked, today)

    async def material(
        self,
        owner: OwnerId,
        portfolio_id: PortfolioId,
        until: date,
        *,
        also: Sequence[str] = (),
        with_ledger: bool = True,
    ) -> Material:
        """Read a portfolio with the prices of everything it ever held, and of `also`.

        Args:
            owner: Whose it is.
            portfolio_id: Which.
            until: Last day of the prices.
            also: Further symbols.
            with_ledger: Whether its entries are read too; a long ledger's book is had without them.

        Raises:
            PortfolioNotFound: None by this id is the owner's.
        """
        portfolio = await self._store.get(owner, portfolio_id)
        book, _ = await self._books.book(portfolio, until)
        ledger = await self._store.ledger(portfolio) if with_ledger else None
        symbols = sorted(set(book.symbols) | set(also))
        custom = await custom_of(self._shelf, portfolio_id, symbols)
        asked = [symbol for symbol in symbols if not is_custom(symbol)]
        batch = await self._bars.many(asked, None, until) if asked else BarsBatch({})
        return Material(
            portfolio=portfolio,
            until=until,
            bars={symbol: bars for symbol, bars in batch.bars.items() if len(bars)}
            | all_manual_bars(custom.values(), until),
            failures={failure.symbol: failure.reason for failure in batch.failures},
            custom=custom,
            entries=ledger,
        )

    async def book(self, material: Material, until: date) -> tuple[Book, RateTable]:
        """The book to the end of a day, not to be changed, and the rates into its base currency."""
        return await self._books.book(material.portfolio, until)

    async def valuation(self, material: Material, as_of: date) -> tuple[Valuation, Book]:
        """Value the portfolio at the close of a day."""
        book, rates = await self.book(material, as_of)
        return self.valued(book, material.bars, rates, as_of), book

    def valued(self, book: Book, bars: Mapping[str, Bars], rates: RateTable, as_of: date) -> Valuation:
        """Value a book that was kept until a day at its close, once for everybody who asks."""
        sources = Sources(book, {symbol: bars[symbol] for symbol in book.symbols if symbol in bars}, rates)
        return self.derived.recall(
            Valuation, (book.portfolio.id, as_of), sources, lambda: value_book(book, bars, rates, as_of=as_of)
        )

    async def fx_columns(self, material: Material, book: Book, days: Days) -> dict[str, Column]:
        """Daily rates of every currency in the book or its prices into the base currency."""
        base = material.portfolio.base_currency
        currencies = {bars.currency for bars in material.bars.values()} | set(book.cash_steps)
        # What has no market prices is worth what it was traded for, in that currency.
        unpriced = [trades for symbol, trades in book.trade_prices.items() if trades and symbol not in material.bars]
        currencies |= {trades[-1].currency for trades in unpriced}
        return {code: (await self._rates.series(code, base, days)).rates for code in sorted(currencies) if code != base}


async def custom_of(
    shelf: InstrumentShelf | None, portfolio_id: PortfolioId, symbols: Sequence[str]
) -> dict[str, CustomInstrument]:
    """Instruments of the user's own among symbols, by symbol."""
    wanted = {symbol for symbol in symbols if is_custom(symbol)}
    if not wanted or shelf is None:
        return {}
    return {each.symbol: each for each in await shelf.instruments(portfolio_id) if each.symbol in wanted}


def price_warnings(material: Material, symbols: Sequence[str]) -> list[str]:
    """What is to be said about symbols whose prices could not be had."""
    return [
        f"prices of {symbol} cannot be had now ({material.failures[symbol]})"
        for symbol in symbols
        if symbol in material.failures and material.failures[symbol] != "SYMBOL_NOT_FOUND"
    ]
