"""In-memory ports of the auth service; trusted because they pass the contracts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from stocktool_auth.domain.api_keys import ApiKey
from stocktool_auth.domain.audit import AuditEvent
from stocktool_auth.domain.grants import Grant
from stocktool_auth.domain.sessions import Session, SessionId
from stocktool_auth.domain.signing import KeyRing
from stocktool_auth.domain.throttle import Attempts
from stocktool_auth.domain.users import EmailTaken, StaleUser, User, UserId
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token


class FakeAuditLog:
    """Keeps events in a list, its own and those of the stores that share it."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []

    async def record(self, event: AuditEvent) -> None:
        self.events.append(event)

    @property
    def actions(self) -> list[str]:
        return [event.action for event in self.events]


class FakeUsers:
    def __init__(self, audit: FakeAuditLog | None = None) -> None:
        self._users: dict[UserId, User] = {}
        self._audit = audit or FakeAuditLog()

    async def add(self, user: User, audit: AuditEvent) -> None:
        if any(each.email == user.email for each in self._users.values()):
            raise EmailTaken("this address has an account; sign in instead")
        self._users[user.id] = user
        self._audit.events.append(audit)

    async def find(self, user_id: UserId) -> User | None:
        return self._users.get(user_id)

    async def find_by_email(self, email: str) -> User | None:
        return next((user for user in self._users.values() if user.email == email), None)

    async def save(self, user: User, audits: Sequence[AuditEvent]) -> None:
        if self._users[user.id].version != user.version - 1:
            raise StaleUser("the user changed since you read it; read it again")
        self._users[user.id] = user
        self._audit.events.extend(audits)

    async def page(self, request: PageRequest) -> Page[User]:
        newest_first = sorted(self._users.values(), key=lambda user: user.id, reverse=True)
        after = decode_token(request.page_token)["after"] if request.page_token else None
        rest = [user for user in newest_first if after is None or user.id < after]
        items = rest[: request.page_size]
        more = len(rest) > len(items)
        # Real pages cannot know that nothing follows; this one answers like them when a page is full to the brim.
        return Page(items, encode_token({"after": items[-1].id}) if more else "")


class FakeSessions:
    def __init__(self, audit: FakeAuditLog | None = None) -> None:
        self._sessions: dict[SessionId, Session] = {}
        self._audit = audit or FakeAuditLog()

    async def add(self, session: Session, audit: AuditEvent) -> None:
        self._sessions[session.id] = session
        self._audit.events.append(audit)

    async def find(self, session_id: SessionId) -> Session | None:
        return self._sessions.get(session_id)

    async def rotate(self, rotated: Session) -> bool:
        stored = self._sessions.get(rotated.id)
        if stored is None or stored.ended_at is not None or stored.generation != rotated.generation - 1:
            return False
        self._sessions[rotated.id] = rotated
        return True

    async def end(self, session: Session, at: datetime, audit: AuditEvent) -> bool:
        stored = self._sessions.get(session.id)
        if stored is None or stored.ended_at is not None:
            return False
        self._sessions[session.id] = replace(stored, ended_at=at)
        self._audit.events.append(audit)
        return True

    async def of_user(self, user_id: UserId) -> Sequence[Session]:
        return [session for session in self._sessions.values() if session.user_id == user_id]


class FakeGrants:
    def __init__(self, audit: FakeAuditLog | None = None) -> None:
        self._grants: dict[str, Grant] = {}
        self._audit = audit or FakeAuditLog()

    async def add(self, grant: Grant, audit: AuditEvent) -> bool:
        if grant.work_id in self._grants:
            return False
        self._grants[grant.work_id] = grant
        self._audit.events.append(audit)
        return True

    async def find(self, work_id: str) -> Grant | None:
        return self._grants.get(work_id)

    async def close(self, grant: Grant) -> None:
        self._grants[grant.work_id] = replace(self._grants[grant.work_id], closed=True)


class FakeApiKeys:
    def __init__(self, audit: FakeAuditLog | None = None) -> None:
        self._keys: dict[str, ApiKey] = {}
        self._audit = audit or FakeAuditLog()

    async def add(self, key: ApiKey, audit: AuditEvent) -> None:
        self._keys[key.id] = key
        self._audit.events.append(audit)

    async def find(self, key_id: str) -> ApiKey | None:
        return self._keys.get(key_id)

    async def of_user(self, user_id: UserId) -> Sequence[ApiKey]:
        return [key for key in self._keys.values() if key.user_id == user_id]

    async def delete(self, key: ApiKey, audit: AuditEvent) -> None:
        self._keys.pop(key.id, None)
        self._audit.events.append(audit)


class FakeAttempts:
    def __init__(self) -> None:
        self._attempts: dict[str, Attempts] = {}

    async def read(self, subject: str) -> Attempts:
        return self._attempts.get(subject, Attempts())

    async def replace(self, subject: str, before: Attempts, after: Attempts) -> bool:
        if self._attempts.get(subject, Attempts()) != before:
            return False
        self._attempts[subject] = after
        return True

    async def forget(self, subject: str) -> None:
        self._attempts.pop(subject, None)


class FakeVault:
    def __init__(self) -> None:
        self._ring: KeyRing | None = None

    async def read(self) -> KeyRing | None:
        return self._ring

    async def create(self, ring: KeyRing) -> bool:
        if self._ring is not None:
            return False
        self._ring = ring
        return True

    async def replace(self, ring: KeyRing) -> None:
        self._ring = ring


class FakeHasher:
    """A fast stand-in for the slow hash; counts comparisons, so that a test sees one is always made."""

    def __init__(self) -> None:
        self.comparisons = 0
        self.generation = "a"

    async def hash(self, password: str) -> str:
        return f"{self.generation}:{password[::-1]}"

    async def verify(self, password: str, stored: str | None) -> bool:
        self.comparisons += 1
        return stored is not None and stored.partition(":")[2] == password[::-1]

    def is_outdated(self, stored: str) -> bool:
        return not stored.startswith(f"{self.generation}:")


class FakeNotices:
    """Remembers what browsers were told."""

    def __init__(self) -> None:
        self.told: list[tuple[UserId, SessionId | None]] = []

    async def ended(self, user_id: UserId, session_id: SessionId | None) -> None:
        self.told.append((user_id, session_id))
