"""Valid objects of the auth service's domain."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from stocktool_auth.domain.api_keys import ApiKey, hash_secret
from stocktool_auth.domain.audit import AuditEvent
from stocktool_auth.domain.grants import Grant
from stocktool_auth.domain.roles import Role
from stocktool_auth.domain.sessions import Session, SessionId
from stocktool_auth.domain.users import User, UserId
from stocktool_kit.core.ids import new_id

START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def a_user(**changes: Any) -> User:
    """A user nobody has seen yet."""
    user_id = UserId(new_id("usr"))
    user = User(
        id=user_id,
        email=f"{user_id}@example.com",
        display_name="Ada",
        password_hash="a:drowssap",
        roles=frozenset({Role.USER}),
        created_at=START,
    )
    return replace(user, **changes)


def a_session(**changes: Any) -> Session:
    """A session begun at the start."""
    session = Session(
        id=SessionId(new_id("ses")),
        user_id=UserId(new_id("usr")),
        created_at=START,
        rotated_at=START,
        user_agent="test browser",
        address="192.0.2.7",
    )
    return replace(session, **changes)


def a_grant(**changes: Any) -> Grant:
    """A grant for chat that ends in ten minutes."""
    grant = Grant(
        work_id=new_id("trn"),
        subject=UserId(new_id("usr")),
        actor="chat",
        scopes=("market.read", "portfolio.read"),
        created_at=START,
        expires_at=START + timedelta(minutes=10),
    )
    return replace(grant, **changes)


def an_api_key(**changes: Any) -> ApiKey:
    """An API key that lives for 90 days."""
    key = ApiKey(
        id=new_id("key"),
        user_id=UserId(new_id("usr")),
        name="export",
        secret_hash=hash_secret("secret"),
        scopes=("portfolio.read",),
        created_at=START,
        expires_at=START + timedelta(days=90),
    )
    return replace(key, **changes)


def an_event(action: str = "test.done") -> AuditEvent:
    """Something that was done."""
    return AuditEvent(action, "usr_test", "target", "usr_test", {"why": "test"})
