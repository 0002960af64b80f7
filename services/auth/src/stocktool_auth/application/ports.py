"""What the use cases need from outside. Writes take the audit events that are stored in their own transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_auth.domain.api_keys import ApiKey
from stocktool_auth.domain.audit import AuditEvent
from stocktool_auth.domain.grants import Grant
from stocktool_auth.domain.sessions import RefreshToken, Session, SessionId
from stocktool_auth.domain.signing import KeyRing
from stocktool_auth.domain.throttle import Attempts
from stocktool_auth.domain.tokens import AccessClaims
from stocktool_auth.domain.users import User, UserId


class UserStore(Protocol):
    """Users, unique by address."""

    async def add(self, user: User, audit: AuditEvent) -> None:
        """Store a new user.

        Raises:
            EmailTaken: The address has a user.
        """
        ...

    async def find(self, user_id: UserId) -> User | None:
        """The user by id, as last written."""
        ...

    async def find_by_email(self, email: str) -> User | None:
        """The user by normalised address, as last written."""
        ...

    async def save(self, user: User, audits: Sequence[AuditEvent]) -> None:
        """Store the next version of a user.

        Raises:
            StaleUser: The stored version is not the one before `user.version`.
        """
        ...

    async def page(self, request: PageRequest) -> Page[User]:
        """Users, newest first."""
        ...


class SessionStore(Protocol):
    """Sessions by family."""

    async def add(self, session: Session, audit: AuditEvent) -> None:
        """Store a new session."""
        ...

    async def find(self, session_id: SessionId) -> Session | None:
        """The session, ended ones included, as last written."""
        ...

    async def rotate(self, rotated: Session) -> bool:
        """Store the next generation; False when the stored session is ended or not one generation behind."""
        ...

    async def end(self, session: Session, at: datetime, audit: AuditEvent) -> bool:
        """Mark a session as ended; False, and nothing recorded, when it was already."""
        ...

    async def of_user(self, user_id: UserId) -> Sequence[Session]:
        """All sessions of a user that are stored, in no certain order."""
        ...


class GrantStore(Protocol):
    """Grants by work."""

    async def add(self, grant: Grant, audit: AuditEvent) -> bool:
        """Store a new grant; False when the work has one."""
        ...

    async def find(self, work_id: str) -> Grant | None:
        """The grant, closed ones included, as last written."""
        ...

    async def close(self, grant: Grant) -> None:
        """Mark a grant as closed."""
        ...


class ApiKeyStore(Protocol):
    """API keys by id."""

    async def add(self, key: ApiKey, audit: AuditEvent) -> None:
        """Store a new key."""
        ...

    async def find(self, key_id: str) -> ApiKey | None:
        """The key, expired ones included."""
        ...

    async def of_user(self, user_id: UserId) -> Sequence[ApiKey]:
        """All keys of a user that are stored, in no certain order."""
        ...

    async def delete(self, key: ApiKey, audit: AuditEvent) -> None:
        """Forget a key; no error when it is gone."""
        ...


class AttemptStore(Protocol):
    """Counted sign-ins."""

    async def read(self, subject: str) -> Attempts:
        """What was counted; nothing yet is `Attempts()`."""
        ...

    async def replace(self, subject: str, before: Attempts, after: Attempts) -> bool:
        """Store the next count; False when another attempt was counted since `before` was read."""
        ...

    async def forget(self, subject: str) -> None:
        """Count from nothing again."""
        ...


class AuditLog(Protocol):
    """Events that change nothing else."""

    async def record(self, event: AuditEvent) -> None:
        """Store an event."""
        ...


class PasswordHasher(Protocol):
    """A slow hash, off the event loop."""

    async def hash(self, password: str) -> str:
        """Hash a normalised password with a fresh salt."""
        ...

    async def verify(self, password: str, stored: str | None) -> bool:
        """Compare; without a stored hash it takes as long and says no."""
        ...

    def is_outdated(self, stored: str) -> bool:
        """Whether a hash was made with weaker parameters than today's."""
        ...


class KeyVault(Protocol):
    """Where the key ring is kept."""

    async def read(self) -> KeyRing | None:
        """The ring; None before the first start."""
        ...

    async def create(self, ring: KeyRing) -> bool:
        """Store the first ring; False when another process was quicker."""
        ...

    async def replace(self, ring: KeyRing) -> None:
        """Store a changed ring."""
        ...


class AccessTokens(Protocol):
    """Signs and reads access tokens."""

    def issue(self, claims: AccessClaims) -> str:
        """Sign a token."""
        ...

    def read(self, token: str) -> AccessClaims | None:
        """Claims of a token whose signature, issuer, audience and times are good; None otherwise."""
        ...


class RefreshTokens(Protocol):
    """Seals refresh tokens."""

    def seal(self, token: RefreshToken) -> str:
        """Write a token; the same one each time."""
        ...

    def open(self, text: str) -> RefreshToken | None:
        """Read a token of ours; None for anything else."""
        ...


class Replays(Protocol):
    """Answers of requests that may come twice."""

    async def once(
        self, key: IdempotencyKey | None, effect: Callable[[], Awaitable[Mapping[str, Any]]]
    ) -> Mapping[str, Any]:
        """Run an effect that bears repetition, or give what the same request was answered before."""
        ...


class SessionNotices(Protocol):
    """Tells open browsers that their session is over."""

    async def ended(self, user_id: UserId, session_id: SessionId | None) -> None:
        """Hint at the end of one session, or of all of a user's (None). A lost hint is no error."""
        ...
