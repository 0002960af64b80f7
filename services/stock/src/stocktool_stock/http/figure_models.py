"""What the bodies of figures share: amounts, days, numbers, and why figures are null."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
from stocktool_kit.core.money import Money
from stocktool_kit.http.model import MoneyModel

from stocktool_stock.domain.bars import Column, Days
from stocktool_stock.domain.exact import Undefined, exact
from stocktool_stock.domain.ledger import plain
from stocktool_stock.domain.lots import QUANTUM
from stocktool_stock.domain.risk import Figure

Undefinable = dict[str, str]
"""Why figures are null, by name."""


def money(amount: Money) -> MoneyModel:
    """An amount, rounded once to its minor unit."""
    with exact():  # absurdly large ledgers have more digits than Python's default keeps
        return MoneyModel.of(amount.rounded())


def maybe_money(amount: Money | None) -> MoneyModel | None:
    """An amount, or none."""
    return None if amount is None else money(amount)


def unit_price(amount: Decimal, currency: str) -> MoneyModel:
    """A price of one share, with all the digits it has, at most twelve after the point."""
    with exact():
        return MoneyModel(amount=plain(amount.quantize(QUANTUM, rounding=ROUND_HALF_EVEN)), currency=currency)


def days_of(days: Days) -> list[str]:
    """Days as text."""
    return [str(day) for day in np.datetime_as_string(days, unit="D")]


def numbers_of(values: Column) -> list[float | None]:
    """Numbers, null where there is none."""
    return [None if value != value else value for value in values.tolist()]  # noqa: PLR0124 - NaN differs from itself


def undefined_of(figures: Mapping[str, Figure]) -> Undefinable:
    """Why figures are null, by name."""
    return {name: figure.reason for name, figure in figures.items() if isinstance(figure, Undefined)}
