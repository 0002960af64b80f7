"""`POST /portfolios/{id}/projection`: where a portfolio may stand under a plan of savings and withdrawals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, model_validator
from stocktool_kit.core.money import Money
from stocktool_kit.http.model import MoneyModel, RequestModel, ResponseModel

from stocktool_stock.application.project_portfolio import MAX_PATHS, MAX_YEARS, ProjectionReport, ProjectionRequest
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.plan import PlanYear, Withdrawals
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.domain.projection import PERCENTILES
from stocktool_stock.domain.valuation import decimal_of
from stocktool_stock.http.analytics_route import Count, Number
from stocktool_stock.http.figure_models import Undefinable, money
from stocktool_stock.http.portfolio_uses import Reader, Uses

router = APIRouter(tags=["figures"])

_Amount = Annotated[Number, Field(gt=0, le=Decimal("1e15"))]
_Saving = Annotated[Number, Field(ge=0, le=Decimal("1e15"))]
_Part = Annotated[Number, Field(gt=0, le=1)]
_Inflation = Annotated[Number, Field(ge=Decimal("-0.2"), le=1)]
_Start = Annotated[Number, Field(ge=0, lt=MAX_YEARS)]
_Drift = Annotated[Number, Field(ge=-2, le=2)]
_Volatility = Annotated[Number, Field(ge=0, le=3)]
_Confidence = Annotated[Number, Field(ge=Decimal("0.5"), le=Decimal("0.999"))]
_Years = Annotated[Count, Field(ge=1, le=MAX_YEARS)]
_Paths = Annotated[Count, Field(ge=100, le=MAX_PATHS)]
_Seed = Annotated[Count, Field(ge=0, lt=2**63)]


class WithdrawalBody(RequestModel):
    """Money taken out each month: exactly one of `amount` and `rate`."""

    amount: _Amount | None = Field(default=None, description="For a month, in the base currency and today's money.")
    rate: _Part | None = Field(default=None, description="Part of the value at `start`, for a year: 0.04.")
    inflation: _Inflation = Field(default=Decimal(0), description="Yearly growth of the amount.")
    start: _Start = Field(default=Decimal(0), description="Years from now before the first month that ends with one.")

    @model_validator(mode="after")
    def _one_of_both(self) -> WithdrawalBody:
        if (self.amount is None) == (self.rate is None):
            raise ValueError("must have exactly one of amount and rate")
        return self


class PortfolioProjectionBody(RequestModel):
    """A plan; drift and volatility that are left out come from the portfolio's history."""

    years: _Years = 10
    paths: _Paths = 10_000
    seed: _Seed = Field(default=0, description="The same seed gives the same answer.")
    drift: _Drift | None = Field(default=None, description="Continuous mean rate for a year.")
    volatility: _Volatility | None = Field(default=None, description="Standard deviation of the logarithm for a year.")
    contribution_monthly: _Saving = Field(default=Decimal(0), description="Paid in until withdrawals begin.")
    withdrawal: WithdrawalBody | None = None
    confidence: _Confidence = Field(default=Decimal("0.95"), description="Of the sustainable withdrawal.")

    @model_validator(mode="after")
    def _withdrawals_begin(self) -> PortfolioProjectionBody:
        if self.withdrawal is not None and self.withdrawal.start >= self.years:
            raise ValueError("withdrawal.start must be before the last of the years")
        return self

    def request(self) -> ProjectionRequest:
        """As the use case takes it."""
        taking = self.withdrawal
        return ProjectionRequest(
            years=self.years,
            paths=self.paths,
            seed=self.seed,
            drift=_float(self.drift),
            volatility=_float(self.volatility),
            contribution_monthly=float(self.contribution_monthly),
            withdrawals=None
            if taking is None
            else Withdrawals(
                _float(taking.amount), _float(taking.rate), float(taking.inflation), round(taking.start * 12)
            ),
            confidence=float(self.confidence),
        )


def _float(number: Decimal | None) -> float | None:
    return None if number is None else float(number)


