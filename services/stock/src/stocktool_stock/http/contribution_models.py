"""Bodies of contributions to a return."""

from __future__ import annotations

from datetime import date

from pydantic import Field
from stocktool_kit.http.model import MoneyModel, ResponseModel

from stocktool_stock.application.measure_contribution import ContributionReport
from stocktool_stock.domain.allocation import CASH, FUNDS, UNKNOWN
from stocktool_stock.domain.contribution import FEES, FX, OTHER, Effects, Row
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.http.figure_models import Undefinable, money

_LABELS = {
    CASH: "Cash",
    FUNDS: "Funds",
    UNKNOWN: "Unknown sector",
    FEES: "Fees and taxes of no holding",
    FX: "Exchange rates on cash",
    OTHER: "Not explained",
}


class EffectsModel(ResponseModel):
    """What made a contribution; charges are negative, and the five sum to it."""

    price: float
    currency: float
    income: float
    fees: float
    taxes: float

    @classmethod
    def of(cls, effects: Effects) -> EffectsModel:
        """As the API writes it."""
        return cls(
            price=effects.price,
            currency=effects.currency,
            income=effects.income,
            fees=effects.fees,
            taxes=effects.taxes,
        )


class ContributionRow(ResponseModel):
    """What one part gave."""

    key: str = Field(description="Symbol, account id, sector or currency; cash, fees, fx and other are special.")
    label: str
    contribution: float = Field(description="Part of the return of the whole range.")
    effects: EffectsModel
    gain: MoneyModel
    average_weight: float
    symbols: list[str]

    @classmethod
    def of(cls, row: Row, report: ContributionReport) -> ContributionRow:
        """As the API writes it."""
        account = report.portfolio.by_account.get(row.key)
        return cls(
            key=row.key,
            label=account.name if account else _LABELS.get(row.key, row.key),
            contribution=row.contribution,
            effects=EffectsModel.of(row.effects),
            gain=money(report.gains[row.key]),
            average_weight=row.average_weight,
            symbols=list(row.symbols),
        )


class ContributionModel(ResponseModel):
    """Rows whose contributions sum to the return, and whose gains sum to the gain."""

    start: date
    end: date
    by: str
    account_id: str | None
    symbol: str | None
    total_return: float | None = Field(description="Time-weighted, as `twr` of the performance.")
    gain: MoneyModel
    items: list[ContributionRow]
    conventions: dict[str, str]
    undefined: Undefinable

    @classmethod
    def of(cls, report: ContributionReport) -> ContributionModel:
        """As the API writes it."""
        found = report.contribution
        return cls(
            start=report.start,
            end=report.end,
            by=report.by.value,
            account_id=report.scope.account_id or None,
            symbol=report.scope.symbol or None,
            total_return=None if isinstance(found, Undefined) else found.total_return,
            gain=money(report.gain),
            items=[] if isinstance(found, Undefined) else [ContributionRow.of(row, report) for row in found.rows],
            conventions=dict(report.conventions),
            undefined={"total_return": found.reason} if isinstance(found, Undefined) else {},
        )
