"""Amounts, fractions and counts in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from stocktool_analyst.domain.symbols import positions

NUMBER = r"\d{1,3}(?:[,']\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_SCALES = {"k": 1000, "thousand": 1000, "m": 1_000_000, "mn": 1_000_000, "million": 1_000_000}
MONEY = (
    rf"(?:(?P<mark>[$€£]|\b(?:usd|eur|gbp|chf)\b)\s?(?P<marked>{NUMBER})\s?(?P<scale1>k|m|mn|thousand|million)?\b"
    rf"|(?P<number>{NUMBER})\s?(?P<scale2>k|mn|thousand|million)?\s?(?P<unit>[$€£]|usd\b|eur\b|gbp\b|chf\b|dollars?\b|euros?\b|bucks\b|pounds\b))"
)
_CURRENCIES = {
    "$": "USD", "€": "EUR", "£": "GBP", "dollar": "USD", "dollars": "USD", "bucks": "USD", "euro": "EUR",
    "euros": "EUR", "pounds": "GBP",
}  # fmt: skip
_FRACTIONS = {
    "half": "0.5", "a half": "0.5", "a third": "1/3", "one third": "1/3", "two thirds": "2/3", "a quarter": "0.25",
    "one quarter": "0.25", "three quarters": "0.75", "a fifth": "0.2", "a tenth": "0.1", "all": "1",
}  # fmt: skip
FRACTION = rf"(?:{'|'.join(sorted(_FRACTIONS, key=len, reverse=True))}|{NUMBER}\s?(?:%|percent|per cent|pct))"
_SMALL = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}


def plain(text: str, scale: str | None = None) -> str:
    """A written number as decimal text: `5000` of "5,000" or "5k"."""
    number = Decimal(re.sub("[,']", "", text)) * _SCALES.get((scale or "").lower(), 1)
    return f"{number.normalize():f}"


def money_of(match: re.Match[str]) -> tuple[str, str]:
    """Amount and ISO code of a match of `MONEY`."""
    mark = (match["mark"] or match["unit"]).lower()
    amount = plain(match["marked"] or match["number"], match["scale1"] or match["scale2"])
    return amount, _CURRENCIES.get(mark, mark.upper())


def fraction_of(words: str) -> Decimal:
    """`0.5` of "half" or "50 %"."""
    known = _FRACTIONS.get(words)
    if known:
        above, _, below = known.partition("/")
        return Decimal(above) / Decimal(below or "1")
    found = re.search(NUMBER, words)
    return Decimal(plain(found[0])) / 100 if found else Decimal(0)


def read_weights(text: str) -> dict[str, Decimal]:
    """Weights by symbol, of "60 % SPY and 40 % AAPL", "SPY 60%, AAPL 40%" or "60/40 SPY and AAPL"."""
    symbols = [(at, symbol) for at, symbol in [*positions(text), *_cash(text)]]
    symbols.sort()
    shares = [
        (match.start(), Decimal(match[1]) / 100)
        for match in re.finditer(r"(\d{1,3}(?:\.\d+)?)\s?(?:%|percent|per cent|pct)", text)
    ]
    if not shares:
        slashed = re.search(r"\b(\d{1,3}(?:/\d{1,3})+)\b", text)
        parts = [Decimal(part) / 100 for part in slashed[1].split("/")] if slashed else []
        return (
            {symbol: weight for (_, symbol), weight in zip(symbols, parts, strict=False)}
            if len(parts) == len(symbols)
            else {}
        )
    return paired(symbols, shares)


def paired(symbols: Sequence[tuple[int, str]], shares: Sequence[tuple[int, Decimal]]) -> dict[str, Decimal]:
    """Weights by symbol, when each symbol of a text stands before its weight, or each after it; else empty.

    Args:
        symbols: Symbols with their places, in order.
        shares: Fractions with their places, in order.
    """
    if not shares or len(shares) != len(symbols):
        return {}
    first = shares[0][0] < symbols[0][0]
    both = list(zip(shares, symbols, strict=True))
    if all((share[0] < symbol[0]) == first for share, symbol in both):
        return {symbol: weight for (_, weight), (_, symbol) in both}
    return {}


def _cash(text: str) -> list[tuple[int, str]]:
    return [
        (match.start(), "CASH")
        for match in re.finditer(r"(?<=%)\s+(?:in )?cash\b|\bcash\s+(?=\d+\s?%)", text, re.IGNORECASE)
    ]


def read_count(lowered: str) -> int | None:
    """How many: "top 3", "last 10 transactions", "five largest"."""
    small = "|".join(_SMALL)
    match = re.search(
        rf"\b(?:top|last|latest|newest|recent|biggest|largest|first|show|list)(?: my)?(?: last"
        rf"| latest| top)? (\d{{1,3}}|{small})\b"
        rf"(?! (?:days?|weeks?|months?|years?|quarters?))"
        rf"|\b(\d{{1,3}}|{small}) (?:most recent|latest|last|newest|biggest|largest|top|headlines"
        rf"|transactions|trades|entries|movers|gainers|losers)",
        lowered,
    )
    if not match:
        return None
    words = match[1] or match[2]
    number = int(words) if words.isdigit() else _SMALL[words]
    return number or None
