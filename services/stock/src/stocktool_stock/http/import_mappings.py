"""`/imports/mappings`: how the files of one broker are read, kept under a name."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter
from pydantic import Field
from stocktool_kit.http.model import RequestModel, ResponseModel

from stocktool_stock.domain.imports.dates import DateOrder
from stocktool_stock.domain.imports.numbers import DecimalSign
from stocktool_stock.domain.imports.options import ColumnMapping
from stocktool_stock.domain.imports.saved_mappings import SavedMapping
from stocktool_stock.http.import_models import ColumnMappingModel, Text
from stocktool_stock.http.portfolio_uses import Key, PageQuery, Reader, Uses, Writer

router = APIRouter(tags=["imports"], prefix="/imports/mappings")


class SavedMappingInput(RequestModel):
    """What is kept under a name."""

    mapping: ColumnMappingModel | None = Field(default=None, description="Columns and kinds, for CSV of any shape.")
    symbols: dict[Text, Text] = Field(default_factory=dict, max_length=500, description="Symbol by the file's text.")


class SavedMappingModel(ResponseModel):
    """A mapping as kept; a file is read by it with the form field `saved_mapping`."""

    name: str
    mapping: ColumnMappingModel | None
    symbols: dict[str, str]
    version: int
    updated_at: datetime

    @classmethod
    def of(cls, saved: SavedMapping) -> SavedMappingModel:
        """As the API writes it."""
        return cls(
            name=saved.name,
            mapping=None if saved.mapping is None else _mapping(saved.mapping, saved.date_order, saved.decimal),
            symbols=dict(saved.symbols),
            version=saved.version,
            updated_at=saved.updated_at,
        )


class SavedMappingPage(ResponseModel):
    """A page of mappings, by name."""

    items: list[SavedMappingModel]
    next_page_token: str = ""


@router.get("")
async def list_import_mappings(caller: Reader, page: PageQuery, uses: Uses) -> SavedMappingPage:
    """The caller's mappings."""
    found = await uses.imports.mappings.list(caller, page)
    return SavedMappingPage(
        items=[SavedMappingModel.of(saved) for saved in found.items], next_page_token=found.next_page_token
    )


@router.get("/{name}")
async def get_import_mapping(name: str, caller: Reader, uses: Uses) -> SavedMappingModel:
    """One mapping."""
    return SavedMappingModel.of(await uses.imports.mappings.get(caller, name))


@router.put("/{name}")
async def put_import_mapping(
    name: str, body: SavedMappingInput, caller: Writer, key: Key, uses: Uses
) -> SavedMappingModel:
    """Keep a mapping, in place of the one by its name; at most fifty."""
    mapping = body.mapping
    saved = SavedMapping(
        caller.owner,
        name,
        datetime.min.replace(tzinfo=UTC),  # the use case says when
        mapping=None if mapping is None else mapping.mapping(),
        date_order=None if mapping is None else mapping.date_order,
        decimal=None if mapping is None else mapping.decimal,
        symbols=body.symbols,
    )
    return SavedMappingModel.of(await uses.imports.mappings.put(caller, saved, key=key))


@router.delete("/{name}", status_code=204)
async def delete_import_mapping(name: str, caller: Writer, key: Key, uses: Uses) -> None:
    """Delete a mapping."""
    await uses.imports.mappings.delete(caller, name, key=key)


def _mapping(mapping: ColumnMapping, order: DateOrder | None, decimal: DecimalSign | None) -> ColumnMappingModel:
    return ColumnMappingModel(
        columns=dict(mapping.columns),
        types=dict(mapping.types),
        default_type=mapping.default_type,
        currency=mapping.currency,
        delimiter=mapping.delimiter,
        date_order=order,
        decimal=decimal,
    )
