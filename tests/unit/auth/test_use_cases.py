"""Signing in and refreshing over fakes: what the sockets cannot time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from stocktool_auth.adapters.argon2_hasher import Argon2Hasher
from stocktool_auth.adapters.jwt_tokens import CurrentRing, JwtAccessTokens, SealedRefreshTokens, make_signing_key
from stocktool_auth.application.refresh_session import RefreshSession
from stocktool_auth.application.register_user import RegisterUser
from stocktool_auth.application.sign_in import SignedIn, SignIn, WrongCredentials
from stocktool_auth.domain.sessions import RefreshReused, RefreshToken, SessionEnded, SessionId
from stocktool_auth.domain.signing import KeyRing
from stocktool_auth.domain.throttle import TooManyAttempts
from stocktool_auth.domain.users import User
from stocktool_kit.core.errors import Unavailable
from stocktool_kit.testing.clock import FakeClock

from tests.fakes.auth import FakeAttempts, FakeAuditLog, FakeHasher, FakeNotices, FakeSessions, FakeUsers

PASSWORD = "nine unrelated heron feathers"


def a_ring(clock: FakeClock) -> CurrentRing:
    current = CurrentRing()
    current.use(KeyRing([make_signing_key(clock.now())], b"s" * 32))
    return current


@dataclass
class Identity:
    """The use cases over fakes."""

    clock: FakeClock = field(default_factory=FakeClock)
    audit: FakeAuditLog = field(default_factory=FakeAuditLog)
    hasher: FakeHasher = field(default_factory=FakeHasher)
    notices: FakeNotices = field(default_factory=FakeNotices)

    def __post_init__(self) -> None:
        self.users, self.sessions = FakeUsers(self.audit), FakeSessions(self.audit)
        current = a_ring(self.clock)
        tokens = JwtAccessTokens(current, self.clock, issuer="stocktool", audience="stocktool")
        seals = SealedRefreshTokens(current)
        self._register = RegisterUser(self.users, self.hasher, self.clock)
        self._sign_in = SignIn(
            users=self.users,
            sessions=self.sessions,
            attempts=FakeAttempts(),
            audit=self.audit,
            hasher=self.hasher,
            access_tokens=tokens,
            refresh_tokens=seals,
            clock=self.clock,
        )
        self._refresh = RefreshSession(
            users=self.users,
            sessions=self.sessions,
            access_tokens=tokens,
            refresh_tokens=seals,
            notices=self.notices,
            clock=self.clock,
        )

    async def register(self) -> User:
        return await self._register(email="a@b.de", password=PASSWORD, display_name="Ada", address="192.0.2.1")

    async def sign_in(self, password: str = PASSWORD, email: str = "a@b.de", address: str = "192.0.2.1") -> SignedIn:
        return await self._sign_in(email=email, password=password, address=address, user_agent="browser")

    async def refresh(self, token: str) -> SignedIn:
        return await self._refresh(token, address="192.0.2.1")


async def test_token_before_works_for_ten_seconds_and_then_ends_the_family() -> None:
    identity = Identity()
    user = await identity.register()
    first = await identity.sign_in()
    second = await identity.refresh(first.refresh_token)
    identity.clock.advance(9.9)
    assert (await identity.refresh(first.refresh_token)).refresh_token == second.refresh_token
    identity.clock.advance(0.1)
    with pytest.raises(RefreshReused):
        await identity.refresh(first.refresh_token)
    with pytest.raises(SessionEnded):
        await identity.refresh(second.refresh_token)
    assert identity.notices.told == [(user.id, first.session.id)]
    assert identity.audit.actions[-1] == "session.reuse-detected"


async def test_session_left_alone_for_a_month_is_over() -> None:
    identity = Identity()
    await identity.register()
    signed_in = await identity.sign_in()
    identity.clock.advance(by=timedelta(days=30))
    with pytest.raises(SessionEnded):
        await identity.refresh(signed_in.refresh_token)


async def test_a_comparison_is_made_for_unknown_users_too() -> None:
    identity = Identity()
    await identity.register()
    for email in ("a@b.de", "nobody@b.de", "no address at all"):
        before = identity.hasher.comparisons
        with pytest.raises(WrongCredentials):
            await identity.sign_in("wrong password here", email)
        assert identity.hasher.comparisons == before + 1


async def test_a_burst_of_parallel_guesses_gains_nothing() -> None:
    identity = Identity()
    await identity.register()
    outcomes = await asyncio.gather(*(identity.sign_in(f"guess number {n}") for n in range(40)), return_exceptions=True)
    assert sum(isinstance(outcome, WrongCredentials) for outcome in outcomes) <= 5
    assert all(isinstance(outcome, WrongCredentials | TooManyAttempts) for outcome in outcomes)


async def test_success_forgets_failures() -> None:
    identity = Identity()
    await identity.register()
    for _ in range(3):
        for _ in range(3):
            with pytest.raises(WrongCredentials):
                await identity.sign_in("wrong password here")
        await identity.sign_in()


async def test_outdated_hash_is_renewed_at_sign_in() -> None:
    identity = Identity()
    user = await identity.register()
    identity.hasher.generation = "b"
    await identity.sign_in()
    renewed = await identity.users.find(user.id)
    assert renewed is not None
    assert renewed.password_hash.startswith("b:")
    await identity.sign_in()


async def test_argon2_takes_the_right_password_only() -> None:
    hasher = Argon2Hasher(threads=1)
    stored = await hasher.hash(PASSWORD)
    assert stored.startswith("$argon2id$")
    assert await hasher.verify(PASSWORD, stored)
    assert not await hasher.verify(PASSWORD + " ", stored)
    assert not await hasher.verify("nobody has this password", None)
    assert not hasher.is_outdated(stored)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1] + "!",
        lambda text: text.replace(".1.", ".2."),
        lambda _: "",
        lambda _: "a.b",
        lambda text: "é" + text,
    ],
)
def test_refresh_token_that_was_touched_is_not_ours(change: object) -> None:
    seals = SealedRefreshTokens(a_ring(FakeClock()))
    token = RefreshToken(SessionId("ses_x"), 1)
    text = seals.seal(token)
    assert seals.open(text) == token
    assert callable(change)
    assert seals.open(change(text)) is None


def test_nothing_is_signed_before_the_keys_were_read() -> None:
    with pytest.raises(Unavailable):
        SealedRefreshTokens(CurrentRing()).seal(RefreshToken(SessionId("ses_x"), 1))
