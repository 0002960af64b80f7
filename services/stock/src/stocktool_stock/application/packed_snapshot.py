"""Snapshots as bytes: a line of JSON that says what one holds for, then compressed parts.

The first parts have what every figure takes. What few figures look at follows in parts of its own, so that it is read
only then.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from itertools import accumulate
from typing import Any

import orjson

from stocktool_stock.application.book_snapshot import RULES, BookSnapshot
from stocktool_stock.application.columns import Schema
from stocktool_stock.application.packed_steps import read_days, read_steps, write_columns, write_days, write_exact
from stocktool_stock.domain.book import Book, Charge, Payment, Sale, TradePrice, tape_of
from stocktool_stock.domain.days import days64
from stocktool_stock.domain.ledger import Entry
from stocktool_stock.domain.portfolio import Portfolio
from stocktool_stock.domain.tape import Tape, Unread, stretches

_TAPES = {"payments": Payment, "charges": Charge, "sales": Sale}
_SCHEMAS = {name: Schema(kind) for name, kind in _TAPES.items()}
_PRICES = Schema(TradePrice)
_STEPS = ("quantities", "cash_steps")
_BOOK = Schema(Book, leave_out=["portfolio", "trade_prices", "payment_days", *_STEPS, *_TAPES])
_ENTRIES = Schema(Entry, leave_out=["reversed_by"])
_FORMAT = "-".join([str(RULES), *(each.name for each in (_BOOK, _ENTRIES, _PRICES, *_SCHEMAS.values()))])


class SnapshotUnusable(Exception):
    """The bytes are damaged, of another version, or of another portfolio."""


def pack_snapshot(snapshot: BookSnapshot) -> bytes:
    """Write a snapshot."""
    whole = snapshot.whole
    tapes: dict[str, Tape[Any, Any]] = {name: getattr(whole, name) for name in _TAPES}
    steps = [*whole.quantities.values(), *whole.cash_steps.values()]
    prices = [price for tape in whole.trade_prices.values() for price in tape]
    parts = [
        orjson.dumps(_state(whole)),
        write_days(days64(whole.payment_days)),
        write_columns(steps),
        orjson.dumps({"open": _state(snapshot.book), "rest": _ENTRIES.write_many(snapshot.rest)}),
        orjson.dumps(write_exact(steps)),
        orjson.dumps(_PRICES.write_many(prices)),
        *(orjson.dumps(_SCHEMAS[name].write_many(tape)) for name, tape in tapes.items()),
    ]
    packed = [zlib.compress(part, 3) for part in parts]
    body = b"".join(packed)
    head = {
        "format": _FORMAT,
        "portfolio": snapshot.portfolio.id,
        "sequence": snapshot.sequence,
        "ledger_digest": snapshot.portfolio.ledger_digest,
        "cost_method": snapshot.portfolio.cost_method.value,
        "base_currency": snapshot.portfolio.base_currency,
        "cut": snapshot.cut.isoformat(),
        "last_day": snapshot.last_day.isoformat(),
        "rest": len(snapshot.rest),
        "funded": snapshot.funded,
        "implied": snapshot.implied,
        "rates_until": snapshot.rates_until.isoformat(),
        "parts": [len(part) for part in packed],
        "body_check": zlib.crc32(body),
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
        said = (head["format"], head["portfolio"], head["cost_method"], head["base_currency"], head["body_check"])
        due = (_FORMAT, portfolio.id, portfolio.cost_method.value, portfolio.base_currency, zlib.crc32(body))
        if said != due:
            raise SnapshotUnusable("a snapshot that is not of this portfolio, or of another version, or damaged")
        parts = _Parts(body, head["parts"])
        whole = parts.whole(portfolio)
        return BookSnapshot(
            portfolio=replace(portfolio, last_sequence=head["sequence"], ledger_digest=head["ledger_digest"]),
            cut=date.fromisoformat(head["cut"]),
            last_day=date.fromisoformat(head["last_day"]),
            funded=head["funded"],
            implied=head["implied"],
            rates_until=date.fromisoformat(head["rates_until"]),
            whole=whole,
            opened=Unread(1, lambda: [parts.opened(whole)]),
            rest=Tape(first=Unread(head["rest"], parts.rest)),
        )
    except (ValueError, KeyError, TypeError, IndexError, ArithmeticError, zlib.error) as error:
        raise SnapshotUnusable("a snapshot that cannot be read") from error


def _state(book: Book) -> dict[str, Any]:
    """A book without what is only ever appended to; of that, how much there is."""
    return {
        "book": _BOOK.write(book),
        "payment_days": len(book.payment_days),
        "quantities": [[*position, len(each)] for position, each in book.quantities.items()],
        "cash_steps": [[currency, len(each)] for currency, each in book.cash_steps.items()],
        "trade_prices": [[symbol, len(tape)] for symbol, tape in book.trade_prices.items()],
        "tapes": {name: len(getattr(book, name)) for name in _TAPES},
    }


class _Parts:
    """The parts of one snapshot, each read when it is asked for; the checksum has told that they are whole."""

    def __init__(self, body: bytes, lengths: Sequence[int]) -> None:
        ends = list(accumulate(lengths))
        if ends[-1] != len(body):
            raise ValueError("parts of other lengths")
        parts = [body[end - length : end] for end, length in zip(ends, lengths, strict=True)]
        self._whole, self._payment_days, self._columns, self._later, self._exact, self._prices, *self._tapes = parts

    def whole(self, portfolio: Portfolio) -> Book:
        """The book of all entries."""
        state = orjson.loads(zlib.decompress(self._whole))
        book = _book_of(portfolio, state)
        book.payment_days = Tape(first=Unread(state["payment_days"], self._days))
        counts = [row[-1] for name in _STEPS for row in state[name]]
        steps = iter(read_steps(zlib.decompress(self._columns), counts, _reading(self._exact)))
        book.quantities.update({(account_id, symbol): next(steps) for account_id, symbol, _ in state["quantities"]})
        book.cash_steps.update({currency: next(steps) for currency, _ in state["cash_steps"]})
        counts = [count for _, count in state["trade_prices"]]
        prices = stretches(_reading(self._prices, _PRICES), counts)
        for (symbol, count), read in zip(state["trade_prices"], prices, strict=True):
            book.trade_prices[symbol] = tape_of(TradePrice, Unread(count, read))
        for (name, kind), part in zip(_TAPES.items(), self._tapes, strict=True):
            first = Unread(state["tapes"][name], _reading(part, _SCHEMAS[name]))
            setattr(book, name, tape_of(kind, first))
        return book

    def opened(self, whole: Book) -> Book:
        """The book to the cut; what is appended to it is the beginning of what the whole one has."""
        state = self._of_later()["open"]
        book = _book_of(whole.portfolio, state)
        book.payment_days = whole.payment_days.beginning(state["payment_days"])
        for account_id, symbol, count in state["quantities"]:
            book.quantities[account_id, symbol] = whole.quantities[account_id, symbol].beginning(count)
        for currency, count in state["cash_steps"]:
            book.cash_steps[currency] = whole.cash_steps[currency].beginning(count)
        for symbol, count in state["trade_prices"]:
            book.trade_prices[symbol] = whole.trade_prices[symbol].beginning(count)
        for name in _TAPES:
            setattr(book, name, getattr(whole, name).beginning(state["tapes"][name]))
        return book

    def _days(self) -> list[date]:
        days: list[date] = read_days(zlib.decompress(self._payment_days)).tolist()
        return days

    def rest(self) -> list[Entry]:
        """Entries after the cut."""
        return _ENTRIES.read_many(self._of_later()["rest"])

    def _of_later(self) -> dict[str, Any]:
        content: dict[str, Any] = orjson.loads(zlib.decompress(self._later))
        return content


def _book_of(portfolio: Portfolio, state: dict[str, Any]) -> Book:
    book = Book(portfolio)
    for name, value in _BOOK.read(state["book"]).items():
        present = getattr(book, name)
        if isinstance(present, dict):
            present.update(value)  # keeps what makes its missing values
        else:
            setattr(book, name, value)
    return book


def _reading(part: bytes, schema: Schema | None = None) -> Callable[[], list[Any]]:
    """Reads a part when it is asked for; the checksum has told that it is whole."""

    def read() -> list[Any]:
        content = orjson.loads(zlib.decompress(part))
        return schema.read_many(content) if schema else content

    return read
