"""The identity of a write that may be sent twice."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """What makes two requests the same one.

    Attributes:
        principal: Owner the write belongs to.
        method: HTTP method, or the full gRPC method name.
        path: Path without query, empty for gRPC.
        key: The client's `Idempotency-Key`.
        body_hash: SHA-256 of the body in hex; of a file, the hash of its bytes.
    """

    principal: str
    method: str
    path: str
    key: str
    body_hash: str

    @property
    def record_id(self) -> str:
        """Stable name of the record, without the client's text in it."""
        text = "\n".join((self.principal, self.method, self.path, self.key))
        return hashlib.sha256(text.encode()).hexdigest()

    def with_body_hash(self, body_hash: str) -> IdempotencyKey:
        """The same key for a body whose hash is known only after it was read."""
        return replace(self, body_hash=body_hash)
