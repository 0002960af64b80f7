"""Bodies of requests and answers."""

from __future__ import annotations

from datetime import datetime

from pydantic import ConfigDict, Field, SecretStr
from stocktool_kit.http.model import RequestModel, ResponseModel

from stocktool_auth.application.sign_in import SignedIn
from stocktool_auth.domain.api_keys import LONGEST_DAYS, ApiKey
from stocktool_auth.domain.passwords import MAX_LENGTH, MIN_LENGTH
from stocktool_auth.domain.sessions import Session
from stocktool_auth.domain.tokens import ACCESS_LIFETIME
from stocktool_auth.domain.users import User

# Far above what is taken, so that the domain's own refusal names the cure; only absurd sizes stop at the door.
_MAX_INPUT = 1024


class _CredentialModel(RequestModel):
    """Fields as typed: a blank at the end of a password is part of it."""

    model_config = ConfigDict(str_strip_whitespace=False)


class RegisterBody(_CredentialModel):
    """A new account."""

    email: str = Field(max_length=_MAX_INPUT, examples=["ada@example.com"], description="Address to sign in with.")
    password: SecretStr = Field(
        max_length=_MAX_INPUT,
        description=f"{MIN_LENGTH} to {MAX_LENGTH} characters of any kind; common passwords are refused.",
    )
    display_name: str = Field(max_length=_MAX_INPUT, examples=["Ada"], description="Name to show.")


class LoginBody(_CredentialModel):
    """Credentials."""

    email: str = Field(max_length=_MAX_INPUT, description="Address the account was registered with.")
    password: SecretStr = Field(max_length=_MAX_INPUT, description="Its password.")
    totp: str | None = Field(
        default=None,
        max_length=16,
        description="Reserved for a second factor. No account has one in this version: anything but null is refused.",
    )


class TokenBody(_CredentialModel):
    """An API key."""

    api_key: SecretStr = Field(max_length=_MAX_INPUT, description="The whole text, `stk_...`, as it was shown once.")


class ApiKeyBody(RequestModel):
    """A new API key."""

    name: str = Field(max_length=_MAX_INPUT, examples=["nightly export"], description="What it is for.")
    scopes: list[str] | None = Field(
        default=None,
        max_length=32,
        examples=[["portfolio.read"]],
        description="What it may do; left out: all that you may but managing this account.",
    )
    expires_in_days: int = Field(default=90, description=f"Lifetime in days, 1 to {LONGEST_DAYS}.")


class UserModel(ResponseModel):
    """A user as they see themselves."""

    id: str = Field(description="`usr_...`.")
    email: str
    display_name: str
    roles: list[str] = Field(description="`user`, `admin`.")

    @classmethod
    def of(cls, user: User) -> UserModel:
        """Write a user."""
        return cls(id=user.id, email=user.email, display_name=user.display_name, roles=sorted(user.roles))


class RegisterAnswer(ResponseModel):
    """The new account."""

    user: UserModel


class LoginAnswer(ResponseModel):
    """A session begun or gone on; the refresh token is in the cookie."""

    access_token: str = Field(description="For `Authorization: Bearer ...`.")
    token_type: str = Field(description="`Bearer`.")
    expires_in: int = Field(description="Seconds the access token lives.")
    user: UserModel

    @classmethod
    def of(cls, signed_in: SignedIn) -> LoginAnswer:
        """Write a session's access token and user."""
        return cls(
            access_token=signed_in.access_token,
            token_type="Bearer",  # noqa: S106 - the name of the scheme
            expires_in=int(ACCESS_LIFETIME.total_seconds()),
            user=UserModel.of(signed_in.user),
        )


class TokenAnswer(ResponseModel):
    """A short access token for a program."""

    access_token: str = Field(description="For `Authorization: Bearer ...`.")
    token_type: str = Field(description="`Bearer`.")
    expires_in: int = Field(description="Seconds the access token lives.")
    scope: str = Field(description="What it may do, separated by blanks.")


class SessionModel(ResponseModel):
    """One place where the user is signed in."""

    id: str = Field(description="`ses_...`.")
    user_agent: str = Field(description="The device as its browser names itself.")
    address: str = Field(description="Where the sign-in came from.")
    created_at: datetime
    last_used_at: datetime = Field(description="Last sign-in or refresh.")
    expires_at: datetime = Field(description="When it ends unless it is used again.")
    current: bool = Field(description="Whether it is the session this request belongs to.")

    @classmethod
    def of(cls, session: Session, current_id: str) -> SessionModel:
        """Write a session."""
        return cls(
            id=session.id,
            user_agent=session.user_agent,
            address=session.address,
            created_at=session.created_at,
            last_used_at=session.rotated_at,
            expires_at=session.expires_at,
            current=session.id == current_id,
        )


class SessionList(ResponseModel):
    """Sessions, last used first; all of them on one page."""

    items: list[SessionModel]
    next_page_token: str = ""


class ApiKeyModel(ResponseModel):
    """An API key without its secret."""

    id: str = Field(description="`key_...`.")
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, key: ApiKey) -> ApiKeyModel:
        """Write a key."""
        return cls(
            id=key.id, name=key.name, scopes=list(key.scopes), created_at=key.created_at, expires_at=key.expires_at
        )


class NewApiKeyModel(ApiKeyModel):
    """A key just made."""

    api_key: str = Field(description="The whole text; shown now and never again.")


class ApiKeyList(ResponseModel):
    """API keys, newest first; all of them on one page."""

    items: list[ApiKeyModel]
    next_page_token: str = ""
