"""Everything of a portfolio, as CSV or JSON that imports back to the same holdings."""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import StringIO

from stocktool_kit.aio import Limiter, run_blocking
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock, instant

from stocktool_stock.application.ledger_ports import InstrumentShelf
from stocktool_stock.application.ports import PortfolioStore
from stocktool_stock.application.records import Record, Value, entry_record
from stocktool_stock.domain.custom_instruments import CustomInstrument
from stocktool_stock.domain.imports.own_format import COLUMNS, FORMAT, guarded
from stocktool_stock.domain.ledger import Entry, plain
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId

_PART = 1_000
_TEXTS = frozenset({"symbol", "account", "to_account", "note", "new_symbol"})


class ExportFormat(StrEnum):
    """How an export is written."""

    CSV = "csv"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Export:
    """An export on its way: parts of its text, and the portfolio it is of."""

    portfolio: Portfolio
    parts: AsyncIterator[str]


class ExportPortfolio:
    """Exports a portfolio: its accounts, its standing entries with all their fields, and instruments of its own."""

    def __init__(self, store: PortfolioStore, shelf: InstrumentShelf, clock: Clock, threads: Limiter) -> None:
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._threads = threads

    async def __call__(self, caller: Caller, portfolio_id: PortfolioId, export_format: ExportFormat) -> Export:
        """Begin an export.

        Raises:
            PortfolioNotFound: None by this id is the caller's.
        """
        portfolio = await self._store.get(caller.owner, portfolio_id)
        entries = (await self._store.ledger(portfolio)).standing
        if export_format is ExportFormat.CSV:
            return Export(portfolio, self._parts(entries, csv_head(), lambda part: csv_part(part, portfolio), ""))
        instruments = await self._shelf.instruments(portfolio_id)
        head = json_head(portfolio, instruments, instant(self._clock.now()))
        return Export(portfolio, self._parts(entries, head, json_part, "\n]}\n", between=","))

    async def _parts(
        self,
        entries: Sequence[Entry],
        head: str,
        write: Callable[[Sequence[Entry]], str],
        foot: str,
        *,
        between: str = "",
    ) -> AsyncIterator[str]:
        yield head
        for start in range(0, len(entries), _PART):
            part = await run_blocking(self._threads, write, entries[start : start + _PART])
            yield f"{between}{part}" if start else part
        if foot:
            yield foot


def csv_head() -> str:
    """The headings."""
    return ",".join(COLUMNS) + "\r\n"


def csv_part(entries: Sequence[Entry], portfolio: Portfolio) -> str:
    """Entries as lines of CSV; texts that a spreadsheet would take for formulas are led by an apostrophe."""
    text = StringIO()
    writer = csv.writer(text)
    for entry in entries:
        cells = _cells(_said(entry), portfolio)
        writer.writerow(guarded(cells[name]) if name in _TEXTS else cells[name] for name in COLUMNS)
    return text.getvalue()


def _cells(record: Record, portfolio: Portfolio) -> dict[str, str]:
    cells = {name: _cell(record.get(name)) for name in COLUMNS}
    cells["date"] = _cell(record.get("day"))
    for name, key in (("account", "account_id"), ("to_account", "to_account_id")):
        account = portfolio.by_account.get(_cell(record.get(key)))
        cells[name] = "" if account is None else account.name
    return cells


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ";".join(f"{lot['lot_id']}={lot['quantity']}" for lot in value if isinstance(lot, dict))
    return str(value)


def json_head(portfolio: Portfolio, instruments: Sequence[CustomInstrument], exported_at: str) -> str:
    """The beginning of the JSON document, up to its entries."""
    head: dict[str, Value] = {
        "format": FORMAT,
        "exported_at": exported_at,
        "portfolio": {
            "id": portfolio.id,
            "name": portfolio.name,
            "base_currency": portfolio.base_currency,
            "cost_method": portfolio.cost_method.value,
        },
        "accounts": [{"id": a.id, "name": a.name, "currency": a.currency} for a in portfolio.accounts],
        "instruments": [_instrument(one) for one in instruments],
    }
    return f'{_json(head)[:-1]},"entries":[\n'


def _instrument(one: CustomInstrument) -> dict[str, Value]:
    return {
        "symbol": one.symbol,
        "name": one.name,
        "currency": one.currency,
        "asset_class": one.asset_class,
        "sector": one.sector,
        "country": one.country,
        "stale_after": one.stale_after,
        "prices": [{"date": day.isoformat(), "price": plain(price)} for day, price in one.prices],
    }


def json_part(entries: Sequence[Entry]) -> str:
    """Entries as objects, each on a line of its own."""
    return ",\n".join(_objects(entries))


def _objects(entries: Sequence[Entry]) -> Iterator[str]:
    for entry in entries:
        record = dict(_said(entry))
        record["date"] = record.pop("day")
        yield _json({name: value for name, value in record.items() if name != "sequence"})


def _said(entry: Entry) -> Record:
    """What an entry says; a fee or tax of nothing is none."""
    record = entry_record(entry)
    return {name: value for name, value in record.items() if name not in ("fee", "tax") or value != "0"}


def _json(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
