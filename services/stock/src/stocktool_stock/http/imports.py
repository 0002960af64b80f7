"""`POST /portfolios/{id}/imports`: files of brokers, and the presets by which they are read."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Form, Query, Response, UploadFile
from pydantic import TypeAdapter, ValidationError
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.http.problem import from_validation

from stocktool_stock.application.import_report import ImportChoices, RowState
from stocktool_stock.application.read_import import ImportOutcome
from stocktool_stock.domain.imports.dates import DateOrder
from stocktool_stock.domain.imports.numbers import DecimalSign
from stocktool_stock.domain.imports.options import MAX_BYTES, ReadOptions, unreadable
from stocktool_stock.domain.imports.read_text import PRESETS
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.http.import_models import (
    ColumnMappingModel,
    ImportCounts,
    ImportModel,
    PresetList,
    PresetModel,
    Text,
    report_model,
)
from stocktool_stock.http.portfolio_uses import Key, Reader, Uses, Writer

router = APIRouter(tags=["imports"])

MAX_UPLOAD_BYTES = MAX_BYTES + 2_500_000
"""A file with the other fields of its form."""
_MOST_ROWS = 5_000
_MAX_JSON = 500_000

Model = TypeVar("Model")
_MAPPING = TypeAdapter(ColumnMappingModel)
_TEXTS = TypeAdapter(dict[Text, Text])

FormText = Annotated[str, Form(max_length=200)]
FormJson = Annotated[str, Form(max_length=_MAX_JSON)]


@router.get("/imports/presets")
async def list_presets(_caller: Reader) -> PresetList:
    """Shapes of files that are known, with the headings they must have and a template."""
    return PresetList(items=[PresetModel.of(preset) for preset in PRESETS])


@router.post(
    "/portfolios/{portfolio_id}/imports",
    status_code=201,
    responses={200: {"model": ImportModel, "description": "A dry run, or a file that brought nothing new"}},
)
async def import_file(  # noqa: PLR0917 - fields of a form
    portfolio_id: str,
    caller: Writer,
    key: Key,
    uses: Uses,
    response: Response,
    file: UploadFile,
    dry_run: Annotated[bool, Form(description="Say row by row what it would book, and book nothing.")] = False,  # noqa: FBT002
    dry_run_query: Annotated[bool, Query(alias="dry_run", description="As the form's field.")] = False,  # noqa: FBT002
    preset: Annotated[str, Form(max_length=40, description="Instead of going by the headings.")] = "",
    mapping: Annotated[str, Form(max_length=_MAX_JSON, description="JSON of a ColumnMappingModel.")] = "",
    saved_mapping: Annotated[str, Form(max_length=60, description="Name of a mapping kept before.")] = "",
    symbols: Annotated[str, Form(max_length=_MAX_JSON, description='JSON: {"text, ISIN or name": "SYMBOL"}.')] = "",
    accounts: Annotated[str, Form(max_length=_MAX_JSON, description='JSON: {"account in the file": "acc_..."}.')] = "",
    account_id: Annotated[str, Form(max_length=64, description="For rows of no known account; else the first.")] = "",
    skip_rows: Annotated[str, Form(max_length=20_000, description="Rows to leave out: 12,15.")] = "",
    date_order: Annotated[DateOrder | None, Form(description="What comes first in 03/04/2024.")] = None,
    decimal: Annotated[DecimalSign | None, Form(description="Decimal sign of 1.234.")] = None,
    time_zone: Annotated[str, Form(max_length=64, description="Zone in which instants have their day.")] = "",
    rows_limit: Annotated[int, Form(ge=0, le=_MOST_ROWS, description="Most rows of a dry run's answer.")] = 1_000,
    only: Annotated[RowState | None, Form(description="Only rows of this state in the answer.")] = None,
) -> ImportModel:
    """Read a file: CSV of a known shape or with mapped columns, JSON, OFX, QFX or QIF, at most 20 MB or 100,000 rows.

    A dry run answers 200 with every row. Else all of it is booked (201, taken back by `DELETE .../imports/{id}`) or,
    where a row cannot be, none of it (422 IMPORT_REFUSED with the rows). The same file again adds nothing (200).
    """
    content = await file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise unreadable(f"has more than {MAX_BYTES // 1_000_000} MB; split it")
    options = _options(mapping, ReadOptions(preset=preset, zone=_zone(time_zone)))
    told = _texts(symbols, "/symbols")
    if saved_mapping:
        saved = await uses.imports.mappings.get(caller, saved_mapping)
        options = replace(
            options,
            mapping=options.mapping or saved.mapping,
            date_order=options.date_order or saved.date_order,
            decimal=options.decimal or saved.decimal,
        )
        told = {**saved.symbols, **told}
    options = replace(options, date_order=date_order or options.date_order, decimal=decimal or options.decimal)
    choices = ImportChoices(
        account_id=account_id,
        accounts=_texts(accounts, "/accounts"),
        symbols=told,
        skip_rows=_numbers(skip_rows),
    )
    portfolio = PortfolioId(portfolio_id)
    if dry_run or dry_run_query:
        report = await uses.imports.read(caller, portfolio, content, options=options, choices=choices)
        response.status_code = 200
        return report_model(report, limit=rows_limit, only=only)
    asked = (
        preset,
        mapping,
        saved_mapping,
        symbols,
        accounts,
        account_id,
        skip_rows,
        str(date_order),
        str(decimal),
        time_zone,
    )
    outcome = await uses.imports.commit(
        caller,
        portfolio,
        content,
        options=options,
        choices=choices,
        source_name=_name(file.filename or ""),
        key=_with_hash(key, content, asked),
    )
    if not outcome.staged.id:
        response.status_code = 200
    return _outcome(outcome)


def _options(mapping: str, options: ReadOptions) -> ReadOptions:
    if not mapping:
        return options
    mapped = _json(_MAPPING, mapping, "/mapping")
    return replace(options, mapping=mapped.mapping(), date_order=mapped.date_order, decimal=mapped.decimal)


def _outcome(outcome: ImportOutcome) -> ImportModel:
    staged = outcome.staged
    read = report_model(outcome.report, limit=0, only=None)
    return read.model_copy(
        update={
            "id": staged.id or None,
            "dry_run": False,
            "version": staged.version or None,
            "count": staged.count,
            "skipped_duplicates": staged.skipped_duplicates,
            "counts": ImportCounts(**{state.value: outcome.counts[state] for state in RowState}),
            "more_rows": 0,
        }
    )


def _with_hash(key: IdempotencyKey | None, content: bytes, asked: tuple[str, ...]) -> IdempotencyKey | None:
    if key is None:
        return None
    return key.with_body_hash(hashlib.sha256(hashlib.sha256(content).digest() + repr(asked).encode()).hexdigest())


def _json(adapter: TypeAdapter[Model], text: str, pointer: str) -> Model:
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        found = [
            {**each, "loc": ("body", pointer.strip("/"), *each["loc"])} for each in error.errors(include_url=False)
        ]
        raise from_validation(found) from error


def _texts(text: str, pointer: str) -> dict[str, str]:
    return _json(_TEXTS, text, pointer) if text else {}


def _numbers(text: str) -> frozenset[int]:
    parts = [part.strip() for part in text.strip("[] ").split(",") if part.strip()]
    if not all(part.isascii() and part.isdigit() and len(part) < 9 for part in parts):
        raise InvalidArgument.of("/skip_rows", "must be numbers of rows with commas between: 12,15")
    return frozenset(int(part) for part in parts)


def _zone(name: str) -> ZoneInfo | None:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidArgument.of("/time_zone", "is no zone of the IANA database, such as Europe/Berlin") from error


def _name(name: str) -> str:
    """The file's own name, without a path or what is not printable."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in last if character.isprintable())[:120] or "file"
