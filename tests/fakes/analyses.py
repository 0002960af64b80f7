"""Analyses and their files in memory. Trusted because they pass the same contract as the real ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from stocktool_kit.aws.lease import LeaseHeld
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token
from stocktool_stock.application.analysis_ports import ReportLink
from stocktool_stock.domain.analysis import (
    CANCELLED,
    Analysis,
    AnalysisEnded,
    AnalysisFinished,
    AnalysisNotFound,
    AnalysisState,
    Outcome,
    ReportFile,
    Step,
)
from stocktool_stock.domain.portfolio import PortfolioId

Result = TypeVar("Result")
NOW = datetime(2026, 1, 2, tzinfo=UTC)


@dataclass
class FakeAnalyses:
    """An `AnalysisStore` in memory; `told` are the notifications."""

    rows: dict[str, Analysis] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    told: list[str] = field(default_factory=list)

    async def start(self, analysis: Analysis, key: IdempotencyKey | None, actor: str) -> Analysis:
        known = self.keys.setdefault(key.record_id, analysis.id) if key else analysis.id
        return self.rows.setdefault(known, analysis)

    async def earlier(self, owner: OwnerId, key: IdempotencyKey | None) -> Analysis | None:
        known = None if key is None else self.keys.get(key.record_id)
        return None if known is None else await self.get(owner, known)

    async def get(self, owner: OwnerId, analysis_id: str) -> Analysis:
        found = self.rows.get(analysis_id)
        if found is None or found.owner != owner:
            raise AnalysisNotFound("no such analysis", analysis_id=analysis_id)
        return found

    async def list(self, owner: OwnerId, portfolio_id: PortfolioId, page: PageRequest) -> Page[Analysis]:
        mine = [each for each in self.rows.values() if (each.owner, each.portfolio_id) == (owner, portfolio_id)]
        before = decode_token(page.page_token)["before"] if page.page_token else "~"
        rest = sorted((each for each in mine if each.id < before), key=lambda each: each.id, reverse=True)
        shown = [replace(each, result=None) for each in rest[: page.page_size]]
        return Page(shown, encode_token({"before": shown[-1].id}) if len(rest) > len(shown) else "")

    async def cancel(self, owner: OwnerId, analysis_id: str, key: IdempotencyKey | None, actor: str) -> Analysis:
        found = await self.get(owner, analysis_id)
        if found.is_final and found.error_reason != CANCELLED:
            raise AnalysisFinished("it has ended", analysis_id=analysis_id)
        self.rows[analysis_id] = replace(
            found, state=AnalysisState.FAILED, error_reason=CANCELLED, error_message="cancelled", finished_at=NOW
        )
        return self.rows[analysis_id]

    @asynccontextmanager
    async def claim(self, analysis_id: str) -> AsyncIterator[FakeClaim | None]:
        if analysis_id in self.held:
            raise LeaseHeld("somebody else is at it")
        found = self.rows.get(analysis_id)
        if found is None or found.is_final:
            yield None
            return
        self.held.add(analysis_id)
        claim = FakeClaim(self, replace(found, state=AnalysisState.RUNNING, steps=()))
        self.rows[analysis_id] = replace(claim.analysis, died=found.died + 1)
        try:
            yield claim
        except BaseException:
            if not self.rows[analysis_id].is_final:
                self.rows[analysis_id] = replace(self.rows[analysis_id], died=found.died)
            raise
        finally:
            self.held.discard(analysis_id)


@dataclass
class FakeClaim:
    """An `AnalysisClaim` in memory."""

    store: FakeAnalyses
    analysis: Analysis

    async def step(self, name: str) -> None:
        self.analysis = replace(self.analysis, steps=(*self.analysis.steps, Step(name, NOW)))
        self._write(self.analysis)

    async def finish(self, outcome: Outcome) -> None:
        self._end(AnalysisState.DONE, result=outcome.result, files=outcome.files)

    async def fail(self, reason: str, message: str) -> None:
        self._end(AnalysisState.FAILED, error_reason=reason, error_message=message)

    def _end(self, state: AnalysisState, **values: object) -> None:
        self._write(replace(self.analysis, state=state, finished_at=NOW, **values))  # type: ignore[arg-type]
        self.store.told.append(self.analysis.id)

    def _write(self, analysis: Analysis) -> None:
        if self.store.rows[analysis.id].is_final:
            raise AnalysisEnded("it has ended meanwhile", analysis_id=analysis.id)
        self.store.rows[analysis.id] = analysis


@dataclass
class FakeReports:
    """A `ReportStore` in memory."""

    bodies: dict[str, bytes] = field(default_factory=dict)

    async def put(self, analysis: Analysis, name: str, body: bytes, content_type: str) -> ReportFile:
        key = f"reports/{analysis.owner}/{analysis.id}/{name}"
        self.bodies[key] = body
        return ReportFile(key, name, content_type, len(body))

    async def link(self, file: ReportFile) -> ReportLink:
        return ReportLink(f"http://files/{file.key}", NOW + timedelta(minutes=10), file)


@dataclass
class FakeHints:
    """`Hints` that are remembered: kind and payload."""

    sent: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)

    async def tell(self, owner: OwnerId, kind: str, payload: Mapping[str, object], about: str) -> None:
        self.sent.append((kind, payload))


async def at_once(work: Callable[[], Result]) -> Result:
    """An `Offload` that does not wait for a thread."""
    return work()
