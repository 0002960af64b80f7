"""The ledger: record entries, list them, take one back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import FailedPrecondition, FieldViolation, InvalidArgument
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import new_id
from stocktool_kit.core.once import once
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token

from stocktool_stock.application.fixed_rates import fix_rates
from stocktool_stock.application.ledger_books import LedgerBooks, books_of
from stocktool_stock.application.ledger_ports import InstrumentShelf
from stocktool_stock.application.market_ports import FxRates, MarketStatus
from stocktool_stock.application.ports import Change, ImportStore, PortfolioStore
from stocktool_stock.application.records import Record, entry_of, entry_record
from stocktool_stock.domain.custom_instruments import is_custom
from stocktool_stock.domain.drafts import read_drafts
from stocktool_stock.domain.import_batch import place_of
from stocktool_stock.domain.ledger import Draft, Entry, Ledger, Reversal
from stocktool_stock.domain.lots import LotNotOpen
from stocktool_stock.domain.portfolio import PortfolioId, StaleVersion
from stocktool_stock.domain.selection import Selection

EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class Recorded:
    """Entries as recorded, in the order given, and the portfolio's version after it."""

    entries: Sequence[Entry]
    version: int


class RecordTransactions:
    """Appends entries, all or none, once per request.

    Every append is checked against the whole ledger as it then stands: when another write comes between, the entries
    are numbered and checked anew, so that two writers at a time never sell the same share twice.
    """

    def __init__(
        self,
        store: PortfolioStore,
        shelf: InstrumentShelf,
        rates: FxRates,
        market: MarketStatus,
        clock: Clock,
        *,
        books: LedgerBooks | None = None,
    ) -> None:
        self._store = store
        self._books = books or books_of(store, rates)
        self._shelf = shelf
        self._rates = rates
        self._market = market
        self._clock = clock

    async def __call__(
        self,
        caller: Caller,
        portfolio_id: PortfolioId,
        drafts: Sequence[Draft],
        *,
        key: IdempotencyKey | None = None,
        pointer: str = "/items/{}",
    ) -> Recorded:
        """Append them.

        Raises:
            InvalidArgument: Fields cannot be taken; each violation names its place.
            ShortSale: More would be sold than held on some day, now or later in the ledger.
            PortfolioNotFound: None by this id is the caller's.
        """

        async def attempt() -> Record:
            portfolio = await self._store.get(caller.owner, portfolio_id)
            entries = read_drafts(
                drafts,
                portfolio,
                today=self._market.today(),
                currencies=await self._rates.currencies(),
                recorded_at=self._clock.now(),
                pointer=pointer,
            )
            await self._check_instruments(entries, portfolio_id, pointer)
            entries = await fix_rates(self._rates, entries, portfolio, pointer.format)
            try:
                await self._books.check(portfolio, entries)
            except LotNotOpen as error:
                raise _misnamed_lot(error, entries, pointer) from error
            after = replace(
                portfolio, version=portfolio.version + 1, last_sequence=portfolio.last_sequence + len(entries)
            )
            answer: Record = {"items": [entry_record(entry) for entry in entries], "version": after.version}
            change = Change(
                after,
                portfolio.version,
                caller.subject,
                "transactions.recorded",
                answer,
                key,
                entries=entries,
                detail={"count": len(entries), "first": entries[0].id},
            )
            return await self._store.commit(change)

        return _recorded(await once(lambda: self._store.earlier(key), attempt, stale=StaleVersion))

    async def _check_instruments(self, entries: Sequence[Entry], portfolio_id: PortfolioId, pointer: str) -> None:
        """See that instruments of the user's own are there before something is booked in them."""
        named = {symbol for entry in entries for symbol in entry.symbols if is_custom(symbol)}
        missing = named - {each.symbol for each in await self._shelf.instruments(portfolio_id)} if named else named
        violations = [
            FieldViolation(f"{pointer.format(index)}/{name}", "is no instrument of this portfolio; make it first")
            for index, entry in enumerate(entries)
            for name, symbol in (("symbol", entry.symbol), ("new_symbol", entry.new_symbol))
            if symbol in missing
        ]
        if violations:
            raise InvalidArgument(f"{violations[0].pointer} {violations[0].detail}", violations)


def _misnamed_lot(error: LotNotOpen, entries: Sequence[Entry], pointer: str) -> LotNotOpen | InvalidArgument:
    """The fault of the field that names the lot, where one of the new entries does; else that of an older sale."""
    for index, entry in enumerate(entries):
        if entry.id == error.entry_id:
            return InvalidArgument.of(f"{pointer.format(index)}/lots/{error.index}/{error.field}", error.message)
    return error


class DeleteTransaction:
    """Takes an entry back by appending its reversal, once per request."""

    def __init__(
        self, store: PortfolioStore, rates: FxRates, clock: Clock, *, books: LedgerBooks | None = None
    ) -> None:
        self._store = store
        self._books = books or books_of(store, rates)
        self._clock = clock

    async def __call__(
        self,
        caller: Caller,
        portfolio_id: PortfolioId,
        transaction_id: str,
        *,
        key: IdempotencyKey | None = None,
    ) -> None:
        """Take it back.

        Raises:
            TransactionNotFound: It does not stand in the ledger.
            ShortSale: A later sale needs it.
            PortfolioNotFound: None by this id is the caller's.
        """

        async def attempt() -> Record:
            portfolio = await self._store.get(caller.owner, portfolio_id)
            reversal = Reversal(new_id("txn"), portfolio.last_sequence + 1, transaction_id, self._clock.now())
            ledger = (await self._store.ledger(portfolio)).without(transaction_id, reversal.id)
            await self._books.check_ledger(portfolio, ledger)
            after = replace(portfolio, version=portfolio.version + 1, last_sequence=reversal.sequence)
            change = Change(
                after,
                portfolio.version,
                caller.subject,
                "transaction.reversed",
                {},
                key,
                reversals=[reversal],
                detail=_named(ledger, transaction_id),
                was=[replace(ledger.entry(transaction_id), reversed_by="")],
            )
            return await self._store.commit(change)

        await once(lambda: self._store.earlier(key), attempt, stale=StaleVersion)


