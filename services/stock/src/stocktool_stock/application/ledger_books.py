"""Books of portfolios: continued from a snapshot where that is possible, kept from the first day where it is not."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar
from weakref import WeakValueDictionary

from stocktool_kit.aio import Limiter, run_blocking

from stocktool_stock.application.afterwards import Afterwards
from stocktool_stock.application.book_snapshot import (
    KEPT_OPEN,
    BookSnapshot,
    Later,
    take_snapshot,
)
from stocktool_stock.application.collector_pause import collector_paused
from stocktool_stock.application.market_ports import FxRates
from stocktool_stock.application.packed_snapshot import SnapshotUnusable, pack_snapshot, unpack_snapshot
from stocktool_stock.application.ports import PortfolioStore, SnapshotStore
from stocktool_stock.application.rate_collector import rates_into
from stocktool_stock.domain.book import Book
from stocktool_stock.domain.bookkeeping import continue_book, keep_book
from stocktool_stock.domain.ledger import Entry, Ledger
from stocktool_stock.domain.ledger_part import LedgerPart
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.rates import RateTable

WORTH_KEEPING = 300
"""A ledger of fewer entries is kept from its first day as quickly."""
MOVES_ON_AFTER = 500
"""So many entries on top of a snapshot make a new one worth writing."""
_BYTES_AN_ENTRY = 1_000
"""So many bytes of a snapshot are read in the time in which one entry is booked, or less."""
_KEPT_ENTRIES = 120_000
"""What the books in this process may have come from, in sum: some 100 MB."""


Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Start:
    """A snapshot, and what is to be booked on top of it now."""

    snapshot: BookSnapshot
    later: Later


class LedgerBooks:
    """Keeps books, and remembers them while it has room.

    A snapshot only ever saves time: one that is missing, damaged, of other rules or of another history of the ledger is
    made again, after the answer.

    Args:
        store: Ledgers.
        snapshots: Where snapshots lie.
        rates: Exchange rates.
        afterwards: Writes snapshots once the answer is given.
    """

    def __init__(self, store: PortfolioStore, snapshots: SnapshotStore, rates: FxRates, afterwards: Afterwards) -> None:
        self._store = store
        self._snapshots = snapshots
        self._rates = rates
        self._afterwards = afterwards
        self._threads = Limiter(2)
        self._kept = _Kept()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def book(self, portfolio: Portfolio, until: date) -> tuple[Book, RateTable]:
        """The book to the end of a day, not to be changed; and the rates it was kept with.

        Raises:
            RateNotPublished: A rate it takes was never published.
        """
        rates = await rates_into(self._rates, portfolio)
        book = self._kept.book(portfolio, until)
        if book is None:
            async with self._locks.setdefault(portfolio.id, asyncio.Lock()):  # asked for twice, kept once
                book = self._kept.book(portfolio, until) or await self._keep(portfolio, until, rates)
        return book, rates

    async def check(self, portfolio: Portfolio, more: Sequence[Entry]) -> None:
        """Keep the book with entries that are to be appended.

        Raises:
            ShortSale: More would leave a position than it holds.
            LotNotOpen: A chosen lot is not there, or too small.
            NothingHeld: A dividend per share, a spin-off or a merger on a day without shares.
        """
        rates = await rates_into(self._rates, portfolio)
        start = await self._start(portfolio, more)
        if start is not None:
            await self._from(start, portfolio, date.max, rates)
            return
        await self.check_ledger(portfolio, (await self._store.ledger(portfolio)).with_entries(more))

    async def check_ledger(self, portfolio: Portfolio, ledger: Ledger) -> None:
        """Keep the book of a ledger as it is to be.

        Raises:
            ShortSale: More would leave a position than it holds.
            LotNotOpen: A chosen lot is not there, or too small.
            NothingHeld: A dividend per share, a spin-off or a merger on a day without shares.
        """
        rates = await rates_into(self._rates, portfolio)
        await self._off(len(ledger.standing), lambda: keep_book(ledger.standing, portfolio, rates))

    async def _keep(self, portfolio: Portfolio, until: date, rates: RateTable) -> Book:
        start = await self._start(portfolio)
        if start is None:
            start = await self._begin(portfolio, until, rates)
        elif start.later.anew and len(start.later.entries) > KEPT_OPEN + MOVES_ON_AFTER:
            start = await self._move_on(portfolio, start, rates)
        if start is not None and until >= start.snapshot.cut:
            kept = await self._from(start, portfolio, until, rates)
        else:
            standing = (await self._store.ledger(portfolio)).standing
            kept = await self._off(len(standing), lambda: keep_book(standing, portfolio, rates, until=until))
        self._kept.keep(portfolio, until, kept)
        return kept

    async def _from(self, start: _Start, portfolio: Portfolio, until: date, rates: RateTable) -> Book:
        snapshot, later = start.snapshot, start.later
        if not later.anew and until >= snapshot.last_day:
            return replace(snapshot.whole, portfolio=portfolio)
        return await self._off(
            len(later.entries),
            lambda: continue_book(snapshot.book, later.entries, portfolio, rates, implied=later.implied, until=until),
        )

    async def _start(self, portfolio: Portfolio, more: Sequence[Entry] = ()) -> _Start | None:
        """Where to go on from, None where there is nothing that holds for the portfolio as it is."""
        snapshot = self._kept.snapshot(portfolio)
        if snapshot is None:
            snapshot = await self._stored(portfolio)
        if snapshot is None or snapshot.sequence > portfolio.last_sequence:
            return None
        part = LedgerPart()
        if snapshot.sequence < portfolio.last_sequence:
            part = await self._store.since(portfolio, snapshot.sequence)
        later = snapshot.later(portfolio, part, more)
        return None if later is None else _Start(snapshot, later)

    async def _stored(self, portfolio: Portfolio) -> BookSnapshot | None:
        if portfolio.last_sequence < WORTH_KEEPING:
            return None
        data = await self._snapshots.read(portfolio.id)
        if data is None:
            return None
        try:
            snapshot = await self._off(len(data) // _BYTES_AN_ENTRY, lambda: unpack_snapshot(data, portfolio))
        except SnapshotUnusable:
            return None
        if snapshot.rates_until != await self._rates_until():
            return None  # rates that were carried forward then may be published by now
        self._kept.remember(snapshot)
        return snapshot

    async def _begin(self, portfolio: Portfolio, until: date, rates: RateTable) -> _Start | None:
        """Make the first snapshot of a ledger that is worth one, and go on from it."""
        if portfolio.last_sequence < WORTH_KEEPING:
            return None
        standing = (await self._store.ledger(portfolio)).standing
        if len(standing) < WORTH_KEEPING or standing[-1].day > until:
            return None
        rates_until = await self._rates_until()
        snapshot = await self._off(len(standing), lambda: take_snapshot(portfolio, standing, rates, rates_until))
        return self._made(snapshot)

    async def _move_on(self, portfolio: Portfolio, start: _Start, rates: RateTable) -> _Start:
        entries = len(start.later.entries)
        return self._made(await self._off(entries, lambda: start.snapshot.moved_on(portfolio, start.later, rates)))

    def _made(self, snapshot: BookSnapshot) -> _Start:
        self._kept.remember(snapshot)
        portfolio = snapshot.portfolio

        async def write() -> None:
            data = await self._off(WORTH_KEEPING, lambda: pack_snapshot(snapshot))
            await self._snapshots.write(portfolio.id, snapshot.sequence, data)
            await self._store.pack(portfolio)

        self._afterwards.submit(portfolio.id, write)
        return _Start(snapshot, Later(snapshot.rest, snapshot.implied, anew=False))

    async def _rates_until(self) -> date:
        return (await self._rates.rate("USD", "EUR", date.max)).day

    async def _off(self, entries: int, work: Callable[[], Result]) -> Result:
        """Work on a thread what would hold the loop up for long."""
        if entries < WORTH_KEEPING:
            return work()

        def undisturbed() -> Result:
            with collector_paused():
                return work()

        return await run_blocking(self._threads, undisturbed)


class NoSnapshots:
    """A `SnapshotStore` that keeps nothing, where books are kept for one use."""

    async def read(self, portfolio_id: PortfolioId) -> bytes | None:  # noqa: ARG002 - the port's
        """Nothing."""
        return None

    async def write(self, portfolio_id: PortfolioId, sequence: int, data: bytes) -> bool:  # noqa: ARG002 - the port's
        """Nothing is written."""
        return False


def books_of(store: PortfolioStore, rates: FxRates) -> LedgerBooks:
    """Books that are kept from their first day, where nobody has snapshots."""
    return LedgerBooks(store, NoSnapshots(), rates, Afterwards())


_Key = tuple[str, int, str, date | None]


class _Kept:
    """Snapshots by portfolio and books by state of one, those asked for last; bounded by the entries behind them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[_Key, BookSnapshot | Book] = OrderedDict()
        self._entries = 0

    def snapshot(self, portfolio: Portfolio) -> BookSnapshot | None:
        found = self._find((portfolio.id, 0, "", None))
        return found if isinstance(found, BookSnapshot) else None

    def remember(self, snapshot: BookSnapshot) -> None:
        self._put((snapshot.portfolio.id, 0, "", None), snapshot)

    def book(self, portfolio: Portfolio, until: date) -> Book | None:
        found = self._find(_key(portfolio, until))
        return found if isinstance(found, Book) else None

    def keep(self, portfolio: Portfolio, until: date, book: Book) -> None:
        self._put(_key(portfolio, until), book)

    def _find(self, key: _Key) -> BookSnapshot | Book | None:
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def _put(self, key: _Key, thing: BookSnapshot | Book) -> None:
        gone = self._kept.pop(key, None)
        self._entries += _weight(thing) - (_weight(gone) if gone else 0)
        self._kept[key] = thing
        while self._entries > _KEPT_ENTRIES and len(self._kept) > 1:
            self._entries -= _weight(self._kept.popitem(last=False)[1])


def _key(portfolio: Portfolio, until: date) -> _Key:
    """The digest too: a table that was restored and written on comes to the same version with another ledger."""
    return portfolio.id, portfolio.version, portfolio.ledger_digest, until


def _weight(thing: BookSnapshot | Book) -> int:
    book = thing.whole if isinstance(thing, BookSnapshot) else thing
    return 50 + len(book.payments)
