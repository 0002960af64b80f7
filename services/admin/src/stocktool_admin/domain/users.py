"""Users as administrators see them; the auth service owns them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ManagedUser:
    """A user.

    Attributes:
        version: Counts changes.
    """

    id: str
    email: str
    display_name: str
    roles: Sequence[str]
    suspended: bool
    version: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class UserChange:
    """What is to change; None stays.

    Attributes:
        expected_version: The version that was read; None takes whatever is there.
    """

    roles: Sequence[str] | None
    suspended: bool | None
    expected_version: int | None
