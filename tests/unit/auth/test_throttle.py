"""Guessing slows down, a pause says how long, and all is forgotten in time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from stocktool_auth.domain.throttle import (
    FIRST_PAUSE,
    FORGOTTEN_AFTER,
    FREE_ATTEMPTS,
    LONGEST_PAUSE,
    Attempts,
    TooManyAttempts,
)

from tests.factories.auth import START


def counted(times: int) -> tuple[Attempts, datetime]:
    """Attempts made as early as each is allowed."""
    attempts, now = Attempts(), START
    for _ in range(times):
        now = max(now, attempts.blocked_until or now)
        attempts = attempts.next(now)
    return attempts, now


def test_first_attempts_are_free_and_the_next_waits() -> None:
    attempts, now = counted(FREE_ATTEMPTS - 1)
    assert attempts.blocked_until is None
    last_free = attempts.next(now)
    with pytest.raises(TooManyAttempts) as refused:
        last_free.next(now + timedelta(seconds=0.5))
    assert refused.value.retry_after_seconds == 30
    assert last_free.next(now + FIRST_PAUSE).count == FREE_ATTEMPTS + 1


def test_pauses_double_up_to_a_bound() -> None:
    pauses = []
    for times in range(FREE_ATTEMPTS, FREE_ATTEMPTS + 8):
        attempts, now = counted(times)
        assert attempts.blocked_until is not None
        pauses.append(attempts.blocked_until - now)
    assert pauses[:3] == [FIRST_PAUSE, FIRST_PAUSE * 2, FIRST_PAUSE * 4]
    assert pauses[-1] == LONGEST_PAUSE
    assert Attempts(count=10**9).next(START).blocked_until == START + LONGEST_PAUSE


def test_a_pause_gains_the_guesser_nothing_and_quiet_is_forgiven() -> None:
    attempts, now = counted(FREE_ATTEMPTS + 3)
    assert attempts.expires_at is not None
    assert attempts.expires_at >= now + FORGOTTEN_AFTER
    assert attempts.next(attempts.expires_at).count == 1
