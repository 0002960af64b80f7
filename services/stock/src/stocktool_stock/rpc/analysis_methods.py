"""The methods of `AnalyticsService` about background analyses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict
from stocktool.stock.v1 import analytics_service_pb2 as pb
from stocktool.stock.v1 import analytics_service_pb2_grpc as pb_grpc
from stocktool_kit.core.caller import current_caller
from stocktool_kit.rpc.idempotency import idempotency_key

from stocktool_stock.application.analysis_ports import ReportLink
from stocktool_stock.application.portfolio_uses import PortfolioUses
from stocktool_stock.domain.analysis import Analysis, AnalysisKind, AnalysisState, Json
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.rpc.wire import Context, page_of, struct, to_timestamp

_STATES = {
    AnalysisState.QUEUED: pb.ANALYSIS_STATE_QUEUED,
    AnalysisState.RUNNING: pb.ANALYSIS_STATE_RUNNING,
    AnalysisState.DONE: pb.ANALYSIS_STATE_DONE,
    AnalysisState.FAILED: pb.ANALYSIS_STATE_FAILED,
}

ReadParameters = Callable[[AnalysisKind, Mapping[str, Any]], Mapping[str, Json]]
"""Checks the parameters of a kind and gives them as they are kept; InvalidArgument names what is wrong."""


class AnalysisMethods(pb_grpc.AnalyticsServiceServicer):
    """Converts, calls, converts."""

    _uses: PortfolioUses
    _parameters: ReadParameters

    async def StartAnalysis(self, request: pb.StartAnalysisRequest, context: Context) -> pb.StartAnalysisResponse:
        """Queue an analysis."""
        kind = AnalysisKind(request.kind)
        analysis = await self._uses.start_analysis(
            current_caller(),
            PortfolioId(request.portfolio_id),
            kind,
            parameters=self._parameters(kind, MessageToDict(request.parameters)),
            key=idempotency_key("StartAnalysis", request),
        )
        return pb.StartAnalysisResponse(analysis=_analysis(analysis))

    async def GetAnalysis(self, request: pb.GetAnalysisRequest, context: Context) -> pb.GetAnalysisResponse:
        """Read an analysis."""
        found = await self._uses.read_analysis.linked(current_caller(), request.analysis_id)
        return pb.GetAnalysisResponse(analysis=_analysis(found.analysis, found.links))

    async def ListAnalyses(self, request: pb.ListAnalysesRequest, context: Context) -> pb.ListAnalysesResponse:
        """List a portfolio's analyses."""
        page = await self._uses.read_analysis.list(
            current_caller(), PortfolioId(request.portfolio_id), page_of(request.page_size, request.page_token)
        )
        return pb.ListAnalysesResponse(items=map(_analysis, page.items), next_page_token=page.next_page_token)


def _analysis(analysis: Analysis, links: Sequence[ReportLink] = ()) -> pb.Analysis:
    message = pb.Analysis(
        id=analysis.id,
        portfolio_id=analysis.portfolio_id,
        kind=analysis.kind.value,
        state=_STATES[analysis.state],
        steps=[pb.AnalysisStep(name=step.name, finished_at=to_timestamp(step.finished_at)) for step in analysis.steps],
        result=None if analysis.result is None else struct(analysis.result),
        created_at=to_timestamp(analysis.created_at),
        finished_at=to_timestamp(analysis.finished_at),
        parameters=struct(analysis.parameters),
        files=map(_file, links),
    )
    if analysis.error_reason:
        message.error.CopyFrom(pb.AnalysisError(reason=analysis.error_reason, message=analysis.error_message))
    return message


def _file(link: ReportLink) -> pb.ReportFile:
    return pb.ReportFile(
        url=link.url,
        expires_at=to_timestamp(link.expires_at),
        name=link.file.name,
        content_type=link.file.content_type,
        size_bytes=link.file.size_bytes,
    )
