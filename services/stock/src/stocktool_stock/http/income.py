"""`GET /portfolios/{id}/income`: dividends and interest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from stocktool_kit.core.money import Money
from stocktool_kit.http.model import MoneyModel, ResponseModel

from stocktool_stock.application.measure_income import IncomeReport
from stocktool_stock.domain.exact import Undefined, exact, number_or_none
from stocktool_stock.domain.income import ExpectedPayment, IncomeSum, IncomeYields
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.http.figure_models import Undefinable, money
from stocktool_stock.http.portfolio_uses import Reader, Uses

router = APIRouter(tags=["figures"])


class IncomeSumModel(ResponseModel):
    """Income of some payments, in the base currency."""

    gross: MoneyModel
    tax: MoneyModel = Field(description="Withheld.")
    fees: MoneyModel
    net: MoneyModel
    payments: int

    @classmethod
    def fields_of(cls, total: IncomeSum, currency: str) -> dict[str, MoneyModel | int]:
        """The fields of the body."""
        amounts = {"gross": total.gross, "tax": total.tax, "fees": total.fee, "net": total.net}
        return {
            **{name: money(Money(amount, currency)) for name, amount in amounts.items()},
            "payments": total.payments,
        }

    @classmethod
    def of(cls, total: IncomeSum, currency: str) -> IncomeSumModel:
        """As the API writes it."""
        return cls.model_validate(cls.fields_of(total, currency))


class MonthIncomeModel(IncomeSumModel):
    """One month."""

    month: str = Field(examples=["2024-11"])


class YieldsModel(ResponseModel):
    """What the next twelve months may bring, over cost and over value."""

    expected: MoneyModel | None = Field(description="Gross income expected in the next twelve months.")
    yield_on_cost: float | None
    trailing_yield: float | None
    undefined: Undefinable

    @classmethod
    def fields_of(cls, figures: IncomeYields, currency: str) -> dict[str, object]:
        """The fields of the body."""
        named = {
            "expected": figures.expected,
            "yield_on_cost": figures.yield_on_cost,
            "trailing_yield": figures.trailing_yield,
        }
        amount = figures.expected
        return {
            "expected": None if isinstance(amount, Undefined) else money(Money(amount, currency)),
            "yield_on_cost": number_or_none(figures.yield_on_cost),
            "trailing_yield": number_or_none(figures.trailing_yield),
            "undefined": {name: figure.reason for name, figure in named.items() if isinstance(figure, Undefined)},
        }


class HoldingIncomeModel(YieldsModel):
    """Income of one holding, present or former; `symbol` is null for interest on cash."""

    symbol: str | None
    received: IncomeSumModel
    trailing_12_months: IncomeSumModel


class ExpectedPaymentModel(ResponseModel):
    """A payment that may come."""

    date: date
    symbol: str
    gross: MoneyModel


class ExpectedMonthModel(ResponseModel):
    """What a month may bring."""

    month: str
    gross: MoneyModel


class IncomeModel(YieldsModel):
    """Income over a range; sums by month and by holding come to `received`."""

    portfolio_id: str
    base_currency: str
    start: date
    end: date
    received: IncomeSumModel
    trailing_12_months: IncomeSumModel
    by_month: list[MonthIncomeModel] = Field(description="Every month from the first payment to the last.")
    by_holding: list[HoldingIncomeModel]
    expected_by_month: list[ExpectedMonthModel]
    expected_payments: list[ExpectedPaymentModel]
    prices_as_of: date | None
    stale_prices: int
    warnings: list[str]
    conventions: dict[str, str]

    @classmethod
    def of(cls, report: IncomeReport) -> IncomeModel:
        """As the API writes it."""
        base = report.portfolio.base_currency
        return cls.model_validate(
            {
                **YieldsModel.fields_of(report.yields, base),
                "portfolio_id": report.portfolio.id,
                "base_currency": base,
                "start": report.start,
                "end": report.end,
                "received": IncomeSumModel.of(report.received, base),
                "trailing_12_months": IncomeSumModel.of(report.trailing, base),
                "by_month": [
                    {**IncomeSumModel.fields_of(total, base), "month": month}
                    for month, total in report.by_month.items()
                ],
                "by_holding": [
                    {
                        **YieldsModel.fields_of(row.yields, base),
                        "symbol": row.symbol or None,
                        "received": IncomeSumModel.of(row.received, base),
                        "trailing_12_months": IncomeSumModel.of(row.trailing, base),
                    }
                    for row in report.by_holding
                ],
                "expected_by_month": [
                    {"month": month, "gross": money(Money(amount, base))}
                    for month, amount in _by_month(report.expected).items()
                ],
                "expected_payments": [
                    {"date": each.day, "symbol": each.symbol, "gross": money(Money(each.gross, base))}
                    for each in report.expected
                ],
                "prices_as_of": report.prices_as_of,
                "stale_prices": report.stale_prices,
                "warnings": report.warnings,
                "conventions": report.conventions,
            }
        )


def _by_month(payments: tuple[ExpectedPayment, ...]) -> Mapping[str, Decimal]:
    sums: dict[str, Decimal] = {}
    with exact():
        for payment in payments:
            month = f"{payment.day:%Y-%m}"
            sums[month] = sums.get(month, Decimal(0)) + payment.gross
    return sums


@router.get("/portfolios/{portfolio_id}/income")
async def get_income(
    portfolio_id: str,
    caller: Reader,
    uses: Uses,
    start: Annotated[date | None, Query(description="First day; by default that of the ledger.")] = None,
    end: Annotated[date | None, Query(description="Last day; by default, and at most, the market's today.")] = None,
) -> IncomeModel:
    """Dividends and interest received, yields, and what the next twelve months may bring."""
    return IncomeModel.of(await uses.income(caller.owner, PortfolioId(portfolio_id), start=start, end=end))
