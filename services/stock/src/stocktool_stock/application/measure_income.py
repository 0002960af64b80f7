"""Dividends and interest of a portfolio: received, yields, and the next twelve months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.application.offload import Offload
from stocktool_stock.application.portfolio_reader import RATE_SOURCE, Material, PortfolioReader, price_warnings
from stocktool_stock.domain.book import Book
from stocktool_stock.domain.income import (
    ExpectedPayment,
    IncomePayment,
    IncomeSum,
    IncomeYields,
    expected,
    month_of,
    received,
    summed,
    summed_by,
    year_before,
    yields,
)
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.rates import RateTable
from stocktool_stock.domain.valuation import Holding, value_book

CONVENTIONS: Mapping[str, str] = {
    "received": "dividends, reinvested ones too, and interest, on the day the ledger says; start and end included",
    "net": "gross - tax withheld - fees",
    "rounding": "once, half to even, each sum from its exact parts",
    "exchange_rates": RATE_SOURCE,
    "trailing": "the twelve months to the end, whatever the start",
    "expected": "each dividend of the last twelve months a year later: its amount per share, at its own day's rate and "
    "counted after later splits, x shares held at the end; interest is not expected",
    "yield_on_cost": "expected / cost of what is held",
    "trailing_yield": "expected / market value of what is held; cash is left out",
}


@dataclass(frozen=True, slots=True)
class HoldingIncome:
    """Income of one holding, or of a former one; an empty symbol is interest on cash."""

    symbol: str
    received: IncomeSum
    trailing: IncomeSum
    yields: IncomeYields


@dataclass(frozen=True, slots=True)
class IncomeReport:
    """Income over a range; `by_month` has every month from the first payment to the last."""

    portfolio: Portfolio
    start: date
    end: date
    payments: tuple[IncomePayment, ...]
    received: IncomeSum
    trailing: IncomeSum
    by_month: Mapping[str, IncomeSum]
    by_holding: tuple[HoldingIncome, ...]
    yields: IncomeYields
    expected: tuple[ExpectedPayment, ...]
    prices_as_of: date | None
    stale_prices: int
    warnings: tuple[str, ...]
    conventions: Mapping[str, str] = field(default_factory=lambda: dict(CONVENTIONS))


class MeasureIncome:
    """Measures income."""

    def __init__(self, reader: PortfolioReader, offload: Offload) -> None:
        self._reader = reader
        self._offload = offload

    async def __call__(
        self, owner: OwnerId, portfolio_id: PortfolioId, *, start: date | None = None, end: date | None = None
    ) -> IncomeReport:
        """Measure from `start` (the ledger's first day) to `end` (the market's today), both included.

        Raises:
            PortfolioNotFound: None by this id is the owner's.
            InvalidArgument: The start is after the end.
        """
        last = self._reader.day_of(end)
        if start is not None and start > last:
            raise InvalidArgument.of("start", f"must not be after the end, {last}")
        material = await self._reader.material(owner, portfolio_id, last)
        book, rates = await self._reader.book(material, last)
        return await self._offload(lambda: _report(material, book, rates, start, last))


def _report(material: Material, book: Book, rates: RateTable, start: date | None, last: date) -> IncomeReport:
    valuation = value_book(book, material.bars, rates, as_of=last)
    first = start or book.first_day or last
    every = received(material.ledger.standing, book, rates, until=last)
    shown = [payment for payment in every if payment.day >= first]
    trailing = [payment for payment in every if payment.day > year_before(last)]
    coming = expected(every, book, end=last)
    return IncomeReport(
        portfolio=material.portfolio,
        start=first,
        end=last,
        payments=tuple(shown),
        received=summed(shown),
        trailing=summed(trailing),
        by_month=_months(shown),
        by_holding=_holdings(shown, trailing, valuation.holdings, coming),
        yields=yields(valuation.holdings, coming),
        expected=tuple(coming),
        prices_as_of=valuation.prices_as_of,
        stale_prices=valuation.stale_prices,
        warnings=(*price_warnings(material, [holding.symbol for holding in valuation.holdings]), *_warnings(every)),
    )


def _months(payments: Sequence[IncomePayment]) -> dict[str, IncomeSum]:
    sums = summed_by(payments, month_of)
    if not payments:
        return {}
    first, last = payments[0].day, payments[-1].day
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    months = [f"{number // 12:04}-{number % 12 + 1:02}" for number in numbers]
    return {month: sums.get(month, IncomeSum()) for month in months}


def _holdings(
    shown: Sequence[IncomePayment],
    trailing: Sequence[IncomePayment],
    held: Sequence[Holding],
    coming: Sequence[ExpectedPayment],
) -> tuple[HoldingIncome, ...]:
    by_shown = summed_by(shown, lambda payment: payment.symbol)
    by_trailing = summed_by(trailing, lambda payment: payment.symbol)
    by_symbol = {holding.symbol: holding for holding in held}
    rows = [
        HoldingIncome(
            symbol,
            by_shown.get(symbol, IncomeSum()),
            by_trailing.get(symbol, IncomeSum()),
            yields([by_symbol[symbol]] if symbol in by_symbol else [], coming),
        )
        for symbol in {*by_shown, *by_trailing, *by_symbol}
    ]
    return tuple(sorted(rows, key=lambda row: (-row.received.gross, row.symbol)))


def _warnings(payments: Sequence[IncomePayment]) -> list[str]:
    bare = sorted({payment.symbol for payment in payments if payment.symbol and payment.shares <= 0})
    return [f"a dividend of {symbol} came when no shares were held, so it says nothing per share" for symbol in bare]
