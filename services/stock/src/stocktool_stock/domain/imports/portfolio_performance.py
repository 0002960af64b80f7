"""Portfolio Performance: the CSV export of an account's or a securities account's transactions, German or English.

The program writes headings, kinds, numbers and the separator in its own language. `Value` is what the cash changed by,
with fees and taxes, in the account's currency; its sign differs between the two exports, so the kind decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from stocktool_stock.domain.imports.kinds import income, trade
from stocktool_stock.domain.imports.options import ReadOptions
from stocktool_stock.domain.imports.reading import Preset, Reading, TableShape
from stocktool_stock.domain.imports.rows import ImportRow
from stocktool_stock.domain.imports.sheet import Cursor, Line

_ENGLISH = TableShape(
    required=("Date", "Type", "Value", "Transaction Currency"),
    numbers=("Value", "Gross Amount", "Exchange Rate", "Fees", "Taxes", "Shares"),
    days=("Date",),
)
_GERMAN = TableShape(
    required=("Datum", "Typ", "Wert", "Buchungswährung"),
    numbers=("Wert", "Bruttobetrag", "Wechselkurs", "Gebühren", "Steuern", "Stück"),
    days=("Datum",),
)
_KINDS = {
    "buy": "buy|kauf",
    "sell": "sell|verkauf",
    "deposit": "deposit|einlage",
    "withdrawal": "removal|entnahme",
    "dividend": "dividend|dividende",
    "interest": "interest|zinsen",
    "interest_charge": "interest charge|zinsbelastung",
    "fee": "fees|gebühren",
    "fee_refund": "fees refund|gebührenerstattung",
    "tax": "taxes|steuern",
    "tax_refund": "tax refund|steuerrückerstattung",
    "in": "delivery (inbound)|einlieferung",
    "out": "delivery (outbound)|auslieferung",
    "move_in": "transfer (inbound)|umbuchung (eingang)|security transfer (inbound)|wertpapierübertrag (eingang)",
    "move_out": "transfer (outbound)|umbuchung (ausgang)|security transfer (outbound)|wertpapierübertrag (ausgang)",
}
_BY_WORD = {word: kind for kind, words in _KINDS.items() for word in words.split("|")}


def finds_portfolio_performance(lines: Sequence[Line]) -> bool:
    """Whether lines have the headings of one of its exports."""
    return _ENGLISH.finds(lines) or _GERMAN.finds(lines)


def read_portfolio_performance(lines: Sequence[Line], options: ReadOptions) -> Reading:
    """Read an export of transactions."""
    shape = _GERMAN if _GERMAN.finds(lines) else _ENGLISH
    return shape.read(lines, options, _row)


def _row(at: Cursor) -> Iterable[ImportRow]:
    if not any(cell.strip() for cell in at.cells):
        return
    at.day_of(at.text("Date", "Datum"))
    at.isin, at.name = at.text("ISIN"), at.text("Security Name", "Wertpapiername")
    # Its tickers may carry the exchange as Yahoo writes it; where there is none, the ISIN or the name is shown.
    at.symbol = at.text("Ticker Symbol", "Ticker-Symbol") or at.isin or at.text("WKN") or at.name
    at.symbol_currency = at.text("Currency Gross Amount", "Währung Bruttobetrag") if at.symbol else ""
    yield _booked(at, _BY_WORD.get(" ".join(at.text("Type", "Typ").lower().split()), ""))


def _booked(at: Cursor, kind: str) -> ImportRow:  # noqa: PLR0911 - one kind after the other
    value, shares = at.number("Value", "Wert", field_name="amount"), at.number("Shares", "Stück", field_name="quantity")
    fee = abs(at.number("Fees", "Gebühren", field_name="fee") or Decimal(0))
    tax = abs(at.number("Taxes", "Steuern", field_name="tax") or Decimal(0))
    currency, note = at.text("Transaction Currency", "Buchungswährung"), at.text("Note", "Notiz")
    if not kind:
        word = at.text("Type", "Typ") or "a row without a type"
        return at.skip(f"{word} is not a kind that can be booked; do so by hand")
    if value is None:
        return at.error("amount", "is missing") if not at.problems else at.error("amount", "cannot be read")
    value = abs(value)
    if kind in ("buy", "sell"):
        return trade(at, kind, shares, None, net=value, fee=fee, tax=tax, currency=currency, note=note)
    if kind == "dividend":
        return income(at, kind, value, tax=tax, fee=fee, currency=currency, note=note)
    if kind in ("in", "move_in") and at.symbol:
        return at.book("transfer_in", quantity=shares, amount=value, fee=fee, currency=currency, note=note)
    if kind in ("out", "move_out") and at.symbol:
        return at.book("transfer_out", quantity=shares, fee=fee, currency=currency, note=note)
    if value == 0:
        return at.skip("comes to nothing")
    if kind == "interest":
        return income(at, kind, value, tax=tax, currency=currency, note=note)
    return _cash(at, kind, value, currency, note)


def _cash(at: Cursor, kind: str, value: Decimal, currency: str, note: str) -> ImportRow:
    if kind in ("fee", "tax"):
        return at.book(kind, with_symbol=bool(at.symbol), amount=value, currency=currency, note=note)
    if kind in ("fee_refund", "tax_refund"):
        at.notes.append("what came back is booked as interest: the ledger has no kind of its own for it")
        return at.book(
            "interest", with_symbol=False, amount=value, currency=currency, note=note or at.text("Type", "Typ")
        )
    if kind == "interest_charge":
        return income(at, "interest", -value, currency=currency, note=note)
    types = {"move_in": "transfer_in", "move_out": "transfer_out"}
    return at.book(types.get(kind, kind), with_symbol=False, amount=value, currency=currency, note=note)


PORTFOLIO_PERFORMANCE = Preset(
    name="portfolio-performance",
    title="Portfolio Performance: transactions (CSV, English or German)",
    format="csv",
    columns=_ENGLISH.required,
    template="Date,Type,Value,Transaction Currency,Gross Amount,Currency Gross Amount,Exchange Rate,Fees,Taxes,Shares,"
    "ISIN,WKN,Ticker Symbol,Security Name,Note\n"
    '2024-03-14T00:00,Buy,"-1,730.00",USD,,,,5.00,,10,US0378331005,865985,AAPL,Apple Inc.,\n',
    finds=finds_portfolio_performance,
    read=read_portfolio_performance,
)
