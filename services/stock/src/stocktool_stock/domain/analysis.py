"""Background analyses: what was asked for and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from stocktool_kit.core.errors import NotFound
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.domain.portfolio import PortfolioId

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


class AnalysisNotFound(NotFound):
    """No analysis by this id belongs to the caller."""

    reason = "ANALYSIS_NOT_FOUND"


class AnalysisKind(StrEnum):
    """What is analysed."""

    PORTFOLIO = "portfolio"


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
class Analysis:
    """A background analysis; `result` is there once done, `error` once failed."""

    id: str
    owner: OwnerId
    portfolio_id: PortfolioId
    kind: AnalysisKind
    state: AnalysisState
    created_at: datetime
    steps: tuple[Step, ...] = ()
    result: Mapping[str, Json] | None = None
    error_reason: str = ""
    error_message: str = ""
    finished_at: datetime | None = None

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in (AnalysisState.DONE, AnalysisState.FAILED)
