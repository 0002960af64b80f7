"""What administrators see and do."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from stocktool_kit.core.caller import Caller
from stocktool_kit.http.auth import requires

from stocktool_admin.domain.audit import AuditFilter
from stocktool_admin.domain.usage import UsageBy
from stocktool_admin.domain.users import UserChange
from stocktool_admin.http.models import (
    AuditList,
    AuditModel,
    DeadLetterList,
    DeadLetterModel,
    FlagBody,
    FlagList,
    FlagModel,
    HealthModel,
    QueueList,
    QueueModel,
    RedriveAnswer,
    UsageList,
    UsageModel,
    UserList,
    UserModel,
    UserPatch,
)
from stocktool_admin.http.use_cases import RequestKey, Uses, WantedPage

router = APIRouter()

UserAdmin = Annotated[Caller, requires("users.admin")]
UsageAdmin = Annotated[Caller, requires("usage.admin")]
Reader = Annotated[Caller, requires("admin.read")]
Writer = Annotated[Caller, requires("admin.write")]


@router.get("/users", tags=["users"])
async def list_users(uses: Uses, page: WantedPage, _: UserAdmin) -> UserList:
    """Users, newest first."""
    found = await uses.list_users(page)
    return UserList(items=[UserModel.of(user) for user in found.items], next_page_token=found.next_page_token)


@router.patch("/users/{user_id}", tags=["users"])
async def update_user(user_id: str, body: UserPatch, uses: Uses, _: UserAdmin, key: RequestKey) -> UserModel:
    """Change a user's roles or suspension; suspending ends all their sessions and grants."""
    change = UserChange(body.roles, body.suspended, body.version)

    async def update() -> dict[str, object]:
        return UserModel.of(await uses.update_user(user_id, change)).model_dump(mode="json")

    return UserModel.model_validate(await uses.replays.once(key, update))


@router.get("/audit", tags=["audit"])
async def read_audit(
    uses: Uses,
    page: WantedPage,
    _: Reader,
    day: Annotated[date | None, Query(description="The day in UTC; today if left out.")] = None,
    action: Annotated[str, Query(max_length=64, description="Only this action.")] = "",
    actor: Annotated[str, Query(max_length=64, description="Only this actor.")] = "",
) -> AuditList:
    """One day's audit trail, newest first."""
    found = await uses.read_audit(AuditFilter(day or uses.clock.now().date(), action, actor), page)
    return AuditList(items=[AuditModel.of(record) for record in found.items], next_page_token=found.next_page_token)


@router.get("/queues", tags=["queues"])
async def list_queues(uses: Uses, _: Reader) -> QueueList:
    """Queues with their depths."""
    return QueueList(items=[QueueModel.of(queue) for queue in await uses.list_queues()])


@router.get("/queues/{name}/dead-letters", tags=["queues"])
async def list_dead_letters(
    name: str, uses: Uses, _: Reader, page_size: Annotated[int, Query(ge=1, le=100)] = 20
) -> DeadLetterList:
    """What a queue gave up; looking takes nothing away."""
    return DeadLetterList(items=[DeadLetterModel.of(one) for one in await uses.list_dead_letters(name, page_size)])


@router.post("/queues/{name}/dead-letters:redrive", tags=["queues"])
async def redrive_dead_letters(name: str, uses: Uses, caller: Writer, key: RequestKey) -> RedriveAnswer:
    """Send a queue's dead letters back to it."""

    async def redrive() -> dict[str, object]:
        return {"moved": await uses.redrive(name, by=caller.subject)}

    return RedriveAnswer.model_validate(await uses.replays.once(key, redrive))


@router.get("/usage", tags=["usage"])
async def report_usage(
    uses: Uses,
    _: UsageAdmin,
    by: UsageBy = UsageBy.DAY,
    start: Annotated[date | None, Query(description="First day; 29 days before the last if left out.")] = None,
    end: Annotated[date | None, Query(description="Last day, included; today if left out.")] = None,
) -> UsageList:
    """Turns, tokens and cost by user, model or day."""
    return UsageList(items=[UsageModel.of(row) for row in await uses.report_usage(by, start, end)])


@router.get("/health", tags=["health"])
async def get_health(uses: Uses, _: Reader) -> HealthModel:
    """Every service and worker as last probed, at most a few seconds ago."""
    return HealthModel.of(uses.board.mesh())


@router.get("/flags", tags=["flags"])
async def list_flags(uses: Uses, _: Reader) -> FlagList:
    """All flags, by name."""
    return FlagList(items=[FlagModel.of(flag) for flag in await uses.list_flags()])


@router.get("/flags/{name}", tags=["flags"])
async def get_flag(name: str, uses: Uses, _: Reader) -> FlagModel:
    """One flag."""
    return FlagModel.of(await uses.get_flag(name))


@router.put("/flags/{name}", tags=["flags"])
async def set_flag(name: str, body: FlagBody, uses: Uses, caller: Writer, key: RequestKey) -> FlagModel:
    """Set a flag."""
    return FlagModel.of(
        await uses.set_flag(name, body.value, expected_version=body.version, by=caller.subject, key=key)
    )
