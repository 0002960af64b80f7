"""What the routes call; bootstrap puts it on the app's state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from stocktool_auth.application.administer_users import GetUser
from stocktool_auth.application.api_keys import CreateApiKey, DeleteApiKey, ExchangeApiKey, ListApiKeys
from stocktool_auth.application.manage_sessions import ListSessions, RevokeSession, SignOut
from stocktool_auth.application.refresh_session import RefreshSession
from stocktool_auth.application.register_user import RegisterUser
from stocktool_auth.application.sign_in import SignIn
from stocktool_auth.http.cookie import RefreshCookie


@dataclass(frozen=True, slots=True)
class UseCases:
    """The use cases behind the routes.

    Attributes:
        key_set: Gives the public keys as JSON.
    """

    register: RegisterUser
    sign_in: SignIn
    refresh: RefreshSession
    sign_out: SignOut
    get_user: GetUser
    list_sessions: ListSessions
    revoke_session: RevokeSession
    create_api_key: CreateApiKey
    list_api_keys: ListApiKeys
    delete_api_key: DeleteApiKey
    exchange_api_key: ExchangeApiKey
    key_set: Callable[[], str]
    cookie: RefreshCookie


def _use_cases(request: Request) -> UseCases:
    found: UseCases = request.app.state.use_cases
    return found


def _client_address(request: Request) -> str:
    # The edge appends the address it saw, so the last entry is the one that a client cannot choose.
    forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    if forwarded:
        return forwarded[:64]
    return request.client.host if request.client is not None else ""


Uses = Annotated[UseCases, Depends(_use_cases)]
ClientAddress = Annotated[str, Depends(_client_address)]
