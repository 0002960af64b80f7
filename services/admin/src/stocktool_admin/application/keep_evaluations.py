"""Evaluations: storing them once, listing them, reading one."""

from __future__ import annotations

from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token

from stocktool_admin.application.ports import AuditTrail, EvaluationStore
from stocktool_admin.domain.evaluations import Evaluation, EvaluationExists, EvaluationNotFound, check_id


class StoreEvaluation:
    """Keeps a run."""

    def __init__(self, store: EvaluationStore, trail: AuditTrail) -> None:
        self._store = store
        self._trail = trail

    async def __call__(self, evaluation: Evaluation, *, by: str) -> Evaluation:
        """Store a run; the same one again changes nothing.

        Raises:
            EvaluationExists: Another run has this id.
        """
        if await self._store.add(evaluation):
            detail = {"model": evaluation.model, "passed": str(evaluation.passed), "cases": str(evaluation.cases)}
            await self._trail.record(action="evaluation.stored", actor=by, target=evaluation.id, detail=detail)
        elif await self._store.find(evaluation.id) != evaluation:
            raise EvaluationExists("another evaluation has this id", id=evaluation.id)
        return evaluation


class ListEvaluations:
    """Shows runs."""

    def __init__(self, store: EvaluationStore) -> None:
        self._store = store

    async def __call__(self, request: PageRequest) -> Page[Evaluation]:
        """One page, newest first."""
        before = decode_token(request.page_token).get("before", "") if request.page_token else ""
        found = await self._store.newest(before=before, limit=request.page_size + 1)
        if len(found) <= request.page_size:
            return Page(found)
        page = found[: request.page_size]
        return Page(page, encode_token({"before": page[-1].id}))


class ReadEvaluation:
    """Shows one run."""

    def __init__(self, store: EvaluationStore) -> None:
        self._store = store

    async def __call__(self, evaluation_id: str) -> Evaluation:
        """The run, whole.

        Raises:
            EvaluationNotFound: There is none with this id.
        """
        check_id(evaluation_id)
        found = await self._store.find(evaluation_id)
        if found is None:
            raise EvaluationNotFound("there is no evaluation with this id", id=evaluation_id)
        return found
