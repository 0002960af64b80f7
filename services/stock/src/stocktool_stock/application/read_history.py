"""A portfolio, or a part of it, day by day: what performance, risk, contribution and attribution are measured on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import numpy as np
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.application.derived import Sources
from stocktool_stock.application.market_ports import FxRates
from stocktool_stock.application.periods import Period, range_start
from stocktool_stock.application.portfolio_reader import Material, PortfolioReader
from stocktool_stock.domain.bars import Bars, Column, Days
from stocktool_stock.domain.book import Book, Charge, Flow, Payment
from stocktool_stock.domain.daily import DailyValuer, DailyValues, carried, grid, with_days
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.quotes import ProviderUnavailable, SymbolNotFound
from stocktool_stock.domain.rates import RateTable
from stocktool_stock.domain.returns import daily_returns, growth
from stocktool_stock.domain.risk import Figure
from stocktool_stock.domain.segments import Scope, first_day, flow_days, scope_flows, scope_values
from stocktool_stock.domain.valuation import Valuation, value_book
from stocktool_stock.domain.values import value

WHOLE = Scope()
_UNMOVED = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class BenchmarkReport:
    """The benchmark over the same days; `growth` is 1 on the first, NaN before its first price.

    `prices` are its total return in the base currency.
    """

    symbol: str
    twr: Figure
    growth: Column
    returns: Column
    prices: Column
    price_as_of: date | None
    stale: bool


@value(frozen=True, slots=True)
class Moved:
    """What moved into a part of a portfolio in the base currency, and the flow or payment that says so."""

    day: date
    amount: Decimal
    origin: Flow | Payment


@dataclass(frozen=True, slots=True, eq=False)
class DailyHistory:
    """A portfolio, or a part of it, day by day: `returns` has one entry less than `days`.

    Attributes:
        flows: What moved into it within the range.
    """

    portfolio: Portfolio
    scope: Scope
    gross: bool
    start: date
    end: date
    since_inception: bool
    daily: DailyValues
    returns: Column
    growth: Column
    flows: tuple[Moved, ...]
    benchmark: BenchmarkReport | None
    material: Material
    book: Book
    rates: RateTable
    valuer: DailyValuer

    def valued_at_end(self) -> Valuation:
        """The exact value of the whole portfolio at the close of the last day."""
        return value_book(self.book, self.material.bars, self.rates, as_of=self.end)

    def total_return_prices(self, symbol: str) -> Column:
        """Adjusted closes in the base currency on the days, NaN before the first; the symbol was read with the rest."""
        known = self.material.bars[symbol]
        return _total_return(known, self.daily.days) * self.valuer.rate(known.currency)

    def worth(self, valuation: Valuation) -> Decimal:
        """What of a valuation belongs to the scope."""
        if not self.scope:
            return valuation.total.amount
        parts = [part.value for part in valuation.parts if self.scope.has(part.account_id, part.symbol)]
        return sum(parts, Decimal(0))

    @property
    def charges(self) -> list[Charge]:
        """What it was charged within the range; before them, where `gross`, the returns are."""
        return [
            charge for charge in charges_of(self.book, self.scope) if self.since_inception or charge.day > self.start
        ]

    @property
    def fees_and_taxes(self) -> tuple[Decimal, Decimal]:
        """Sums of its charges."""
        if self.since_inception and not self.scope:
            return self.book.fees, self.book.taxes  # a long ledger's charges need not be read for these
        charges = self.charges
        return sum((each.fee for each in charges), Decimal(0)), sum((each.tax for each in charges), Decimal(0))

    @property
    def outside(self) -> list[tuple[date, Decimal]]:
        """What the returns count as paid in or taken out: flows and, before charges, those as taken out."""
        moved = [(moved.day, moved.amount) for moved in self.flows]
        if self.gross:
            moved += [(charge.day, -(charge.fee + charge.tax)) for charge in self.charges]
        return sorted(moved, key=lambda item: item[0])


class ReadHistory:
    """Values portfolios day by day; what performance and risk are measured on."""

    def __init__(self, reader: PortfolioReader, rates: FxRates) -> None:
        self._reader = reader
        self._rates = rates

    async def __call__(
        self,
        owner: OwnerId,
        portfolio_id: PortfolioId,
        *,
        start: date | None = None,
        end: date | None = None,
        period: Period | None = None,
        benchmark: str = "",
        scope: Scope = WHOLE,
        gross: bool = False,
        also: Sequence[str] = (),
        with_ledger: bool = True,
    ) -> DailyHistory:
        """Value one, or a part of it, on each day of a range.

        Args:
            owner: Whose it is.
            portfolio_id: Which.
            start: Day whose close is the base.
            end: Last day.
            period: The range by its name, when no start is given.
            benchmark: Symbol to compare with, empty for none.
            scope: An account, a symbol, both or all.
            gross: Whether fees and taxes count as taken out, so that returns are those before them.
            also: Further symbols whose prices are wanted.
            with_ledger: Whether the ledger's entries are wanted too.

        Raises:
            PortfolioNotFound: None by this id is the owner's.
            SymbolNotFound: The benchmark is not known.
            InvalidArgument: The start is not before the end, or the scope is no part of the portfolio.
        """
        last = self._reader.day_of(end)
        first = range_start(start, period, last)
        also = [*also, *([benchmark] if benchmark else [])]
        material = await self._reader.material(owner, portfolio_id, last, also=also, with_ledger=with_ledger)
        book, rates = await self._reader.book(material, last)
        check_scope(scope, book)
        question = (portfolio_id, first, last, benchmark, scope, gross, tuple(also))
        sources = Sources(book, material.bars, rates)
        kept = self._reader.derived.find(DailyHistory, question, sources)
        if kept is not None:
            return replace(kept, portfolio=material.portfolio, material=material)
        history = await self._read(
            material, sources, first, last, benchmark=benchmark, scope=scope, gross=gross, also=also
        )
        for column in (history.daily.values, history.daily.flows, history.returns, history.growth):
            column.setflags(write=False)  # others will read them too
        cells = len(history.daily.days) * (len(history.book.symbols) + 8)
        self._reader.derived.keep(question, sources, replace(history, material=replace(material, entries=None)), cells)
        return history

    async def _read(
        self,
        material: Material,
        sources: Sources,
        first: date | None,
        last: date,
        *,
        benchmark: str,
        scope: Scope,
        gross: bool,
        also: Sequence[str],
    ) -> DailyHistory:
        book, rates = sources.book, sources.rates
        inception = first_day(book, scope) or last
        since_inception = first is None or first < inception
        begin = inception if first is None else max(first, inception)
        symbols = set(book.symbols)
        held = [bars for symbol, bars in material.bars.items() if symbol in symbols]
        known = material.bars.get(benchmark)
        extra = [material.bars[symbol] for symbol in also if symbol in material.bars]
        trading = grid([*held, *extra], begin, last, book.payment_days, [flow.day for flow in book.flows])
        days = with_days(trading, flow_days(book, scope), last)
        fx = await self._reader.fx_columns(material, book, days)
        valuer = DailyValuer(book, days, {bars.symbol: bars for bars in held}, fx, rates)
        moved = [Moved(*each) for each in scope_flows(book, scope, rates, valuer)]
        flows = valuer.on_grid((each.day, float(each.amount)) for each in moved)
        if gross:
            flows -= valuer.on_grid((charge.day, float(charge.fee + charge.tax)) for charge in charges_of(book, scope))
        values = scope_values(book, scope, valuer) if scope else valuer.total()
        returns = daily_returns(values, flows)
        # Between trading days a flow ends a sub-period; as a daily return it counts only where the value did change.
        between = np.ones(len(days), dtype=bool)
        between[days.searchsorted(trading)] = False
        returns[between[1:] & (np.abs(returns) <= _UNMOVED)] = np.nan
        return DailyHistory(
            portfolio=material.portfolio,
            scope=scope,
            gross=gross,
            start=begin,
            end=last,
            since_inception=since_inception,
            daily=DailyValues(days, values, flows),
            returns=returns,
            growth=growth(returns),
            flows=tuple(each for each in moved if since_inception or each.day > begin),
            benchmark=_benchmark(benchmark, known, material, days, fx) if benchmark else None,
            material=material,
            book=book,
            rates=rates,
            valuer=valuer,
        )


def charges_of(book: Book, scope: Scope) -> list[Charge]:
    """Fees and taxes of a part of a portfolio."""
    return [
        charge
        for charge in book.charges
        if scope.account_id in ("", charge.account_id) and (not scope.symbol or scope.symbol == charge.symbol)
    ]


def check_scope(scope: Scope, book: Book) -> None:
    """Refuse an account that is not there, or a symbol that was never held.

    Raises:
        InvalidArgument: So it is.
    """
    if scope.account_id and scope.account_id not in book.portfolio.by_account:
        raise InvalidArgument.of("account_id", "is no account of this portfolio")
    if scope.symbol and scope.symbol not in book.symbols:
        raise InvalidArgument.of("symbol", "was never held in this portfolio")


def _benchmark(
    symbol: str, known: Bars | None, material: Material, days: Days, fx: Mapping[str, Column]
) -> BenchmarkReport:
    if known is None:
        reason = material.failures.get(symbol, "")
        if reason == SymbolNotFound.reason:
            raise SymbolNotFound(symbol)
        raise ProviderUnavailable(f"prices of {symbol} cannot be had now", symbol=symbol)
    price = _total_return(known, days)
    if known.currency != material.portfolio.base_currency:
        price = price * fx[known.currency]
    twr: Figure = Undefined(f"its prices begin on {known.first_day}, after the start")
    if not np.isnan(price[0]):
        twr = float(price[-1] / price[0] - 1.0)
    return BenchmarkReport(
        symbol=symbol,
        twr=twr,
        growth=price / price[0],
        returns=price[1:] / price[:-1] - 1.0,
        prices=price,
        price_as_of=known.last_day,
        stale=known.stale,
    )


def _total_return(known: Bars, days: Days) -> Column:
    adjusted = np.where(np.isnan(known.adjusted_close), known.close, known.adjusted_close)
    return carried(days, known.days, adjusted)
