"""How providers are doing, by their last answers."""

from __future__ import annotations

from datetime import datetime, timedelta

from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import RateLimited, StockToolError

from stocktool_stock.application.market_ports import ProviderState

_FIRST_PAUSE = timedelta(seconds=2)
_LONGEST_PAUSE = timedelta(seconds=30)


class ProviderHealth:
    """Remembers failures so that refreshes of what is stored pause, doubling up to half a minute, while it is ill."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._paused_until: datetime | None = None
        self.state = ProviderState.OK
        self.detail = ""
        self.source = ""

    @property
    def is_paused(self) -> bool:
        """Whether refreshes should wait."""
        return self._paused_until is not None and self._clock.now() < self._paused_until

    def answered(self, source: str = "") -> None:
        """Note a good answer, and the source it named."""
        self._failures = 0
        self._paused_until = None
        self.state, self.detail = ProviderState.OK, ""
        self.source = source or self.source

    def failed(self, error: StockToolError) -> None:
        """Note a failure."""
        pause = min(_FIRST_PAUSE * 2**self._failures, _LONGEST_PAUSE)
        self._failures = min(self._failures + 1, 16)
        self._paused_until = self._clock.now() + pause
        self.state = ProviderState.LIMITED if isinstance(error, RateLimited) else ProviderState.DOWN
        self.detail = error.message
