"""Symbols of a broker's file as the market knows them; what is not known comes back with candidates, never guessed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from stocktool_kit.core.errors import InvalidArgument, StockToolError
from stocktool_kit.core.paging import PageRequest

from stocktool_stock.application.market_ports import InstrumentSource
from stocktool_stock.domain.imports.rows import Candidate, ImportRow, RowProblem
from stocktool_stock.domain.instruments import Instrument, parse_symbol
from stocktool_stock.domain.quotes import SymbolNotFound

_AT_ONCE = 8
_MOST_SEARCHED = 50
_MOST_CANDIDATES = 5
MAX_SYMBOLS = 2_000
_CLASS_SHARE = re.compile(r"^([A-Z]{1,5})[ ./]([A-Z])$")
_MINOR = {"GBX": "GBP", "GBP": "GBP", "GBp": "GBP", "ILA": "ILS", "ZAC": "ZAR", "ZAc": "ZAR"}
_CURE = 'Say which instrument is meant: symbols={"%s": "SYMBOL"}, or leave the row out (skip_rows)'


@dataclass(frozen=True, slots=True)
class Wanted:
    """An instrument as a file names it."""

    text: str
    isin: str
    name: str
    currency: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """What an instrument of a file is; where it has no symbol, why and what may be meant."""

    symbol: str = ""
    problem: RowProblem | None = None
    note: str = ""


def wanted_of(row: ImportRow) -> Wanted | None:
    """What a row wants to have resolved, None when it names no instrument."""
    if row.draft is None or not (row.symbol_text or row.isin):
        return None
    return Wanted(row.symbol_text, row.isin, row.name, row.symbol_currency)


class ResolveSymbols:
    """Resolves the instruments of a file.

    A symbol counts as known when the client said what is meant, when the ledger has it, or when the market has it in
    the currency the file trades it in: the same letters are another share elsewhere.
    """

    def __init__(self, instruments: InstrumentSource) -> None:
        self._instruments = instruments

    async def __call__(
        self, wanted: Iterable[Wanted], *, chosen: Mapping[str, str], held: Collection[str]
    ) -> Mapping[Wanted, Resolved]:
        """Resolve each.

        Args:
            wanted: What the file names.
            chosen: Symbol by the text, ISIN or name of the file, as the client says.
            held: Symbols of the ledger.

        Raises:
            InvalidArgument: A chosen symbol cannot be one, or the file names too many instruments.
            ProviderUnavailable: It cannot be told whether a symbol is known.
        """
        unique = list(dict.fromkeys(wanted))
        if len(unique) > MAX_SYMBOLS:
            raise InvalidArgument.of("/file", f"names more than {MAX_SYMBOLS:,} instruments; split it")
        choices = _choices(chosen)
        result: dict[Wanted, Resolved] = {}
        rest: list[Wanted] = []
        for one in unique:
            choice = next((choices[text] for text in (one.text, one.isin, one.name) if text in choices), "")
            if choice:
                result[one] = Resolved(choice)
            elif one.text.upper() in held:
                result[one] = Resolved(one.text.upper())
            else:
                rest.append(one)
        limit = asyncio.Semaphore(_AT_ONCE)
        searches = iter(range(_MOST_SEARCHED))
        async with asyncio.TaskGroup() as group:
            tasks = {one: group.create_task(self._resolve(one, limit, searches)) for one in rest}
        return result | {one: task.result() for one, task in tasks.items()}

    async def _resolve(self, one: Wanted, limit: asyncio.Semaphore, searches: Iterable[int]) -> Resolved:
        async with limit:
            for symbol in _spellings(one.text):
                known = await self._known(symbol)
                if known is not None and _same_currency(one.currency, known.currency):
                    spelled = symbol != one.text.strip().upper()
                    return Resolved(symbol, note=f"{one.text} is {symbol} here" if spelled else "")
            candidates = () if next(iter(searches), None) is None else await self._candidates(one)
        text = one.text or one.isin or one.name
        detail = f"{text} is no symbol the market knows"
        if one.currency:
            detail += f" in {one.currency}"
        return Resolved(problem=RowProblem("symbol", detail, _CURE % text.replace("%", ""), candidates))

    async def _known(self, symbol: str) -> Instrument | None:
        try:
            return await self._instruments.instrument(parse_symbol(symbol))
        except (SymbolNotFound, InvalidArgument):
            return None

    async def _candidates(self, one: Wanted) -> tuple[Candidate, ...]:
        found: dict[str, Candidate] = {}
        for query in dict.fromkeys(text for text in (one.isin, one.text, one.name) if text):
            try:
                page = await self._instruments.search(query[:64], PageRequest(_MOST_CANDIDATES, ""))
            except StockToolError:
                continue  # candidates are a courtesy
            for hit in page.items:
                found.setdefault(hit.symbol, Candidate(hit.symbol, hit.name, hit.exchange, hit.type))
        return tuple(found.values())[:_MOST_CANDIDATES]


def _choices(chosen: Mapping[str, str]) -> dict[str, str]:
    return {text: parse_symbol(symbol, f"/symbols/{text[:60]}") for text, symbol in chosen.items()}


def _spellings(text: str) -> Sequence[str]:
    """The symbol as it is, and a class share as Yahoo spells it: BRK B, BRK.B and BRK/B are BRK-B."""
    symbol = text.strip().upper()
    match = _CLASS_SHARE.match(symbol)
    return [symbol, f"{match[1]}-{match[2]}"] if match else [symbol]


def _same_currency(said: str, known: str) -> bool:
    return not said or not known or _MINOR.get(said, said) == _MINOR.get(known, known)
