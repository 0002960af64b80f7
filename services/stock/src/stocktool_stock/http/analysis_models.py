"""Bodies of background analyses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator
from stocktool_kit.http.model import RequestModel, ResponseModel
from stocktool_kit.http.problem import from_validation

from stocktool_stock.application.analysis_ports import ReportLink
from stocktool_stock.domain.analysis import Analysis, AnalysisKind, Json
from stocktool_stock.domain.holding_period import HoldingRule
from stocktool_stock.http.optimise_models import OptimiseBody
from stocktool_stock.http.projection import PortfolioProjectionBody


class NoParameters(RequestModel):
    """Nothing to choose."""


class ReportPeriod(RequestModel):
    """Days of a report, both included; without a year and a start from the ledger's first day on."""

    year: Annotated[int, Field(ge=1970, le=2200)] | None = Field(default=None, description="Instead of start and end.")
    start: date | None = None
    end: date | None = Field(default=None, description="By default, and at most, the market's today.")

    @model_validator(mode="after")
    def _one_way(self) -> ReportPeriod:
        if self.year is not None and (self.start is not None or self.end is not None):
            raise ValueError("must have year, or start and end, not both")
        if self.start is not None and self.end is not None and self.start > self.end:
            raise ValueError("start must not be after end")
        return self

    @property
    def days(self) -> tuple[date | None, date | None]:
        """First and last day, None where nothing was said."""
        if self.year is not None:
            return date(self.year, 1, 1), date(self.year, 12, 31)
        return self.start, self.end


class TaxLotsParameters(ReportPeriod):
    """Sales of a period lot by lot, and the lots open at its end."""

    long_after_days: Annotated[int, Field(ge=0, le=36_500)] | None = Field(
        default=None, description="Held longer than so many days is long-term; by default the US rule of a year."
    )

    @property
    def rule(self) -> HoldingRule:
        """When a lot was held long."""
        return HoldingRule(self.long_after_days)


PARAMETERS: dict[AnalysisKind, type[RequestModel]] = {
    AnalysisKind.PORTFOLIO: NoParameters,
    AnalysisKind.OPTIMISATION: OptimiseBody,
    AnalysisKind.PROJECTION: PortfolioProjectionBody,
    AnalysisKind.TAX_LOTS: TaxLotsParameters,
    AnalysisKind.STATEMENT: ReportPeriod,
}


class NewAnalysisModel(RequestModel):
    """What is to be done."""

    kind: AnalysisKind = Field(
        description="`portfolio`: holdings, performance, risk and allocation in one; `optimisation`; `projection`; "
        "`tax_lots`: CSV and PDF; `statement`: PDF."
    )
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        description="By kind. `portfolio`: none. `optimisation`: the body of the portfolio's route `/optimise`. "
        "`projection`: that of `/projection`. `statement`: year, or start and end. `tax_lots`: these and "
        "long_after_days.",
    )


class StepModel(ResponseModel):
    """A finished part of an analysis."""

    name: str
    finished_at: datetime


class AnalysisErrorModel(ResponseModel):
    """Why an analysis failed; reason CANCELLED when its owner ended it."""

    reason: str
    message: str


class ReportFileModel(ResponseModel):
    """A file to be downloaded, at an address that holds for some minutes; ask again for another."""

    url: str
    expires_at: datetime
    name: str
    content_type: str
    size_bytes: int

    @classmethod
    def of(cls, link: ReportLink) -> ReportFileModel:
        """As the API writes it."""
        file = link.file
        return cls(
            url=link.url,
            expires_at=link.expires_at,
            name=file.name,
            content_type=file.content_type,
            size_bytes=file.size_bytes,
        )


class AnalysisModel(ResponseModel):
    """A background analysis."""

    id: str
    portfolio_id: str
    kind: str
    state: str = Field(description="queued, running, done or failed.")
    parameters: dict[str, Any]
    steps: list[StepModel]
    current_step: str | None
    progress: float = Field(description="Finished part of the steps, 0 to 1.")
    result: dict[str, Any] | None = Field(description="By kind, once done; lists leave it out.")
    report: ReportFileModel | None = Field(description="The document of kinds that write one, once done.")
    files: list[ReportFileModel] = Field(description="All files, the document first.")
    error: AnalysisErrorModel | None
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, analysis: Analysis, links: Sequence[ReportLink] = ()) -> AnalysisModel:
        """As the API writes it."""
        failed = bool(analysis.error_reason)
        files = [ReportFileModel.of(link) for link in links]
        return cls(
            id=analysis.id,
            portfolio_id=analysis.portfolio_id,
            kind=analysis.kind.value,
            state=analysis.state.value,
            parameters=dict(analysis.parameters),
            steps=[StepModel(name=step.name, finished_at=step.finished_at) for step in analysis.steps],
            current_step=analysis.current_step or None,
            progress=analysis.progress,
            result=None if analysis.result is None else dict(analysis.result),
            report=files[0] if files else None,
            files=files,
            error=AnalysisErrorModel(reason=analysis.error_reason, message=analysis.error_message) if failed else None,
            created_at=analysis.created_at,
            finished_at=analysis.finished_at,
        )


class AnalysisPage(ResponseModel):
    """A page of analyses."""

    items: list[AnalysisModel]
    next_page_token: str = ""


def stored_parameters(kind: AnalysisKind, given: Mapping[str, Any]) -> dict[str, Json]:
    """Parameters as they are kept: what was said, in plain values.

    Raises:
        InvalidArgument: The kind does not take them; each violation names its place.
    """
    try:
        model = PARAMETERS[kind].model_validate(given)
    except ValidationError as error:
        found = [{**each, "loc": ("body", "parameters", *each["loc"])} for each in error.errors(include_url=False)]
        raise from_validation(found) from error
    kept: dict[str, Json] = model.model_dump(mode="json", exclude_unset=True)
    return kept
