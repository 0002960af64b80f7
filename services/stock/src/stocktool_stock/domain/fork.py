"""A ledger as it would be with more entries, and its entries as those of another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from stocktool_stock.domain.book import Book, Sale
from stocktool_stock.domain.bookkeeping import funds
from stocktool_stock.domain.import_batch import entry_id
from stocktool_stock.domain.imports.lot_names import with_lot_names
from stocktool_stock.domain.ledger import Entry, EntryType


@dataclass(frozen=True, slots=True)
class NewTrade:
    """A trade, or cash paid in or out; `fee` and `price` are in `currency`.

    Attributes:
        fx_rate: Account currency per unit of `currency` where they differ, for trades.
    """

    type: EntryType
    account_id: str
    currency: str
    symbol: str = ""
    quantity: Decimal | None = None
    price: Decimal | None = None
    amount: Decimal | None = None
    fee: Decimal = Decimal(0)
    fx_rate: Decimal | None = None


def forked(standing: Sequence[Entry], book: Book, more: Sequence[Entry]) -> list[Entry]:
    """Entries of a ledger with more appended.

    A ledger that is funded by implied deposits stays so, unless the new entries move cash in or out: then the implied
    deposits become real ones, since they would vanish from a ledger that has any.
    """
    explicit: list[Entry] = []
    if any(funds(entry) for entry in more):
        explicit = [
            Entry(
                id=f"implied_{index}",
                sequence=0,
                day=flow.day,
                type=EntryType.DEPOSIT,
                account_id=flow.account_id,
                currency=flow.currency,
                recorded_at=more[0].recorded_at,
                amount=flow.amount,
            )
            for index, flow in enumerate(book.flows)
            if flow.implied
        ]
    last = max((entry.sequence for entry in standing), default=0)
    numbered = [replace(entry, sequence=last + 1 + index) for index, entry in enumerate(more)]
    return sorted([*explicit, *standing, *numbered], key=lambda entry: (entry.day, entry.sequence))


def entries_of(trades: Sequence[NewTrade], day: date, recorded_at: datetime) -> list[Entry]:
    """Trades as entries of a day, which is no earlier than the ledger's last."""
    return [
        Entry(
            id=f"new_{index}",
            sequence=index,
            day=day,
            type=trade.type,
            account_id=trade.account_id,
            currency=trade.currency,
            recorded_at=recorded_at,
            symbol=trade.symbol,
            quantity=trade.quantity,
            price=trade.price,
            amount=trade.amount,
            fee=trade.fee,
            fx_rate=trade.fx_rate,
        )
        for index, trade in enumerate(trades, start=1)
    ]


def copied(entries: Sequence[Entry], import_id: str) -> list[Entry]:
    """Entries as an import of another ledger, which they alone make up: numbered and named anew, lots with them."""
    ids = {entry.id: entry_id(import_id, index) for index, entry in enumerate(entries)}
    renamed = [
        replace(entry, id=ids[entry.id], sequence=index, reversed_by="") for index, entry in enumerate(entries, start=1)
    ]
    return with_lot_names(renamed, ids)


def new_sales(book: Book, entries: Sequence[Entry]) -> list[Sale]:
    """The sales that these entries made."""
    ids = {entry.id for entry in entries}
    return [sale for sale in book.sales if sale.entry_id in ids]


def last_day(book: Book) -> date | None:
    """The last day on which something was booked, None for an empty book."""
    days = [steps[-1][0] for steps in (*book.quantities.values(), *book.cash_steps.values()) if steps]
    return max(days, default=None)
