"""Flags: named values that operators change while the mesh runs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime

from stocktool_kit.core.errors import Conflict, InvalidArgument, NotFound

_NAME = re.compile(r"[a-z][a-z0-9]*([._-][a-z0-9]+)*")
_MAX_NAME = 64
_MAX_VALUE_BYTES = 4096

FlagValue = bool | int | float | str | list[object] | dict[str, object] | None
"""Any JSON."""


class FlagNotFound(NotFound):
    """Nobody set a flag of this name."""

    reason = "FLAG_NOT_FOUND"


class StaleFlag(Conflict):
    """The flag changed since it was read."""

    reason = "STALE_VERSION"


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag.

    Attributes:
        value: Any JSON.
        version: Counts changes, from 1.
        updated_by: The administrator who set it last.
    """

    name: str
    value: FlagValue
    version: int
    updated_at: datetime
    updated_by: str


def check_flag_name(name: str) -> None:
    """Refuse a name that is none.

    Raises:
        InvalidArgument: It is too long or has other characters.
    """
    if len(name) > _MAX_NAME or not _NAME.fullmatch(name):
        raise InvalidArgument.of("name", "must be lower case words joined by '.', '-' or '_', at most 64 characters")


def next_flag(  # a change is judged against what is stored
    current: Flag | None, *, name: str, value: FlagValue, expected_version: int | None, by: str, now: datetime
) -> Flag:
    """The flag after a change.

    Args:
        current: What is stored.
        expected_version: The version that was read, 0 where there was none; None takes whatever is there.

    Raises:
        InvalidArgument: Name or value cannot be taken.
        StaleFlag: Another version is stored.
    """
    check_flag_name(name)
    try:
        size = len(json.dumps(value, allow_nan=False).encode())
    except (ValueError, RecursionError) as error:
        raise InvalidArgument.of("/value", "must be JSON without NaN and infinity, not nested without end") from error
    if size > _MAX_VALUE_BYTES:
        raise InvalidArgument.of("/value", f"is larger than {_MAX_VALUE_BYTES} bytes")
    version = current.version if current is not None else 0
    if expected_version is not None and expected_version != version:
        raise StaleFlag("the flag changed since you read it; read it again", version=version)
    return Flag(name, value, version + 1, now, by)
