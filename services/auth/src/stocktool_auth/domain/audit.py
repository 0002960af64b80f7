"""What the audit trail is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """Something done or tried, recorded in the transaction that does it.

    Attributes:
        action: What: "user.registered".
        actor: Who: a user, an operator, or empty where nobody is known.
        target: To what: a user, a session.
        owner: Whose it is, empty where nobody is known.
        details: Short facts without secrets.
    """

    action: str
    actor: str
    target: str
    owner: str
    details: Mapping[str, str] = field(default_factory=dict)
