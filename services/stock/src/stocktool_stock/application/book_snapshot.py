"""A book as of some state of its ledger, so that reading a portfolio does not begin with its first day.

A projection: whatever is wrong with one, it is thrown away and made again from the ledger.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import accumulate
from typing import Any

import orjson

from stocktool_stock.application.columns import Schema
from stocktool_stock.domain.book import Book, Charge, Payment, Sale, TradePrice
from stocktool_stock.domain.bookkeeping import funds, open_book
from stocktool_stock.domain.ledger import Entry
from stocktool_stock.domain.ledger_part import LedgerPart, chained
from stocktool_stock.domain.portfolio import Portfolio
from stocktool_stock.domain.rates import RateTable
from stocktool_stock.domain.tape import Tape, Unread

RULES = 3
"""To be raised with every change of what a ledger comes to; changed classes are noticed without it."""
KEPT_OPEN = 100
"""So many of the last entries stay out of the book: entries back-dated among them do not cost the snapshot."""

_TAPES = {"payments": Schema(Payment), "charges": Schema(Charge), "sales": Schema(Sale)}
_PRICES = Schema(TradePrice)
_BOOK = Schema(Book, leave_out=["portfolio", "trade_prices", *_TAPES])
_ENTRIES = Schema(LedgerPart, leave_out=["reversals", "undone", "rows"])
_FORMAT = "-".join([str(RULES), *(each.name for each in (_BOOK, _ENTRIES, _PRICES, *_TAPES.values()))])


class SnapshotUnusable(Exception):
    """The bytes are damaged, of another version, or of another portfolio."""


@dataclass(frozen=True, slots=True)
class Later:
    """Standing entries after a snapshot's cut, in order, and whether deposits are implied with them."""

    entries: Sequence[Entry]
    implied: bool


@dataclass(frozen=True, slots=True)
class BookSnapshot:
    """A book of all standing entries up to a day, and the standing entries after it.

    Attributes:
        portfolio: The head it was made at; its last sequence and digest say which ledger that was.
        cut: Last day whose entries are in the book.
        funded: Whether one of them `funds`.
        implied: Whether the book was kept with implied deposits.
        rates_until: Last day the exchange rates were published for: later ones were carried forward, and are not final.
        book: Open, so that it can be continued.
        rest: Entries after the cut.
    """

    portfolio: Portfolio
    cut: date
    funded: bool
    implied: bool
    rates_until: date
    book: Book
    rest: Sequence[Entry]

    @property
    def sequence(self) -> int:
        """Last sequence of the ledger it was made of."""
        return self.portfolio.last_sequence

    def later(self, portfolio: Portfolio, part: LedgerPart, more: Sequence[Entry] = ()) -> Later | None:
        """What is to be booked on top for a later state of the portfolio, None where the book does not hold for it.

        Args:
            portfolio: The head as it is now.
            part: What was appended since the snapshot.
            more: Entries to be appended.
        """
        before = self.portfolio
        same = (before.id, before.cost_method, before.base_currency)
        if same != (portfolio.id, portfolio.cost_method, portfolio.base_currency):
            return None
        if chained(before.ledger_digest, part.rows) != portfolio.ledger_digest:
            return None
        if part.reaches({entry.id for entry in self.rest}):
            return None
        entries = [each for each in part.marked([*self.rest, *part.entries]) if not each.reversed_by]
        entries = sorted([*entries, *more], key=lambda entry: (entry.day, entry.sequence))
        if entries and entries[0].day <= self.cut:
            return None
        implied = not self.funded and not any(map(funds, entries))
        return Later(entries, implied) if implied == self.implied else None

    def moved_on(self, portfolio: Portfolio, later: Later, rates: RateTable) -> BookSnapshot:
        """The snapshot of a later state of the portfolio."""
        return _cut(self, portfolio, later.entries, rates, KEPT_OPEN)


def take_snapshot(
    portfolio: Portfolio,
    standing: Sequence[Entry],
    rates: RateTable,
    rates_until: date,
    *,
    kept_open: int = KEPT_OPEN,
) -> BookSnapshot:
    """Keep the book of a whole ledger but for its last entries.

    Args:
        portfolio: The head.
        standing: Its standing entries by day, then order of entry; at least one.
        rates: Rates of all days and currencies of the entries.
        rates_until: Last day they were published for.
        kept_open: How many of the last entries stay out of the book, at least; all of a day do or none.
    """
    empty = BookSnapshot(
        portfolio=portfolio,
        cut=date.min,
        funded=False,
        implied=not any(map(funds, standing)),
        rates_until=rates_until,
        book=Book(portfolio),
        rest=(),
    )
    return _cut(empty, portfolio, standing, rates, kept_open)


