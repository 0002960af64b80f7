"""The `Idempotency-Key` header as a value use cases understand."""

from __future__ import annotations

import hashlib
from typing import Any

from fastapi import Depends, Header, Request

from stocktool_kit.core.caller import current_caller
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.idempotency import IdempotencyKey

_MAX_LENGTH = 255
_header = Header(
    default=None,
    alias="Idempotency-Key",
    description="Unique per principal, method and path, kept 24 h: same key and body, same answer.",
)


async def _read(request: Request, idempotency_key: str | None = _header) -> IdempotencyKey | None:
    if idempotency_key is None:
        return None
    if not 1 <= len(idempotency_key) <= _MAX_LENGTH or not idempotency_key.isprintable():
        raise InvalidArgument.of("Idempotency-Key", f"must be 1 to {_MAX_LENGTH} printable characters")
    # A multipart body is consumed as it streams in: its handler hashes the file and calls `with_body_hash`.
    multipart = request.headers.get("content-type", "").startswith("multipart/")
    body = b"" if multipart else await request.body()
    return IdempotencyKey(
        principal=current_caller().owner,
        method=request.method,
        path=request.url.path,
        key=idempotency_key,
        body_hash=hashlib.sha256(body).hexdigest(),
    )


def idempotency_key() -> Any:
    """Give a handler its `IdempotencyKey | None`; declare it after `requires(...)`, whose caller it uses."""
    return Depends(_read)
