"""A budget of calls per second with a reserve for bursts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from stocktool_stock.domain.quotes import ProviderLimited


class TokenBucket:
    """Lets `per_second` calls through in the long run, `burst` at once.

    Args:
        per_second: Calls per second.
        burst: Calls that may come at once after a pause.
        longest_wait_seconds: A call that would wait longer is refused.
        seconds: The loop's clock by default.
    """

    def __init__(
        self,
        per_second: float,
        burst: int,
        *,
        longest_wait_seconds: float = 8.0,
        seconds: Callable[[], float] | None = None,
    ) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._longest_wait = longest_wait_seconds
        self._seconds = seconds
        self._tokens = float(burst)
        self._seen: float | None = None

    async def take(self) -> None:
        """Wait for one call's turn.

        Raises:
            ProviderLimited: The turn is too far off.
        """
        wait = self.reserve()
        if wait > 0:
            await asyncio.sleep(wait)

    def reserve(self) -> float:
        """Take one turn and answer the seconds until it comes.

        Raises:
            ProviderLimited: The turn is too far off; nothing is taken.
        """
        now = self._seconds() if self._seconds else asyncio.get_running_loop().time()
        if self._seen is not None:
            self._tokens = min(self._burst, self._tokens + (now - self._seen) * self._per_second)
        self._seen = now
        wait = max(0.0, (1 - self._tokens) / self._per_second)
        if wait > self._longest_wait:
            raise ProviderLimited("our budget of provider calls is spent", retry_after_seconds=wait)
        self._tokens -= 1
        return wait
