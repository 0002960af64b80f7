"""Base models of request and response bodies."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from stocktool_kit.core.money import Money


class RequestModel(BaseModel):
    """A request body: a field nobody knows is refused, not dropped."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class ResponseModel(BaseModel):
    """A response body."""

    model_config = ConfigDict(frozen=True)


class MoneyModel(ResponseModel):
    """An amount: a decimal string beside its currency."""

    amount: str = Field(examples=["12.34"], description="Decimal number as text.")
    currency: str = Field(examples=["USD"], description="ISO 4217 code.")

    @classmethod
    def of(cls, money: Money) -> MoneyModel:
        """Write an amount as it is; round before, where a person reads it."""
        return cls(amount=plain_decimal(money.amount), currency=money.currency)


def plain_decimal(number: Decimal) -> str:
    """Write a decimal without an exponent."""
    return f"{number:f}"
