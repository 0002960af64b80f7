"""A budget of calls per second with a reserve for bursts, of which this process has a share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from stocktool_stock.domain.quotes import BudgetSpent


class TokenBucket:
    """Lets `per_second` calls through in the long run, `burst` at once; with a share, that part of both.

    Args:
        per_second: Calls per second of all processes together.
        burst: Calls that may come at once after a pause.
        share: The part that is this process's to begin with, 0 to 1.
        longest_wait_seconds: A call that would wait longer is refused.
        seconds: The loop's clock by default.
    """

    def __init__(
        self,
        per_second: float,
        burst: int,
        *,
        share: float = 1.0,
        longest_wait_seconds: float = 8.0,
        seconds: Callable[[], float] | None = None,
    ) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._share = share
        self._longest_wait = longest_wait_seconds
        self._seconds = seconds
        self._tokens = burst * share
        self._seen: float | None = None

    @property
    def share(self) -> float:
        """The part of the budget that is this process's."""
        return self._share

    def reshare(self, share: float, saved_seconds: float | None) -> None:
        """Change the share. What is given up takes its tokens along; what is new brings those it saved up while free.

        Args:
            share: The new share, 0 to 1.
            saved_seconds: How long the new part was nobody's; None: for ever.
        """
        self._fill()
        if share < self._share:
            self._tokens = min(self._tokens, self._tokens * share / self._share)  # a debt stays
        else:
            gained = share - self._share
            full = self._burst * gained
            self._tokens += full if saved_seconds is None else min(full, saved_seconds * self._per_second * gained)
        self._share = share

    async def take(self) -> None:
        """Wait for one call's turn.

        Raises:
            BudgetSpent: The turn is too far off.
        """
        wait = self.reserve()
        if wait > 0:
            await asyncio.sleep(wait)

    def reserve(self) -> float:
        """Take one turn and answer the seconds until it comes.

        Raises:
            BudgetSpent: The turn is too far off, or this process has no share; nothing is taken.
        """
        self._fill()
        if self._share <= 0:
            raise BudgetSpent("the budget of provider calls is others' now")
        wait = max(0.0, (1 - self._tokens) / (self._per_second * self._share))
        if wait > self._longest_wait:
            raise BudgetSpent("our budget of provider calls is spent", retry_after_seconds=wait)
        self._tokens -= 1
        return wait

    def _fill(self) -> None:
        now = self._seconds() if self._seconds else asyncio.get_running_loop().time()
        if self._seen is not None:
            gained = (now - self._seen) * self._per_second * self._share
            self._tokens = min(self._burst * self._share, self._tokens + gained)
        self._seen = now
