"""Books continued from a snapshot against books kept from their first day, for ledgers of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stocktool_stock.application.afterwards import Afterwards
from stocktool_stock.application.book_snapshot import BookSnapshot, take_snapshot
from stocktool_stock.application.ledger_books import WORTH_KEEPING, LedgerBooks
from stocktool_stock.application.packed_snapshot import SnapshotUnusable, pack_snapshot, unpack_snapshot
from stocktool_stock.application.ports import Change
from stocktool_stock.application.records import portfolio_record
from stocktool_stock.domain.book import Book
from stocktool_stock.domain.bookkeeping import continue_book, funds, keep_book
from stocktool_stock.domain.ledger import Entry, Ledger, NothingHeld, Reversal, ShortSale
from stocktool_stock.domain.ledger_part import LedgerPart, chained
from stocktool_stock.domain.lots import CostMethod
from stocktool_stock.domain.portfolio import Portfolio
from stocktool_stock.domain.rates import RateTable

from tests.factories.stock import RECORDED, a_portfolio, an_entry, day
from tests.fakes.stock_portfolios import FakePortfolios, FakeRates, FakeSnapshots

FIRST = date(2024, 1, 1)
RATES = RateTable("USD", {("EUR", FIRST + timedelta(days=at)): Decimal("1.1") + at for at in range(80)})
KINDS = (
    "buy",
    "buy",
    "buy",
    "sell",
    "sell",
    "dividend",
    "deposit",
    "withdrawal",
    "fee",
    "split",
    "transfer_in",
    "merger",
)


def written(kind: str, on: date, symbol: str, number: int, account_id: str) -> Entry:
    """An entry whose figures come from one number."""
    text, currency = on.isoformat(), "EUR" if number % 3 == 0 else "USD"
    fx_rate = "1.07" if currency == "EUR" and kind in {"buy", "sell"} else None
    if kind in {"buy", "transfer_in"}:
        entry = an_entry(kind, text, symbol, quantity=str(number), price=f"{number}.37", fx_rate=fx_rate)
    elif kind == "sell":
        entry = an_entry(kind, text, symbol, quantity=f"{number / 4}", price="9.99", fee="0.5", fx_rate=fx_rate)
    elif kind == "dividend":
        entry = an_entry(kind, text, symbol, amount_per_share="0.31", tax="0.1")
    elif kind == "split":
        entry = replace(an_entry(kind, text, symbol, ratio="3/2"), account_id="")
    elif kind == "merger":
        entry = replace(an_entry(kind, text, symbol, ratio="1/3"), account_id="", new_symbol="Z")
    else:
        entry = an_entry(kind, text, amount=f"{number}.11", currency=currency)
    return replace(entry, currency=currency, account_id=entry.account_id and account_id)


@dataclass
class History:
    """A portfolio as entries are appended and taken back; `heads` are its states."""

    portfolio: Portfolio
    part: LedgerPart = field(default_factory=LedgerPart)
    heads: list[Portfolio] = field(default_factory=list)

    def append(self, entry: Entry) -> None:
        """Append an entry if the ledger can take it."""
        numbered = replace(entry, sequence=self.portfolio.last_sequence + 1)
        try:
            keep_book(self.part.ledger().with_entries([numbered]).standing, self.portfolio, RATES)
        except (ShortSale, NothingHeld):
            return
        self.part.entries.append(numbered)
        self._moved((numbered.sequence, numbered.id))

    def reverse(self, at: int) -> None:
        """Take an entry back, or let it stand again, if the ledger can do without."""
        if not self.part.entries:
            return
        entry = self.part.entries[at % len(self.part.entries)]
        stands = any(each.id == entry.id for each in self.part.ledger().standing)
        sequence = self.portfolio.last_sequence + 1
        self.part.reversals.append(Reversal(f"txn_r{sequence}", sequence, entry.id, RECORDED, restores=not stands))
        try:
            keep_book(self.part.ledger().standing, self.portfolio, RATES)
        except (ShortSale, NothingHeld):
            self.part.reversals.pop()
            return
        self._moved((sequence, f"txn_r{sequence}"))

    def _moved(self, row: tuple[int, str]) -> None:
        self.part.rows.append(row)
        digest = chained(self.portfolio.ledger_digest, [row])
        self.portfolio = replace(
            self.portfolio, version=self.portfolio.version + 1, last_sequence=row[0], ledger_digest=digest
        )
        self.heads.append(self.portfolio)

    def between(self, after: int, until: int) -> LedgerPart:
        """Rows with sequences in (after, until]."""
        return LedgerPart(
            [each for each in self.part.entries if after < each.sequence <= until],
            [each for each in self.part.reversals if after < each.sequence <= until],
            [],
            [row for row in self.part.rows if after < row[0] <= until],
        )


@st.composite
def histories(draw: st.DrawFn) -> History:
    accounts = {"acc_1": "USD", "acc_2": "EUR"}
    history = History(a_portfolio(accounts=accounts, cost_method=draw(st.sampled_from(CostMethod))))
    kinds = KINDS if draw(st.booleans()) else tuple(kind for kind in KINDS if kind not in {"deposit", "withdrawal"})
    steps = st.tuples(
        st.sampled_from((*kinds, "reverse")),
        st.integers(0, 60),
        st.sampled_from("XY"),
        st.integers(1, 9),
        st.sampled_from(tuple(accounts)),
    )
    for kind, at, symbol, number, account_id in draw(st.lists(steps, min_size=1, max_size=14)):
        if kind == "reverse":
            history.reverse(at)
        else:
            history.append(written(kind, FIRST + timedelta(days=at), symbol, number, account_id))
    return history


@settings(max_examples=150, deadline=None)
@given(history=histories(), data=st.data())
def test_a_book_from_a_snapshot_is_the_book_from_the_first_day(history: History, data: st.DataObject) -> None:
    """At any cut of any ledger, back-dated entries and reversals among them, in memory and through the bytes."""
    if not history.heads:
        return
    then = data.draw(st.sampled_from(history.heads))
    known = history.between(0, then.last_sequence).ledger().standing
    if not known:
        return
    snapshot = take_snapshot(then, known, RATES, FIRST, kept_open=data.draw(st.sampled_from((1, 1, 2, 4))))
    now, part = history.portfolio, history.between(then.last_sequence, history.portfolio.last_sequence)
    everything = history.part.ledger().standing
    read = unpack_snapshot(pack_snapshot(snapshot), now)
    assert (read.cut, read.last_day, read.implied, list(read.rest)) == (
        snapshot.cut,
        snapshot.last_day,
        snapshot.implied,
        list(snapshot.rest),
    )
    assert read.whole == replace(keep_book(known, then, RATES), portfolio=now)
    assert columns(read.whole) == columns(snapshot.whole)
    assert read.book == replace(snapshot.book, portfolio=now)
    assert columns(read.book) == columns(snapshot.book)
    later = read.later(now, part)
    if later is None:
        assert must_be_thrown_away(snapshot, part, everything)
        return
    until = data.draw(st.dates(max(snapshot.cut, FIRST), FIRST + timedelta(days=70)))
    before = replace(read.book, sales=list(read.book.sales))
    found = continue_book(read.book, later.entries, now, RATES, implied=later.implied, until=until)
    assert found == keep_book(everything, now, RATES, until=until)
    assert read.book == before, "a snapshot is not changed by what is booked on top of it"


def columns(book: Book) -> list[tuple[list[date], list[float]]]:
    """What is drawn of a book."""
    drawn = [each.columns() for each in (*book.quantities.values(), *book.cash_steps.values())]
    return [(each.days.tolist(), each.amounts.tolist()) for each in drawn]


def must_be_thrown_away(snapshot: BookSnapshot, part: LedgerPart, everything: Sequence[Entry]) -> bool:
    """Whether what was appended changes a day that the snapshot's book has closed, or how it is funded."""
    open_ones = {entry.id for entry in (*snapshot.rest, *part.entries)}
    return (
        any(entry.day <= snapshot.cut for entry in part.entries)
        or any(reversal.of not in open_ones for reversal in part.reversals)
        or any(map(funds, everything)) == snapshot.implied
    )


