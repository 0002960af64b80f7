"""From a file to rows for a portfolio: in its accounts, with fingerprints, known duplicates and our symbols."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from stocktool_kit.aio import Limiter, run_blocking
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.errors import InvalidArgument

from stocktool_stock.application.import_report import ImportChoices, RowResult, RowState
from stocktool_stock.application.ledger_ports import InstrumentShelf
from stocktool_stock.application.market_ports import MarketStatus
from stocktool_stock.application.ports import PortfolioStore
from stocktool_stock.application.resolve_symbols import Resolved, ResolveSymbols, Wanted, wanted_of
from stocktool_stock.application.stage_import import StageImport
from stocktool_stock.domain.custom_instruments import CustomInstrument, is_custom
from stocktool_stock.domain.imports.check import booked_split, with_ratios
from stocktool_stock.domain.imports.options import ReadOptions
from stocktool_stock.domain.imports.own_format import OWN_FORMAT
from stocktool_stock.domain.imports.rows import ImportFile, ImportRow, RowProblem, with_fingerprints
from stocktool_stock.domain.ledger import EVERYWHERE, Entry
from stocktool_stock.domain.portfolio import Account, Portfolio, PortfolioId


class ImportReader(Protocol):
    """Reads files of brokers."""

    async def read(self, content: bytes, options: ReadOptions) -> ImportFile:
        """Read a file.

        Raises:
            UnreadableFile: The file as a whole cannot be read.
        """
        ...


@dataclass(slots=True)
class Prepared:
    """Rows as far as they can be told without the ledger's arithmetic.

    Attributes:
        rows: With our symbols and the portfolio's accounts.
        states: What becomes of each; `NEW` still has to be checked.
        standing: The ledger's entries.
        missing: Instruments of the user's own that come with the file and are to be made first.
    """

    portfolio: Portfolio
    file: ImportFile
    rows: list[ImportRow]
    states: list[RowState]
    standing: Sequence[Entry]
    today: date
    missing: Sequence[CustomInstrument] = ()

    @property
    def fresh(self) -> list[int]:
        """Places of the rows that are new."""
        return [place for place, state in enumerate(self.states) if state is RowState.NEW]

    def results(self) -> tuple[RowResult, ...]:
        """Each row with what becomes of it."""
        ids = {entry.id for entry in self.standing}
        return tuple(
            RowResult(row, state, row.entry_id in ids) for row, state in zip(self.rows, self.states, strict=True)
        )


class PrepareImport:
    """Reads a file and prepares its rows; whatever grows with the file is done on threads of its own."""

    def __init__(
        self,
        store: PortfolioStore,
        reader: ImportReader,
        resolve: ResolveSymbols,
        stage: StageImport,
        *,
        shelf: InstrumentShelf,
        market: MarketStatus,
        threads: Limiter,
    ) -> None:
        self._store = store
        self._reader = reader
        self._resolve = resolve
        self._stage = stage
        self._shelf = shelf
        self._market = market
        self._threads = threads

    async def __call__(
        self, caller: Caller, portfolio_id: PortfolioId, content: bytes, options: ReadOptions, choices: ImportChoices
    ) -> Prepared:
        """Prepare a file's rows.

        Raises:
            UnreadableFile: The file as a whole cannot be read.
            InvalidArgument: A choice cannot be taken.
            PortfolioNotFound: None by this id is the caller's.
        """
        portfolio = await self._store.get(caller.owner, portfolio_id)
        account = _chosen_account(portfolio, choices)
        today = self._market.today()
        read = await self._reader.read(content, replace(options, today=today))
        file = await run_blocking(self._threads, _placed, read, portfolio, account, choices)
        prints = [row.fingerprint for row in file.rows if row.draft is not None]
        known = await self._stage.duplicates(caller, portfolio_id, prints)
        standing = (await self._store.ledger(portfolio)).standing
        prepared = Prepared(portfolio, file, list(file.rows), [], standing, today)
        await run_blocking(self._threads, _judge, prepared, known, choices)
        made = {one.symbol for one in await self._shelf.instruments(portfolio_id)}
        prepared.missing = [one for one in file.instruments if one.symbol not in made]
        custom = made | {one.symbol for one in prepared.missing}
        answers: Mapping[Wanted, Resolved] = {}
        if file.preset != OWN_FORMAT.name:  # an export of ours has our symbols already
            wanted = await run_blocking(self._threads, _wanted, prepared)
            held = custom | {symbol for entry in standing for symbol in entry.symbols}
            answers = await self._resolve(wanted, chosen=choices.symbols, held=held)
        await run_blocking(self._threads, _settle, prepared, answers, custom)
        return prepared


def _placed(file: ImportFile, portfolio: Portfolio, account: Account, choices: ImportChoices) -> ImportFile:
    rows, warnings = _in_accounts(file, portfolio, account, choices)
    return replace(file, rows=with_fingerprints(rows, account.id), warnings=(*file.warnings, *warnings))


def _judge(prepared: Prepared, known: Sequence[bool], choices: ImportChoices) -> None:
    ids = {entry.id for entry in prepared.standing}
    prepared.states = _first_states(prepared.rows, iter(known), ids, choices)


def _wanted(prepared: Prepared) -> list[Wanted]:
    found = dict.fromkeys(wanted_of(prepared.rows[place]) for place in prepared.fresh)
    return [one for one in found if one is not None]


def _settle(prepared: Prepared, answers: Mapping[Wanted, Resolved], custom: Collection[str]) -> None:
    """Give fresh rows their symbols and ratios, and find splits that stand already."""
    fresh = prepared.fresh
    rows = [_named(prepared.rows[place], answers) for place in fresh]
    if prepared.file.preset != OWN_FORMAT.name:
        rows = with_ratios(rows, prepared.standing)
    for place, row in zip(fresh, rows, strict=True):
        if booked_split(row, prepared.standing) is not None:
            note = "this split stands in the ledger already"
            prepared.rows[place] = replace(row, draft=None, notes=(*row.notes, note))
            prepared.states[place] = RowState.DUPLICATE
        else:
            prepared.rows[place] = _with_own_instruments(row, custom)


def _named(row: ImportRow, answers: Mapping[Wanted, Resolved]) -> ImportRow:
    one = wanted_of(row)
    answer = None if one is None else answers.get(one)
    if answer is None or row.draft is None:
        return row
    draft = replace(row.draft, symbol=answer.symbol or None)
    notes = (*row.notes, answer.note) if answer.note else row.notes
    problems = row.problems if answer.problem is None else (*row.problems, answer.problem)
    return replace(row, draft=draft, notes=notes, problems=problems)


def _chosen_account(portfolio: Portfolio, choices: ImportChoices) -> Account:
    for text, account_id in {"": choices.account_id, **choices.accounts}.items():
        if account_id and account_id not in portfolio.by_account:
            pointer = f"/accounts/{text[:60]}" if text else "/account_id"
            raise InvalidArgument.of(pointer, "is no account of this portfolio")
    return portfolio.by_account[choices.account_id] if choices.account_id else portfolio.default_account


def _in_accounts(
    file: ImportFile, portfolio: Portfolio, chosen: Account, choices: ImportChoices
) -> tuple[list[ImportRow], list[str]]:
    """Rows in the accounts they are for: as mapped, by name or id, else the chosen one where the file has no other."""
    by_name = {name: account for account in portfolio.accounts for name in (account.name.casefold(), account.id)}
    texts = {row.account_text for row in file.rows if row.account_text}
    texts |= {row.draft.to_account_id for row in file.rows if row.draft is not None and row.draft.to_account_id}
    known: dict[str, str] = {}
    for text in texts:
        account = by_name.get(text.casefold())
        mapped = choices.accounts.get(text) or ("" if account is None else account.id)
        if mapped:
            known[text] = mapped
    strangers = sorted(texts - known.keys())
    warnings: list[str] = []
    if len(strangers) == 1 and not known:
        known[strangers[0]] = chosen.id
        warnings.append(f"account {strangers[0]!r} of the file is booked in {chosen.name!r}")
    return [_in_account(row, known, chosen, file.currency) for row in file.rows], warnings


def _in_account(row: ImportRow, known: Mapping[str, str], chosen: Account, currency: str) -> ImportRow:
    draft = row.draft
    if draft is None:
        return row
    problems = list(row.problems)
    account_id: str | None = known.get(row.account_text, "") if row.account_text else chosen.id
    if not account_id:
        problems.append(_unknown_account("account_id", row.account_text))
    if not row.account_text and row.entry_id and draft.type in EVERYWHERE:
        account_id = None  # in all accounts, as it was exported
    other = draft.to_account_id
    if other and other not in known:
        problems.append(_unknown_account("to_account_id", other))
    draft = replace(
        draft,
        account_id=account_id or None,
        to_account_id=known.get(other, "") if other else None,
        currency=draft.currency or currency or None,
    )
    return replace(row, draft=draft, problems=tuple(problems))


def _unknown_account(name: str, text: str) -> RowProblem:
    cure = f'Say which one is meant: accounts={{"{text}": "acc_..."}}, or make an account of this name'
    return RowProblem(name, f"{text!r} is no account of this portfolio", cure)


def _with_own_instruments(row: ImportRow, custom: Collection[str]) -> ImportRow:
    """A row of an instrument of the user's own is refused where the portfolio has no such instrument."""
    draft = row.draft
    symbols = () if draft is None else (draft.symbol or "", draft.new_symbol or "")
    missing = [symbol for symbol in symbols if is_custom(symbol) and symbol not in custom]
    if not missing:
        return row
    problem = RowProblem("symbol", f"{missing[0]} is no instrument of this portfolio", "Make it first")
    return replace(row, problems=(*row.problems, problem))


def _first_states(
    rows: Sequence[ImportRow], known: Iterator[bool], standing: Collection[str], choices: ImportChoices
) -> list[RowState]:
    """States before anything is checked; `known` has one answer for each row with a draft."""
    states: list[RowState] = []
    for row in rows:
        duplicate = row.draft is not None and next(known)
        if row.row in choices.skip_rows or row.skipped:
            states.append(RowState.SKIPPED)
        elif row.draft is None:
            states.append(RowState.ERROR)
        elif duplicate or row.entry_id in standing:
            states.append(RowState.DUPLICATE)
        else:
            states.append(RowState.NEW)
    return states
