"""Portfolios in memory with their prices and rates, and what they are measured by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import numpy.typing as npt
from stocktool_stock.application.market_ports import FxRate, FxRates, FxSeries
from stocktool_stock.application.measure_performance import MeasurePerformance, PerformanceReport
from stocktool_stock.application.portfolio_reader import PortfolioReader
from stocktool_stock.application.read_history import DailyHistory, ReadHistory
from stocktool_stock.domain.ledger import Entry
from stocktool_stock.domain.portfolio import Portfolio

from tests.factories.stock import a_portfolio, an_entry, day, some_bars
from tests.fakes.stock_portfolios import FakeBars, FakeMarket, FakePortfolios, FakeRates

TODAY = "2024-03-29"
X = {"2024-01-02": 100, "2024-01-31": 110, "2024-02-29": 121, "2024-03-28": 108.9}
Y = {"2024-01-02": 50, "2024-01-31": 50, "2024-02-29": 60, "2024-03-28": 60}
SPY = {"2024-01-02": 400, "2024-01-31": 440, "2024-02-29": 440, "2024-03-28": 484}


@dataclass
class MovingRates(FakeRates):
    """Dollars for one of a currency, by day; gaps carry forward."""

    currency: str = "EUR"
    dollars: Mapping[date, Decimal] = field(default_factory=dict)

    def __init__(self, currency: str, dollars: Mapping[date, Decimal]) -> None:
        super().__init__()
        self.currency, self.dollars = currency, dollars

    def on(self, currency: str, on: date) -> tuple[date, Decimal]:
        """Dollars for one, and the day they were published."""
        if currency == "USD":
            return on, Decimal(1)
        assert currency == self.currency
        seen = max((each for each in self.dollars if each <= on), default=min(self.dollars))
        return seen, self.dollars[seen]

    async def rate(self, base: str, quote: str, day: date) -> FxRate:
        seen, dollars = self.on(base, day)
        return FxRate(base, quote, seen, dollars / self.on(quote, day)[1])

    async def into(self, currency: str) -> Mapping[tuple[str, date], Decimal]:
        assert currency == "USD"
        days = [min(self.dollars) + timedelta(days=number) for number in range(400)]
        return {(code, each): self.on(code, each)[1] for code in ("USD", self.currency) for each in days}

    async def series(self, base: str, quote: str, days: npt.NDArray[np.datetime64]) -> FxSeries:
        rates = [float((await self.rate(base, quote, each)).rate) for each in days.tolist()]
        return FxSeries(base, quote, days, np.array(rates), days)


@dataclass
class Measured:
    """A portfolio in memory, and what it is measured by."""

    entries: list[Entry]
    portfolio: Portfolio = field(default_factory=a_portfolio)
    series: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: {"X": X, "Y": Y, "SPY": SPY})
    currencies: Mapping[str, str] = field(default_factory=dict)
    today: str = TODAY
    splits: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.portfolio = replace(self.portfolio, last_sequence=max((e.sequence for e in self.entries), default=0))
        self.store = FakePortfolios({self.portfolio.id: self.portfolio}, {self.portfolio.id: self.entries})
        self.bars = FakeBars(
            {
                name: some_bars(
                    name, closes, currency=self.currencies.get(name, "USD"), splits=self.splits.get(name, ())
                )
                for name, closes in self.series.items()
            }
        )
        self.use(FakeRates())

    def use(self, rates: FxRates) -> None:
        """Take these rates."""
        self.rates = rates
        self.reader = PortfolioReader(self.store, self.bars, rates, FakeMarket(day(self.today)))
        self.read = ReadHistory(self.reader, rates)

    def moving(self, currency: str, rates: Mapping[str, str]) -> None:
        """Let a currency have these rates in dollars, by day."""
        self.use(MovingRates(currency, {day(on): Decimal(rate) for on, rate in rates.items()}))

    async def history(self, **asked: object) -> DailyHistory:
        return await self.read(self.portfolio.owner, self.portfolio.id, **asked)  # type: ignore[arg-type]

    async def performance(self, **asked: object) -> PerformanceReport:
        measure = MeasurePerformance(self.reader, self.read)
        return await measure(self.portfolio.owner, self.portfolio.id, **asked)  # type: ignore[arg-type]


def two_accounts() -> Measured:
    """Ten X at 100 in one account; in the other twenty Y at 50 with a fee of 10, a dividend of 40 less 6 tax."""
    return Measured(
        [
            an_entry("deposit", "2024-01-02", amount="1000"),
            an_entry("buy", "2024-01-02", "X", quantity="10", price="100"),
            an_entry("deposit", "2024-01-02", amount="1010", account_id="acc_2"),
            an_entry("buy", "2024-01-02", "Y", quantity="20", price="50", fee="10", account_id="acc_2"),
            an_entry("dividend", "2024-02-29", "Y", amount="40", tax="6", account_id="acc_2"),
            an_entry("sell", "2024-02-29", "X", quantity="5", price="121"),
            an_entry("withdrawal", "2024-02-29", amount="605"),
        ],
        a_portfolio(accounts={"acc_1": "USD", "acc_2": "USD"}),
    )