def a_history(entries: int) -> History:
    history = History(a_portfolio())
    for at in range(entries):
        entry = written("buy" if at % 3 else "deposit", FIRST + timedelta(days=at // 5), "X", at % 9 + 1, "acc_1")
        numbered = replace(entry, sequence=at + 1)
        history.part.entries.append(numbered)
        history._moved((numbered.sequence, numbered.id))
    return history


def test_what_is_damaged_or_of_others_is_not_read() -> None:
    history = a_history(40)
    snapshot = take_snapshot(history.portfolio, history.part.ledger().standing, RATES, FIRST)
    data = pack_snapshot(snapshot)
    assert unpack_snapshot(data, history.portfolio).book == snapshot.book
    assert unpack_snapshot(data, history.portfolio).whole == snapshot.whole
    other = replace(history.portfolio, id="prt_2")
    average = replace(history.portfolio, cost_method=CostMethod.AVERAGE)
    for damaged, portfolio in (
        (data[:-1] + b"x", history.portfolio),
        (data[: len(data) // 2], history.portfolio),
        (b"", history.portfolio),
        (data.replace(b'"format":"', b'"format":"9'), history.portfolio),
        (data, other),
        (data, average),
    ):
        with pytest.raises(SnapshotUnusable):
            unpack_snapshot(damaged, portfolio)


def test_a_snapshot_of_another_past_is_thrown_away() -> None:
    """As after a table was restored to an earlier time and written on."""
    history = a_history(40)
    snapshot = take_snapshot(history.portfolio, history.part.ledger().standing, RATES, FIRST)
    assert snapshot.later(history.portfolio, LedgerPart()) is not None
    assert snapshot.later(replace(history.portfolio, ledger_digest="another"), LedgerPart()) is None


@dataclass
class Forgetful(FakePortfolios):
    """A store that can be told to refuse reading a ledger from its first row."""

    refuses: bool = False

    async def ledger(self, portfolio: Portfolio) -> Ledger:
        assert not self.refuses, "the whole ledger was read"
        return await super().ledger(portfolio)


@dataclass
class Mesh:
    """Two processes over one store."""

    store: Forgetful
    snapshots: FakeSnapshots
    portfolio: Portfolio

    def process(self) -> tuple[LedgerBooks, Afterwards]:
        afterwards = Afterwards()
        return LedgerBooks(self.store, self.snapshots, FakeRates(), afterwards), afterwards

    async def append(self, *entries: Entry) -> None:
        portfolio = self.portfolio
        numbered = [replace(each, sequence=portfolio.last_sequence + 1 + at) for at, each in enumerate(entries)]
        after = replace(portfolio, version=portfolio.version + 1, last_sequence=portfolio.last_sequence + len(entries))
        await self.store.commit(Change(after, portfolio.version, "usr_1", "recorded", {}, entries=numbered))
        self.portfolio = await self.store.get(portfolio.owner, portfolio.id)

    async def expected(self) -> Book:
        ledger = await FakePortfolios.ledger(self.store, self.portfolio)
        rates = RateTable("USD", await FakeRates().into("USD"))
        return keep_book(ledger.standing, self.portfolio, rates)


UNTIL = day("2025-01-01")


@pytest.fixture
async def mesh() -> Mesh:
    store, portfolio = Forgetful(), a_portfolio()
    await store.commit(Change(portfolio, 0, "usr_1", "created", portfolio_record(portfolio)))
    mesh = Mesh(store, FakeSnapshots(store), portfolio)
    await mesh.append(*a_history(WORTH_KEEPING + 20).part.entries)
    books, afterwards = mesh.process()
    await books.book(mesh.portfolio, UNTIL)
    await afterwards.drain()
    assert mesh.snapshots.snapshots
    return mesh


async def test_another_process_reads_what_was_left_and_not_the_ledger(mesh: Mesh) -> None:
    await mesh.append(written("buy", FIRST + timedelta(days=70), "X", 3, "acc_1"))
    mesh.store.refuses = True
    books, _ = mesh.process()
    book, _ = await books.book(mesh.portfolio, UNTIL)
    assert book == await mesh.expected()
    await books.check(mesh.portfolio, [written("buy", FIRST + timedelta(days=71), "X", 3, "acc_1")])
    with pytest.raises(ShortSale):
        too_many = replace(written("sell", FIRST + timedelta(days=71), "X", 4, "acc_1"), quantity=Decimal(10**6))
        await books.check(mesh.portfolio, [too_many])


async def test_what_a_ledger_comes_to_is_read_without_booking_anything(mesh: Mesh) -> None:
    mesh.store.refuses = True
    renamed = replace(mesh.portfolio, name="Another", version=mesh.portfolio.version + 1)
    books, _ = mesh.process()
    book, _ = await books.book(renamed, UNTIL)
    assert book == replace(await mesh.expected(), portfolio=renamed)
    before_the_last = max(day for steps in book.quantities.values() for day, _ in steps) - timedelta(days=1)
    earlier, rates = await books.book(renamed, before_the_last)
    standing = (await FakePortfolios.ledger(mesh.store, mesh.portfolio)).standing
    assert earlier == keep_book(standing, renamed, rates, until=before_the_last)


async def test_a_book_of_another_past_is_not_handed_out(mesh: Mesh) -> None:
    """As after a table was restored to an earlier time and written on to the same version while a process lives."""
    books, _ = mesh.process()
    await books.book(mesh.portfolio, UNTIL)
    mesh.store.refuses = True
    with pytest.raises(AssertionError, match="the whole ledger was read"):
        await books.book(replace(mesh.portfolio, ledger_digest="another"), UNTIL)


async def test_an_entry_before_the_cut_makes_the_book_anew(mesh: Mesh) -> None:
    await mesh.append(written("buy", FIRST, "Y", 3, "acc_1"))
    books, afterwards = mesh.process()
    assert (await books.book(mesh.portfolio, UNTIL))[0] == await mesh.expected()
    await afterwards.drain()
    mesh.store.refuses = True
    again, _ = mesh.process()
    assert (await again.book(mesh.portfolio, UNTIL))[0] == await mesh.expected()


async def test_a_damaged_snapshot_is_replaced(mesh: Mesh) -> None:
    sequence, data = mesh.snapshots.snapshots[mesh.portfolio.id]
    mesh.snapshots.snapshots[mesh.portfolio.id] = (sequence, data[:-5])
    books, afterwards = mesh.process()
    assert (await books.book(mesh.portfolio, UNTIL))[0] == await mesh.expected()
    await afterwards.drain()
    assert mesh.snapshots.snapshots[mesh.portfolio.id] == (sequence, data)


async def test_an_earlier_day_is_kept_from_the_ledger(mesh: Mesh) -> None:
    books, _ = mesh.process()
    until = FIRST + timedelta(days=9)
    book, rates = await books.book(mesh.portfolio, until)
    assert book == keep_book((await mesh.store.ledger(mesh.portfolio)).standing, mesh.portfolio, rates, until=until)
