"""A valuation cut into slices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from stocktool_kit.core.money import Money

from stocktool_stock.domain.exact import Undefined, exact
from stocktool_stock.domain.instruments import Instrument
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
    CLASS = "class"
    COUNTRY = "country"
    HOLDING = "holding"


NEEDS_PROFILES = frozenset({AllocationBy.SECTOR, AllocationBy.CLASS, AllocationBy.COUNTRY})

_CLASSES: Mapping[str, str] = {
    "EQUITY": "equity",
    "ETF": "fund",
    "MUTUALFUND": "fund",
    "CRYPTOCURRENCY": "crypto",
    "FUTURE": "commodity",
    "CURRENCY": "currency",
    "OPTION": "derivative",
    "INDEX": "index",
    "BOND": "bond",
}
"""Classes by the provider's word for a kind of instrument; another word is a class by itself, in lower case."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Where an instrument belongs; texts are empty where unknown."""

    sector: str = ""
    asset_class: str = ""
    country: str = ""

    @classmethod
    def of(cls, instrument: Instrument) -> Kind:
        """By its profile. A fund spreads over sectors and countries that its profile does not tell, so it is no gap."""
        asset_class = _CLASSES.get(instrument.type.upper(), instrument.type.lower())
        spread = FUNDS if asset_class == "fund" else ""
        return cls(instrument.sector or spread, asset_class, spread or instrument.country)

    @classmethod
    def told(cls, instrument: Instrument) -> Kind:
        """By what its owner tells of it, which goes before what a fund is counted as."""
        kind = cls.of(instrument)
        return cls(kind.sector, kind.asset_class, instrument.country or kind.country)


@dataclass(frozen=True, slots=True)
class Slice:
    """One part; all weights sum to 1."""

    key: str
    label: str
    value: Money
    weight: float
    symbols: tuple[str, ...]


def allocate(
    valuation: Valuation, by: AllocationBy, portfolio: Portfolio, kinds: Mapping[str, Kind]
) -> tuple[Slice, ...] | Undefined:
    """Cut a valuation into slices, largest first.

    Args:
        valuation: What is cut; symbols without a price are in no slice.
        by: What slices are made of.
        portfolio: Names the accounts.
        kinds: Where symbols belong; one that is not there goes to "unknown".
    """
    total = valuation.total.amount
    if total <= 0:
        return Undefined("the portfolio's total is not above zero")
    labels = {account.id: account.name for account in portfolio.accounts}
    labels |= {CASH: "Cash", FUNDS: "Funds", UNKNOWN: f"Unknown {by}"}
    values: dict[str, Decimal] = defaultdict(Decimal)
    symbols: dict[str, set[str]] = defaultdict(set)
    with exact():
        for part in valuation.parts:
            key = slice_key(part, by, kinds)
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


def slice_key(part: AccountValue, by: AllocationBy, kinds: Mapping[str, Kind]) -> str:
    """The slice that a part of a valuation belongs to."""
    if by is AllocationBy.ACCOUNT:
        return part.account_id
    if by is AllocationBy.CURRENCY:
        return part.currency
    return group_of(part.symbol, by, kinds)


def group_of(symbol: str, by: AllocationBy, kinds: Mapping[str, Kind]) -> str:
    """The slice of a symbol, of cash when it is empty; for what depends on neither account nor currency."""
    if not symbol:
        return CASH
    kind = kinds.get(symbol, Kind())
    if by is AllocationBy.SECTOR:
        return kind.sector or UNKNOWN
    if by is AllocationBy.CLASS:
        return kind.asset_class or UNKNOWN
    if by is AllocationBy.COUNTRY:
        return kind.country or UNKNOWN
    return symbol
