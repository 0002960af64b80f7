"""Public signing keys, fetched from the auth service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import grpc
import orjson
from stocktool.auth.v1 import auth_service_pb2 as pb
from stocktool.auth.v1 import auth_service_pb2_grpc as pb_grpc


class RemoteKeys:
    """A `KeySource` over `AuthService.ListSigningKeys`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._auth: pb_grpc.AuthServiceAsyncStub = pb_grpc.AuthServiceStub(channel)

    async def jwks(self) -> Mapping[str, Any]:
        """Fetch the key set.

        Raises:
            Unavailable: The auth service does not answer.
        """
        response = await self._auth.ListSigningKeys(pb.ListSigningKeysRequest())
        keys: dict[str, Any] = orjson.loads(response.jwks_json)
        return keys
