"""`/portfolios/{id}/transactions`: the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query
from pydantic import ValidationError
from stocktool_kit.http.problem import from_validation

from stocktool_stock.domain.ledger import EntryType
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.domain.selection import Selection
from stocktool_stock.http.portfolio_models import (
    RecordedBatch,
    RecordedTransaction,
    TransactionBatch,
    TransactionInput,
    TransactionModel,
    TransactionPage,
)
from stocktool_stock.http.portfolio_uses import Key, PageQuery, Reader, Uses, Writer

router = APIRouter(tags=["transactions"], prefix="/portfolios/{portfolio_id}/transactions")


def _inline(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """A schema with its definitions in the places that refer to them: within the document their paths lead nowhere."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inline(definitions[str(schema["$ref"]).rsplit("/", 1)[-1]], definitions)
        return {name: _inline(value, definitions) for name, value in schema.items() if name != "$defs"}
    return [_inline(each, definitions) for each in schema] if isinstance(schema, list) else schema


_INPUT = TransactionInput.model_json_schema()
_ONE = _inline(_INPUT, _INPUT.get("$defs", {}))
_MANY = {
    "type": "object",
    "additionalProperties": False,
    "required": ["items"],
    "properties": {"items": {"type": "array", "items": _ONE, "minItems": 1, "maxItems": 90}},
}
# Spelled out: the body is read below and not by the framework, which so knows neither model.
_ONE_OR_MANY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"oneOf": [_ONE, _MANY]}}}}
}


@router.post("", status_code=201, openapi_extra=_ONE_OR_MANY)
async def record_transactions(
    portfolio_id: str, body: Annotated[dict[str, Any], Body()], caller: Writer, key: Key, uses: Uses
) -> RecordedTransaction | RecordedBatch:
    """Append one entry, or up to 90 as `{"items": [...]}`, all or none.

    Selling more than is held on the day, or leaving a later sale short: 409 SHORT_SALE, and nothing is stored.
    """
    try:
        if "items" in body:
            batch = TransactionBatch.model_validate(body)
            drafts, pointer = [item.draft() for item in batch.items], "/items/{}"
        else:
            drafts, pointer = [TransactionInput.model_validate(body).draft()], ""
    except ValidationError as error:
        # Validated here and not by the framework: a union would put its members' names into the pointers.
        found = [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False)]
        raise from_validation(found) from error
    recorded = await uses.record(caller, PortfolioId(portfolio_id), drafts, key=key, pointer=pointer)
    items = [TransactionModel.of(entry) for entry in recorded.entries]
    if "items" in body:
        return RecordedBatch(items=items, version=recorded.version)
    return RecordedTransaction(**items[0].model_dump(), items=items, version=recorded.version)


@router.get("")
async def list_transactions(
    *,
    portfolio_id: str,
    caller: Reader,
    page: PageQuery,
    uses: Uses,
    symbol: Annotated[str, Query(max_length=32, description="Only entries of this symbol.")] = "",
    include_reversed: Annotated[bool, Query(description="Entries that were taken back too.")] = False,
    types: Annotated[
        list[EntryType] | None, Query(alias="type", max_length=20, description="Only entries of these types.")
    ] = None,
    account_id: Annotated[str, Query(max_length=64, description="Only entries of this account, or of all.")] = "",
    start: Annotated[date | None, Query(description="First day.")] = None,
    end: Annotated[date | None, Query(description="Last day.")] = None,
    order_by: Annotated[Literal["date", "date desc"], Query(description="First to last day, or backwards.")] = "date",
) -> TransactionPage:
    """Entries in the order of their day, then of their entry, or backwards."""
    selection = Selection(
        symbol=symbol.upper(),
        types=frozenset(types or ()),
        account_id=account_id,
        start=start,
        end=end,
        include_reversed=include_reversed,
        newest_first=order_by == "date desc",
    )
    found = await uses.list_transactions(caller, PortfolioId(portfolio_id), page, selection=selection)
    items = [TransactionModel.of(entry) for entry in found.items]
    return TransactionPage(items=items, next_page_token=found.next_page_token)


@router.get("/{transaction_id}")
async def get_transaction(portfolio_id: str, transaction_id: str, caller: Reader, uses: Uses) -> TransactionModel:
    """One entry, also one that was taken back."""
    return TransactionModel.of(await uses.list_transactions.get(caller, PortfolioId(portfolio_id), transaction_id))


@router.delete("/{transaction_id}", status_code=204)
async def delete_transaction(portfolio_id: str, transaction_id: str, caller: Writer, key: Key, uses: Uses) -> None:
    """Take an entry back by appending its reversal; where a later sale needs it: 409 SHORT_SALE."""
    await uses.delete_transaction(caller, PortfolioId(portfolio_id), transaction_id, key=key)


@router.post("/{transaction_id}:restore")
async def restore_transaction(
    portfolio_id: str, transaction_id: str, caller: Writer, key: Key, uses: Uses
) -> TransactionModel:
    """Let an entry stand again that was taken back; one that stands is answered as it is."""
    return TransactionModel.of(
        await uses.restore_transaction(caller, PortfolioId(portfolio_id), transaction_id, key=key)
    )
