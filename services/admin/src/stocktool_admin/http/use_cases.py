"""What the routes call; bootstrap puts it on the app's state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.paging import DEFAULT_PAGE_SIZE, PageRequest
from stocktool_kit.http.idempotency import idempotency_key

from stocktool_admin.application.administer import ListUsers, ReportUsage, UpdateUser
from stocktool_admin.application.keep_evaluations import ListEvaluations, ReadEvaluation, StoreEvaluation
from stocktool_admin.application.manage_flags import GetFlag, ListFlags, SetFlag
from stocktool_admin.application.operate_queues import ListDeadLetters, ListQueues, RedriveDeadLetters
from stocktool_admin.application.ports import Replays
from stocktool_admin.application.read_audit import ReadAudit
from stocktool_admin.application.watch_health import HealthBoard


@dataclass(frozen=True, slots=True)
class UseCases:
    """The use cases behind the routes."""

    list_users: ListUsers
    update_user: UpdateUser
    report_usage: ReportUsage
    read_audit: ReadAudit
    list_queues: ListQueues
    list_dead_letters: ListDeadLetters
    redrive: RedriveDeadLetters
    store_evaluation: StoreEvaluation
    list_evaluations: ListEvaluations
    read_evaluation: ReadEvaluation
    list_flags: ListFlags
    get_flag: GetFlag
    set_flag: SetFlag
    board: HealthBoard
    replays: Replays
    clock: Clock


def _use_cases(request: Request) -> UseCases:
    found: UseCases = request.app.state.use_cases
    return found


def _page(
    page_size: Annotated[int, Query(description="1 to 500.")] = DEFAULT_PAGE_SIZE,
    page_token: Annotated[str, Query(max_length=1024, description="From the page before.")] = "",
) -> PageRequest:
    return PageRequest(page_size, page_token)


Uses = Annotated[UseCases, Depends(_use_cases)]
WantedPage = Annotated[PageRequest, Depends(_page)]
RequestKey = Annotated[IdempotencyKey | None, idempotency_key()]
