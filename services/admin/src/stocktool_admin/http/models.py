"""Bodies of requests and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field
from stocktool_kit.http.model import MoneyModel, RequestModel, ResponseModel

from stocktool_admin.domain.audit import AuditRecord
from stocktool_admin.domain.flags import Flag
from stocktool_admin.domain.health import MeshHealth, ServiceHealth
from stocktool_admin.domain.queues import DeadLetter, QueueState
from stocktool_admin.domain.usage import UsageRow
from stocktool_admin.domain.users import ManagedUser


class UserPatch(RequestModel):
    """What is to change of a user; what is left out stays."""

    roles: list[str] | None = Field(default=None, min_length=1, max_length=8, description="The whole set of roles.")
    suspended: bool | None = Field(default=None, description="Suspending ends all sessions and grants.")
    version: int | None = Field(default=None, ge=1, description="The version that was read; another one is 409.")


class UserModel(ResponseModel):
    """A user."""

    id: str
    email: str
    display_name: str
    roles: list[str]
    suspended: bool
    version: int = Field(description="Counts changes; send it back with a change.")
    created_at: datetime

    @classmethod
    def of(cls, user: ManagedUser) -> UserModel:
        """Write a user."""
        return cls(
            id=user.id,
            email=user.email,
            display_name=user.display_name,
            roles=list(user.roles),
            suspended=user.suspended,
            version=user.version,
            created_at=user.created_at,
        )


class UserList(ResponseModel):
    """Users, newest first."""

    items: list[UserModel]
    next_page_token: str = Field(description="Empty on the last page.")


class AuditModel(ResponseModel):
    """Something that was done or tried."""

    id: str
    at: datetime
    action: str = Field(examples=["user.suspended"])
    actor: str = Field(description="Who; empty where nobody is known.")
    owner: str = Field(description="Whom the thing belongs to; empty where nobody is known.")
    target: str = Field(description="What it was done to.")
    detail: dict[str, Any]
    trace_id: str

    @classmethod
    def of(cls, record: AuditRecord) -> AuditModel:
        """Write a record."""
        return cls(
            id=record.id,
            at=record.at,
            action=record.action,
            actor=record.actor,
            owner=record.owner,
            target=record.target,
            detail=dict(record.detail),
            trace_id=record.trace_id,
        )


class AuditList(ResponseModel):
    """A day's records, newest first. With a filter a page may be short and yet not the last."""

    items: list[AuditModel]
    next_page_token: str = Field(description="Empty on the last page.")


class QueueModel(ResponseModel):
    """A queue; counts are the queue service's estimates."""

    name: str
    visible: int = Field(description="Messages waiting.")
    in_flight: int = Field(description="Messages being worked on.")
    delayed: int = Field(description="Messages that wait for their delay to end.")
    oldest_age_seconds: float | None = Field(
        default=None, description="Null: SQS tells it as a CloudWatch metric only."
    )
    dead_letters: int = Field(description="Messages that were given up.")

    @classmethod
    def of(cls, queue: QueueState) -> QueueModel:
        """Write a queue."""
        return cls(
            name=queue.name,
            visible=queue.visible,
            in_flight=queue.in_flight,
            delayed=queue.delayed,
            dead_letters=queue.dead_letters,
        )


class QueueList(ResponseModel):
    """Queues by name; all of them on one page."""

    items: list[QueueModel]
    next_page_token: str = ""


class DeadLetterModel(ResponseModel):
    """A message that was given up."""

    id: str
    body: str
    attributes: dict[str, str]
    receive_count: int
    sent_at: datetime

    @classmethod
    def of(cls, letter: DeadLetter) -> DeadLetterModel:
        """Write a dead letter."""
        return cls(
            id=letter.id,
            body=letter.body,
            attributes=dict(letter.attributes),
            receive_count=letter.receive_count,
            sent_at=letter.sent_at,
        )


class DeadLetterList(ResponseModel):
    """Dead letters, oldest first: a look at the queue, which has no pages."""

    items: list[DeadLetterModel]
    next_page_token: str = ""


class RedriveAnswer(ResponseModel):
    """How a redrive went."""

    moved: int = Field(description="Messages sent back; AWS moves them in the background.")


class UsageModel(ResponseModel):
    """Usage of one user, model or day."""

    key: str
    turns: int
    input_tokens: int
    output_tokens: int
    cost: MoneyModel | None = Field(description="By the deployment's price list; null where it has none.")

    @classmethod
    def of(cls, row: UsageRow) -> UsageModel:
        """Write a row."""
        return cls(
            key=row.key,
            turns=row.turns,
            input_tokens=row.input_tokens,
            output_tokens=row.output_tokens,
            cost=MoneyModel.of(row.cost) if row.cost is not None else None,
        )


class UsageList(ResponseModel):
    """Rows by key; all of them on one page."""

    items: list[UsageModel]
    next_page_token: str = ""


class ServiceModel(ResponseModel):
    """A service or worker as last probed."""

    name: str
    state: str = Field(description="`ready`, `not_ready`, `unreachable`.")
    detail: str = Field(description="What is wrong; empty when ready.")
    latency_ms: float
    checked_at: datetime

    @classmethod
    def of(cls, service: ServiceHealth) -> ServiceModel:
        """Write a finding."""
        return cls(
            name=service.name,
            state=service.state.value,
            detail=service.detail,
            latency_ms=round(service.latency.total_seconds() * 1000, 1),
            checked_at=service.checked_at,
        )


class HealthModel(ResponseModel):
    """The health of the mesh."""

    ready: bool
    services: list[ServiceModel]

    @classmethod
    def of(cls, mesh: MeshHealth) -> HealthModel:
        """Write the mesh."""
        return cls(ready=mesh.ready, services=[ServiceModel.of(service) for service in mesh.services])


class ReadyModel(ResponseModel):
    """Whether the mesh takes requests, for anybody."""

    ready: bool
    services: dict[str, str] = Field(description="State of each service: `ready`, `not_ready`, `unreachable`.")


class FlagBody(RequestModel):
    """A flag's new value."""

    value: Any = Field(description="Any JSON of at most 4 KB.")
    version: int | None = Field(
        default=None, ge=0, description="The version that was read, 0 for none; another one is 409."
    )


class FlagModel(ResponseModel):
    """A flag."""

    name: str
    value: Any
    version: int
    updated_at: datetime
    updated_by: str

    @classmethod
    def of(cls, flag: Flag) -> FlagModel:
        """Write a flag."""
        return cls(
            name=flag.name,
            value=flag.value,
            version=flag.version,
            updated_at=flag.updated_at,
            updated_by=flag.updated_by,
        )


class FlagList(ResponseModel):
    """Flags by name; all of them on one page."""

    items: list[FlagModel]
    next_page_token: str = ""
