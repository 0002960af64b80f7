"""A circuit breaker: what fails again and again is spared for a while."""

from __future__ import annotations

from datetime import datetime, timedelta

from stocktool_kit.core.clock import Clock

_FIRST_PAUSE = timedelta(seconds=2)
_LONGEST_PAUSE = timedelta(seconds=30)


class Breaker:
    """Keeps calls from a provider that fails: after a few failures in a row it gets none, until one may try again.

    Closed, it lets all calls through. Open, none, for a pause that doubles with every failed try up to a bound. After
    the pause one call goes through; its answer closes the breaker, its failure opens it again.

    Args:
        clock: Real time.
        failures: So many in a row open it.
    """

    def __init__(self, clock: Clock, *, failures: int = 3) -> None:
        self._clock = clock
        self._most = failures
        self._failures = 0
        self._open_until: datetime | None = None
        self._trying_until: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether calls are kept from the provider, but for a try."""
        return self._open_until is not None

    def allows(self) -> bool:
        """Whether a call may go; the one that tries again must tell its outcome, or another may try in its stead."""
        now = self._clock.now()
        if self._open_until is None:
            return True
        if now < self._open_until or (self._trying_until is not None and now < self._trying_until):
            return False
        self._trying_until = now + _LONGEST_PAUSE
        return True

    def succeeded(self) -> None:
        """Note an answer."""
        self._failures = 0
        self._open_until = self._trying_until = None

    def failed(self) -> None:
        """Note a failure."""
        self._failures = min(self._failures + 1, 16)
        self._trying_until = None
        if self._failures >= self._most:
            pause = min(_FIRST_PAUSE * 2 ** (self._failures - self._most), _LONGEST_PAUSE)
            self._open_until = self._clock.now() + pause
