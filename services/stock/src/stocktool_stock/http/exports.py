"""`GET /portfolios/{id}/export`: everything of a portfolio as a file."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from stocktool_stock.application.export_portfolio import ExportFormat
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.http.portfolio_uses import Reader, Uses

router = APIRouter(tags=["imports"])

_TYPES = {ExportFormat.CSV: "text/csv; charset=utf-8", ExportFormat.JSON: "application/json"}
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@router.get(
    "/portfolios/{portfolio_id}/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}, "application/json": {}}, "description": "The file, as an attachment"}},
)
async def export_portfolio(
    portfolio_id: str,
    caller: Reader,
    uses: Uses,
    export_format: Annotated[
        ExportFormat, Query(alias="format", description="csv: the ledger; json: with accounts and own instruments too.")
    ] = ExportFormat.CSV,
) -> StreamingResponse:
    """The standing ledger with all its fields; `POST .../imports` reads it back to the same holdings."""
    export = await uses.imports.export(caller, PortfolioId(portfolio_id), export_format)
    name = _UNSAFE.sub("-", export.portfolio.name).strip("-.")[:60] or "portfolio"
    headers = {
        "content-disposition": f'attachment; filename="{name}.{export_format.value}"',
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
    }
    return StreamingResponse(export.parts, media_type=_TYPES[export_format], headers=headers)
