"""Notes about a symbol, each computed from its prices: no headline is made up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from stocktool_market.domain.series import Series
from stocktool_market.domain.sessions import session_close


@dataclass(frozen=True, slots=True)
class Note:
    """One note; `published_at` is the close of the session by which it was known."""

    title: str
    summary: str
    published_at: datetime


def notes_about(series: Series, last: int, *, at_most: int) -> list[Note]:
    """Write what the prices up to bar `last` say, newest first: per year the extremes and the return, and splits."""
    symbol = series.listing.symbol
    notes: list[Note] = []
    close = series.close
    years = series.days[: last + 1].astype("datetime64[Y]").astype(np.int64) + 1970
    for year in range(int(years[-1]), int(years[0]), -1):
        inside = np.flatnonzero(years == year)
        if not len(inside) or inside[0] == 0:
            continue
        returns = close[inside] / close[inside - 1] - 1
        end = int(inside[-1])
        known = session_close(series.day(end))
        so_far = " so far" if end == last and not _year_is_over(series.day(end)) else ""
        for index, word in ((int(np.argmin(returns)), "fall"), (int(np.argmax(returns)), "rise")):
            day = series.day(int(inside[index]))
            notes.append(
                Note(
                    f"{symbol}'s largest one-day {word} of {year}{so_far} was {abs(returns[index]):.1%} on {day}",
                    f"The close went from {close[inside[index] - 1]:.2f} to {close[inside[index]]:.2f} "
                    f"({returns[index]:+.2%}), by adjusted closes.",
                    known,
                )
            )
        change = close[end] / close[inside[0] - 1] - 1
        notes.append(
            Note(
                f"{symbol} {'gained' if change >= 0 else 'lost'} {abs(change):.1%} in {year}{so_far}",
                f"From {close[inside[0] - 1]:.2f} at the end of {year - 1} to {close[end]:.2f} on {series.day(end)}, "
                "by adjusted closes.",
                known,
            )
        )
        if len(notes) >= at_most:
            break
    for split in series.splits:
        if split.ex_date <= series.day(last):
            ratio = f"{split.ratio:g} for 1" if split.ratio >= 1 else f"1 for {1 / split.ratio:g}"
            notes.append(
                Note(
                    f"{symbol} split {ratio} on {split.ex_date}",
                    "Prices before that day are shown adjusted for it.",
                    session_close(split.ex_date),
                )
            )
    notes.sort(key=lambda note: note.published_at, reverse=True)
    return notes[:at_most]


def _year_is_over(day: date) -> bool:
    return (day.month, day.day) >= (12, 29)
