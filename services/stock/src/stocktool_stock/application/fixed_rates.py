"""Fixes the rate of every entry that converts, so that a ledger needs no source of rates to say what was paid."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from stocktool_kit.core.errors import FieldViolation, InvalidArgument

from stocktool_stock.application.market_ports import FxRates
from stocktool_stock.application.rate_collector import converts, rates_of
from stocktool_stock.domain.exact import exact
from stocktool_stock.domain.fx import RateNotPublished, UnknownCurrency
from stocktool_stock.domain.ledger import Entry
from stocktool_stock.domain.portfolio import Portfolio

_MOST_TOLD = 100
_PLACES = Decimal("1e-12")

Pointer = Callable[[int], str]
"""JSON pointer of an entry by its index."""


Tables = Mapping[str, Mapping[tuple[str, date], Decimal]]
"""Rates into each currency of a portfolio, by currency and day."""


async def rate_tables(fx: FxRates, portfolio: Portfolio) -> Tables:
    """Tables of the rates that entries of a portfolio may need."""
    wanted = {portfolio.base_currency, *(account.currency for account in portfolio.accounts)}
    return {currency: await fx.into(currency) for currency in sorted(wanted)}


async def fix_rates(fx: FxRates, entries: Sequence[Entry], portfolio: Portfolio, pointer: Pointer) -> list[Entry]:
    """Give entries that convert the rate of their day.

    Raises:
        InvalidArgument: There is no rate; each violation (the first hundred) names its entry.
    """
    return with_rates(entries, portfolio, await rate_tables(fx, portfolio), pointer)


def with_rates(entries: Sequence[Entry], portfolio: Portfolio, tables: Tables, pointer: Pointer) -> list[Entry]:
    """As `fix_rates`, with the rates at hand.

    Raises:
        InvalidArgument: There is no rate; each violation (the first hundred) names its entry.
    """
    into_base = tables[portfolio.base_currency]
    result: list[Entry] = []
    violations: list[FieldViolation] = []
    for index, entry in enumerate(entries):
        name = "currency"
        try:
            # Rates into the base currency are needed too, to value the entry; a day before 1999 has none.
            for need in rates_of(entry, portfolio):
                name = _field(entry, *need)
                into_base[need]
            name = "currency"
            if converts(entry, portfolio):
                rate = tables[portfolio.by_account[entry.account_id].currency][entry.currency, entry.day]
                entry = replace(entry, fx_rate=_rounded(rate))  # noqa: PLW2901
        except (RateNotPublished, UnknownCurrency) as error:
            violations.append(FieldViolation(f"{pointer(index)}/{name}", error.message))
            if len(violations) == _MOST_TOLD:
                break
        result.append(entry)
    if violations:
        raise InvalidArgument(f"{violations[0].pointer} {violations[0].detail}", violations)
    return result


def _field(entry: Entry, currency: str, day: date) -> str:
    """Which field asks for a rate."""
    if day != entry.day:
        return "acquired"
    return next((name for name, code in entry.other_currencies.items() if code == currency), "currency")


def _rounded(rate: Decimal) -> Decimal:
    with exact():
        return rate.quantize(_PLACES, rounding=ROUND_HALF_EVEN)
