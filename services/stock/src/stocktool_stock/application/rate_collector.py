"""Collects the exchange rates a calculation needs, so that the calculation itself does no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from stocktool_stock.application.market_ports import FxRates
from stocktool_stock.domain.exact import exact
from stocktool_stock.domain.ledger import Entry, EntryType
from stocktool_stock.domain.portfolio import Portfolio
from stocktool_stock.domain.rates import RateTable

_PLACES = Decimal("1e-12")
_CONVERTED = frozenset({EntryType.BUY, EntryType.SELL})


async def conversion_rate(fx: FxRates, source: str, target: str, day: date) -> Decimal:
    """Units of `target` for one of `source` on a day, to twelve places.

    Raises:
        UnknownCurrency: The ECB publishes no rate for one of them.
        RateNotPublished: Nothing was published at or before the day.
    """
    published = await fx.rate(source, target, day)
    with exact():
        return published.rate.quantize(_PLACES, rounding=ROUND_HALF_EVEN)


def converts(entry: Entry, portfolio: Portfolio) -> bool:
    """Whether an entry pays from cash in another currency than its own."""
    return entry.type in _CONVERTED and entry.currency != portfolio.by_account[entry.account_id].currency


def rates_of(entry: Entry, portfolio: Portfolio) -> set[tuple[str, date]]:
    """Currencies and days whose rates booking an entry takes."""
    needs = {(code, entry.day) for code in (entry.currency, entry.fee_currency, entry.tax_currency) if code}
    if entry.account_id:
        needs.add((portfolio.by_account[entry.account_id].currency, entry.day))
    if entry.acquired:
        needs.add((entry.currency, entry.acquired))
    return needs


async def rates_into(fx: FxRates, portfolio: Portfolio) -> RateTable:
    """Rates into a portfolio's base currency; one that was never published shows when it is asked for."""
    return RateTable(portfolio.base_currency, await fx.into(portfolio.base_currency))


async def collect_rates(
    fx: FxRates, portfolio: Portfolio, entries: Sequence[Entry], *, on: Iterable[tuple[str, date]] = ()
) -> RateTable:
    """Rates into the base currency, with those that booking some entries takes looked up first.

    Args:
        fx: Where they come from.
        portfolio: Gives the base currency and those of the accounts.
        entries: Entries to be booked.
        on: Further currencies and days.

    Raises:
        UnknownCurrency: The ECB publishes no rate for one of them.
        RateNotPublished: Nothing was published at or before a day.
    """
    rates = await rates_into(fx, portfolio)
    for currency, day in {need for entry in entries for need in rates_of(entry, portfolio)} | set(on):
        rates.rate(currency, day)
    return rates
