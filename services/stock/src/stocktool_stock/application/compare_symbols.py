"""Symbols side by side over the days they all have prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import combinations

import numpy as np

from stocktool_stock.application.market_ports import BarSource, MarketStatus
from stocktool_stock.application.periods import Period, range_start
from stocktool_stock.domain.bars import Bars, Column
from stocktool_stock.domain.daily import carried, grid
from stocktool_stock.domain.quotes import ProviderUnavailable, SymbolNotFound
from stocktool_stock.domain.risk import CONVENTIONS, Figure, RiskFigures, correlation, series_risk

NO_PRICES = "NO_PRICES"
_REACH = timedelta(days=31)  # how far before the start the base price may lie


@dataclass(frozen=True, slots=True)
class ComparedSymbol:
    """Figures of one symbol in its own currency."""

    symbol: str
    currency: str
    risk: RiskFigures
    price_as_of: date | None
    stale: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Symbols over their common days; `correlations` has each pair once."""

    start: date
    end: date
    items: Sequence[ComparedSymbol]
    errors: Sequence[tuple[str, str]]
    correlations: Mapping[tuple[str, str], Figure]
    conventions: Mapping[str, str] = field(default_factory=dict)


class CompareSymbols:
    """Compares symbols."""

    def __init__(self, bars: BarSource, market: MarketStatus) -> None:
        self._bars = bars
        self._market = market

    async def __call__(
        self,
        symbols: Sequence[str],
        *,
        start: date | None = None,
        end: date | None = None,
        period: Period | None = None,
    ) -> Comparison:
        """Compare over (start, end]; without a start over the last year.

        A symbol listed later moves the start for all; one whose data end earlier moves the end, and is stale.

        Raises:
            SymbolNotFound: None of them is known.
            ProviderUnavailable: None can be priced now.
            InvalidArgument: The start is not before the end.
        """
        today = self._market.today()
        last = today if end is None else min(end, today)
        first = range_start(start, period or Period.ONE_YEAR, last)
        wanted = list(dict.fromkeys(symbols))
        batch = await self._bars.many(wanted, None if first is None else first - _REACH, last)
        errors = {failure.symbol: failure.reason for failure in batch.failures}
        usable: dict[str, Bars] = {}
        for symbol in wanted:
            bars = batch.bars.get(symbol)
            if bars is not None and len(bars) and not np.isnan(bars.close).all():
                usable[symbol] = bars
            else:
                errors.setdefault(symbol, NO_PRICES)
        if not usable:
            self._refuse(wanted, errors)
        return _compared(wanted, usable, errors, first, last)

    def _refuse(self, wanted: Sequence[str], errors: Mapping[str, str]) -> None:
        if all(errors[symbol] in (SymbolNotFound.reason, NO_PRICES) for symbol in wanted):
            raise SymbolNotFound(wanted[0])
        raise ProviderUnavailable("none of these symbols can be priced now")


def _total_return_close(bars: Bars) -> Column:
    return np.where(np.isnan(bars.adjusted_close), bars.close, bars.adjusted_close)


def _compared(
    wanted: Sequence[str], usable: Mapping[str, Bars], errors: Mapping[str, str], first: date | None, last: date
) -> Comparison:
    begins = [bars.first_day for bars in usable.values() if bars.first_day]
    ends = [bars.last_day for bars in usable.values() if bars.last_day]
    begin = max([*begins, *([first] if first else [])])
    end = max(begin, min([*ends, last]))
    days = grid(list(usable.values()), begin, end) if begin < end else np.array([begin], dtype="datetime64[D]")
    returns: dict[str, Column] = {}
    items: list[ComparedSymbol] = []
    for symbol, bars in usable.items():
        price = carried(days, bars.days, _total_return_close(bars))
        returns[symbol] = price[1:] / price[:-1] - 1.0
        items.append(
            ComparedSymbol(symbol, bars.currency, series_risk(days, returns[symbol]), bars.last_day, bars.stale)
        )
    return Comparison(
        start=begin,
        end=end,
        items=items,
        errors=[(symbol, errors[symbol]) for symbol in wanted if symbol in errors],
        correlations={(a, b): correlation(returns[a], returns[b]) for a, b in combinations(returns, 2)},
        conventions={
            **CONVENTIONS,
            "prices": "total return (adjusted close), each in its own currency, missing days carried forward",
            "range": "the days all symbols have prices",
        },
    )
