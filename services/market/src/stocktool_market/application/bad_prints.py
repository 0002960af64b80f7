"""Prints that cannot be prices, put over real ones for tests of those who must tell them apart."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from stocktool_market.application.market import Snapshot
from stocktool_market.domain.sessions import session_open


@dataclass(frozen=True, slots=True)
class BadPrint:
    """What to put where.

    Attributes:
        kind: `factor`: the close times `value`; `price`: `value` itself; `high_below_low`: a candle upside down;
            `future`: a bar `value` days after the last.
        value: See `kind`.
        days: So many sessions.
        back: So many sessions before the last one.
    """

    kind: str
    value: float
    days: int
    back: int


def spoil(snapshot: Snapshot, bad: BadPrint) -> Snapshot:
    """Put a bad print over the real ones."""
    if bad.kind == "future":
        return _with_a_bar_ahead(snapshot, int(bad.value))
    series, stop = snapshot.series, snapshot.last + 1 - bad.back
    where = slice(max(0, stop - bad.days), stop)
    close, adjusted = series.close.copy(), series.adjusted_close.copy()
    high, low = series.high.copy(), series.low.copy()
    if bad.kind == "high_below_low":
        low[where], high[where] = close[where] * 1.1, close[where] * 0.9
    else:
        close[where] = close[where] * bad.value if bad.kind == "factor" else bad.value
        adjusted[where] = close[where]
    return Snapshot(replace(series, close=close, adjusted_close=adjusted, high=high, low=low), snapshot.last)


def _with_a_bar_ahead(snapshot: Snapshot, days: int) -> Snapshot:
    series, stop = snapshot.series, snapshot.last + 1
    day = series.days[snapshot.last] + np.timedelta64(days, "D")
    close = np.append(series.close[:stop], series.close[snapshot.last])
    unknown = np.append(np.full(stop, np.nan), np.nan)
    ahead = replace(
        series,
        days=np.append(series.days[:stop], day),
        opens_at=np.append(series.opens_at[:stop], int(session_open(day.item()).timestamp())),
        open=unknown,
        high=unknown,
        low=unknown,
        close=close,
        adjusted_close=close,
        volume=unknown,
    )
    return Snapshot(ahead, stop)
