"""Bodies of the import routes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Annotated

from pydantic import Field
from stocktool_kit.http.model import RequestModel, ResponseModel

from stocktool_stock.application.import_report import ImportReport, RowResult, RowState
from stocktool_stock.domain.imports.dates import DateOrder
from stocktool_stock.domain.imports.numbers import DecimalSign
from stocktool_stock.domain.imports.options import ColumnMapping
from stocktool_stock.domain.imports.reading import Preset
from stocktool_stock.domain.imports.rows import Candidate, RowProblem
from stocktool_stock.domain.ledger import Draft, LotDraft

Text = Annotated[str, Field(max_length=200)]
Booking = dict[str, str | list[dict[str, str]]]
_MOST_UNRESOLVED = 500


class ColumnMappingModel(RequestModel):
    """How a CSV of any shape is read."""

    columns: dict[Text, Text] = Field(
        min_length=1,
        max_length=100,
        description="Field by heading: date, type, symbol, isin, name, quantity, price, amount, amount_per_share, fee, "
        "tax, currency, ratio, account, note.",
        examples=[{"Trade date": "date", "Side": "type", "Ticker": "symbol", "Shares": "quantity", "Price": "price"}],
    )
    types: dict[Text, Text] = Field(
        default_factory=dict,
        max_length=200,
        description="Type of entry by the text in the type's column; an empty type leaves such rows out.",
        examples=[{"Kauf": "buy", "Umbuchung": ""}],
    )
    default_type: str = Field(default="", max_length=32, description="Of rows without a text in the type's column.")
    currency: str = Field(default="", max_length=3, description="Of rows without a currency; by default the account's.")
    delimiter: str = Field(default="", max_length=1, description="Between cells; by default as it looks.")
    date_order: DateOrder | None = Field(default=None, description="What comes first in 03/04/2024.")
    decimal: DecimalSign | None = Field(default=None, description="Decimal sign.")

    def mapping(self) -> ColumnMapping:
        """As the domain has it."""
        return ColumnMapping(self.columns, self.types, self.default_type, self.currency, self.delimiter)


class PresetModel(ResponseModel):
    """A shape of file that is known by its headings."""

    name: str
    title: str
    format: str = Field(description="csv, ofx or qif; JSON exports are known by themselves.")
    columns: list[str] = Field(description="Headings a CSV of it must have.")
    template: str = Field(description="Headings and a row as an example, empty where the format is no CSV.")

    @classmethod
    def of(cls, preset: Preset) -> PresetModel:
        """As the API writes it."""
        return cls(
            name=preset.name,
            title=preset.title,
            format=preset.format,
            columns=list(preset.columns),
            template=preset.template,
        )


class PresetList(ResponseModel):
    """Presets, in the order in which a file is tried on them."""

    items: list[PresetModel]


class CandidateModel(ResponseModel):
    """An instrument that may be meant."""

    symbol: str
    name: str
    exchange: str
    type: str

    @classmethod
    def of(cls, candidate: Candidate) -> CandidateModel:
        """As the API writes it."""
        return cls(symbol=candidate.symbol, name=candidate.name, exchange=candidate.exchange, type=candidate.type)


class RowProblemModel(ResponseModel):
    """Why a row cannot be booked."""

    field: str
    detail: str
    cure: str = Field(description="What would do, empty where the detail says it.")
    candidates: list[CandidateModel] = Field(default_factory=list, description="Symbols that may be meant.")

    @classmethod
    def of(cls, problem: RowProblem) -> RowProblemModel:
        """As the API writes it."""
        return cls(
            field=problem.field,
            detail=problem.detail,
            cure=problem.cure,
            candidates=[CandidateModel.of(one) for one in problem.candidates],
        )


class ImportRowModel(ResponseModel):
    """A row of a file and what becomes of it."""

    row: int = Field(description="Line of the file, from 1; in OFX and JSON the number of the record.")
    state: RowState
    books: Booking | None = Field(description="The transaction it would book, fields as in `POST .../transactions`.")
    symbol_text: str = Field(description="Symbol as the file has it.")
    isin: str
    name: str
    account_text: str = Field(description="Account as the file has it.")
    skipped: str = Field(description="Why it books nothing.")
    notes: list[str]
    problems: list[RowProblemModel]

    @classmethod
    def of(cls, result: RowResult) -> ImportRowModel:
        """As the API writes it."""
        row = result.row
        return cls(
            row=row.row,
            state=result.state,
            books=None if row.draft is None else booking(row.draft),
            symbol_text=row.symbol_text,
            isin=row.isin,
            name=row.name,
            account_text=row.account_text,
            skipped=row.skipped or ("as asked for" if result.state is RowState.SKIPPED else ""),
            notes=list(row.notes),
            problems=[RowProblemModel.of(problem) for problem in row.problems],
        )


class UnresolvedModel(ResponseModel):
    """An instrument of the file that the client must name: `symbols={"<text>": "<symbol>"}`."""

    text: str
    isin: str
    name: str
    rows: int = Field(description="How many rows wait for it.")
    candidates: list[CandidateModel]


class ImportCounts(ResponseModel):
    """How many rows of each state."""

    new: int
    duplicate: int
    error: int
    skipped: int


class ImportModel(ResponseModel):
    """What a file would book, or booked."""

    id: str | None = Field(description="For `DELETE .../imports/{id}`; none in a dry run, or with nothing new.")
    dry_run: bool
    version: int | None = Field(description="Version of the portfolio after the write.")
    count: int = Field(description="Transactions booked; in a dry run, that would be.")
    skipped_duplicates: int
    preset: str
    format: str
    encoding: str
    currency: str = Field(description="Of amounts that name none; empty: the account's.")
    warnings: list[str]
    counts: ImportCounts
    problems: list[RowProblemModel] = Field(description="Of the file as a whole.")
    unresolved: list[UnresolvedModel]
    rows: list[ImportRowModel] = Field(description="By their number; in a dry run alone, at most `rows_limit`.")
    more_rows: int = Field(description="Rows beyond the limit.")


def report_model(report: ImportReport, *, limit: int, only: RowState | None) -> ImportModel:
    """A dry run as the API writes it."""
    shown = [result for result in report.rows if only is None or result.state is only]
    shown.sort(key=lambda result: result.row.row)
    counts = report.counts
    return ImportModel(
        id=None,
        dry_run=True,
        version=None,
        count=0 if report.refused else counts[RowState.NEW],
        skipped_duplicates=counts[RowState.DUPLICATE],
        preset=report.file.preset,
        format=report.file.format,
        encoding=report.file.encoding,
        currency=report.file.currency,
        warnings=list(report.file.warnings),
        counts=ImportCounts(**{state.value: counts[state] for state in RowState}),
        problems=[RowProblemModel.of(problem) for problem in report.problems],
        unresolved=_unresolved(report.rows),
        rows=[ImportRowModel.of(result) for result in shown[:limit]],
        more_rows=max(0, len(shown) - limit),
    )


def _unresolved(rows: Sequence[RowResult]) -> list[UnresolvedModel]:
    found: dict[str, UnresolvedModel] = {}
    for result in rows:
        row = result.row
        text = row.symbol_text or row.isin or row.name
        problem = next((one for one in row.problems if one.field == "symbol" and one.cure.startswith("Say ")), None)
        if problem is None or result.state is not RowState.ERROR:
            continue
        if text not in found and len(found) >= _MOST_UNRESOLVED:
            break
        before = found.get(text)
        found[text] = UnresolvedModel(
            text=text,
            isin=row.isin,
            name=row.name,
            rows=1 if before is None else before.rows + 1,
            candidates=[CandidateModel.of(one) for one in problem.candidates],
        )
    return list(found.values())


def booking(draft: Draft) -> Booking:
    """A draft as a transaction's body; what is empty is left out."""
    said: Booking = {}
    for each in fields(draft):
        value = getattr(draft, each.name)
        if isinstance(value, tuple):
            if value:
                said[each.name] = [
                    {"lot_id": lot.lot_id, "quantity": lot.quantity} for lot in value if isinstance(lot, LotDraft)
                ]
        elif value is not None:
            said["date" if each.name == "day" else each.name] = str(value)
    return said
