"""Users through AuthService."""

from __future__ import annotations

from datetime import UTC

import grpc
from stocktool.auth.v1 import auth_service_pb2 as pb
from stocktool.auth.v1 import auth_service_pb2_grpc as pb_grpc
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_admin.domain.users import ManagedUser, UserChange


class GrpcUsers:
    """A `UserDirectory`; the channel carries the administrator's own token, so auth judges and audits by it."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._auth: pb_grpc.AuthServiceAsyncStub = pb_grpc.AuthServiceStub(channel)

    async def page(self, request: PageRequest) -> Page[ManagedUser]:
        """Users, newest first."""
        response = await self._auth.ListUsers(
            pb.ListUsersRequest(page_size=request.page_size, page_token=request.page_token)
        )
        return Page([_user(user) for user in response.users], response.next_page_token)

    async def update(self, user_id: str, change: UserChange) -> ManagedUser:
        """Change a user; refusals are auth's."""
        response = await self._auth.UpdateUser(
            pb.UpdateUserRequest(
                user_id=user_id,
                roles=pb.RoleSet(roles=change.roles) if change.roles is not None else None,
                suspended=change.suspended,
                expected_version=change.expected_version,
            )
        )
        return _user(response.user)


def _user(user: pb.User) -> ManagedUser:
    return ManagedUser(
        id=user.id,
        email=user.email,
        display_name=user.display_name,
        roles=list(user.roles),
        suspended=user.suspended,
        version=user.version,
        created_at=user.created_at.ToDatetime(tzinfo=UTC),
    )
