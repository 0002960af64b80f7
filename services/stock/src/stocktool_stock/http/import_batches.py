"""`/portfolios/{id}/imports`: what was imported, and taking it back."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field
from stocktool_kit.http.model import ResponseModel

from stocktool_stock.domain.import_batch import ImportBatch, ImportState
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.http.portfolio_uses import Key, PageQuery, Reader, Uses, Writer

router = APIRouter(tags=["imports"], prefix="/portfolios/{portfolio_id}/imports")


class ImportBatchModel(ResponseModel):
    """An import."""

    id: str
    state: ImportState = Field(description="committed, or undone since.")
    source_name: str = Field(description="Name of the file.")
    content_hash: str = Field(description="SHA-256 of the file, in hex.")
    count: int = Field(description="Transactions it brought.")
    skipped_duplicates: int = Field(description="Rows left out because an earlier import brought them.")
    imported_at: datetime
    undone_at: datetime | None

    @classmethod
    def of(cls, batch: ImportBatch) -> ImportBatchModel:
        """As the API writes it."""
        return cls(
            id=batch.id,
            state=batch.state,
            source_name=batch.source_name,
            content_hash=batch.content_hash,
            count=batch.count,
            skipped_duplicates=batch.skipped_duplicates,
            imported_at=batch.staged_at,
            undone_at=batch.undone_at,
        )


class ImportBatchPage(ResponseModel):
    """A page of imports."""

    items: list[ImportBatchModel]
    next_page_token: str = ""


@router.get("")
async def list_imports(portfolio_id: str, caller: Reader, page: PageQuery, uses: Uses) -> ImportBatchPage:
    """Imports of a portfolio, newest first; those undone since are among them."""
    found = await uses.read_imports.list(caller, PortfolioId(portfolio_id), page)
    items = [ImportBatchModel.of(batch) for batch in found.items]
    return ImportBatchPage(items=items, next_page_token=found.next_page_token)


@router.get("/{import_id}")
async def get_import(portfolio_id: str, import_id: str, caller: Reader, uses: Uses) -> ImportBatchModel:
    """One import."""
    return ImportBatchModel.of(await uses.read_imports.get(caller, PortfolioId(portfolio_id), import_id))


@router.delete("/{import_id}", status_code=204)
async def undo_import(portfolio_id: str, import_id: str, caller: Writer, key: Key, uses: Uses) -> None:
    """Take all of an import back at once; where a later sale needs its shares: 409 SHORT_SALE with the shortfall."""
    await uses.undo_import(caller, PortfolioId(portfolio_id), import_id, key=key)
