"""What each part of a portfolio gave to its return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.money import Money

from stocktool_stock.application.market_ports import InstrumentSource
from stocktool_stock.application.periods import Period
from stocktool_stock.application.portfolio_reader import PRICE_BASIS, RATE_SOURCE
from stocktool_stock.application.read_history import WHOLE, DailyHistory, ReadHistory
from stocktool_stock.application.read_kinds import read_kinds
from stocktool_stock.domain.contribution import (
    Contribution,
    ContributionBy,
    Row,
    Whole,
    contribute,
)
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.segments import Scope, Segment, SegmentDays, cut

CONVENTIONS: Mapping[str, str] = {
    "contribution": "gain of a day over the portfolio's value the evening before, linked over days; the rows sum to "
    "the time-weighted return",
    "linking": "Carino (1999): a day's effect times (ln(1 + r) / r) over (ln(1 + R) / R)",
    "effects": "price + currency + income + fees + taxes; charges negative, income before them",
    "currency": "yesterday's value x change of the exchange rate; price takes the rest, at today's rate",
    "gain": "in the base currency, days without a base included, which have a gain but no return; rounded so that the "
    "rows sum to the total",
    "cash": "by holding and sector: cash earns interest, its exchange rates are `fx`, charges of no holding `fees`",
    "spin_off_merger": "the new shares leave the old ones at their value on the day",
    "average_weight": "mean over days of value the evening before / the portfolio's",
    "days": "from the close of start to the close of end",
    "price_basis": PRICE_BASIS,
    "exchange_rates": RATE_SOURCE,
}


@dataclass(frozen=True, slots=True)
class ContributionReport:
    """Contributions over a range; `gains` are those of the rows in money, and sum to `gain`."""

    portfolio: Portfolio
    scope: Scope
    start: date
    end: date
    by: ContributionBy
    contribution: Contribution | Undefined
    gain: Money
    gains: Mapping[str, Money]
    conventions: Mapping[str, str] = field(default_factory=lambda: dict(CONVENTIONS))


class MeasureContribution:
    """Shares out returns."""

    def __init__(self, history: ReadHistory, instruments: InstrumentSource) -> None:
        self._history = history
        self._instruments = instruments

    async def __call__(
        self,
        owner: OwnerId,
        portfolio_id: PortfolioId,
        *,
        by: ContributionBy = ContributionBy.HOLDING,
        start: date | None = None,
        end: date | None = None,
        period: Period | None = None,
        scope: Scope = WHOLE,
    ) -> ContributionReport:
        """Share out the return over (start, end].

        Raises:
            PortfolioNotFound: None by this id is the owner's.
            InvalidArgument: The start is not before the end, or the scope is no part of the portfolio.
        """
        history = await self._history(owner, portfolio_id, start=start, end=end, period=period, scope=scope)
        sectors: dict[str, str] = {}
        if by is ContributionBy.SECTOR:
            kinds = await read_kinds(self._instruments, history.book.symbols, history.material.custom)
            sectors = {symbol: kind.sector for symbol, kind in kinds.items()}
        found = contribute(whole_of(history), segments_of(history), by, sectors)
        rows = () if isinstance(found, Undefined) else found.rows
        gains, gain = _in_money(rows, history.portfolio.base_currency)
        return ContributionReport(
            portfolio=history.portfolio,
            scope=scope,
            start=history.start,
            end=history.end,
            by=by,
            contribution=found,
            gain=gain,
            gains=gains,
        )


def whole_of(history: DailyHistory) -> Whole:
    """What is shared out."""
    return Whole(history.daily.values, history.daily.flows, history.returns, history.since_inception)


def segments_of(history: DailyHistory) -> dict[Segment, SegmentDays]:
    """The parts of a history."""
    entries = [entry for entry in history.material.ledger.standing if entry.day <= history.end]
    every = cut(history.book, entries, history.valuer, history.rates, history.material.bars)
    return {part: days for part, days in every.items() if history.scope.has(part.account_id, part.symbol)}


def _in_money(rows: tuple[Row, ...], currency: str) -> tuple[dict[str, Money], Money]:
    """Gains rounded to the minor unit; what rounding leaves goes to the largest."""
    exact = {row.key: Decimal(repr(row.gain.total)) for row in rows}
    total = Money(sum(exact.values(), Decimal(0)), currency).rounded()
    rounded = {key: Money(amount, currency).rounded() for key, amount in exact.items()}
    if rounded:
        largest = max(rounded, key=lambda key: abs(rounded[key].amount))
        rounded[largest] += total - sum(rounded.values(), Money.zero(currency))
    return rounded, total