class PlanYearModel(ResponseModel):
    """Values at the end of a year."""

    year: int
    mean: MoneyModel
    mean_error: float = Field(description="Standard error of the mean, in the base currency.")
    p05: MoneyModel
    p25: MoneyModel
    p50: MoneyModel
    p75: MoneyModel
    p95: MoneyModel
    prob_loss: float
    prob_depleted: float


class ClosedFormModel(ResponseModel):
    """What the distribution itself says at the end, without sampling."""

    mean: MoneyModel
    p05: MoneyModel
    p25: MoneyModel
    p50: MoneyModel
    p75: MoneyModel
    p95: MoneyModel
    prob_loss: float


class PortfolioProjectionModel(ResponseModel):
    """Where a portfolio may stand, year by year."""

    portfolio_id: str
    as_of: date
    initial: MoneyModel
    years: int
    paths: int
    seed: int
    drift: float
    volatility: float
    estimated: list[str] = Field(description="What of drift and volatility was taken from the portfolio's history.")
    history_start: date
    history_returns: int
    fan: list[PlanYearModel] = Field(description="After each year.")
    prob_loss: float
    prob_depleted: float
    sustainable_withdrawal: MoneyModel | None = Field(description="For a month, in today's money.")
    confidence: float
    closed_form: ClosedFormModel | None
    prices_as_of: date | None
    stale_prices: int
    warnings: list[str]
    conventions: dict[str, str]
    undefined: Undefinable

    @classmethod
    def of(cls, report: ProjectionReport) -> PortfolioProjectionModel:
        """As the API writes it."""
        base = report.portfolio.base_currency
        last, sustainable, exact = report.outlook.years[-1], report.outlook.sustainable, report.closed_form
        named = {"sustainable_withdrawal": sustainable, "closed_form": exact}
        return cls.model_validate(
            {
                "portfolio_id": report.portfolio.id,
                "as_of": report.as_of,
                "initial": money(report.initial),
                "years": report.request.years,
                "paths": report.request.paths,
                "seed": report.request.seed,
                "drift": report.growth.drift,
                "volatility": report.growth.volatility,
                "estimated": report.estimated,
                "history_start": report.history_start,
                "history_returns": report.n_returns,
                "fan": [_year(year, base) for year in report.outlook.years],
                "prob_loss": last.prob_loss,
                "prob_depleted": last.prob_depleted,
                "sustainable_withdrawal": None if isinstance(sustainable, Undefined) else _money(sustainable, base),
                "confidence": report.request.confidence,
                "closed_form": None
                if isinstance(exact, Undefined)
                else {
                    **_values(exact.mean, exact.percentiles, base),
                    "prob_loss": exact.prob_loss,
                },
                "prices_as_of": report.prices_as_of,
                "stale_prices": report.stale_prices,
                "warnings": report.warnings,
                "conventions": report.conventions,
                "undefined": {name: figure.reason for name, figure in named.items() if isinstance(figure, Undefined)},
            }
        )


def _year(year: PlanYear, currency: str) -> Mapping[str, object]:
    return {
        **_values(year.mean, year.percentiles, currency),
        "year": year.year,
        "mean_error": year.mean_error,
        "prob_loss": year.prob_loss,
        "prob_depleted": year.prob_depleted,
    }


def _values(mean: float, percentiles: Sequence[float], currency: str) -> dict[str, MoneyModel]:
    named = {f"p{percentile:02}": value for percentile, value in zip(PERCENTILES, percentiles, strict=True)}
    return {name: _money(value, currency) for name, value in {"mean": mean, **named}.items()}


def _money(amount: float, currency: str) -> MoneyModel:
    return money(Money(decimal_of(amount), currency))


@router.post("/portfolios/{portfolio_id}/projection")
async def project_portfolio(
    portfolio_id: str, body: PortfolioProjectionBody, caller: Reader, uses: Uses
) -> PortfolioProjectionModel:
    """Where a portfolio may stand in some years, by seeded simulation; nothing is stored."""
    return PortfolioProjectionModel.of(await uses.project(caller.owner, PortfolioId(portfolio_id), body.request()))
