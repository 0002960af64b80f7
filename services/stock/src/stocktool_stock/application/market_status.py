"""The market's now, and how the provider is doing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from stocktool_kit.core.clock import MarketClock

from stocktool_stock.application.market_ports import MarketMode, Status
from stocktool_stock.application.provider_health import ProviderHealth
from stocktool_stock.domain import calendar

_USUAL_SOURCE = "Yahoo Finance"


class TellMarketStatus:
    """The `MarketStatus` of the mesh.

    Args:
        clock: The market's clock.
        health: What is known of the provider.
        mode: Where the market's now comes from.
    """

    def __init__(self, clock: MarketClock, health: ProviderHealth, mode: Callable[[], MarketMode]) -> None:
        self._clock = clock
        self._health = health
        self._mode = mode

    async def status(self) -> Status:
        """Tell the market's status."""
        now = self._clock.now()
        session = calendar.current_or_last(now)
        return Status(
            now=now,
            mode=self._mode(),
            open=calendar.is_open(now),
            calendar=calendar.CALENDAR,
            time_zone=calendar.ZONE.key,
            session=session.day,
            session_close=session.closes,
            next_open=calendar.next_after(now).opens,
            provider_state=self._health.state,
            provider_detail=self._health.detail,
            source=self._health.source or _USUAL_SOURCE,
        )

    def age_seconds(self, as_of: datetime) -> int:
        """Whole seconds from an instant to the market's now, never negative."""
        return max(0, int((self._clock.now() - as_of).total_seconds()))

    def today(self) -> date:
        """The market's calendar day at the exchange."""
        return self._clock.now().astimezone(calendar.ZONE).date()
