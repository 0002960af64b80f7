"""Exact amounts with their currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from stocktool_kit.core.errors import InvalidArgument

# ISO 4217 minor units that are not two.
_MINOR_UNITS = {
    "BHD": 3,
    "CLP": 0,
    "IQD": 3,
    "ISK": 0,
    "JOD": 3,
    "JPY": 0,
    "KRW": 0,
    "KWD": 3,
    "OMR": 3,
    "TND": 3,
    "VND": 0,
}


class CurrencyMismatch(InvalidArgument):
    """Two currencies met where one is needed."""

    reason = "CURRENCY_MISMATCH"


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in one currency (ISO 4217); arithmetic never mixes currencies."""

    amount: Decimal
    currency: str

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __mul__(self, factor: Decimal | int) -> Money:
        return Money(self.amount * factor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def rounded(self) -> Money:
        """Round once, half to even, to the currency's minor unit."""
        exponent = Decimal(1).scaleb(-minor_units(self.currency))
        return Money(self.amount.quantize(exponent, rounding=ROUND_HALF_EVEN), self.currency)

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(
                "amounts in two currencies cannot be combined", left=self.currency, right=other.currency
            )

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing, in a currency."""
        return cls(Decimal(0), currency)


def minor_units(currency: str) -> int:
    """Decimal places of a currency's smallest unit, by ISO 4217."""
    return _MINOR_UNITS.get(currency, 2)
