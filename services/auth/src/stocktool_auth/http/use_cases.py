"""What the routes call; bootstrap puts it on the app's state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.http.idempotency import idempotency_key

from stocktool_auth.application.administer_users import GetUser
from stocktool_auth.application.api_keys import CreateApiKey, DeleteApiKey, ExchangeApiKey, ListApiKeys
from stocktool_auth.application.manage_sessions import ListSessions, RevokeSession, SignOut
from stocktool_auth.application.ports import Replays
from stocktool_auth.application.refresh_session import RefreshSession
from stocktool_auth.application.register_user import RegisterUser
from stocktool_auth.application.sign_in import SignIn
from stocktool_auth.http.cookie import RefreshCookie


@dataclass(frozen=True, slots=True)
class UseCases:
    """The use cases behind the routes.

    Attributes:
        key_set: Gives the public keys as JSON.
        proxy_hops: Proxies of ours in front, each of which appends the address it saw to `X-Forwarded-For`.
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
    proxy_hops: int
    replays: Replays


def _use_cases(request: Request) -> UseCases:
    found: UseCases = request.app.state.use_cases
    return found


def _client_address(request: Request) -> str:
    # What our own proxies appended counts; whatever stands before it a client may have written.
    hops = _use_cases(request).proxy_hops
    forwarded = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()]
    if hops and len(forwarded) >= hops:
        return forwarded[-hops][:64]
    return request.client.host if request.client is not None else ""


Uses = Annotated[UseCases, Depends(_use_cases)]
RequestKey = Annotated[IdempotencyKey | None, idempotency_key()]
ClientAddress = Annotated[str, Depends(_client_address)]
