"""How long the current request may still take; every outgoing call inherits it less a margin."""

from __future__ import annotations

import time
from contextvars import ContextVar

from stocktool_kit.core.errors import DeadlineExceeded

MARGIN_SECONDS = 0.02
MINIMUM_SECONDS = 0.1

_deadline: ContextVar[float | None] = ContextVar("stocktool_deadline", default=None)


def set_deadline(seconds: float | None) -> None:
    """Give the current task so many seconds from now; None takes the limit away."""
    _deadline.set(None if seconds is None else time.monotonic() + seconds)


def remaining() -> float | None:
    """Seconds left, or None when nothing limits the task."""
    deadline = _deadline.get()
    return None if deadline is None else deadline - time.monotonic()


def timeout_for_call(wanted: float | None) -> float | None:
    """The time an outgoing call gets: what it wants, never more than what is left.

    Raises:
        DeadlineExceeded: Too little is left for any answer to arrive.
    """
    left = remaining()
    if left is None:
        return wanted
    usable = left - MARGIN_SECONDS
    if usable < MINIMUM_SECONDS:
        raise DeadlineExceeded("too little time is left to ask another service")
    return usable if wanted is None else min(wanted, usable)
