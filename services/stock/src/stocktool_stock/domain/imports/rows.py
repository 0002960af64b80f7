"""What a file of a broker comes to: rows, each with what it would book, and their fingerprints."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from stocktool_kit.core.errors import InvalidArgument

from stocktool_stock.domain.custom_instruments import CustomInstrument
from stocktool_stock.domain.ledger import Draft, plain, read_decimal
from stocktool_stock.domain.values import value

_NUMBERS = ("quantity", "price", "amount", "amount_per_share", "fee", "tax", "cost_basis", "cost_fraction")


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row cannot be booked.

    Attributes:
        field: Field of the draft (`quantity`), or the column where no field is meant.
        detail: What is wrong, as a sentence without its full stop.
        cure: What would do.
        candidates: Symbols that may be meant, where the symbol is the problem.
    """

    field: str
    detail: str
    cure: str = ""
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """An instrument that may be meant."""

    symbol: str
    name: str = ""
    exchange: str = ""
    type: str = ""


@value(frozen=True, slots=True)
class ImportRow:
    """One booking of a file; a line that stands for two (a dividend bought again) gives two rows of one number.

    Attributes:
        row: Line of the text, from 1; of a file without lines (OFX, JSON) the number of its record.
        draft: What it books, None for a row that books nothing or cannot be read.
        fingerprint: Equal for equal content at the same count within a file; empty without a draft.
        problems: Why it cannot be booked as it stands.
        symbol_text: Symbol as the file has it, before it was resolved.
        isin: ISIN as the file has it.
        name: Name of the instrument as the file has it.
        account_text: Account as the file names it.
        skipped: Why the row books nothing, empty for one that does or should.
        notes: Things worth knowing that hinder nothing.
        time: Time of day as `HH:MM:SS` where the file has it: the order within a day.
        symbol_currency: Currency the instrument is traded in as the file has it, empty where it says none.
        entry_id: Id of the entry in an export of our own.
    """

    row: int
    draft: Draft | None = None
    fingerprint: str = ""
    problems: tuple[RowProblem, ...] = ()
    symbol_text: str = ""
    isin: str = ""
    name: str = ""
    account_text: str = ""
    skipped: str = ""
    notes: tuple[str, ...] = ()
    time: str = ""
    symbol_currency: str = ""
    entry_id: str = ""


@dataclass(frozen=True, slots=True)
class ImportFile:
    """A file as read.

    Attributes:
        rows: In the order they are to be booked.
        format: `csv`, `json`, `ofx` or `qif`.
        preset: Name of the preset it was read by.
        encoding: Encoding of the text as detected.
        currency: Currency of amounts that name none, empty where each has its own or the account's is meant.
        warnings: What was decided about the file as a whole.
        instruments: Instruments of the user's own that come with it.
    """

    rows: tuple[ImportRow, ...]
    format: str
    preset: str
    encoding: str = "utf-8"
    currency: str = ""
    warnings: tuple[str, ...] = ()
    instruments: tuple[CustomInstrument, ...] = ()


def with_fingerprints(rows: Sequence[ImportRow], scope: str = "") -> tuple[ImportRow, ...]:
    """Give each row with a draft its fingerprint.

    It is the hash of what the file says (the symbol as the file has it, the account it is for, numbers without
    trailing zeros) and of how many equal rows came before it: two equal rows of one file are two, the same file again
    adds nothing, and of overlapping files only the new rows count. How symbols were resolved does not change it.

    Args:
        rows: In order.
        scope: What rows without an account of their own are meant for, the account's id.
    """
    seen: Counter[str] = Counter()
    result: list[ImportRow] = []
    for row in rows:
        if row.draft is None:
            result.append(replace(row, fingerprint=""))
            continue
        content = _content(row, row.draft, scope)
        count = seen[content]
        seen[content] += 1
        result.append(replace(row, fingerprint=hashlib.sha256(f"{content}\x1f{count}".encode()).hexdigest()[:40]))
    return tuple(result)


def _content(row: ImportRow, draft: Draft, scope: str) -> str:
    parts = [
        draft.type,
        "" if draft.day is None else draft.day.isoformat(),
        row.isin or row.symbol_text.upper() or (draft.symbol or "").upper(),
        *(_number(getattr(draft, name)) for name in _NUMBERS),
        (draft.currency or "").upper(),
        (draft.ratio or "").strip(),
        draft.account_id or row.account_text or scope,
        row.time,
        "" if draft.acquired is None else draft.acquired.isoformat(),
        draft.to_account_id or "",
        draft.new_symbol or "",
    ]
    return "\x1f".join(parts)


@lru_cache(maxsize=65_536)
def _number(text: str | None) -> str:
    if text is None or not text.strip():
        return ""
    try:
        number = read_decimal(text)
    except InvalidArgument:
        return text.strip()
    return plain(number) if number != Decimal(0) else "0"
