"""Background analyses: what was asked for, how far it is, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from stocktool_kit.core.errors import Conflict, FailedPrecondition, InvalidArgument, NotFound, RateLimited
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.domain.portfolio import PortfolioId

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

CANCELLED = "CANCELLED"
"""Reason of an analysis that its owner ended; its state is failed."""


class AnalysisNotFound(NotFound):
    """No analysis by this id belongs to the caller."""

    reason = "ANALYSIS_NOT_FOUND"


class AnalysisFinished(FailedPrecondition):
    """It is done or failed, so there is nothing to cancel."""

    reason = "ANALYSIS_FINISHED"


class TooManyAnalyses(RateLimited):
    """So many analyses of the portfolio are waiting already that another one has to wait outside."""

    reason = "TOO_MANY_ANALYSES"
    retry_after_seconds = 30.0


class AnalysisEnded(Conflict):
    """It was ended by somebody else while a worker was at it; nothing of the worker's is stored."""

    reason = "ANALYSIS_ENDED"


class AnalysisPoisoned(InvalidArgument):
    """Running it again cannot help: its message belongs to the dead letters."""

    reason = "ANALYSIS_POISONED"


class AnalysisKind(StrEnum):
    """What is done."""

    PORTFOLIO = "portfolio"
    OPTIMISATION = "optimisation"
    PROJECTION = "projection"
    TAX_LOTS = "tax_lots"
    STATEMENT = "statement"


STEPS: Mapping[AnalysisKind, tuple[str, ...]] = {
    AnalysisKind.PORTFOLIO: ("holdings", "performance", "risk", "allocation"),
    AnalysisKind.OPTIMISATION: ("weights",),
    AnalysisKind.PROJECTION: ("history", "paths"),
    AnalysisKind.TAX_LOTS: ("lots", "files"),
    AnalysisKind.STATEMENT: ("holdings", "performance", "income", "realised", "document"),
}
"""The parts of each kind, in their order."""


class AnalysisState(StrEnum):
    """Where an analysis is; done and failed are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Step:
    """A part that is finished."""

    name: str
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file that an analysis wrote: exactly the one its result speaks of."""

    key: str
    name: str
    content_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finished analysis gives."""

    result: Mapping[str, Json]
    files: tuple[ReportFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Analysis:
    """A background analysis; `result` is there once done, `error_reason` once failed.

    Attributes:
        parameters: What was asked for, as its kind defines it.
        died: How many workers took it up and never said how it ended.
    """

    id: str
    owner: OwnerId
    portfolio_id: PortfolioId
    kind: AnalysisKind
    state: AnalysisState
    created_at: datetime
    parameters: Mapping[str, Json] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    result: Mapping[str, Json] | None = None
    files: tuple[ReportFile, ...] = ()
    error_reason: str = ""
    error_message: str = ""
    finished_at: datetime | None = None
    died: int = 0

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in (AnalysisState.DONE, AnalysisState.FAILED)

    @property
    def progress(self) -> float:
        """Finished part of the steps."""
        if self.state is AnalysisState.DONE:
            return 1.0
        return min(1.0, len(self.steps) / len(STEPS[self.kind]))

    @property
    def current_step(self) -> str:
        """The part being worked on, empty while nobody is."""
        names = STEPS[self.kind]
        running = self.state is AnalysisState.RUNNING and len(self.steps) < len(names)
        return names[len(self.steps)] if running else ""
