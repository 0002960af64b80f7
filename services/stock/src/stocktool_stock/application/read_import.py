"""Imports of brokers' files: what a file would book, row by row, and booking it all or not at all."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from stocktool_kit.aio import Limiter, run_blocking
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import FieldViolation, InvalidArgument
from stocktool_kit.core.idempotency import IdempotencyKey

from stocktool_stock.application.fixed_rates import fix_rates
from stocktool_stock.application.ledger_ports import InstrumentShelf
from stocktool_stock.application.market_ports import FxRates, MarketStatus
from stocktool_stock.application.ports import PortfolioStore
from stocktool_stock.application.rate_collector import collect_rates
from stocktool_stock.application.resolve_symbols import ResolveSymbols, wanted_of
from stocktool_stock.application.stage_import import StagedImport, StageImport
from stocktool_stock.domain.custom_instruments import is_custom
from stocktool_stock.domain.drafts import read_drafts
from stocktool_stock.domain.imports.check import booked_split, ledger_problems, with_ratios
from stocktool_stock.domain.imports.options import ReadOptions
from stocktool_stock.domain.imports.own_format import OWN_FORMAT
from stocktool_stock.domain.imports.rows import ImportFile, ImportRow, RowProblem, with_fingerprints
from stocktool_stock.domain.ledger import EVERYWHERE, Entry
from stocktool_stock.domain.portfolio import Account, Portfolio, PortfolioId

MOST_TOLD = 100
THREADS = 2


class RowState(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    DUPLICATE = "duplicate"
    ERROR = "error"
    SKIPPED = "skipped"


class ImportRefused(InvalidArgument):
    """Rows cannot be booked, so none was."""

    reason = "IMPORT_REFUSED"


class ImportReader(Protocol):
    """Reads files of brokers."""

    async def read(self, content: bytes, options: ReadOptions) -> ImportFile:
        """Read a file.

        Raises:
            UnreadableFile: The file as a whole cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class ImportChoices:
    """What the client decided about a file.

    Attributes:
        account_id: Account of rows whose own is not known, empty for the portfolio's first.
        accounts: Account id by the file's text.
        symbols: Symbol by the file's text, ISIN or name.
        skip_rows: Rows to leave out.
    """

    account_id: str = ""
    accounts: Mapping[str, str] = field(default_factory=dict)
    symbols: Mapping[str, str] = field(default_factory=dict)
    skip_rows: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class RowResult:
    """A row and what becomes of it; `stands` for a duplicate that no import brought, by its id."""

    row: ImportRow
    state: RowState
    stands: bool = False


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What a file would book; `problems` are those of no single row."""

    file: ImportFile
    rows: tuple[RowResult, ...]
    problems: tuple[RowProblem, ...] = ()

    @property
    def counts(self) -> Counter[RowState]:
        """How many rows of each state."""
        return Counter(result.state for result in self.rows)

    @property
    def refused(self) -> bool:
        """Whether anything stands against booking it."""
        return bool(self.problems) or self.counts[RowState.ERROR] > 0


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """An import as booked, with what was read."""

    staged: StagedImport
    report: ImportReport


class ReadImport:
    """Reads a file against a portfolio without writing anything."""

    def __init__(
        self,
        store: PortfolioStore,
        reader: ImportReader,
        resolve: ResolveSymbols,
        stage: StageImport,
        *,
        shelf: InstrumentShelf,
        rates: FxRates,
        market: MarketStatus,
        clock: Clock,
    ) -> None:
        self._store = store
        self._reader = reader
        self._resolve = resolve
        self._stage = stage
        self._shelf = shelf
        self._rates = rates
        self._market = market
        self._clock = clock
        self._threads = Limiter(THREADS)

    async def __call__(
        self,
        caller: Caller,
        portfolio_id: PortfolioId,
        content: bytes,
        *,
        options: ReadOptions,
        choices: ImportChoices,
    ) -> ImportReport:
        """Say row by row what the file would book.

        Raises:
            UnreadableFile: The file as a whole cannot be read.
            InvalidArgument: A choice cannot be taken.
            PortfolioNotFound: None by this id is the caller's.
        """
        portfolio = await self._store.get(caller.owner, portfolio_id)
        today = self._market.today()
        account = _chosen_account(portfolio, choices)
        file = await self._reader.read(content, replace(options, today=today))
        rows, warnings = _in_accounts(file, portfolio, account, choices)
        fingerprinted = with_fingerprints(rows, account.id)
        known = await self._stage.duplicates(
            caller, portfolio_id, [row.fingerprint for row in fingerprinted if row.draft is not None]
        )
        standing = (await self._store.ledger(portfolio)).standing
        ids = {entry.id for entry in standing}
        states = _first_states(fingerprinted, iter(known), ids, choices)
        fresh = [index for index, state in enumerate(states) if state is RowState.NEW]
        found = list(fingerprinted)
        custom = {one.symbol for one in await self._shelf.instruments(portfolio_id)}
        held = custom | {symbol for entry in standing for symbol in entry.symbols}
        picked = [found[index] for index in fresh]
        if file.preset != OWN_FORMAT.name:  # an export of ours has our symbols already
            picked = with_ratios(await self._resolved(picked, choices, held), standing)
        for index, row in zip(fresh, picked, strict=True):
            found[index] = _with_own_instruments(row, custom)
        checked = await self._checked([found[index] for index in fresh], portfolio, standing, today)
        for index, (row, state) in zip(fresh, checked.rows, strict=True):
            found[index], states[index] = row, state
        results = tuple(RowResult(row, state, row.entry_id in ids) for row, state in zip(found, states, strict=True))
        return ImportReport(
            replace(file, rows=tuple(found), warnings=(*file.warnings, *warnings)), results, tuple(checked.problems)
        )

    async def _resolved(
        self, rows: Sequence[ImportRow], choices: ImportChoices, held: Collection[str]
    ) -> list[ImportRow]:
        """Rows with the symbols of our instruments."""
        wanted = [wanted_of(row) for row in rows]
        resolved = await self._resolve([one for one in wanted if one is not None], chosen=choices.symbols, held=held)
        result: list[ImportRow] = []
        for row, one in zip(rows, wanted, strict=True):
            if one is None or row.draft is None:
                result.append(row)
                continue
            answer = resolved[one]
            draft = replace(row.draft, symbol=answer.symbol or None)
            notes = (*row.notes, answer.note) if answer.note else row.notes
            problems = row.problems if answer.problem is None else (*row.problems, answer.problem)
            result.append(replace(row, draft=draft, notes=notes, problems=problems))
        return result

    async def _checked(
        self, rows: Sequence[ImportRow], portfolio: Portfolio, standing: Sequence[Entry], today: date
    ) -> _Checked:
        """Check rows one by one, then all of them with the ledger as it stands."""
        currencies = await self._rates.currencies()
        now = self._clock.now()

        def each() -> _Checked:
            return _check_each(rows, portfolio, standing, today=today, currencies=currencies, now=now)

        checked = await run_blocking(self._threads, each)
        entries = await self._with_rates(checked, portfolio)
        together = sorted([*standing, *entries], key=lambda entry: (entry.day, entry.sequence))
        rates = await collect_rates(self._rates, portfolio, together)
        problems = await run_blocking(self._threads, ledger_problems, together, portfolio, rates)
        for problem in problems:
            checked.tell(problem.entry_id, problem.symbol, problem.detail)
        return checked

    async def _with_rates(self, checked: _Checked, portfolio: Portfolio) -> list[Entry]:
        """Entries with their rates; those without one are refused, and the rest goes on."""
        while True:
            entries = list(checked.entries.values())
            places = list(checked.entries)
            try:
                return await fix_rates(self._rates, entries, portfolio, lambda index: f"/{places[index]}")  # noqa: B023
            except InvalidArgument as error:
                for violation in error.violations:
                    place = int(violation.pointer.split("/")[1])
                    del checked.entries[place]
                    checked.refuse(place, RowProblem("currency", violation.detail, "Book it in another currency"))


@dataclass(slots=True)
class _Checked:
    """Fresh rows with their states, and the entries of those that can be booked by their place."""

    rows: list[tuple[ImportRow, RowState]]
    entries: dict[int, Entry] = field(default_factory=dict)
    problems: list[RowProblem] = field(default_factory=list)

    def refuse(self, place: int, problem: RowProblem) -> None:
        row, _ = self.rows[place]
        self.rows[place] = (replace(row, problems=(*row.problems, problem)), RowState.ERROR)

    def tell(self, entry_id: str, symbol: str, detail: str) -> None:
        """Tell what the ledger says against an entry: at its row, or at the file where it is none of its rows."""
        place = next((place for place, entry in self.entries.items() if entry.id == entry_id), None)
        cure = "Import or book what came in before, or leave the row out (skip_rows)"
        if place is not None:
            self.refuse(place, RowProblem("quantity", detail, cure))
        else:
            self.problems.append(RowProblem("symbol", f"{detail} (an entry of the ledger, after {symbol} rows of it)"))


class CommitImport:
    """Books a file, all of it or nothing."""

    def __init__(self, read: ReadImport, stage: StageImport) -> None:
        self._read = read
        self._stage = stage

    async def __call__(
        self,
        caller: Caller,
        portfolio_id: PortfolioId,
        content: bytes,
        *,
        options: ReadOptions,
        choices: ImportChoices,
        source_name: str,
        key: IdempotencyKey | None,
    ) -> ImportOutcome:
        """Book it, once per request; rows that an earlier import brought are left out.

        Raises:
            ImportRefused: Rows cannot be booked; the first hundred violations name them.
            UnreadableFile: The file as a whole cannot be read.
            PortfolioNotFound: None by this id is the caller's.
        """
        report = await self._read(caller, portfolio_id, content, options=options, choices=choices)
        if report.refused:
            raise _refusal(report)
        rows = [
            (result.row.draft, result.row.fingerprint)
            for result in report.rows
            if result.row.draft is not None
            and (result.state is RowState.NEW or (result.state is RowState.DUPLICATE and not result.stands))
        ]
        if not rows:
            return ImportOutcome(StagedImport("", 0, 0, report.counts[RowState.DUPLICATE]), report)
        by_id = sum(result.stands for result in report.rows)
        staged = await self._stage(
            caller,
            portfolio_id,
            rows,
            source_name=source_name,
            content_hash=hashlib.sha256(content).hexdigest(),
            key=key,
        )
        return ImportOutcome(replace(staged, skipped_duplicates=staged.skipped_duplicates + by_id), report)


def _refusal(report: ImportReport) -> ImportRefused:
    violations = [FieldViolation(f"/file/{problem.field}", problem.detail) for problem in report.problems]
    for result in report.rows:
        for problem in result.row.problems if result.state is RowState.ERROR else ():
            detail = f"{problem.detail}. {problem.cure}" if problem.cure else problem.detail
            violations.append(FieldViolation(f"/rows/{result.row.row}/{problem.field}", detail))
        if len(violations) >= MOST_TOLD:
            break
    count = report.counts[RowState.ERROR]
    message = f"{count} of {len(report.rows)} rows cannot be booked, so none was; a dry run lists all"
    return ImportRefused(message, violations[:MOST_TOLD], error_rows=count)


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


def _check_each(
    rows: Sequence[ImportRow],
    portfolio: Portfolio,
    standing: Sequence[Entry],
    *,
    today: date,
    currencies: Collection[str],
    now: datetime,
) -> _Checked:
    checked = _Checked([])
    for place, row in enumerate(rows):
        if booked_split(row, standing) is not None:
            note = "this split stands in the ledger already"
            checked.rows.append((replace(row, draft=None, notes=(*row.notes, note)), RowState.DUPLICATE))
            continue
        problems = list(row.problems)
        if row.draft is not None and not problems:
            try:
                [entry] = read_drafts(
                    [row.draft], portfolio, today=today, currencies=currencies, recorded_at=now, pointer=""
                )
                sequence = portfolio.last_sequence + 1 + place
                checked.entries[place] = replace(entry, sequence=sequence)
            except InvalidArgument as error:
                problems += [RowProblem(each.pointer.strip("/"), each.detail) for each in error.violations]
        state = RowState.ERROR if problems else RowState.NEW
        checked.rows.append((replace(row, problems=tuple(problems)), state))
    return checked
