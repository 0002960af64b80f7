"""The tax-lot report as CSV: a row for each lot that was sold, then one for each that is open."""

from __future__ import annotations

import csv
import io
from decimal import ROUND_HALF_EVEN, Decimal

from stocktool_kit.core.money import minor_units

from stocktool_stock.application.report_tax_lots import TaxLotsReport
from stocktool_stock.domain.exact import exact
from stocktool_stock.domain.ledger import plain
from stocktool_stock.domain.lots import Lot

_HEAD = (
    "status", "symbol", "account", "quantity", "acquired", "sold", "days_held", "term", "currency", "proceeds", "cost",
    "gain", "price_effect", "currency_effect", "value", "unrealised", "possible_wash_sale", "lot_id", "transaction_id",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def tax_lots_csv(report: TaxLotsReport) -> bytes:
    """Write it; amounts in the base currency, each rounded once."""
    base = report.portfolio.base_currency
    names = {account.id: account.name for account in report.portfolio.accounts}
    quantum = Decimal(1).scaleb(-minor_units(base))

    def money(amount: Decimal | None) -> str:
        return "" if amount is None else f"{amount.quantize(quantum, rounding=ROUND_HALF_EVEN):f}"

    def of_lot(status: str, lot: Lot) -> dict[str, object]:
        return {
            "status": status,
            "symbol": _text(lot.symbol),
            "account": _text(names.get(lot.account_id, "")),
            "quantity": plain(lot.quantity),
            "acquired": lot.day,
            "currency": base,
            "cost": money(lot.base_cost),
            "lot_id": lot.id,
        }

    text = io.StringIO(newline="")
    rows = csv.DictWriter(text, _HEAD)
    rows.writeheader()
    with exact():
        for each in report.lots.sales:
            for part in each.lots:
                row = {
                    **of_lot("sold", part.lot),
                    "sold": each.sale.day,
                    "days_held": part.days_held,
                    "term": _term(long=part.long_term),
                    "proceeds": money(part.proceeds),
                    "gain": money(part.gain),
                    "price_effect": money(part.price_effect),
                    "currency_effect": money(part.currency_effect),
                    "possible_wash_sale": "yes" if each.repurchases else "",
                    "transaction_id": each.sale.entry_id,
                }
                rows.writerow(row)
        for held in report.lots.open:
            row = {
                **of_lot("open", held.lot),
                "days_held": held.days_held,
                "term": _term(long=held.long_term),
                "value": money(held.value),
                "unrealised": money(held.unrealised),
            }
            rows.writerow(row)
    return text.getvalue().encode()


def _text(value: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def _term(*, long: bool) -> str:
    return "long" if long else "short"
