"""What a user is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stocktool_kit.core.errors import NotFound
from stocktool_kit.core.ids import OwnerId


class NotificationNotFound(NotFound):
    """No notification by this id is in the caller's inbox."""

    reason = "NOTIFICATION_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class Notification:
    """One row of an inbox.

    Attributes:
        id: A ULID, so that ids sort by time; the same in the row, the message and the hint.
        owner: Whose inbox.
        type: What it is about: `analysis`, `alert`.
        title: One sentence for a person.
        created_at: When it happened.
        read: Whether its owner has said so.
        data: Ids and states that belong to it: `{"analysis_id": "ana_..."}`.
    """

    id: str
    owner: OwnerId
    type: str
    title: str
    created_at: datetime
    read: bool = False
    data: Mapping[str, str] = field(default_factory=dict)
