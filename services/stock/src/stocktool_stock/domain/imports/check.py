"""What a file's rows come to in the ledger they are for: ratios of splits, and what cannot be booked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from stocktool_kit.core.errors import FailedPrecondition, InvalidArgument

from stocktool_stock.domain.bookkeeping import keep_book
from stocktool_stock.domain.imports.rows import ImportRow, RowProblem
from stocktool_stock.domain.ledger import Entry, EntryType
from stocktool_stock.domain.portfolio import Portfolio
from stocktool_stock.domain.rates import RateTable

_IN = frozenset({"buy", "reinvest", "transfer_in", "opening"})
_OUT = frozenset({"sell", "transfer_out"})
_LEAVING = frozenset({EntryType.SELL, EntryType.TRANSFER_OUT, EntryType.MERGER, EntryType.SPIN_OFF, EntryType.DIVIDEND})
_MOST_TOLD = 20
_MOST_TOLD_LONG = 4
_LONG = 20_000
_LARGEST_TERM = 1_000
_SMALL = 20


@dataclass(frozen=True, slots=True)
class LedgerProblem:
    """An entry that the ledger does not take; `entry_id` is empty where none can be named."""

    entry_id: str
    symbol: str
    detail: str


def ledger_problems(entries: Sequence[Entry], portfolio: Portfolio, rates: RateTable) -> list[LedgerProblem]:
    """Find the first entries for which a ledger cannot be kept; each is left out to see whether the rest goes.

    Args:
        entries: By day, then in order.
        portfolio: Gives accounts and the cost method.
        rates: Of all days and currencies of the entries.
    """
    rest = list(entries)
    problems: list[LedgerProblem] = []
    for _ in range(_MOST_TOLD if len(rest) < _LONG else _MOST_TOLD_LONG):
        try:
            keep_book(rest, portfolio, rates)
        except (FailedPrecondition, InvalidArgument) as error:
            culprit = _culprit(rest, error.metadata)
            problems.append(
                LedgerProblem(
                    "" if culprit is None else culprit.id,
                    error.metadata.get("symbol", "") if culprit is None else culprit.symbol,
                    error.message,
                )
            )
            if culprit is None:
                break
            rest = [entry for entry in rest if entry is not culprit]
        else:
            break
    return problems


def _culprit(entries: Sequence[Entry], said: Mapping[str, str]) -> Entry | None:
    """The entry that an error is about: the last one that fits what it says."""
    by_id = said.get("entry_id") or said.get("transaction_id")
    named = next((entry for entry in entries if entry.id == by_id), None)
    if named is not None:
        return named
    for entry in reversed(entries):
        if entry.type not in _LEAVING or entry.symbol != said.get("symbol"):
            continue
        if entry.day.isoformat() != said.get("date", entry.day.isoformat()):
            continue
        if entry.account_id and entry.account_id != said.get("account_id", entry.account_id):
            continue
        quantity = said.get("quantity")
        if quantity is None or entry.quantity is None or entry.quantity == Decimal(quantity):
            return entry
    return None


def with_ratios(rows: Sequence[ImportRow], standing: Sequence[Entry]) -> list[ImportRow]:
    """Give splits their ratio where a broker says only how many shares came: (held + came) / held.

    Args:
        rows: Rows to be booked, by day, with their symbols resolved.
        standing: What the ledger holds already.
    """
    held: dict[str, Fraction] = defaultdict(Fraction)
    waiting = iter(standing)
    upcoming = next(waiting, None)
    result: list[ImportRow] = []
    for row in rows:
        draft = row.draft
        if draft is None or draft.day is None or not draft.symbol:
            result.append(row)
            continue
        while upcoming is not None and upcoming.day < draft.day:
            _move(held, upcoming.symbol, upcoming.type.value, upcoming.quantity, upcoming.ratio)
            upcoming = next(waiting, None)
        if draft.type == "split" and draft.quantity and not draft.ratio and not row.problems:
            came, before = Fraction(draft.quantity), held[draft.symbol]
            ratio = _neat((before + came) / before) if before > 0 and before + came > 0 else None
            if ratio is None:
                row = replace(row, problems=(_unknown_ratio(draft.quantity, before),))  # noqa: PLW2901 - its own next form
            else:
                text = f"{ratio.numerator}:{ratio.denominator}"
                note = f"ratio {text} from {_plain(before)} shares before and {_plain(before + came)} after"
                row = replace(row, draft=replace(draft, quantity=None, ratio=text), notes=(*row.notes, note))  # noqa: PLW2901
                held[draft.symbol] = before + came
        elif not row.problems:
            _move(held, draft.symbol, draft.type, _number(draft.quantity), _ratio(draft.ratio))
        result.append(row)
    return result


def _move(held: dict[str, Fraction], symbol: str, kind: str, quantity: Decimal | None, ratio: Fraction | None) -> None:
    if kind in _IN and quantity is not None:
        held[symbol] += Fraction(quantity)
    elif kind in _OUT and quantity is not None:
        held[symbol] -= Fraction(quantity)
    elif kind == "split" and ratio is not None:
        held[symbol] *= ratio


def _neat(ratio: Fraction) -> Fraction | None:
    """The ratio of small numbers that is meant, None where none is near: brokers round fractions of shares."""
    for largest in (20, 200, _LARGEST_TERM):
        near = ratio.limit_denominator(largest)
        small = min(near.numerator, near.denominator) <= _SMALL
        if small and near not in (0, 1) and abs(near / ratio - 1) < Fraction(1, 2_000):
            return near
    return None


def _unknown_ratio(came: str, before: Fraction) -> RowProblem:
    detail = f"cannot be told from {came} shares that came to {_plain(before)} held before"
    return RowProblem("ratio", detail, "Import what was bought before first, or book the split by hand (skip_rows)")


def _plain(number: Fraction) -> str:
    return f"{float(number):.10g}"


def _number(text: str | None) -> Decimal | None:
    try:
        number = Decimal(text or "")
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def _ratio(text: str | None) -> Fraction | None:
    try:
        new, _, old = (text or "").replace("/", ":").partition(":")
        return Fraction(new) / Fraction(old or 1)
    except (ValueError, ZeroDivisionError):
        return None


def booked_split(row: ImportRow, standing: Sequence[Entry]) -> Entry | None:
    """The standing split that a row's split is: same symbol, day and ratio, of its account or of all."""
    draft = row.draft
    if draft is None or draft.type != "split":
        return None
    ratio = _ratio(draft.ratio)
    for entry in standing:
        same = entry.type is EntryType.SPLIT and entry.symbol == draft.symbol and entry.day == draft.day
        if same and entry.ratio == ratio and entry.account_id in ("", draft.account_id):
            return entry
    return None
