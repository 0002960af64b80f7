"""What an access token says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from stocktool_kit.core.ids import new_id

from stocktool_auth.domain.api_keys import ApiKey
from stocktool_auth.domain.grants import Grant
from stocktool_auth.domain.roles import Role, scopes_of
from stocktool_auth.domain.sessions import Session
from stocktool_auth.domain.users import User, UserId

ACCESS_LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """The claims of one token.

    Attributes:
        subject: The user.
        roles: What the user was when the token was made.
        scopes: What the token allows.
        token_id: `jti`; of a grant, the work's id.
        session_id: `sid`, empty for API keys and grants.
        actor: Service that acts for the user, empty but in grants.
    """

    subject: UserId
    roles: frozenset[Role]
    scopes: tuple[str, ...]
    token_id: str
    issued_at: datetime
    expires_at: datetime
    session_id: str = ""
    actor: str = ""


def session_claims(user: User, session: Session, now: datetime) -> AccessClaims:
    """Claims of a person who signed in: all their roles give."""
    return AccessClaims(
        subject=user.id,
        roles=user.roles,
        scopes=scopes_of(user.roles),
        token_id=new_id("tok"),
        issued_at=now,
        expires_at=now + ACCESS_LIFETIME,
        session_id=session.id,
    )


def api_key_claims(user: User, key: ApiKey, now: datetime) -> AccessClaims:
    """Claims of a program that shows an API key: what the key and the user both have."""
    return AccessClaims(
        subject=user.id,
        roles=user.roles,
        scopes=key.granted(user),
        token_id=new_id("tok"),
        issued_at=now,
        expires_at=min(now + ACCESS_LIFETIME, key.expires_at),
    )


def grant_claims(user: User, grant: Grant, now: datetime) -> AccessClaims:
    """Claims of a service that works for a user: the grant's scopes the user still has, until the budget ends."""
    held = scopes_of(user.roles)
    return AccessClaims(
        subject=user.id,
        roles=user.roles,
        scopes=tuple(scope for scope in grant.scopes if scope in held),
        token_id=grant.work_id,
        issued_at=now,
        expires_at=grant.expires_at,
        actor=grant.actor,
    )
