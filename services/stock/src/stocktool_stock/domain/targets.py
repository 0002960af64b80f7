"""What a portfolio is meant to look like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from stocktool_kit.core.errors import Conflict, FieldViolation, InvalidArgument, NotFound

from stocktool_stock.domain.allocation import CASH, AllocationBy
from stocktool_stock.domain.exact import exact
from stocktool_stock.domain.instruments import parse_symbol
from stocktool_stock.domain.ledger import plain
from stocktool_stock.domain.portfolio import PortfolioId

MAX_TARGETS = 100
MAX_KEY = 64
SLACK = Decimal("0.0001")
"""How far weights may miss 1; they are scaled to it then."""
BY = (
    AllocationBy.HOLDING,
    AllocationBy.CLASS,
    AllocationBy.SECTOR,
    AllocationBy.COUNTRY,
    AllocationBy.CURRENCY,
)


class TargetsNotSet(NotFound):
    """The portfolio has no targets."""

    reason = "TARGETS_NOT_SET"


class StaleTargets(Conflict):
    """The targets were changed since the caller read them."""

    reason = "STALE_VERSION"


@dataclass(frozen=True, slots=True)
class Targets:
    """Wanted parts of the total by slice; cash is one of them, and 0 unless it is named.

    Attributes:
        by: What the slices are made of; with `currency`, those of the instruments, cash apart.
        weights: Sum to 1.
        band: How far a weight may drift before it counts, as a part of the total.
    """

    by: AllocationBy
    weights: Mapping[str, Decimal]
    band: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class StoredTargets:
    """Targets as they are kept; `version` grows by one with each write."""

    portfolio_id: PortfolioId
    targets: Targets
    version: int
    updated_at: datetime


def read_targets(by: str, weights: Mapping[str, Decimal], band: Decimal, pointer: str = "") -> Targets:
    """Check targets.

    Raises:
        InvalidArgument: Something cannot be taken; each violation names its place.
    """
    found: list[FieldViolation] = []
    kind = AllocationBy.HOLDING if by == AllocationBy.SYMBOL else next((each for each in BY if each == by), None)
    if kind is None:
        found.append(FieldViolation(f"{pointer}/by", f"must be one of {', '.join(BY)}"))
    if not 1 <= len(weights) <= MAX_TARGETS:
        found.append(FieldViolation(f"{pointer}/weights", f"must name 1 to {MAX_TARGETS} slices"))
    if not 0 <= band < 1:
        found.append(FieldViolation(f"{pointer}/band", "must be at least 0 and under 1, as a part of the total"))
    cleaned: dict[str, Decimal] = {}
    for name, weight in weights.items():
        place = f"{pointer}/weights/{name}"
        key = _key(name, kind, place, found)
        if not 0 <= weight <= 1:
            found.append(FieldViolation(place, "must be between 0 and 1"))
        if key in cleaned:
            found.append(FieldViolation(place, "is named twice"))
        cleaned[key] = weight
    whole = sum(cleaned.values(), Decimal(0))
    if not found and abs(whole - 1) > SLACK:
        found.append(FieldViolation(f"{pointer}/weights", f"must sum to 1; they sum to {plain(whole)}"))
    if found:
        raise InvalidArgument(f"{found[0].pointer} {found[0].detail}", found)
    assert kind is not None
    with exact():
        return Targets(kind, {key: weight / whole for key, weight in cleaned.items()}, band)


def _key(name: str, kind: AllocationBy | None, place: str, found: list[FieldViolation]) -> str:
    if name.lower() == CASH:
        return CASH
    if not 1 <= len(name) <= MAX_KEY or not name.isprintable():
        found.append(FieldViolation(place, f"must be 1 to {MAX_KEY} printable characters"))
    elif kind is AllocationBy.HOLDING:
        try:
            return parse_symbol(name, place)
        except InvalidArgument as error:
            found.extend(error.violations)
    return name
