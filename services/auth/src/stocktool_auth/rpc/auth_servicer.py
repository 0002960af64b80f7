"""AuthService over the use cases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from stocktool.auth.v1 import auth_service_pb2 as pb
from stocktool.auth.v1 import auth_service_pb2_grpc as pb_grpc
from stocktool_kit.core.caller import current_caller
from stocktool_kit.core.paging import DEFAULT_PAGE_SIZE, PageRequest

from stocktool_auth.application.administer_users import GetUser, ListUsers, UpdateUser
from stocktool_auth.application.delegate import CloseGrant, Delegate
from stocktool_auth.application.introspect import Introspect
from stocktool_auth.domain.users import User, UserId

Context = grpc.aio.ServicerContext[Any, Any]


class AuthServicer(pb_grpc.AuthServiceServicer):
    """Converts, calls, converts."""

    def __init__(
        self,
        *,
        introspect: Introspect,
        delegate: Delegate,
        close_grant: CloseGrant,
        list_users: ListUsers,
        get_user: GetUser,
        update_user: UpdateUser,
        key_set: Callable[[], str],
    ) -> None:
        self._introspect = introspect
        self._delegate = delegate
        self._close_grant = close_grant
        self._list_users = list_users
        self._get_user = get_user
        self._update_user = update_user
        self._key_set = key_set

    async def ListSigningKeys(self, request: pb.ListSigningKeysRequest, context: Context) -> pb.ListSigningKeysResponse:
        """Public keys."""
        return pb.ListSigningKeysResponse(jwks_json=self._key_set())

    async def Introspect(self, request: pb.IntrospectRequest, context: Context) -> pb.IntrospectResponse:
        """Whether a token is good now."""
        found = await self._introspect(request.token)
        if found is None:
            return pb.IntrospectResponse(active=False)
        claims, user = found
        response = pb.IntrospectResponse(
            active=True,
            subject=user.id,
            owners=[user.id],
            roles=sorted(user.roles),
            scopes=claims.scopes,
            session_id=claims.session_id,
            actor=claims.actor,
        )
        response.expires_at.FromDatetime(claims.expires_at)
        return response

    async def Delegate(self, request: pb.DelegateRequest, context: Context) -> pb.DelegateResponse:
        """A token for one piece of work."""
        delegated = await self._delegate(
            current_caller(),
            work_id=request.work_id,
            scopes=tuple(request.scopes),
            until=request.expires_at.ToDatetime(tzinfo=UTC) if request.HasField("expires_at") else None,
        )
        response = pb.DelegateResponse(token=delegated.token, subject=delegated.grant.subject, scopes=delegated.scopes)
        response.expires_at.FromDatetime(delegated.grant.expires_at)
        return response

    async def CloseGrant(self, request: pb.CloseGrantRequest, context: Context) -> pb.CloseGrantResponse:
        """The end of a grant."""
        await self._close_grant(current_caller(), request.work_id)
        return pb.CloseGrantResponse()

    async def ListUsers(self, request: pb.ListUsersRequest, context: Context) -> pb.ListUsersResponse:
        """A page of users."""
        page = await self._list_users(PageRequest(request.page_size or DEFAULT_PAGE_SIZE, request.page_token))
        return pb.ListUsersResponse(
            users=[_to_proto(user) for user in page.items], next_page_token=page.next_page_token
        )

    async def GetUser(self, request: pb.GetUserRequest, context: Context) -> pb.GetUserResponse:
        """One user."""
        return pb.GetUserResponse(user=_to_proto(await self._get_user(UserId(request.user_id))))

    async def UpdateUser(self, request: pb.UpdateUserRequest, context: Context) -> pb.UpdateUserResponse:
        """A change of roles or suspension."""
        user = await self._update_user(
            UserId(request.user_id),
            by=current_caller().subject,
            roles=tuple(request.roles.roles) if request.HasField("roles") else None,
            suspended=request.suspended if request.HasField("suspended") else None,
            expected_version=request.expected_version if request.HasField("expected_version") else None,
        )
        return pb.UpdateUserResponse(user=_to_proto(user))


def _to_proto(user: User) -> pb.User:
    created_at = Timestamp()
    created_at.FromDatetime(user.created_at)
    return pb.User(
        id=user.id,
        email=user.email,
        display_name=user.display_name,
        roles=sorted(user.roles),
        suspended=user.suspended,
        version=user.version,
        created_at=created_at,
    )
