"""A hint that something a user watches has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from stocktool.common.v1 import push_service_pb2 as pb


@dataclass(frozen=True, slots=True)
class PushEvent:
    """One hint. The stored row is the truth: a hint may be lost, repeated, or replaced by a later one.

    Attributes:
        subject: Whom or what it concerns: a user's id, `symbol:AAPL`.
        type: `quote`, `job`, `notification`, `document`, `session.revoked`.
        payload: JSON object for the browser, at most 16 KB.
        id: What of the subject it is about: the job, the document, the row of the inbox. Of the hints that wait for a
            slow reader, the last of each subject, type and id is kept.
        occurred_at: When the change happened.
    """

    subject: str
    type: str
    payload: Mapping[str, Any]
    id: str = ""
    occurred_at: datetime = field(default_factory=lambda: datetime.now(UTC))


def to_proto(event: PushEvent) -> pb.PushEvent:
    """Write a hint for the wire."""
    message = pb.PushEvent(
        subject=event.subject, type=event.type, payload=orjson.dumps(event.payload, default=str), id=event.id
    )
    message.occurred_at.FromDatetime(event.occurred_at)
    return message


def from_proto(message: pb.PushEvent) -> PushEvent:
    """Read a hint from the wire.

    Raises:
        ValueError: The payload is no JSON.
        TypeError: It is no JSON object.
    """
    payload = orjson.loads(message.payload or b"{}")
    if not isinstance(payload, dict):
        raise TypeError("the payload is no JSON object")
    occurred_at = message.occurred_at.ToDatetime(tzinfo=UTC)
    return PushEvent(message.subject, message.type, payload, message.id, occurred_at)
