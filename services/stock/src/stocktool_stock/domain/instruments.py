"""What is traded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from stocktool_kit.core.errors import FieldViolation, InvalidArgument

_SYMBOL = re.compile(r"^[A-Z0-9^][A-Z0-9.^=_:-]{0,31}$")


@dataclass(frozen=True, slots=True)
class Instrument:
    """What is known of an instrument; texts are empty where unknown. `as_of` is the market's instant of the answer."""

    symbol: str
    name: str = ""
    type: str = ""
    exchange: str = ""
    currency: str = ""
    sector: str = ""
    industry: str = ""
    headquarters: str = ""
    first_trade_date: date | None = None
    country: str = ""
    source: str = ""
    as_of: datetime | None = None


def parse_symbol(text: str, pointer: str = "symbol") -> str:
    """Read a symbol as the provider spells it; lower case is raised.

    Raises:
        InvalidArgument: The text cannot be a symbol.
    """
    symbol = text.strip().upper()
    if not _SYMBOL.match(symbol):
        raise InvalidArgument.of(pointer, "is no symbol: letters, digits and . ^ = _ : -, at most 32")
    return symbol


def parse_symbols(text: str, *, at_most: int, pointer: str = "symbols") -> list[str]:
    """Read symbols separated by commas, each once, in order.

    Raises:
        InvalidArgument: There is none, too many, or one cannot be a symbol.
    """
    symbols = list(dict.fromkeys(parse_symbol(part, pointer) for part in text.split(",") if part.strip()))
    if not symbols:
        raise InvalidArgument("no symbol given", [FieldViolation(pointer, "give at least one symbol, as in AAPL,JPM")])
    if len(symbols) > at_most:
        raise InvalidArgument.of(pointer, f"at most {at_most} at a time")
    return symbols
