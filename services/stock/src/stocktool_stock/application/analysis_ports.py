"""What background analyses need from outside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_stock.domain.analysis import Analysis, Outcome, ReportFile
from stocktool_stock.domain.portfolio import PortfolioId

TellStep = Callable[[str], Awaitable[None]]
"""Records that a part is finished.

Raises:
    AnalysisEnded: The owner cancelled it: stop.
"""


class AnalysisClaim(Protocol):
    """An analysis held by one worker; each write fails once another one holds it, or it has ended."""

    analysis: Analysis

    async def step(self, name: str) -> None:
        """Record a finished part."""
        ...

    async def finish(self, outcome: Outcome) -> None:
        """Store the result, and the notification to be sent."""
        ...

    async def fail(self, reason: str, message: str) -> None:
        """Store why there is no result, and tell the owner."""
        ...


class AnalysisStore(Protocol):
    """Analyses by owner."""

    async def start(self, analysis: Analysis, key: IdempotencyKey | None, actor: str) -> Analysis:
        """Store a queued analysis and the message that lets a worker take it, once per request."""
        ...

    async def earlier(self, owner: OwnerId, key: IdempotencyKey | None) -> Analysis | None:
        """The analysis that the same request started within 24 hours, as it is now; None for a new one.

        Raises:
            IdempotencyKeyReused: The key came with another request before.
        """
        ...

    async def get(self, owner: OwnerId, analysis_id: str) -> Analysis:
        """Read one.

        Raises:
            AnalysisNotFound: None by this id belongs to the owner.
        """
        ...

    async def list(self, owner: OwnerId, portfolio_id: PortfolioId, page: PageRequest) -> Page[Analysis]:
        """List a portfolio's, newest first, without their results."""
        ...

    async def cancel(self, owner: OwnerId, analysis_id: str, key: IdempotencyKey | None, actor: str) -> Analysis:
        """End one that is queued or running, once per request; one that was cancelled before is answered as it is.

        Raises:
            AnalysisNotFound: None by this id belongs to the owner.
            AnalysisFinished: It is done or failed.
        """
        ...

    def claim(self, analysis_id: str) -> AbstractAsyncContextManager[AnalysisClaim | None]:
        """Hold an analysis while working on it; None when it is finished or gone.

        Raises:
            LeaseHeld: Another worker has it.
        """
        ...


class AnalysisWork(Protocol):
    """What one kind of analysis does."""

    async def __call__(self, analysis: Analysis, tell: TellStep) -> Outcome:
        """Do it, telling each part that is finished."""
        ...


@dataclass(frozen=True, slots=True)
class ReportLink:
    """An address under which a file can be fetched for a short time."""

    url: str
    expires_at: datetime
    file: ReportFile


class ReportStore(Protocol):
    """Files of analyses."""

    async def put(self, analysis: Analysis, name: str, body: bytes, content_type: str) -> ReportFile:
        """Keep a file of an analysis; one by the same name from another run stays as it is."""
        ...

    async def link(self, file: ReportFile) -> ReportLink:
        """Make an address for one download, as an attachment."""
        ...
