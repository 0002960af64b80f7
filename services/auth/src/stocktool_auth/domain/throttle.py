"""Slowing down those who guess passwords.

Attempts are counted per account and address before the password is looked at, so that a burst of parallel guesses
gains nothing; a success forgets them. Counting per account alone would let anybody lock anybody out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from stocktool_kit.core.errors import RateLimited

FREE_ATTEMPTS = 5
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(minutes=30)


class TooManyAttempts(RateLimited):
    """This address tried this account too often."""

    reason = "TOO_MANY_ATTEMPTS"


@dataclass(frozen=True, slots=True)
class Attempts:
    """Sign-ins tried for one account from one address without success.

    Attributes:
        count: How many.
        blocked_until: No further one before this instant; None while there is no pause.
        expires_at: When they are forgotten.
    """

    count: int = 0
    blocked_until: datetime | None = None
    expires_at: datetime | None = None

    def next(self, now: datetime) -> Attempts:
        """The state once one more attempt begins.

        Raises:
            TooManyAttempts: The pause is not over; it carries the seconds that are left.
        """
        if self.blocked_until is not None and now < self.blocked_until:
            left = math.ceil((self.blocked_until - now).total_seconds())
            raise TooManyAttempts(
                "too many attempts to sign in to this account from here; wait and try again",
                retry_after_seconds=left,
            )
        forgotten = self.expires_at is not None and now >= self.expires_at
        count = 1 if forgotten else self.count + 1
        pause = _pause(count)
        return Attempts(
            count=count,
            blocked_until=now + pause if pause else None,
            expires_at=now + pause + FORGOTTEN_AFTER,
        )


def _pause(count: int) -> timedelta:
    if count < FREE_ATTEMPTS:
        return timedelta(0)
    # The exponent is capped: the pause is long at its cap, and a number of any size must not overflow.
    doublings: int = min(count - FREE_ATTEMPTS, 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)