class ImportUndone(FailedPrecondition):
    """The entry's whole import was taken back, so it cannot come back alone."""

    reason = "IMPORT_UNDONE"


class RestoreTransaction:
    """Lets an entry stand again that was taken back, once per request."""

    def __init__(
        self,
        store: PortfolioStore,
        imports: ImportStore,
        rates: FxRates,
        clock: Clock,
        *,
        books: LedgerBooks | None = None,
    ) -> None:
        self._books = books or books_of(store, rates)
        self._store = store
        self._imports = imports
        self._clock = clock

    async def __call__(
        self,
        caller: Caller,
        portfolio_id: PortfolioId,
        transaction_id: str,
        *,
        key: IdempotencyKey | None = None,
    ) -> Entry:
        """Restore it; an entry that stands already is answered as it is.

        Raises:
            TransactionNotFound: None by this id is in the ledger.
            ImportUndone: It went with its whole import.
            ShortSale: It is a sale whose shares are gone by now.
            PortfolioNotFound: None by this id is the caller's.
        """

        async def earlier() -> Entry | None:
            if await self._store.earlier(key) is None:
                return None
            portfolio = await self._store.get(caller.owner, portfolio_id)
            return (await self._store.ledger(portfolio)).entry(transaction_id)

        async def attempt() -> Entry:
            portfolio = await self._store.get(caller.owner, portfolio_id)
            ledger = await self._store.ledger(portfolio)
            entry = ledger.entry(transaction_id)
            if not entry.reversed_by:
                return entry
            await self._check_import(portfolio_id, entry)
            restored = ledger.restored(transaction_id)
            await self._books.check_ledger(portfolio, restored)
            number = portfolio.last_sequence + 1
            reversal = Reversal(new_id("txn"), number, transaction_id, self._clock.now(), restores=True)
            change = Change(
                replace(portfolio, version=portfolio.version + 1, last_sequence=number),
                portfolio.version,
                caller.subject,
                "transaction.restored",
                {},
                key,
                reversals=[reversal],
                detail=_named(restored, transaction_id),
                was=[entry],
            )
            await self._store.commit(change)
            return restored.entry(transaction_id)

        return await once(earlier, attempt, stale=StaleVersion)

    async def _check_import(self, portfolio_id: PortfolioId, entry: Entry) -> None:
        place = place_of(entry.id)
        if place is None:
            return
        batch = await self._imports.get(portfolio_id, place[0])
        if batch.undone_by:
            raise ImportUndone("the import it came with was taken back; import it again", import_id=batch.id)


def _named(ledger: Ledger, transaction_id: str) -> dict[str, str | int]:
    """An entry as the history names it; the audit has the whole of it beside."""
    entry = ledger.entry(transaction_id)
    return {"transaction": entry.id, "type": entry.type.value, "date": entry.day.isoformat()}


class ListTransactions:
    """Lists ledger entries in the order of their day, then of their entry."""

    def __init__(self, store: PortfolioStore) -> None:
        self._store = store

    async def __call__(
        self,
        caller: Caller,
        portfolio_id: PortfolioId,
        page: PageRequest,
        *,
        symbol: str = "",
        include_reversed: bool = False,
        selection: Selection = EVERYTHING,
    ) -> Page[Entry]:
        """One page.

        Args:
            caller: Whose portfolio it is.
            portfolio_id: Which.
            page: Which page.
            symbol: Only entries that move it.
            include_reversed: Entries that were taken back too.
            selection: What else is asked for.

        Raises:
            PortfolioNotFound: None by this id is the caller's.
        """
        portfolio = await self._store.get(caller.owner, portfolio_id)
        wanted = replace(
            selection,
            symbol=symbol or selection.symbol,
            include_reversed=include_reversed or selection.include_reversed,
            after=_position(page.page_token),
        )
        found = await self._store.select(portfolio, wanted, page.page_size + 1)
        items, token = found[: page.page_size], ""
        if len(found) > len(items):
            token = encode_token({"day": items[-1].day.isoformat(), "sequence": str(items[-1].sequence)})
        return Page(items, token)

    async def get(self, caller: Caller, portfolio_id: PortfolioId, transaction_id: str) -> Entry:
        """One entry, also one that was taken back.

        Raises:
            TransactionNotFound: None by this id is in the ledger.
        """
        portfolio = await self._store.get(caller.owner, portfolio_id)
        return (await self._store.ledger(portfolio)).entry(transaction_id)


def _position(token: str) -> tuple[date, int] | None:
    if not token:
        return None
    position = decode_token(token)
    try:
        return date.fromisoformat(position["day"]), int(position["sequence"])
    except (KeyError, ValueError) as error:
        problem = "is not a token this list gave; start again without it"
        raise InvalidArgument.of("page_token", problem) from error


def _recorded(answer: Record) -> Recorded:
    items = answer["items"]
    if not isinstance(items, Sequence) or isinstance(items, str):
        raise TypeError("a stored answer without its items")
    return Recorded([entry_of(item) for item in items if isinstance(item, Mapping)], int(str(answer["version"])))
