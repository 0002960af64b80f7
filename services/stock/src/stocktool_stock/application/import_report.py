"""What a file would book: its rows with what becomes of each, and what the client decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from stocktool_kit.core.errors import FieldViolation, InvalidArgument

from stocktool_stock.domain.imports.rows import ImportFile, ImportRow, RowProblem

MOST_TOLD = 100


class RowState(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    DUPLICATE = "duplicate"
    ERROR = "error"
    SKIPPED = "skipped"


class ImportRefused(InvalidArgument):
    """Rows cannot be booked, so none was."""

    reason = "IMPORT_REFUSED"


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


def refusal(report: ImportReport) -> ImportRefused:
    """The error of a file that cannot be booked, with its first hundred problems."""
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
