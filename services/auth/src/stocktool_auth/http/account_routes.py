"""The signed-in user: themselves, their sessions, their API keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from stocktool_kit.core.caller import Caller
from stocktool_kit.http.auth import requires

from stocktool_auth.domain.sessions import SessionId
from stocktool_auth.domain.users import UserId
from stocktool_auth.http.models import (
    ApiKeyBody,
    ApiKeyList,
    ApiKeyModel,
    NewApiKeyModel,
    SessionList,
    SessionModel,
    UserModel,
)
from stocktool_auth.http.use_cases import RequestKey, Uses

router = APIRouter(tags=["account"])

Account = Annotated[Caller, requires("account")]
"""A person who signed in; programs with an API key lack the scope."""


@router.get("/me")
async def me(uses: Uses, caller: Account) -> UserModel:
    """The signed-in user."""
    return UserModel.of(await uses.get_user(UserId(caller.owner)))


@router.get("/sessions")
async def list_sessions(uses: Uses, caller: Account) -> SessionList:
    """Where the user is signed in."""
    sessions = await uses.list_sessions(UserId(caller.owner))
    return SessionList(items=[SessionModel.of(session, caller.session_id) for session in sessions])


@router.delete("/sessions/{session_id}", status_code=204)
async def revoke_session(session_id: str, uses: Uses, caller: Account, key: RequestKey) -> None:
    """End a session; its access tokens live on for ten minutes at most."""

    async def revoke() -> dict[str, object]:
        await uses.revoke_session(UserId(caller.owner), SessionId(session_id))
        return {}

    await uses.replays.once(key, revoke)


@router.post("/api-keys", status_code=201)
async def create_api_key(body: ApiKeyBody, uses: Uses, caller: Account) -> NewApiKeyModel:
    """Make an API key. Its text is in this answer only, so this write takes no Idempotency-Key."""
    made = await uses.create_api_key(
        UserId(caller.owner), name=body.name, scopes=body.scopes, days=body.expires_in_days
    )
    return NewApiKeyModel(**ApiKeyModel.of(made.key).model_dump(), api_key=made.text)


@router.get("/api-keys")
async def list_api_keys(uses: Uses, caller: Account) -> ApiKeyList:
    """The user's API keys, without their secrets."""
    keys = await uses.list_api_keys(UserId(caller.owner))
    return ApiKeyList(items=[ApiKeyModel.of(key) for key in keys])


@router.delete("/api-keys/{key_id}", status_code=204)
async def delete_api_key(key_id: str, uses: Uses, caller: Account, key: RequestKey) -> None:
    """End an API key; tokens made from it live on for ten minutes at most."""

    async def delete() -> dict[str, object]:
        await uses.delete_api_key(UserId(caller.owner), key_id)
        return {}

    await uses.replays.once(key, delete)
