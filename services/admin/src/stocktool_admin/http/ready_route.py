"""The mesh's readiness, for anybody."""

from __future__ import annotations

from fastapi import APIRouter, Response
from stocktool_kit.http.auth import public

from stocktool_admin.http.models import ReadyModel
from stocktool_admin.http.use_cases import Uses

root_router = APIRouter(tags=["health"])


@root_router.get(
    "/readyz",
    dependencies=[public()],
    responses={503: {"model": ReadyModel, "description": "A service is not ready."}},
)
async def readyz(uses: Uses, response: Response) -> ReadyModel:
    """200 while every service is ready, 503 otherwise; the same body."""
    mesh = uses.board.mesh()
    response.headers["cache-control"] = "no-store"
    if not mesh.ready:
        response.status_code = 503
    return ReadyModel(ready=mesh.ready, services={service.name: service.state.value for service in mesh.services})
