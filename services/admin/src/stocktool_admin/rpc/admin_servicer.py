"""AdminService over the use cases."""

from __future__ import annotations

from datetime import date
from typing import Any

import grpc
import orjson
from stocktool.admin.v1 import admin_service_pb2 as pb
from stocktool.admin.v1 import admin_service_pb2_grpc as pb_grpc
from stocktool_kit.core.caller import current_caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.paging import DEFAULT_PAGE_SIZE, PageRequest

from stocktool_admin.application.keep_evaluations import ListEvaluations, ReadEvaluation
from stocktool_admin.application.operate_queues import ListDeadLetters, ListQueues, RedriveDeadLetters
from stocktool_admin.application.read_audit import ReadAudit
from stocktool_admin.application.watch_health import HealthBoard
from stocktool_admin.domain.audit import AuditFilter, AuditRecord
from stocktool_admin.domain.evaluations import Evaluation, EvaluationFailure
from stocktool_admin.domain.health import ServiceHealth, ServiceState
from stocktool_admin.domain.queues import DeadLetter

Context = grpc.aio.ServicerContext[Any, Any]

_DEFAULT_LETTERS = 20
_STATES = {
    ServiceState.READY: pb.SERVICE_STATE_READY,
    ServiceState.NOT_READY: pb.SERVICE_STATE_NOT_READY,
    ServiceState.UNREACHABLE: pb.SERVICE_STATE_UNREACHABLE,
}


class AdminServicer(pb_grpc.AdminServiceServicer):
    """Converts, calls, converts."""

    def __init__(
        self,
        *,
        board: HealthBoard,
        read_audit: ReadAudit,
        list_queues: ListQueues,
        list_dead_letters: ListDeadLetters,
        redrive: RedriveDeadLetters,
        list_evaluations: ListEvaluations,
        read_evaluation: ReadEvaluation,
        clock: Clock,
    ) -> None:
        self._board = board
        self._read_audit = read_audit
        self._list_queues = list_queues
        self._list_dead_letters = list_dead_letters
        self._redrive = redrive
        self._list_evaluations = list_evaluations
        self._read_evaluation = read_evaluation
        self._clock = clock

    async def GetHealth(self, request: pb.GetHealthRequest, context: Context) -> pb.GetHealthResponse:
        """The health of the mesh."""
        mesh = self._board.mesh()
        return pb.GetHealthResponse(ready=mesh.ready, services=[_service(service) for service in mesh.services])

    async def ListAuditEvents(self, request: pb.ListAuditEventsRequest, context: Context) -> pb.ListAuditEventsResponse:
        """A page of a day's audit trail."""
        wanted = AuditFilter(_day(request.day) or self._clock.now().date(), request.action, request.actor)
        page = await self._read_audit(wanted, PageRequest(request.page_size or DEFAULT_PAGE_SIZE, request.page_token))
        return pb.ListAuditEventsResponse(
            events=[_event(record) for record in page.items], next_page_token=page.next_page_token
        )

    async def ListQueues(self, request: pb.ListQueuesRequest, context: Context) -> pb.ListQueuesResponse:
        """The queues."""
        return pb.ListQueuesResponse(
            queues=[
                pb.Queue(
                    name=queue.name,
                    visible=queue.visible,
                    in_flight=queue.in_flight,
                    delayed=queue.delayed,
                    dead_letters=queue.dead_letters,
                )
                for queue in await self._list_queues()
            ]
        )

    async def ListDeadLetters(self, request: pb.ListDeadLettersRequest, context: Context) -> pb.ListDeadLettersResponse:
        """A look at what a queue gave up."""
        letters = await self._list_dead_letters(request.queue, request.max_letters or _DEFAULT_LETTERS)
        return pb.ListDeadLettersResponse(letters=[_letter(letter) for letter in letters])

    async def RedriveDeadLetters(
        self, request: pb.RedriveDeadLettersRequest, context: Context
    ) -> pb.RedriveDeadLettersResponse:
        """Dead letters sent back."""
        return pb.RedriveDeadLettersResponse(moved=await self._redrive(request.queue, by=current_caller().subject))

    async def ListEvaluations(self, request: pb.ListEvaluationsRequest, context: Context) -> pb.ListEvaluationsResponse:
        """A page of runs of the golden questions."""
        page = await self._list_evaluations(PageRequest(request.page_size or DEFAULT_PAGE_SIZE, request.page_token))
        return pb.ListEvaluationsResponse(
            evaluations=[_evaluation(each) for each in page.items], next_page_token=page.next_page_token
        )

    async def GetEvaluation(self, request: pb.GetEvaluationRequest, context: Context) -> pb.GetEvaluationResponse:
        """One run, with what failed."""
        found = await self._read_evaluation(request.evaluation_id)
        return pb.GetEvaluationResponse(
            evaluation=_evaluation(found), failures=[_failure(each) for each in found.failures]
        )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InvalidArgument.of("day", "is no day of the calendar") from error


def _service(service: ServiceHealth) -> pb.ServiceHealth:
    message = pb.ServiceHealth(name=service.name, state=_STATES[service.state], detail=service.detail)
    message.latency.FromTimedelta(service.latency)
    message.checked_at.FromDatetime(service.checked_at)
    return message


def _event(record: AuditRecord) -> pb.AuditEvent:
    message = pb.AuditEvent(
        id=record.id,
        action=record.action,
        actor=record.actor,
        owner=record.owner,
        target=record.target,
        detail_json=orjson.dumps(record.detail, default=str).decode(),
        trace_id=record.trace_id,
    )
    message.occurred_at.FromDatetime(record.at)
    return message


def _letter(letter: DeadLetter) -> pb.DeadLetter:
    message = pb.DeadLetter(
        message_id=letter.id, body=letter.body, attributes=letter.attributes, receive_count=letter.receive_count
    )
    message.sent_at.FromDatetime(letter.sent_at)
    return message


def _evaluation(evaluation: Evaluation) -> pb.Evaluation:
    message = pb.Evaluation(
        id=evaluation.id,
        model=evaluation.model,
        commit=evaluation.commit,
        questions=evaluation.questions,
        only=evaluation.only,
        cases=evaluation.cases,
        passed=evaluation.passed,
        axes=[pb.AxisScore(name=axis.name, met=axis.met, asked=axis.asked) for axis in evaluation.axes],
    )
    message.began_at.FromDatetime(evaluation.at)
    return message


def _failure(failure: EvaluationFailure) -> pb.EvaluationFailure:
    return pb.EvaluationFailure(
        case=failure.case,
        family=failure.family,
        axis=failure.axis,
        question=failure.question,
        expected=failure.expected,
        got=failure.got,
    )
