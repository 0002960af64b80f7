"""What the portfolio use cases need from outside. The market's ports stand in `market_ports`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_stock.application.records import Record
from stocktool_stock.domain.analysis import Analysis, Json
from stocktool_stock.domain.ledger import Entry, Ledger, Reversal
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId


@dataclass(frozen=True, slots=True)
class Change:
    """One write to a portfolio, all or nothing.

    Attributes:
        portfolio: The head as it is after the write.
        expected_version: Version the write was made on; 0 for a new portfolio.
        actor: Who did it, for the audit.
        action: What was done, for the audit: `portfolio.created`.
        answer: What a repetition of the request is answered from.
        key: The request's identity, None when the client gave none.
        entries: Entries to append.
        reversals: Entries that take others back.
        deletes: Whether the portfolio goes.
        detail: Further facts for the audit, without positions.
    """

    portfolio: Portfolio
    expected_version: int
    actor: str
    action: str
    answer: Record
    key: IdempotencyKey | None = None
    entries: Sequence[Entry] = ()
    reversals: Sequence[Reversal] = ()
    deletes: bool = False
    detail: Mapping[str, str | int] = field(default_factory=dict)


class PortfolioStore(Protocol):
    """Portfolios and their ledgers, by owner."""

    async def get(self, owner: OwnerId, portfolio_id: PortfolioId) -> Portfolio:
        """Read a head.

        Raises:
            PortfolioNotFound: None by this id belongs to the owner.
        """
        ...

    async def list(self, owner: OwnerId, page: PageRequest) -> Page[Portfolio]:
        """List an owner's portfolios, oldest first."""
        ...

    async def ledger(self, portfolio_id: PortfolioId) -> Ledger:
        """Read all entries, those taken back among them. The caller has shown by `get` that it may."""
        ...

    async def commit(self, change: Change) -> Record:
        """Write a change with its audit entry and idempotency record, and answer `change.answer`.

        A repetition of an earlier request changes nothing and gets the earlier answer.

        Raises:
            StaleVersion: The head is not at `expected_version`.
            IdempotencyKeyReused: The key came with another request before.
        """
        ...

    async def earlier(self, key: IdempotencyKey | None) -> Record | None:
        """The answer given to the same request within 24 hours, None for a new one.

        Raises:
            IdempotencyKeyReused: The key came with another request before.
        """
        ...


class AnalysisClaim(Protocol):
    """An analysis held by one worker; each write fails once another one holds it."""

    analysis: Analysis

    async def step(self, name: str) -> None:
        """Record a finished part."""
        ...

    async def finish(self, result: Mapping[str, Json]) -> None:
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

    async def get(self, owner: OwnerId, analysis_id: str) -> Analysis:
        """Read one.

        Raises:
            AnalysisNotFound: None by this id belongs to the owner.
        """
        ...

    def claim(self, analysis_id: str) -> AbstractAsyncContextManager[AnalysisClaim | None]:
        """Hold an analysis while working on it; None when it is finished or gone.

        Raises:
            LeaseHeld: Another worker has it.
        """
        ...
