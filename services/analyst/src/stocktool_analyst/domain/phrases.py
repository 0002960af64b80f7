"""Figures in words: each is a tool's value, rounded once, never computed with."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from stocktool_analyst.domain.tools import Json

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}
_NO_MINOR_UNIT = frozenset({"JPY", "KRW"})


def money(value: Json) -> str:
    """`$1,234.50` of `{"amount": "1234.5", "currency": "USD"}`; empty when it is no amount."""
    if not isinstance(value, dict):
        return ""
    number, currency = _decimal(value.get("amount")), value.get("currency")
    if number is None or not isinstance(currency, str):
        return ""
    places = "1" if currency in _NO_MINOR_UNIT else "0.01"
    rounded = number.quantize(Decimal(places), rounding=ROUND_HALF_EVEN)
    sign = "-" if rounded < 0 else ""
    body = f"{abs(rounded):,}"
    return f"{sign}{_SIGNS[currency]}{body}" if currency in _SIGNS else f"{sign}{body} {currency}"


def percent(value: Json) -> str:
    """`12.34%` of the fraction 0.1234; empty when it is no number."""
    number = _decimal(value)
    if number is None:
        return ""
    rounded = (number * 100).quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
    return f"{rounded or Decimal('0.00'):,}%"


def ratio(value: Json) -> str:
    """`0.93`; empty when it is no number."""
    number = _decimal(value)
    return "" if number is None else f"{number.quantize(Decimal('0.01'), rounding=ROUND_HALF_EVEN):,}"


def quantity(value: Json) -> str:
    """A number of shares, without trailing zeros."""
    number = _decimal(value)
    if number is None:
        return ""
    whole = number.to_integral_value()
    return f"{whole:,}" if number == whole else f"{number.normalize():,f}"


def day(value: Json) -> str:
    """`2024-11-29` of a day or an instant."""
    return value[:10] if isinstance(value, str) else ""


def negative(value: Json) -> bool:
    """Whether a number or an amount is below zero."""
    number = _decimal(value.get("amount") if isinstance(value, dict) else value)
    return number is not None and number < 0


def table(header: list[str], body: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *body]
    return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in lines)


def listed(items: list[str]) -> str:
    """`a, b and c`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def _decimal(value: Json) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
