"""Exchange rates of given days, collected before a calculation so that it needs no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from stocktool_kit.core.errors import Internal


@dataclass(frozen=True, slots=True)
class RateTable:
    """Units of the base currency for one unit of a currency, by currency and day."""

    base_currency: str
    rates: Mapping[tuple[str, date], Decimal]

    def to_base(self, amount: Decimal, currency: str, day: date) -> Decimal:
        """Convert an amount at the rate of a day."""
        return amount if currency == self.base_currency else amount * self.rate(currency, day)

    def rate(self, currency: str, day: date) -> Decimal:
        """The rate of a day; 1 for the base currency itself."""
        if currency == self.base_currency:
            return Decimal(1)
        try:
            return self.rates[currency, day]
        except KeyError as error:
            raise Internal("a rate was not collected", currency=currency, day=day) from error
