"""Ranges of days counted from the one asked about before: "and the year before?"."""

from __future__ import annotations

from datetime import date, timedelta

from stocktool_analyst.domain.days import month_end, months_before, read_iso
from stocktool_analyst.domain.spans import Period, Span


def settled(span: Span, before: Span | None, today: str) -> Span:
    """A range with its days, where its words count from another one.

    A calendar's year, quarter or month, whole or so far, is followed by the whole one beside it; any other range keeps
    its length and moves by so many months: "the year before" after the third quarter of 2023 is that of 2022.

    Args:
        span: The range as the words say it; one that counts from nothing is given back as it is.
        before: The range asked about before; without one, or without its days, the market's day is counted from.
        today: The market's day, empty when unknown.
    """
    if not span.shift:
        return span
    now = read_iso(today)
    first, last = _days(before or Span(), now)
    months = abs(span.shift)
    if first is None:
        first = now and _unit_start(now, months)
        last = now
    if first is None:
        return Span()  # counted from nothing that is known
    last = last or now or first
    whole = first == _unit_start(first, months) and (
        last == now or last >= months_before(first, -months) - timedelta(days=1)
    )
    # What begins inside a unit and runs past its end is no part of one that could be moved.
    longer = last >= months_before(first, -months)
    if whole or longer:
        start = months_before(_unit_start(first if span.shift < 0 else last, months), -span.shift)
        return Span(start.isoformat(), (months_before(start, -months) - timedelta(days=1)).isoformat())
    return Span(_moved(first, span.shift).isoformat(), _moved(last, span.shift, ends=True).isoformat())


def _days(span: Span, now: date | None) -> tuple[date | None, date | None]:
    if span.start or span.end:
        return read_iso(span.start) or read_iso(span.end), read_iso(span.end)
    if now is None:
        return None, None
    if span.period is Period.YEAR_TO_DATE:
        return date(now.year, 1, 1), now
    months = {Period.ONE_MONTH: 1, Period.ONE_YEAR: 12}.get(span.period) if span.period else None
    return (months_before(now, months) + timedelta(days=1), now) if months else (None, None)


def _unit_start(day: date, months: int) -> date:
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def _moved(day: date, months: int, *, ends: bool = False) -> date:
    moved = months_before(day, -months)
    # The last of a month stays the last of one, as June's 30th of May's 31st.
    return month_end(moved.year, moved.month) if ends and day == month_end(day.year, day.month) else moved
