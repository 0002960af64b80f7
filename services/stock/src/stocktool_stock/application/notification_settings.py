"""How a user wants to be told: read, set, confirm an address, try it out."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import FailedPrecondition, InvalidArgument, RateLimited
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId, new_ulid
from stocktool_kit.core.once import once

from stocktool_stock.domain.notification_settings import (
    CODE_MINUTES,
    TEST,
    EmailChannel,
    NotificationSettings,
    QuietHours,
    StaleSettings,
    WebhookChannel,
    read_email,
)
from stocktool_stock.domain.notifications import Notification
from stocktool_stock.domain.webhook_address import read_webhook_url
from stocktool_stock.domain.webhook_signature import new_secret

MOST_CODES_A_DAY = 5


class CodeRefused(FailedPrecondition):
    """The code is wrong, too old, or was guessed at too often."""

    reason = "CODE_REFUSED"


class NotificationSettingsStore(Protocol):
    """Settings by owner."""

    async def get(self, owner: OwnerId) -> NotificationSettings:
        """Read them; those of an owner who never chose are the defaults, at version 0."""
        ...

    async def put(
        self, settings: NotificationSettings, *, shown: bool, confirm: bool, key: IdempotencyKey | None, actor: str
    ) -> tuple[NotificationSettings, bool]:
        """Keep the next version.

        Args:
            settings: Their version is one above that they were read at.
            shown: The answer shows the webhook's secret.
            confirm: Have the code sent to the new address.
            key: The request's identity; a repetition changes nothing.
            actor: Who did it, for the audit.

        Returns:
            The settings, and whether the secret is to be shown, both as the same request was answered before.

        Raises:
            StaleSettings: They were changed meanwhile.
            IdempotencyKeyReused: The key came with another request before.
        """
        ...

    async def send(self, notification: Notification, key: IdempotencyKey | None) -> str:
        """Let a notification out, once per request, and give its id."""
        ...

    async def earlier(self, key: IdempotencyKey | None) -> tuple[NotificationSettings, bool] | None:
        """What the same request was answered within 24 hours, None for a new one."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a user wants.

    Attributes:
        email: Whether to send e-mail.
        email_address: Where to; None keeps the one there is.
        webhook_url: None for no webhook.
        webhook_enabled: Whether it is called.
        new_secret: Make a new secret though the URL stays.
    """

    email: bool
    email_address: str | None
    webhook_url: str | None
    webhook_enabled: bool
    new_secret: bool
    quiet_hours: QuietHours | None
    kinds: tuple[str, ...]


class ChooseNotifications:
    """What users do with their settings."""

    def __init__(self, store: NotificationSettingsStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def get(self, caller: Caller) -> NotificationSettings:
        """The caller's settings."""
        return await self._store.get(caller.owner)

    async def put(
        self, caller: Caller, wanted: Wanted, *, version: int | None = None, key: IdempotencyKey | None = None
    ) -> tuple[NotificationSettings, bool]:
        """Set them all, once per request; tells whether the webhook's secret is new and so to be shown, once.

        A new address has a code sent to it, and gets notifications once that is confirmed.

        Raises:
            InvalidArgument: Something cannot be taken.
            StaleSettings: The version is not the newest.
            RateLimited: Too many codes for today.
        """

        async def attempt() -> tuple[NotificationSettings, bool]:
            return await self._put(caller, wanted, version, key)

        return await once(lambda: self._store.earlier(key), attempt, stale=StaleSettings, version=version)

    async def _put(
        self, caller: Caller, wanted: Wanted, version: int | None, key: IdempotencyKey | None
    ) -> tuple[NotificationSettings, bool]:
        before = await self._store.get(caller.owner)
        if version is not None and version != before.version:
            raise StaleSettings("the settings were changed since they were read", found=before.version)
        webhook = self._webhook(before, wanted)
        email = self._email(before, wanted)
        confirm = email is not None and bool(email.code) and (before.email is None or email.code != before.email.code)
        after = replace(
            before,
            email=email,
            webhook=webhook,
            quiet_hours=wanted.quiet_hours,
            kinds=wanted.kinds,
            version=before.version + 1,
        )
        if confirm:
            after = self._counted(after)
        shown = webhook is not None and (before.webhook is None or before.webhook.secret != webhook.secret)
        return await self._store.put(after, shown=shown, confirm=confirm, key=key, actor=caller.subject)

    async def confirm(self, caller: Caller, code: str, *, key: IdempotencyKey | None = None) -> NotificationSettings:
        """Confirm the address by the code that was sent to it.

        Raises:
            CodeRefused: Wrong, too old, or guessed at too often; ask for a new one by setting the address again.
        """

        async def attempt() -> tuple[NotificationSettings, bool]:
            return await self._confirm(caller, code, key)

        return (await once(lambda: self._store.earlier(key), attempt, stale=StaleSettings))[0]

    async def _confirm(
        self, caller: Caller, code: str, key: IdempotencyKey | None
    ) -> tuple[NotificationSettings, bool]:
        before = await self._store.get(caller.owner)
        email = before.email
        if email is None or not email.awaits(self._clock.now()):
            raise CodeRefused("no code is awaited; set the address again for a new one")
        right = secrets.compare_digest(email.code.encode(), code.strip().encode())
        after = (
            replace(email, confirmed=True, code="", code_expires_at=None, guesses=0)
            if right
            else replace(email, guesses=email.guesses + 1)
        )
        kept = await self._store.put(
            replace(before, email=after, version=before.version + 1),
            shown=False,
            confirm=False,
            key=key if right else None,
            actor=caller.subject,
        )
        if not right:
            raise CodeRefused("this is not the code that was sent")
        return kept

    async def test(self, caller: Caller, *, key: IdempotencyKey | None = None) -> str:
        """Send a notification to the inbox and by every channel that is on, quiet hours or not; gives its id."""
        now = self._clock.now()
        notification = Notification(
            id=new_ulid(int(now.timestamp() * 1000)),
            owner=caller.owner,
            type=TEST,
            title="This is a test of your notifications",
            created_at=now,
        )
        return await self._store.send(notification, key)

    def _webhook(self, before: NotificationSettings, wanted: Wanted) -> WebhookChannel | None:
        if wanted.webhook_url is None:
            return None
        url = read_webhook_url(wanted.webhook_url).text
        old = before.webhook
        # A secret belongs to its receiver: another URL gets another one.
        kept = old.secret if old is not None and old.url == url and not wanted.new_secret else new_secret()
        return WebhookChannel(url, kept, wanted.webhook_enabled)

    def _email(self, before: NotificationSettings, wanted: Wanted) -> EmailChannel | None:
        old = before.email
        if wanted.email_address is None:
            if old is None and wanted.email:
                raise InvalidArgument.of("/email_address", "is needed: give the address to send to")
            address = "" if old is None else old.address
        else:
            address = read_email(wanted.email_address)
        if not address:
            return None
        if old is None or old.address != address:
            old = EmailChannel(address)
        channel = replace(old, enabled=wanted.email)
        now = self._clock.now()
        if not wanted.email or channel.confirmed or channel.awaits(now):
            return channel
        code = f"{secrets.randbelow(10**8):08d}"
        return replace(channel, code=code, code_expires_at=now + timedelta(minutes=CODE_MINUTES), guesses=0)

    def _counted(self, settings: NotificationSettings) -> NotificationSettings:
        today = self._clock.now().date().isoformat()
        sent = settings.codes_sent if settings.codes_day == today else 0
        if sent >= MOST_CODES_A_DAY:
            raise RateLimited("too many codes were sent today; try again tomorrow", retry_after_seconds=3600)
        return replace(settings, codes_day=today, codes_sent=sent + 1)
