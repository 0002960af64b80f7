"""A valuation cut into slices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from stocktool_kit.core.money import Money

from stocktool_stock.domain.exact import Undefined, exact
from stocktool_stock.domain.portfolio import Portfolio
from stocktool_stock.domain.valuation import AccountValue, Valuation

CASH = "cash"
FUNDS = "funds"
UNKNOWN = "unknown"


class AllocationBy(StrEnum):
    """What slices are made of."""

    SECTOR = "sector"
    SYMBOL = "symbol"
    CURRENCY = "currency"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Slice:
    """One part; all weights sum to 1."""

    key: str
    label: str
    value: Money
    weight: float
    symbols: tuple[str, ...]


def allocate(
    valuation: Valuation, by: AllocationBy, portfolio: Portfolio, sectors: Mapping[str, str]
) -> tuple[Slice, ...] | Undefined:
    """Cut a valuation into slices, largest first.

    Args:
        valuation: What is cut; symbols without a price are in no slice.
        by: What slices are made of.
        portfolio: Names the accounts.
        sectors: Sector by symbol, `FUNDS` for a fund; a symbol without one goes to "unknown".
    """
    total = valuation.total.amount
    if total <= 0:
        return Undefined("the portfolio's total is not above zero")
    labels = {account.id: account.name for account in portfolio.accounts}
    labels |= {CASH: "Cash", FUNDS: "Funds", UNKNOWN: "Unknown sector"}
    values: dict[str, Decimal] = defaultdict(Decimal)
    symbols: dict[str, set[str]] = defaultdict(set)
    with exact():
        for part in valuation.parts:
            key = _key(part, by, sectors)
            values[key] += part.value
            if part.symbol:
                symbols[key].add(part.symbol)
        slices = [
            Slice(
                key=key,
                label=labels.get(key, key),
                value=Money(value, valuation.total.currency),
                weight=float(value / total),
                symbols=tuple(sorted(symbols[key])),
            )
            for key, value in values.items()
        ]
    return tuple(sorted(slices, key=lambda s: (-s.value.amount, s.key)))


def _key(part: AccountValue, by: AllocationBy, sectors: Mapping[str, str]) -> str:
    if by is AllocationBy.ACCOUNT:
        return part.account_id
    if by is AllocationBy.CURRENCY:
        return part.currency
    if not part.symbol:
        return CASH
    return part.symbol if by is AllocationBy.SYMBOL else sectors.get(part.symbol) or UNKNOWN
