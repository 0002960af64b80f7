"""Instruments of a user's own in our JSON export, with their prices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from stocktool_kit.core.errors import InvalidArgument

from stocktool_stock.domain.custom_instruments import (
    MAX_INSTRUMENTS,
    MAX_PRICES,
    STALE_AFTER,
    CustomInstrument,
    read_custom_symbol,
    read_prices,
)
from stocktool_stock.domain.imports.options import unreadable


def read_instruments(data: object, today: date) -> tuple[CustomInstrument, ...]:
    """Read them; their currencies and texts are checked when they are made.

    Raises:
        UnreadableFile: One is not of the shape of an export.
    """
    if data is None:
        return ()
    if not isinstance(data, list) or len(data) > MAX_INSTRUMENTS:
        raise unreadable(f"instruments must be a list of at most {MAX_INSTRUMENTS}")
    try:
        return tuple(_instrument(one, today) for one in data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise unreadable(f"has an instrument of another shape: {str(error)[:100]}") from error
    except InvalidArgument as error:
        raise unreadable(f"has an instrument that cannot be taken: {error.message}") from error


def _instrument(one: Mapping[str, Any], today: date) -> CustomInstrument:
    rows = [
        (date.fromisoformat(str(row["date"])), str(row["price"])) for row in one.get("prices", [])[: MAX_PRICES + 1]
    ]
    if len(rows) > MAX_PRICES:
        raise ValueError(f"more than {MAX_PRICES} prices")
    return CustomInstrument(
        symbol=read_custom_symbol(str(one["symbol"]), "symbol"),
        name=str(one["name"]),
        currency=str(one["currency"]),
        asset_class=str(one.get("asset_class") or ""),
        sector=str(one.get("sector") or ""),
        country=str(one.get("country") or ""),
        stale_after=int(one.get("stale_after") or STALE_AFTER),
        prices=tuple(sorted(read_prices(rows, today).items())),
    )
