"""Imports of brokers' files: what a file would book, row by row, and booking it all or not at all."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from stocktool_kit.aio import Limiter, run_blocking
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import FailedPrecondition, InvalidArgument
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.once import once

from stocktool_stock.application.custom_instruments import CustomInstruments
from stocktool_stock.application.fixed_rates import fix_rates
from stocktool_stock.application.import_report import ImportChoices, ImportReport, RowState, refusal
from stocktool_stock.application.market_ports import FxRates
from stocktool_stock.application.prepare_import import Prepared, PrepareImport
from stocktool_stock.application.rate_collector import collect_rates
from stocktool_stock.application.stage_import import StagedImport, StageImport
from stocktool_stock.domain.custom_instruments import InstrumentExists
from stocktool_stock.domain.drafts import read_drafts
from stocktool_stock.domain.imports.check import ledger_problems
from stocktool_stock.domain.imports.lot_names import with_lot_names
from stocktool_stock.domain.imports.options import ReadOptions
from stocktool_stock.domain.imports.rows import ImportRow, RowProblem
from stocktool_stock.domain.ledger import Entry
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """An import as booked, with what was read."""

    staged: StagedImport
    report: ImportReport

    @property
    def counts(self) -> Counter[RowState]:
        """How many rows of each state there were when it was booked; a repetition finds its own rows booked."""
        told = self.staged.counts
        return Counter({RowState(name): number for name, number in told.items()}) if told else self.report.counts


class ReadImport:
    """Says what a file would book, without writing anything."""

    def __init__(self, prepare: PrepareImport, rates: FxRates, clock: Clock, threads: Limiter) -> None:
        self._prepare = prepare
        self._rates = rates
        self._clock = clock
        self._threads = threads

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
        return await self.check(await self._prepare(caller, portfolio_id, content, options, choices))

    async def check(self, prepared: Prepared) -> ImportReport:
        """Check fresh rows one by one, then all of them with the ledger as it stands."""
        currencies, now = await self._rates.currencies(), self._clock.now()
        checked = await run_blocking(self._threads, _check_each, prepared, currencies, now)
        entries = await self._with_rates(checked, prepared.portfolio)
        together = await run_blocking(self._threads, _together, prepared.standing, entries)
        rates = await collect_rates(self._rates, prepared.portfolio, together)
        for problem in await run_blocking(self._threads, ledger_problems, together, prepared.portfolio, rates):
            checked.tell(problem.entry_id, problem.detail)
        results = await run_blocking(self._threads, prepared.results)
        return ImportReport(replace(prepared.file, rows=tuple(prepared.rows)), results, tuple(checked.problems))

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
    """Rows under check, and the entries of those that can be booked by their place."""

    prepared: Prepared
    entries: dict[int, Entry] = field(default_factory=dict)
    problems: list[RowProblem] = field(default_factory=list)

    def refuse(self, place: int, *problems: RowProblem) -> None:
        row = self.prepared.rows[place]
        self.prepared.rows[place] = replace(row, problems=(*row.problems, *problems))
        self.prepared.states[place] = RowState.ERROR

    def tell(self, entry_id: str, detail: str) -> None:
        """Tell what the ledger says against an entry: at its row, or at the file where it is none of its rows."""
        place = next((place for place, entry in self.entries.items() if entry.id == entry_id), None)
        if place is None:
            self.problems.append(RowProblem("rows", f"{detail}: that entry stands in the ledger, and could no more"))
            return
        cure = "Import or book what came in before, or leave the row out (skip_rows)"
        self.refuse(place, RowProblem("quantity", detail, cure))


def _together(standing: Sequence[Entry], entries: Sequence[Entry]) -> list[Entry]:
    return sorted([*standing, *entries], key=lambda entry: (entry.day, entry.sequence))


def _check_each(prepared: Prepared, currencies: Collection[str], now: datetime) -> _Checked:
    checked = _Checked(prepared)
    portfolio = prepared.portfolio
    for count, place in enumerate(prepared.fresh):
        row: ImportRow = prepared.rows[place]
        if row.problems or row.draft is None:
            checked.refuse(place)
            continue
        try:
            [entry] = read_drafts(
                [row.draft], portfolio, today=prepared.today, currencies=currencies, recorded_at=now, pointer=""
            )
        except InvalidArgument as error:
            checked.refuse(place, *(RowProblem(each.pointer.strip("/"), each.detail) for each in error.violations))
        else:
            checked.entries[place] = replace(entry, sequence=portfolio.last_sequence + 1 + count)
    names = {prepared.rows[place].entry_id: entry.id for place, entry in checked.entries.items()}
    named = with_lot_names(list(checked.entries.values()), names)
    checked.entries = dict(zip(checked.entries, named, strict=True))
    return checked


class CommitImport:
    """Books a file, all of it or nothing."""

    def __init__(
        self, prepare: PrepareImport, read: ReadImport, stage: StageImport, own: CustomInstruments, threads: Limiter
    ) -> None:
        self._prepare = prepare
        self._own = own
        self._read = read
        self._stage = stage
        self._threads = threads

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
        prepared = await self._prepare(caller, portfolio_id, content, options, choices)
        report = ImportReport(prepared.file, await run_blocking(self._threads, prepared.results))

        async def attempt() -> StagedImport:
            return await self._book(caller, prepared, report, source_name, hashlib.sha256(content).hexdigest(), key)

        return ImportOutcome(await once(lambda: self._stage.earlier(key), attempt), report)

    async def _book(  # noqa: PLR0917 - what is booked, and for whom
        self,
        caller: Caller,
        prepared: Prepared,
        report: ImportReport,
        source_name: str,
        content_hash: str,
        key: IdempotencyKey | None,
    ) -> StagedImport:
        if RowState.ERROR in prepared.states or any(prepared.rows[place].problems for place in prepared.fresh):
            raise refusal(await self._read.check(prepared))
        booked = [
            result.row
            for result in report.rows
            if result.state is RowState.NEW or (result.state is RowState.DUPLICATE and not result.stands)
        ]
        rows = [(row.draft, row.fingerprint) for row in booked if row.draft is not None]
        sources = [row.entry_id for row in booked if row.draft is not None]
        beside = report.counts[RowState.DUPLICATE] + report.counts[RowState.NEW] - len(rows)
        portfolio_id = prepared.portfolio.id
        if not rows:  # or is it the request's own twin that booked them?
            nothing = StagedImport("", prepared.portfolio.version, 0, beside)
            return await self._stage.earlier(key) or nothing
        for instrument in prepared.missing:  # they outlive an import that is refused yet, and a repetition finds them
            with suppress(InstrumentExists):  # as it may since it was looked for, made by the request's twin
                await self._own.create(caller, portfolio_id, instrument)
        try:
            return await self._stage(
                caller,
                portfolio_id,
                rows,
                source_name=source_name,
                content_hash=content_hash,
                key=key,
                sources=sources if any(sources) else (),
                beside=beside,
                counts={state.value: number for state, number in report.counts.items()},
            )
        except (InvalidArgument, FailedPrecondition):
            # It was checked as a whole; looked at row by row it can be said which ones are in the way.
            found = await self._read.check(prepared)
            if found.refused:
                raise refusal(found) from None
            raise
