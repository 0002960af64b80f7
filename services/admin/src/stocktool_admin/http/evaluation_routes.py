"""Evaluations: `make eval` stores its runs here, administrators read them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from stocktool_kit.core.caller import Caller
from stocktool_kit.http.auth import requires

from stocktool_admin.http.evaluation_models import (
    EvaluationBody,
    EvaluationList,
    EvaluationModel,
    EvaluationSummary,
)
from stocktool_admin.http.use_cases import RequestKey, Uses, WantedPage

router = APIRouter(tags=["evaluations"])

Reader = Annotated[Caller, requires("admin.read")]
Writer = Annotated[Caller, requires("admin.write")]
EvaluationId = Annotated[str, Path(max_length=64, description="Instant and some letters: 20260105T120000Z-1a2b3c.")]


@router.get("/evaluations")
async def list_evaluations(uses: Uses, page: WantedPage, _: Reader) -> EvaluationList:
    """Runs of the golden questions, newest first."""
    found = await uses.list_evaluations(page)
    return EvaluationList(
        items=[EvaluationSummary.of(each) for each in found.items], next_page_token=found.next_page_token
    )


@router.get("/evaluations/{evaluation_id}")
async def get_evaluation(evaluation_id: EvaluationId, uses: Uses, _: Reader) -> EvaluationModel:
    """A run with its families and failures."""
    return EvaluationModel.of(await uses.read_evaluation(evaluation_id))


@router.put("/evaluations/{evaluation_id}")
async def store_evaluation(
    evaluation_id: EvaluationId, body: EvaluationBody, uses: Uses, caller: Writer, key: RequestKey
) -> EvaluationSummary:
    """Store a run, once: a stored one never changes, and the same again has no effect."""

    async def store() -> dict[str, Any]:
        stored = await uses.store_evaluation(body.evaluation(evaluation_id), by=caller.subject)
        return EvaluationSummary.of(stored).model_dump(mode="json")

    return EvaluationSummary.model_validate(await uses.replays.once(key, store))
