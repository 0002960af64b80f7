"""Bodies of a value in slices."""

from __future__ import annotations

from datetime import date

from stocktool_kit.http.model import MoneyModel, ResponseModel

from stocktool_stock.application.allocate_portfolio import AllocationReport
from stocktool_stock.domain.allocation import Slice
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.http.figure_models import Undefinable, money


class SliceModel(ResponseModel):
    """One part of the whole."""

    key: str
    label: str
    value: MoneyModel
    weight: float
    symbols: list[str]

    @classmethod
    def of(cls, part: Slice) -> SliceModel:
        """As the API writes it."""
        return cls(
            key=part.key, label=part.label, value=money(part.value), weight=part.weight, symbols=list(part.symbols)
        )


class AllocationModel(ResponseModel):
    """Slices that sum to 1."""

    as_of: date
    by: str
    items: list[SliceModel]
    total: MoneyModel
    stale_prices: int
    unpriced: list[str]
    undefined: Undefinable

    @classmethod
    def of(cls, report: AllocationReport) -> AllocationModel:
        """As the API writes it."""
        slices = () if isinstance(report.slices, Undefined) else report.slices
        return cls(
            as_of=report.valuation.as_of,
            by=report.by.value,
            items=[SliceModel.of(part) for part in slices],
            total=money(report.valuation.total),
            stale_prices=report.valuation.stale_prices,
            unpriced=list(report.valuation.unpriced),
            undefined={"items": report.slices.reason} if isinstance(report.slices, Undefined) else {},
        )
