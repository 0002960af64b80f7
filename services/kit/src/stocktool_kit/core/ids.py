"""Identifiers: a prefix that says what it is, then a ULID, so that they sort by creation."""

from __future__ import annotations

import os
import time
from typing import NewType

OwnerId = NewType("OwnerId", str)
"""A principal that owns things: `usr_...`, later `org_...`."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32 in lower case
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


def new_ulid(milliseconds: int | None = None) -> str:
    """Make 26 characters: 48 bits of time, 80 random bits, sorted by time.

    Source:
        The ULID specification, in lower case.
    """
    stamp = time.time_ns() // 1_000_000 if milliseconds is None else milliseconds
    number = (stamp << 80) | int.from_bytes(os.urandom(10), "big")
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in range(120, -1, -10)])


def new_id(prefix: str) -> str:
    """Make an identifier such as `prt_01jd...`."""
    return f"{prefix}_{new_ulid()}"
