"""Valid market values for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
from stocktool_kit.core.money import Money
from stocktool_stock.domain.bars import Bars, Split
from stocktool_stock.domain.quotes import Quote

CLOSE_OF_THE_DEMO = datetime(2024, 11, 29, 18, 0, tzinfo=UTC)


def a_quote(symbol: str = "AAPL", price: str = "237.33", previous_close: str | None = "234.93") -> Quote:
    """A quote of the demo's last close."""
    return Quote(
        symbol=symbol,
        price=Money(Decimal(price), "USD"),
        previous_close=None if previous_close is None else Money(Decimal(previous_close), "USD"),
        as_of=CLOSE_OF_THE_DEMO,
        source="demo data",
        name="Apple Inc.",
        zone="America/New_York",
    )


def some_bars(
    closes: Sequence[float],
    *,
    start: str = "2024-01-01",
    symbol: str = "AAPL",
    days: Sequence[str] | None = None,
    splits: Sequence[tuple[str, str]] = (),
) -> Bars:
    """Bars on consecutive weekdays, or on the days given; only closes are known."""
    if days is None:
        offsets = np.arange(len(closes))
        column = np.busday_offset(np.datetime64(start, "D"), offsets, roll="forward")
    else:
        column = np.array(days, dtype="datetime64[D]")
    close = np.array(closes, dtype=np.float64)
    unknown = np.full(len(close), np.nan)
    return Bars(
        symbol=symbol,
        currency="USD",
        days=column,
        open=unknown,
        high=unknown,
        low=unknown,
        close=close,
        adjusted_close=close,
        volume=unknown,
        splits=tuple(Split(date.fromisoformat(day), Decimal(ratio)) for day, ratio in splits),
        source="demo data",
        as_of=CLOSE_OF_THE_DEMO,
        zone="America/New_York",
    )
