"""What each holding, account, sector or currency gave to the return of the whole. Fractions; see docs/formulas.md."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from stocktool_stock.domain.allocation import CASH, UNKNOWN
from stocktool_stock.domain.bars import Column
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.linking import coefficients, footed
from stocktool_stock.domain.segments import Segment, SegmentDays

FEES = "fees"
FX = "fx"
OTHER = "other"
EFFECTS = ("price", "currency", "income", "fees", "taxes")
_DUST = 1e-9


class ContributionBy(StrEnum):
    """What rows are made of."""

    HOLDING = "holding"
    ACCOUNT = "account"
    SECTOR = "sector"
    CURRENCY = "currency"


@dataclass(frozen=True, slots=True)
class Effects:
    """What made a gain, or a return; charges are negative. They sum to `total`."""

    price: float = 0.0
    currency: float = 0.0
    income: float = 0.0
    fees: float = 0.0
    taxes: float = 0.0

    @property
    def total(self) -> float:
        """All of them."""
        return math.fsum((self.price, self.currency, self.income, self.fees, self.taxes))


@dataclass(frozen=True, slots=True)
class Row:
    """What one part gave.

    Attributes:
        contribution: Part of the return of the whole range.
        effects: What made it, linked alike; they sum to it.
        gain: Its gain over the range in the base currency, by what made it.
        average_weight: Mean of its weights at the beginning of each day.
    """

    key: str
    contribution: float
    effects: Effects
    gain: Effects
    average_weight: float
    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contribution:
    """Rows whose contributions sum to the return."""

    rows: tuple[Row, ...]
    total_return: float


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """The portfolio day by day; `returns` has one entry less than `values`, NaN where a day has no base."""

    values: Column
    flows: Column
    returns: Column
    since_inception: bool


_Parts = dict[str, dict[str, Column]]


def contribute(
    whole: Whole, segments: Mapping[Segment, SegmentDays], by: ContributionBy, sectors: Mapping[str, str]
) -> Contribution | Undefined:
    """Share out a return.

    Args:
        whole: What is shared out.
        segments: All of its parts.
        by: What rows are made of.
        sectors: By symbol; one without goes to "unknown".
    """
    known = ~np.isnan(whole.returns)
    if not known.any():
        return Undefined("no day begins with a value above zero")
    weights = coefficients(whole.returns[known])
    if isinstance(weights, Undefined):
        return weights
    total = math.expm1(float(np.log1p(whole.returns[known]).sum()))
    base = whole.values[:-1][known]
    parts, values, symbols = _parts(segments, by, sectors)
    _add_rest(parts, values, whole)
    linked = {
        f"{key} {name}": float((column[1:][known] / base) @ weights)
        for key, columns in parts.items()
        for name, column in columns.items()
    }
    linked = footed(linked, total)
    first = 0 if whole.since_inception else 1
    rows = []
    for key, columns in parts.items():
        effects = Effects(**{name: linked[f"{key} {name}"] for name in columns})
        gain = Effects(**{name: float(column[first:].sum()) for name, column in columns.items()})
        weight = float((values[key][:-1][known] / base).mean())
        if any(column.any() for column in columns.values()) or values[key].any():
            rows.append(Row(key, effects.total, effects, gain, weight, tuple(sorted(symbols[key]))))
    ordered = sorted(rows, key=lambda row: (-row.contribution, row.key))
    return Contribution(tuple(ordered), total)


@dataclass(frozen=True, slots=True)
class DayEffect:
    """What a part gave on a day: gain / before x coefficient is its part of the return of the range."""

    index: int
    before: float
    gain: float
    rate: float
    coefficient: float


def day_effects(whole: Whole, parts: Sequence[SegmentDays]) -> list[DayEffect] | Undefined:
    """What some segments together gave, day by day; `index` is that of the return."""
    known = np.flatnonzero(~np.isnan(whole.returns))
    weights = coefficients(whole.returns[known])
    if isinstance(weights, Undefined):
        return weights
    gains = sum((days.gains for days in parts), np.zeros(len(whole.values)))
    return [
        DayEffect(
            index, float(whole.values[index]), float(gains[index + 1]), float(whole.returns[index]), float(weight)
        )
        for index, weight in zip(known.tolist(), weights, strict=True)
    ]


def _parts(
    segments: Mapping[Segment, SegmentDays], by: ContributionBy, sectors: Mapping[str, str]
) -> tuple[_Parts, dict[str, Column], dict[str, set[str]]]:
    parts: _Parts = {}
    values: dict[str, Column] = {}
    symbols: dict[str, set[str]] = defaultdict(set)
    key_of = _KEYS[by]

    def add(key: str, name: str, column: Column) -> None:
        columns = parts.setdefault(key, {})
        columns[name] = columns[name] + column if name in columns else column.copy()

    for segment, days in segments.items():
        key = key_of(segment, sectors)
        apart = not segment.symbol and by in (ContributionBy.HOLDING, ContributionBy.SECTOR)
        values[key] = values.get(key, 0.0) + days.values
        if segment.symbol:
            symbols[key].add(segment.symbol)
        add(key, "price", days.price_effect)
        add(key, "income", days.income)
        add(FX if apart else key, "currency", days.currency_effect)
        add(FEES if apart else key, "fees", -days.fees)
        add(FEES if apart else key, "taxes", -days.taxes)
    for key in parts:
        values.setdefault(key, np.zeros(len(next(iter(values.values())))))
    return parts, values, symbols


def _add_rest(parts: _Parts, values: dict[str, Column], whole: Whole) -> None:
    """What no part explains is told as such; with a book whose entries are all known there is none."""
    gains = np.diff(whole.values, prepend=0.0) - whole.flows
    rest = gains - sum((column for columns in parts.values() for column in columns.values()), np.zeros(len(gains)))
    if float(np.abs(rest).max(initial=0.0)) > _DUST * max(float(np.abs(whole.values).max(initial=0.0)), 1.0):
        parts[OTHER] = {"price": rest}
        values[OTHER] = np.zeros(len(gains))


def _holding(segment: Segment, _sectors: Mapping[str, str]) -> str:
    return segment.symbol or CASH


def _sector(segment: Segment, sectors: Mapping[str, str]) -> str:
    return (sectors.get(segment.symbol) or UNKNOWN) if segment.symbol else CASH


def _account(segment: Segment, _sectors: Mapping[str, str]) -> str:
    return segment.account_id


def _currency(segment: Segment, _sectors: Mapping[str, str]) -> str:
    return segment.currency


_KEYS: Mapping[ContributionBy, Callable[[Segment, Mapping[str, str]], str]] = {
    ContributionBy.HOLDING: _holding,
    ContributionBy.SECTOR: _sector,
    ContributionBy.ACCOUNT: _account,
    ContributionBy.CURRENCY: _currency,
}
