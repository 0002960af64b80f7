"""Signing in with a password."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import InvalidArgument, Unauthenticated
from stocktool_kit.core.ids import new_id

from stocktool_auth.application.ports import (
    AccessTokens,
    AttemptStore,
    AuditLog,
    PasswordHasher,
    RefreshTokens,
    SessionStore,
    UserStore,
)
from stocktool_auth.domain.audit import AuditEvent
from stocktool_auth.domain.emails import email_hash, normalise_email
from stocktool_auth.domain.passwords import MAX_LENGTH, normalise_password
from stocktool_auth.domain.sessions import Session, SessionId
from stocktool_auth.domain.throttle import TooManyAttempts
from stocktool_auth.domain.tokens import session_claims
from stocktool_auth.domain.users import StaleUser, User, UserSuspended

_RACES = 3
_DEVICE_LENGTH = 256


class WrongCredentials(Unauthenticated):
    """Address and password do not belong together; which of them is wrong stays unsaid."""

    reason = "WRONG_CREDENTIALS"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session with its tokens.

    Attributes:
        access_token: Short-lived, for the `Authorization` header.
        refresh_token: For the cookie.
    """

    user: User
    session: Session
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)


class SignIn:
    """Begins a session."""

    def __init__(
        self,
        *,
        users: UserStore,
        sessions: SessionStore,
        attempts: AttemptStore,
        audit: AuditLog,
        hasher: PasswordHasher,
        access_tokens: AccessTokens,
        refresh_tokens: RefreshTokens,
        clock: Clock,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._attempts = attempts
        self._audit = audit
        self._hasher = hasher
        self._access_tokens = access_tokens
        self._refresh_tokens = refresh_tokens
        self._clock = clock

    async def __call__(self, *, email: str, password: str, address: str, user_agent: str) -> SignedIn:
        """Sign in.

        Raises:
            TooManyAttempts: This address tried this account too often.
            WrongCredentials: Address and password do not belong together.
            UserSuspended: They do, and the user is suspended.
        """
        try:
            normalised = normalise_email(email)
        except InvalidArgument:
            normalised = email.strip().lower()[:512]  # nobody's address: it goes the whole way, to the same answer
        subject = hashlib.sha256(f"{normalised}\n{address}".encode()).hexdigest()
        await self._count(subject)
        user = await self._users.find_by_email(normalised)
        secret = normalise_password(password)
        possible = len(secret) <= MAX_LENGTH
        right = await self._hasher.verify(secret[:MAX_LENGTH], user.password_hash if user is not None else None)
        if user is None or not right or not possible:
            owner = user.id if user is not None else ""
            target = owner or f"email:{email_hash(normalised)}"
            await self._audit.record(AuditEvent("signin.failed", "", target, owner, {"address": address}))
            raise WrongCredentials("the address or the password is wrong")
        if user.suspended:
            await self._audit.record(AuditEvent("signin.refused", user.id, user.id, user.id, {"address": address}))
            raise UserSuspended("this account is suspended; ask an administrator")
        await self._attempts.forget(subject)
        user = await self._rehashed(user, secret)
        return await self._begin(user, address, user_agent)

    async def _count(self, subject: str) -> None:
        for _ in range(_RACES):
            before = await self._attempts.read(subject)
            if await self._attempts.replace(subject, before, before.next(self._clock.now())):
                return
        raise TooManyAttempts("too many attempts at once; try again in a moment", retry_after_seconds=1)

    async def _rehashed(self, user: User, secret: str) -> User:
        if not self._hasher.is_outdated(user.password_hash):
            return user
        renewed = replace(user, password_hash=await self._hasher.hash(secret), version=user.version + 1)
        try:
            await self._users.save(renewed, ())
        except StaleUser:
            return user  # somebody changed the user just now; the next sign-in renews the hash
        return renewed

    async def _begin(self, user: User, address: str, user_agent: str) -> SignedIn:
        now = self._clock.now()
        session = Session(
            id=SessionId(new_id("ses")),
            user_id=user.id,
            created_at=now,
            rotated_at=now,
            user_agent=user_agent[:_DEVICE_LENGTH],
            address=address,
        )
        event = AuditEvent("signin.succeeded", user.id, session.id, user.id, {"address": address})
        await self._sessions.add(session, event)
        return SignedIn(
            user=user,
            session=session,
            access_token=self._access_tokens.issue(session_claims(user, session, now)),
            refresh_token=self._refresh_tokens.seal(session.current),
        )
