"""Delegated grants from the auth service."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from stocktool.auth.v1 import auth_service_pb2 as pb
from stocktool.auth.v1.auth_service_pb2_grpc import AuthServiceStub
from stocktool_kit.core.caller import Caller, acting_as, current_caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import StockToolError
from stocktool_kit.core.ids import OwnerId

from stocktool_chat.domain.conversation import TurnId

if TYPE_CHECKING:  # the asynchronous stub exists as a type only
    from stocktool.auth.v1.auth_service_pb2_grpc import AuthServiceAsyncStub

SCOPES = ("documents.read", "market.read", "portfolio.read")


class AuthGrants:
    """`Grants` over `AuthService`."""

    def __init__(self, channel: grpc.aio.Channel, clock: Clock) -> None:
        self._auth: AuthServiceAsyncStub = AuthServiceStub(channel)
        self._clock = clock

    async def open(self, turn_id: TurnId, seconds: float) -> Caller:
        """See the port."""
        ends = Timestamp()
        ends.FromDatetime(self._clock.now() + timedelta(seconds=seconds))
        scopes = [scope for scope in SCOPES if scope in current_caller().scopes]
        answer = await self._auth.Delegate(pb.DelegateRequest(work_id=turn_id, scopes=scopes, expires_at=ends))
        return _caller(turn_id, answer)

    async def take_over(self, turn_id: TurnId) -> Caller:
        """See the port."""
        with acting_as(None):  # under this service's own identity: the user is not here
            return _caller(turn_id, await self._auth.Delegate(pb.DelegateRequest(work_id=turn_id)))

    async def close(self, turn_id: TurnId) -> None:
        """See the port."""
        with suppress(StockToolError), acting_as(None):
            await self._auth.CloseGrant(pb.CloseGrantRequest(work_id=turn_id))


def _caller(turn_id: TurnId, answer: pb.DelegateResponse) -> Caller:
    return Caller(
        subject=answer.subject,
        owners=(OwnerId(answer.subject),),
        scopes=frozenset(answer.scopes),
        actor="chat",
        grant_id=turn_id,
        token=answer.token,
    )