def _cut(
    start: BookSnapshot, portfolio: Portfolio, entries: Sequence[Entry], rates: RateTable, kept_open: int
) -> BookSnapshot:
    first_open = entries[-kept_open].day if len(entries) >= kept_open else entries[0].day
    at = next(index for index, entry in enumerate(entries) if entry.day == first_open)
    shut = entries[:at]
    return replace(
        start,
        portfolio=portfolio,
        cut=shut[-1].day if shut else start.cut,
        funded=start.funded or any(map(funds, shut)),
        book=open_book(shut, portfolio, rates, implied=start.implied, start=start.book),
        rest=tuple(entries[at:]),
    )


def pack_snapshot(snapshot: BookSnapshot) -> bytes:
    """Write a snapshot: a line of JSON that says what it holds for, then compressed parts of columns.

    The first has what every figure takes. What few figures look at follows in parts of its own, so that it is read
    only then.
    """
    book = snapshot.book
    tapes: dict[str, Tape[Any]] = {name: getattr(book, name) for name in _TAPES}
    content = {
        "book": _BOOK.write(book),
        "rest": _ENTRIES.write(LedgerPart(list(snapshot.rest))),
        "counts": {name: len(tape) for name, tape in tapes.items()},
        "prices": {symbol: len(tape) for symbol, tape in book.trade_prices.items()},
    }
    prices = [price for tape in book.trade_prices.values() for price in tape]
    columns = [_TAPES[name].write_many(list(tape)) for name, tape in tapes.items()]
    parts = [zlib.compress(orjson.dumps(part), 3) for part in (content, *columns, _PRICES.write_many(prices))]
    body = b"".join(parts)
    head = {
        "format": _FORMAT,
        "portfolio": snapshot.portfolio.id,
        "sequence": snapshot.sequence,
        "ledger_digest": snapshot.portfolio.ledger_digest,
        "cost_method": snapshot.portfolio.cost_method.value,
        "base_currency": snapshot.portfolio.base_currency,
        "cut": snapshot.cut.isoformat(),
        "funded": snapshot.funded,
        "implied": snapshot.implied,
        "rates_until": snapshot.rates_until.isoformat(),
        "parts": [len(part) for part in parts],
        "body_digest": _digest(body),
    }
    return orjson.dumps(head) + b"\n" + body


def unpack_snapshot(data: bytes, portfolio: Portfolio) -> BookSnapshot:
    """Read a snapshot of a portfolio; whether it holds for its present state, `BookSnapshot.later` says.

    Raises:
        SnapshotUnusable: Damaged, of another version, or of another portfolio, method or currency.
    """
    line, _, body = data.partition(b"\n")
    try:
        head: dict[str, Any] = orjson.loads(line)
        said = (head["format"], head["portfolio"], head["cost_method"], head["base_currency"], head["body_digest"])
        due = (_FORMAT, portfolio.id, portfolio.cost_method.value, portfolio.base_currency, _digest(body))
        if said != due:
            raise SnapshotUnusable("a snapshot that is not of this portfolio, or of another version, or damaged")
        first, *tapes, prices = _parts(body, head["parts"])
        content = orjson.loads(zlib.decompress(first))
        book = Book(portfolio)
        for name, value in _BOOK.read(content["book"]).items():
            present = getattr(book, name)
            if isinstance(present, dict):
                present.update(value)  # keeps what makes its missing values
            else:
                setattr(book, name, value)
        for (name, schema), part in zip(_TAPES.items(), tapes, strict=True):
            setattr(book, name, Tape(first=Unread(content["counts"][name], _reading(schema, part))))
        read, at = _reading(_PRICES, prices), 0
        for symbol, count in content["prices"].items():
            book.trade_prices[symbol] = Tape(first=Unread(count, _cut_out(read, at, count)))
            at += count
        return BookSnapshot(
            portfolio=replace(portfolio, last_sequence=head["sequence"], ledger_digest=head["ledger_digest"]),
            cut=date.fromisoformat(head["cut"]),
            funded=head["funded"],
            implied=head["implied"],
            rates_until=date.fromisoformat(head["rates_until"]),
            book=book,
            rest=tuple(_ENTRIES.read(content["rest"])["entries"]),
        )
    except (ValueError, KeyError, TypeError, IndexError, ArithmeticError, zlib.error) as error:
        raise SnapshotUnusable("a snapshot that cannot be read") from error


def _parts(body: bytes, lengths: Sequence[int]) -> list[bytes]:
    ends = list(accumulate(lengths))
    if ends[-1] != len(body):
        raise ValueError("parts of other lengths")
    return [body[end - length : end] for end, length in zip(ends, lengths, strict=True)]


def _reading(schema: Schema, part: bytes) -> Callable[[], list[Any]]:
    """Reads a part once, when it is asked for; the digest has told that it is whole."""
    return cache(lambda: schema.read_many(orjson.loads(zlib.decompress(part))))


def _cut_out(read: Callable[[], list[Any]], at: int, count: int) -> Callable[[], list[Any]]:
    return lambda: read()[at : at + count]


def _digest(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()
