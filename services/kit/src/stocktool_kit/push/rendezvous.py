"""Which pod a subject is at home on: everybody who sees the same pods gets the same answer, without asking anybody."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def rendezvous(subject: str, endpoints: Sequence[str]) -> str:
    """Pick an endpoint by the highest hash of the pair, so that a pod that leaves moves only its own subjects.

    Raises:
        ValueError: There is no endpoint.
    """
    return max(endpoints, key=lambda endpoint: (_weight(subject, endpoint), endpoint))


def _weight(subject: str, endpoint: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{subject}\n{endpoint}".encode(), digest_size=8).digest(), "big")
