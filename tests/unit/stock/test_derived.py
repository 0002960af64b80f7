"""Figures that are kept as long as nothing they came from changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

from stocktool_stock.application import portfolio_reader, read_history
from stocktool_stock.application.derived import Derived, Sources
from stocktool_stock.domain.bars import Bars
from stocktool_stock.domain.book import Book, Payment
from stocktool_stock.domain.ledger import EntryType
from stocktool_stock.domain.rates import RateTable

from tests.factories.measured import Measured, two_accounts
from tests.factories.stock import a_portfolio, a_rate_table, day, some_bars

CLOSES = {"2024-01-02": 100.0, "2024-01-03": 101.0}


def copied(bars: Bars) -> Bars:
    """The same values in columns of their own, as another reading of the store gives them."""
    return replace(bars, days=bars.days.copy(), close=bars.close.copy(), adjusted_close=bars.adjusted_close.copy())


def some_sources(book: Book, rates: RateTable, **bars: Bars) -> Sources:
    return Sources(book, {"X": some_bars("X", CLOSES), **bars}, rates)


def test_the_same_sources_give_the_kept_answer() -> None:
    book, rates, derived = Book(a_portfolio()), a_rate_table(), Derived()
    sources = some_sources(book, rates)
    derived.keep("total", sources, "12")
    assert derived.find(str, "total", sources) == "12"
    again = Sources(book, {"X": copied(sources.bars["X"])}, RateTable("USD", rates.rates))
    assert derived.find(str, "total", again) == "12"
    assert derived.find(str, "gain", sources) is None
    assert derived.find(int, "total", sources) is None


def test_another_book_price_split_or_rate_is_another_question() -> None:
    book, rates, derived = Book(a_portfolio()), a_rate_table(), Derived()
    sources = some_sources(book, rates)
    derived.keep("total", sources, "12")
    x = sources.bars["X"]
    risen = copied(x)
    risen.close.setflags(write=True)
    risen.close[-1] = 101.01
    for other in (
        some_sources(Book(a_portfolio()), rates),
        some_sources(book, a_rate_table(rates={("EUR", "2024-01-02"): "1.1"})),
        some_sources(book, rates, X=risen),
        some_sources(book, rates, X=x.between(day("2024-01-03"))),
        some_sources(book, rates, X=some_bars("X", CLOSES, splits=[("2024-01-03", "2")])),
        some_sources(book, rates, X=replace(x, stale=not x.stale)),
        some_sources(book, rates, X=replace(x, as_of=x.as_of + timedelta(minutes=1))),
        some_sources(book, rates, Y=x),
        Sources(book, {}, rates),
    ):
        assert derived.find(str, "total", other) is None
    assert derived.find(str, "total", sources) == "12"


def test_what_was_asked_for_last_stays_while_there_is_room() -> None:
    portfolio, rates, derived = a_portfolio(), a_rate_table(), Derived()
    paid = Payment(day("2024-01-02"), EntryType.BUY, "X", Decimal(1), "USD")
    long = [Book(portfolio, payments=[paid] * 60_000) for _ in range(6)]  # each counts as 1.2 million numbers
    for number, book in enumerate(long):
        derived.keep(number, some_sources(book, rates), str(number))
        derived.find(str, 0, some_sources(long[0], rates))
    kept = [number for number, book in enumerate(long) if derived.find(str, number, some_sources(book, rates))]
    assert kept == [0, 3, 4, 5]


async def test_figures_are_worked_out_once_until_a_price_changes() -> None:
    measured = two_accounts()
    with (
        patch.object(read_history, "DailyValuer", wraps=read_history.DailyValuer) as valued,
        patch.object(portfolio_reader, "value_book", wraps=portfolio_reader.value_book) as closed,
    ):
        first = await measured.performance()
        again = await measured.performance()
        assert (valued.call_count, closed.call_count) == (1, 1)
        measured.bars.series = dict(measured.bars.series) | {"Y": twice(measured)}
        risen = await measured.performance()
    assert again.value_end == first.value_end
    assert risen.value_end.amount == first.value_end.amount + 1200  # twenty Y at 60, and at 120 now
    assert risen.values[-1] == first.values[-1] + 1200
    assert (valued.call_count, closed.call_count) == (2, 2)


def twice(measured: Measured) -> Bars:
    known = measured.bars.series["Y"]
    close = known.close.copy()
    close[-1] *= 2
    return replace(known, close=close)
