"""Figures in words: each is a tool's value, rounded once, never computed with."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from stocktool_analyst.domain.tools import Json, JsonObject
from stocktool_analyst.domain.wording import Wording

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}
_LARGEST = Decimal(10) ** 18  # beyond it nothing is rounded exactly
_FEW_ROWS = 2
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


def price(value: Json) -> str:
    """An amount with all its digits, for dividends of fractions of a cent."""
    if not isinstance(value, dict):
        return ""
    number, currency = _decimal(value.get("amount")), value.get("currency")
    if number is None or not isinstance(currency, str):
        return ""
    exact = number.normalize()
    if exact == exact.quantize(Decimal("0.01")):
        return money(value)
    return f"{_SIGNS[currency]}{exact:,f}" if currency in _SIGNS else f"{exact:,f} {currency}"


def amount(row: JsonObject, key: str) -> str:
    """An amount that is an object, or text beside its currency."""
    value = row.get(key)
    if isinstance(value, dict):
        return money(value)
    return money({"amount": value, "currency": row.get("currency")}) if value else ""


def significant(value: Json) -> str:
    """A number with at most six decimals; other text as it is."""
    number = _decimal(value)
    if number is None:
        return value if isinstance(value, str) else ""
    rounded = number.quantize(Decimal("0.000001"), rounding=ROUND_HALF_EVEN) if abs(number) < 10**20 else number
    return quantity(f"{rounded:f}")


def notes(output: JsonObject, say: Wording) -> list[str]:
    """What a result warns of: stale prices first, then its own words."""
    stale = output.get("stale_prices")
    lines = []
    if isinstance(stale, int | float) and not isinstance(stale, bool) and stale > 0:
        lines.append(stale_prices(stale, say))
    warnings = output.get("warnings")
    told = [str(each).rstrip(".") for each in warnings if isinstance(each, str)] if isinstance(warnings, list) else []
    lines += [say("Note: {warning}.", warning=warning) for warning in told[:5]]
    return ["", *lines] if lines else []


def stale_prices(count: float, say: Wording) -> str:
    """How many of the prices are stale."""
    return say(
        "{count} of the prices is stale." if count == 1 else "{count} of the prices are stale.", count=quantity(count)
    )


def day(value: Json) -> str:
    """`2024-11-29` of a day or an instant."""
    return value[:10] if isinstance(value, str) else ""


def negative(value: Json) -> bool:
    """Whether a number or an amount is below zero."""
    number = _decimal(value.get("amount") if isinstance(value, dict) else value)
    return number is not None and number < 0


def table(header: list[str], body: list[list[str]]) -> str:
    """A Markdown table; one or two rows are a line each."""
    if len(body) <= _FEW_ROWS:
        return "\n".join(_line(header, row) for row in body)
    lines = [header, ["---"] * len(header), *body]
    return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in lines)


def _line(header: list[str], row: list[str]) -> str:
    cells = [f"{name.lower()} {cell}".strip() for name, cell in zip(header[1:], row[1:], strict=True) if cell]
    return f"- {row[0]}: {', '.join(cells)}"


def _decimal(value: Json) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < _LARGEST else None
