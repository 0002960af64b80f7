"""Fixes the rate of every entry that converts, so that a ledger needs no source of rates to say what was paid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from stocktool_kit.core.errors import FieldViolation, InvalidArgument

from stocktool_stock.application.market_ports import FxRates
from stocktool_stock.application.rate_collector import conversion_rate, converts, rates_of
from stocktool_stock.domain.fx import RateNotPublished, UnknownCurrency
from stocktool_stock.domain.ledger import Entry
from stocktool_stock.domain.portfolio import Portfolio

_MOST_TOLD = 100

Pointer = Callable[[int], str]
"""JSON pointer of an entry by its index."""


async def fix_rates(fx: FxRates, entries: Sequence[Entry], portfolio: Portfolio, pointer: Pointer) -> list[Entry]:
    """Give entries that convert the rate of their day, asking once per currency and day.

    Raises:
        InvalidArgument: There is no rate; each violation (the first hundred) names its entry.
    """
    asked: dict[tuple[str, str, date], Decimal | str] = {}

    async def rate(source: str, target: str, day: date) -> Decimal | str:
        """The rate, or what is wrong."""
        found = asked.get((source, target, day))
        if found is None:
            try:
                found = await conversion_rate(fx, source, target, day)
            except (RateNotPublished, UnknownCurrency) as error:
                found = error.message
            asked[source, target, day] = found
        return found

    result: list[Entry] = []
    violations: list[FieldViolation] = []
    for index, entry in enumerate(entries):
        account = portfolio.by_account.get(entry.account_id, portfolio.default_account)
        # Rates into the base currency are needed too, to value the entry; a day before 1999 has none.
        needs = [(code, portfolio.base_currency, day) for code, day in sorted(rates_of(entry, portfolio))]
        needs.append((entry.currency, account.currency, entry.day))
        needs = [need for need in needs if need[0] != need[1]]
        found = [await rate(*need) for need in needs]
        problem = next((at for at, each in enumerate(found) if isinstance(each, str)), None)
        if problem is not None:
            name = _field(entry, needs[problem][0], needs[problem][2])
            violations.append(FieldViolation(f"{pointer(index)}/{name}", str(found[problem])))
        elif converts(entry, portfolio):
            fixed = found[-1]  # the last need is the one it converts by
            result.append(replace(entry, fx_rate=fixed if isinstance(fixed, Decimal) else None))
        else:
            result.append(entry)
        if len(violations) == _MOST_TOLD:
            break
    if violations:
        raise InvalidArgument(f"{violations[0].pointer} {violations[0].detail}", violations)
    return result


def _field(entry: Entry, currency: str, day: date) -> str:
    """Which field asks for a rate."""
    if day != entry.day:
        return "acquired"
    return next((name for name, code in entry.other_currencies.items() if code == currency), "currency")
