"""Figures that a book tells by itself, of a day or of its entries until then, with the rows they came from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from stocktool_kit.core.ids import OwnerId

from stocktool_stock.application.measure_performance import CONVENTIONS as PERFORMANCE
from stocktool_stock.application.periods import Period, range_start
from stocktool_stock.application.portfolio_reader import Material, PortfolioReader
from stocktool_stock.application.read_history import check_scope
from stocktool_stock.domain.book import Book
from stocktool_stock.domain.exact import exact
from stocktool_stock.domain.figure_formulas import TABLES_OF_DAY
from stocktool_stock.domain.income import received
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.domain.rates import RateTable
from stocktool_stock.domain.risk import Figure
from stocktool_stock.domain.segments import Scope
from stocktool_stock.domain.trail import TrailTables, cash_at, lots_of, positions_at, value_of_day

_DAY_CONVENTIONS = ("price_basis", "exchange_rates")


@dataclass(frozen=True, slots=True)
class FigureQuery:
    """Which figure.

    Attributes:
        name: One of `FORMULAS`.
        scope: An account, a symbol, both or all.
        as_of: Day of a figure of one day; by default `end`.
        start: Day whose close is the base of a range; None since inception.
        end: Last day.
        period: The range by its name, when no start is given.
        benchmark: What figures against a benchmark are against.
        gross: Whether fees and taxes count as taken out.
        risk_free: Yearly rate.
    """

    name: str
    scope: Scope
    as_of: date | None = None
    start: date | None = None
    end: date | None = None
    period: Period | None = None
    benchmark: str = ""
    gross: bool = False
    risk_free: float = 0.0


@dataclass(frozen=True, slots=True)
class Found:
    """A figure and all of its rows."""

    value: Decimal | Figure
    tables: TrailTables
    start: date | None
    end: date
    base_currency: str
    inputs: dict[str, Decimal | float]
    conventions: dict[str, str]


class BookFigures:
    """Gives figures of books."""

    def __init__(self, reader: PortfolioReader) -> None:
        self._reader = reader

    async def of_day(self, owner: OwnerId, portfolio_id: PortfolioId, asked: FigureQuery) -> Found:
        """A figure of one day."""
        day = self._reader.day_of(asked.as_of or asked.end)
        material = await self._reader.material(owner, portfolio_id, day)
        book, rates = await self._reader.book(material, day)
        check_scope(asked.scope, book)
        # A weight is told of the whole it is a part of.
        scope = Scope(asked.scope.account_id) if asked.name == "weight" else asked.scope
        positions = positions_at(book, material.bars, rates, day, scope)
        priced = {(row.account_id, row.symbol) for row in positions}
        lots = lots_of(book, asked.scope)
        if asked.name != "cost_basis":  # a gain is told of what has a price
            lots = [lot for lot in lots if (lot.account_id, lot.symbol) in priced]
        every = TrailTables(positions=positions, cash=cash_at(book, rates, day, scope), lots=lots)
        with exact():
            value = value_of_day(asked.name, asked.scope.symbol, every, rates, day)
        return Found(
            value=value,
            tables=TrailTables(**{name: getattr(every, name) for name in TABLES_OF_DAY[asked.name]}),
            start=None,
            end=day,
            base_currency=material.portfolio.base_currency,
            inputs={},
            conventions=_conventions(material),
        )

    async def of_ledger(self, owner: OwnerId, portfolio_id: PortfolioId, asked: FigureQuery) -> Found:
        """A sum over entries."""
        last = self._reader.day_of(asked.as_of or asked.end)
        material = await self._reader.material(owner, portfolio_id, last)
        book, rates = await self._reader.book(material, last)
        check_scope(asked.scope, book)
        start = range_start(asked.start, asked.period, last)
        tables = _ledger_tables(replace(asked, start=start), material, book, rates, last)
        with exact():
            value = sum(
                (
                    *(sale.gain for sale in tables.sales),
                    *(payment.gross for payment in tables.income),
                    *(charge.fee if asked.name == "fees" else charge.tax for charge in tables.charges),
                ),
                Decimal(0),
            )
        return Found(
            value=value,
            tables=tables,
            start=start,
            end=last,
            base_currency=material.portfolio.base_currency,
            inputs={},
            conventions=_conventions(material),
        )


def _conventions(material: Material) -> dict[str, str]:
    own = {"cost_method": material.portfolio.cost_method.value}
    return own | {name: PERFORMANCE[name] for name in _DAY_CONVENTIONS}


def _ledger_tables(asked: FigureQuery, material: Material, book: Book, rates: RateTable, last: date) -> TrailTables:
    def within(day: date, account_id: str, symbol: str) -> bool:
        mine = asked.scope.account_id in ("", account_id) and asked.scope.symbol in ("", symbol)
        return mine and (asked.start is None or day > asked.start)

    if asked.name == "realised":
        return TrailTables(sales=[s for s in book.sales if within(s.day, s.account_id, s.symbol)])
    if asked.name == "income":
        paid = received(material.ledger.standing, book, rates, until=last)
        return TrailTables(income=[p for p in paid if within(p.day, p.account_id, p.symbol)])
    charged = [c for c in book.charges if within(c.day, c.account_id, c.symbol)]
    return TrailTables(charges=[c for c in charged if (c.fee if asked.name == "fees" else c.tax)])
