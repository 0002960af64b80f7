"""Tools about background analyses: start one, read what came of it."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Literal

from pydantic import Field
from stocktool.stock.v1 import analytics_service_pb2 as pb
from stocktool_kit.core.errors import InvalidArgument, NotFound

from stocktool_chat.adapters import tool_arguments as args
from stocktool_chat.adapters.proto_json import to_plain
from stocktool_chat.adapters.tool_session import Session, Tool, about
from stocktool_chat.domain.json_types import JsonObject

_FINAL = (pb.ANALYSIS_STATE_DONE, pb.ANALYSIS_STATE_FAILED)
# Columns of days are for charts; addresses of files open them to whoever has them, and the page makes its own.
_LEFT_OUT = ("url", "expires_at", "dates", "series", "growth", "drawdown_series")
_LOOKS = 8
_BETWEEN_SECONDS = 0.5


class NoAnalysis(NotFound):
    """None was started for the portfolio."""

    reason = "ANALYSIS_NOT_FOUND"


class NewAnalysis(args.OfPortfolio):
    """What is to be analysed."""

    kind: Literal["portfolio", "optimisation", "projection", "tax_lots", "statement"] = Field(
        description="portfolio: holdings, performance, risk and allocation in one. optimisation: best weights. "
        "projection: where the value may stand. tax_lots: sales lot by lot, CSV and PDF. statement: a PDF of holdings, "
        "performance and income."
    )
    method: Literal["min_variance", "max_sharpe", "risk_parity", "hrp", "frontier"] | None = Field(
        default=None, description="Of an optimisation; null for min_variance, and for other kinds."
    )
    years: int | None = Field(default=None, ge=1, le=60, description="Of a projection; null for 10, and other kinds.")
    saving_monthly: args.Amount = Field(default=None, description="Of a projection; null for none, and other kinds.")
    year: int | None = Field(
        default=None, ge=1970, le=2200, description="Of tax_lots or a statement; null for all, and other kinds."
    )

    @property
    def parameters(self) -> dict[str, str | int]:
        """What the kind takes of it.

        Raises:
            InvalidArgument: Something was given that belongs to another kind.
        """
        given = {name: value for name in _TAKEN_BY if (value := getattr(self, name)) is not None}
        for name in given:
            if self.kind not in _TAKEN_BY[name]:
                raise InvalidArgument.of(f"/{name}", f"belongs to {' and '.join(_TAKEN_BY[name])} only; leave it null")
        if self.kind == "optimisation":
            given.setdefault("method", "min_variance")
        return {_NAMES.get(name, name): value for name, value in given.items()}


_TAKEN_BY = {
    "method": ("optimisation",),
    "years": ("projection",),
    "saving_monthly": ("projection",),
    "year": ("tax_lots", "statement"),
}
_NAMES = {"saving_monthly": "contribution_monthly"}


class WhichAnalysis(args.OfPortfolio):
    """An analysis."""

    analysis_id: args.Name = Field(default=None, description="Id from start_analysis; null for the portfolio's newest.")


async def start_analysis(session: Session, wanted: NewAnalysis) -> JsonObject:
    """Queue one; a turn that is begun anew finds the one it started before."""
    portfolio = await session.portfolio(wanted.portfolio)
    what = f"{session.turn_id}:{portfolio.id}:{wanted.model_dump_json()}"
    request = pb.StartAnalysisRequest(
        portfolio_id=portfolio.id, kind=wanted.kind, idempotency_key=hashlib.sha256(what.encode()).hexdigest()
    )
    request.parameters.update(wanted.parameters)
    answer = await session.ask.analytics.StartAnalysis(request)
    return about(portfolio, {"analysis": to_plain(answer.analysis, drop=_LEFT_OUT)})


async def read_analysis(session: Session, wanted: WhichAnalysis) -> JsonObject:
    """Read one, waiting a little for one that is under way."""
    analysis_id = wanted.analysis_id or await _newest(session, wanted.portfolio)
    request = pb.GetAnalysisRequest(analysis_id=analysis_id)
    for _ in range(_LOOKS):
        analysis = (await session.ask.analytics.GetAnalysis(request)).analysis
        if analysis.state in _FINAL:
            break
        await asyncio.sleep(_BETWEEN_SECONDS)
    return {"analysis": to_plain(analysis, drop=_LEFT_OUT)}


async def _newest(session: Session, wanted: str | None) -> str:
    portfolio = await session.portfolio(wanted)
    listed = await session.ask.analytics.ListAnalyses(pb.ListAnalysesRequest(portfolio_id=portfolio.id, page_size=1))
    if not listed.items:
        raise NoAnalysis(f"no analysis of {portfolio.name} was started in the last ninety days; start one first")
    return listed.items[0].id


TOOLS = (
    Tool("start_analysis", "Starts an analysis that runs in the background and answers its id at once; the user is "
         "told when it has ended.",
         NewAnalysis, start_analysis, pb.StartAnalysisResponse, ("portfolio",), cached=False),
    Tool("read_analysis", "How far a background analysis is, and its figures once it is done.", WhichAnalysis,
         read_analysis, pb.GetAnalysisResponse, cached=False),
)  # fmt: skip
