"""Why a portfolio did better or worse than a benchmark, by sector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

import numpy as np
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.application.market_ports import InstrumentSource
from stocktool_stock.application.measure_contribution import segments_of, whole_of
from stocktool_stock.application.periods import Period as NamedPeriod
from stocktool_stock.application.portfolio_reader import PRICE_BASIS, RATE_SOURCE
from stocktool_stock.application.read_history import DailyHistory, ReadHistory
from stocktool_stock.application.read_kinds import read_kinds
from stocktool_stock.domain.allocation import CASH, FUNDS, UNKNOWN
from stocktool_stock.domain.bars import Column
from stocktool_stock.domain.brinson import BRINSON, Attribution, attribute
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.returns import time_weighted_return
from stocktool_stock.domain.risk import Figure
from stocktool_stock.domain.sector_days import SectorColumns, SectorPeriod, daily_periods, given_periods, mix_columns
from stocktool_stock.domain.weighted import Rebalance

CONVENTIONS: Mapping[str, str] = {
    **BRINSON,
    "sectors": "as instruments' profiles name them; cash, funds and unknown are sectors of their own",
    "periods": "days, or the periods the benchmark's sectors are given for: then the portfolio's weights are means of "
    "its daily weights, and its returns linked contributions over these",
    "unexplained": "charges and trades of sectors without weight at the beginning of the period",
    "benchmark_mix": "total returns (adjusted close) in the base currency",
    "price_basis": PRICE_BASIS,
    "exchange_rates": RATE_SOURCE,
}


@dataclass(frozen=True, slots=True)
class Mix:
    """A benchmark of symbols; weights on the first day, together 1."""

    weights: Mapping[str, float]
    rebalance: Rebalance = Rebalance.NONE


@dataclass(frozen=True, slots=True)
class AttributionReport:
    """The active return over a range, explained where the benchmark's sectors are known."""

    portfolio: Portfolio
    start: date
    end: date
    benchmark: str
    portfolio_return: Figure
    benchmark_return: Figure
    attribution: Attribution | Undefined
    conventions: Mapping[str, str] = field(default_factory=lambda: dict(CONVENTIONS))


class AttributeReturn:
    """Explains active returns."""

    def __init__(self, history: ReadHistory, instruments: InstrumentSource) -> None:
        self._history = history
        self._instruments = instruments

    async def against_symbol(
        self,
        owner: OwnerId,
        portfolio_id: PortfolioId,
        symbol: str,
        *,
        start: date | None = None,
        end: date | None = None,
        period: NamedPeriod | None = None,
    ) -> AttributionReport:
        """Against one symbol: only a company's sector is known, not what a fund holds.

        Raises:
            PortfolioNotFound: None by this id is the owner's.
            SymbolNotFound: The benchmark is not known.
            InvalidArgument: The start is not before the end.
        """
        history = await self._history(owner, portfolio_id, start=start, end=end, period=period, benchmark=symbol)
        sectors = await self._sectors([*history.book.symbols, symbol], history)
        if sectors[symbol] in (FUNDS, UNKNOWN):
            why = Undefined(
                f"the sector weights of {symbol} are not known; give them with their returns, or a benchmark of "
                "symbols and weights, in the body of a POST"
            )
            its: Figure = why if history.benchmark is None else history.benchmark.twr
            return _report(history, symbol, time_weighted_return(history.returns), its, why)
        return self._against_mix(history, Mix({symbol: 1.0}), sectors, symbol)

    async def against_mix(
        self,
        owner: OwnerId,
        portfolio_id: PortfolioId,
        mix: Mix,
        *,
        start: date | None = None,
        end: date | None = None,
        period: NamedPeriod | None = None,
    ) -> AttributionReport:
        """Against symbols and weights.

        Raises:
            PortfolioNotFound: None by this id is the owner's.
            InvalidArgument: The start is not before the end, or a symbol has no prices.
        """
        history = await self._history(
            owner, portfolio_id, start=start, end=end, period=period, also=sorted(mix.weights)
        )
        for symbol in mix.weights:
            if symbol not in history.material.bars:
                raise InvalidArgument.of(f"/benchmark/symbols/{symbol}", "has no prices")
        sectors = await self._sectors([*history.book.symbols, *mix.weights], history)
        return self._against_mix(history, mix, sectors, "")

    async def against_periods(
        self, owner: OwnerId, portfolio_id: PortfolioId, periods: Sequence[SectorPeriod]
    ) -> AttributionReport:
        """Against sectors of given weights and returns, period by period.

        Raises:
            PortfolioNotFound: None by this id is the owner's.
            InvalidArgument: The periods do not follow one another.
        """
        for index, (before, after) in enumerate(pairwise(periods), start=1):
            if after.start != before.end:
                raise InvalidArgument.of(f"/benchmark/periods/{index}/start", f"must be the end before, {before.end}")
        history = await self._history(owner, portfolio_id, start=periods[0].start, end=periods[-1].end)
        sectors = await self._sectors(history.book.symbols, history)
        mine = _mine(history, sectors)
        found = given_periods(history.daily.days, mine, history.returns, periods)
        explained = found if isinstance(found, Undefined) else attribute(found)
        its: Figure = explained if isinstance(explained, Undefined) else explained.benchmark_return
        return _report(history, "", time_weighted_return(history.returns), its, explained)

    async def _sectors(self, symbols: Sequence[str], history: DailyHistory) -> dict[str, str]:
        kinds = await read_kinds(self._instruments, sorted(set(symbols)), history.material.custom)
        return {symbol: kind.sector or UNKNOWN for symbol, kind in kinds.items()}

    def _against_mix(self, history: DailyHistory, mix: Mix, sectors: Mapping[str, str], name: str) -> AttributionReport:
        twr = time_weighted_return(history.returns)
        prices = {symbol: history.total_return_prices(symbol) for symbol in mix.weights}
        late = [symbol for symbol, column in prices.items() if np.isnan(column).any()]
        if late:
            why = Undefined(f"prices of {late[0]} begin after the start")
            return _report(history, name, twr, why, why)
        its = mix_columns(prices, mix.weights, sectors, mix.rebalance)
        known = ~np.isnan(history.returns)
        explained = attribute(daily_periods(_mine(history, sectors), its, known))
        if isinstance(explained, Undefined):
            return _report(history, name, twr, explained, explained)
        return _report(history, name, twr, explained.benchmark_return, explained)


def _mine(history: DailyHistory, sectors: Mapping[str, str]) -> SectorColumns:
    """The portfolio by sector and day."""
    whole = whole_of(history)
    base = np.where(np.isnan(whole.returns), 1.0, whole.values[:-1])
    result: dict[str, tuple[Column, Column]] = {}
    for segment, days in segments_of(history).items():
        name = sectors[segment.symbol] if segment.symbol else CASH
        before = result.get(name, (np.zeros(len(base)), np.zeros(len(base))))
        result[name] = (before[0] + days.values[:-1] / base, before[1] + days.gains[1:] / base)
    return result


def _report(
    history: DailyHistory, benchmark: str, mine: Figure, its: Figure, attribution: Attribution | Undefined
) -> AttributionReport:
    return AttributionReport(
        portfolio=history.portfolio,
        start=history.start,
        end=history.end,
        benchmark=benchmark,
        portfolio_return=mine,
        benchmark_return=its,
        attribution=attribution,
    )
