"""Bodies of symbols side by side."""

from __future__ import annotations

from datetime import date

from pydantic import Field
from stocktool_kit.http.model import ResponseModel

from stocktool_stock.application.compare_symbols import Comparison
from stocktool_stock.domain.exact import number_or_none
from stocktool_stock.http.risk_models import MetricsModel


class ComparedModel(MetricsModel):
    """One symbol of a comparison, in its own currency."""

    symbol: str
    currency: str
    price_as_of: date | None
    stale: bool


class UncomparedModel(ResponseModel):
    """A symbol that could not be compared."""

    symbol: str
    reason: str


class ComparisonModel(ResponseModel):
    """Symbols side by side over the days they all have prices."""

    start: date
    end: date
    items: list[ComparedModel]
    errors: list[UncomparedModel]
    correlation: dict[str, float | None] = Field(description='By ordered pair, "AAPL/SPY".')
    conventions: dict[str, str]

    @classmethod
    def of(cls, comparison: Comparison) -> ComparisonModel:
        """As the API writes it."""
        pairs: dict[str, float | None] = {}
        for (left, right), figure in comparison.correlations.items():
            pairs[f"{left}/{right}"] = pairs[f"{right}/{left}"] = number_or_none(figure)
        return cls(
            start=comparison.start,
            end=comparison.end,
            items=[
                ComparedModel(
                    **ComparedModel.fields_of(item.risk),
                    symbol=item.symbol,
                    currency=item.currency,
                    price_as_of=item.price_as_of,
                    stale=item.stale,
                )
                for item in comparison.items
            ],
            errors=[UncomparedModel(symbol=symbol, reason=reason) for symbol, reason in comparison.errors],
            correlation=pairs,
            conventions=dict(comparison.conventions),
        )
