"""The identity of a write that came over gRPC."""

from __future__ import annotations

import hashlib
from typing import Protocol, TypeVar

from google.protobuf.message import Message

from stocktool_kit.core.caller import current_caller
from stocktool_kit.core.idempotency import IdempotencyKey


class Keyed(Protocol):
    """A request message with the field every write has."""

    idempotency_key: str


KeyedT = TypeVar("KeyedT", bound=Keyed)


def idempotency_key(method: str, request: KeyedT) -> IdempotencyKey:
    """The key the caller chose for a call of this method, bound to the hash of everything else in the request."""
    assert isinstance(request, Message)
    rest = type(request)()
    rest.CopyFrom(request)
    rest.ClearField("idempotency_key")
    digest = hashlib.sha256(rest.SerializeToString(deterministic=True)).hexdigest()
    return IdempotencyKey(current_caller().owner, method, "", request.idempotency_key, digest)
