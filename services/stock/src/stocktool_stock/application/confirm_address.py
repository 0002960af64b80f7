"""Sends the code that confirms an address; the message that asks for it carries none."""

from __future__ import annotations

from typing import Protocol

from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import Unavailable
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.application.notification_settings import NotificationSettingsStore
from stocktool_stock.domain.deliveries import Outcome


class SendsCodes(Protocol):
    """Mails codes."""

    async def send_code(self, address: str, code: str) -> Outcome:
        """Send one."""
        ...


class SendCode:
    """Sends an owner the code their settings await."""

    def __init__(self, settings: NotificationSettingsStore, mail: SendsCodes, clock: Clock) -> None:
        self._settings = settings
        self._mail = mail
        self._clock = clock

    async def __call__(self, owner: OwnerId) -> None:
        """Send it; none is sent once it is confirmed or too old.

        Raises:
            Unavailable: The mail service cannot take it now.
        """
        email = (await self._settings.get(owner)).email
        if email is None or not email.awaits(self._clock.now()):
            return
        outcome = await self._mail.send_code(email.address, email.code)
        if not outcome.delivered and outcome.retry:
            raise Unavailable(outcome.reason)
