"""How a user wants to be told: channels, kinds, quiet hours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stocktool_kit.core.errors import Conflict, InvalidArgument
from stocktool_kit.core.ids import OwnerId

KINDS = ("alert", "analysis")
"""Kinds a user can choose among for e-mail and webhook; the inbox takes all."""
TEST = "test"
CODE_MINUTES = 30
MOST_GUESSES = 5

# What a mailbox can look like; whether it exists is found out by the code sent to it.
_EMAIL = re.compile(r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?$")


class StaleSettings(Conflict):
    """The settings were changed since the caller read them."""

    reason = "STALE_VERSION"


class Channel(StrEnum):
    """A way out of the house; the inbox is none."""

    EMAIL = "email"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` to `end` on the wall clocks of `zone` nothing is sent; over midnight if `end` comes first."""

    start: time
    end: time
    zone: str

    def ends(self, now: datetime) -> datetime | None:
        """When the silence around an instant ends, None outside it."""
        local = now.astimezone(ZoneInfo(self.zone))
        clock = local.time().replace(tzinfo=None)
        over_midnight = self.end <= self.start
        quiet = (clock >= self.start or clock < self.end) if over_midnight else self.start <= clock < self.end
        if not quiet:
            return None
        day = local.date() + timedelta(days=1 if over_midnight and clock >= self.start else 0)
        return datetime.combine(day, self.end, ZoneInfo(self.zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class EmailChannel:
    """E-mail to an address; only one that its owner confirmed by the code sent to it gets notifications.

    Attributes:
        code: What the confirmation expects, empty when none is open.
        code_expires_at: Until when.
        guesses: Wrong codes so far.
    """

    address: str
    enabled: bool = True
    confirmed: bool = False
    code: str = ""
    code_expires_at: datetime | None = None
    guesses: int = 0

    def awaits(self, now: datetime) -> bool:
        """Whether a code can still confirm it."""
        return bool(
            self.code
            and self.guesses < MOST_GUESSES
            and self.code_expires_at is not None
            and now < self.code_expires_at
        )


@dataclass(frozen=True, slots=True)
class WebhookChannel:
    """Signed POSTs to a URL."""

    url: str
    secret: str
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class NotificationSettings:
    """What a user chose.

    Attributes:
        version: Grows by one with each change, 0 before the first.
        codes_day: Day on which codes were last sent, and `codes_sent` how many.
    """

    owner: OwnerId
    email: EmailChannel | None = None
    webhook: WebhookChannel | None = None
    quiet_hours: QuietHours | None = None
    kinds: tuple[str, ...] = KINDS
    version: int = 0
    codes_day: str = ""
    codes_sent: int = 0

    def channels(self, kind: str) -> list[Channel]:
        """The channels by which a notification of a kind leaves; a test by all that are on."""
        if kind != TEST and kind not in self.kinds:
            return []
        found = []
        if self.email is not None and self.email.enabled and self.email.confirmed:
            found.append(Channel.EMAIL)
        if self.webhook is not None and self.webhook.enabled:
            found.append(Channel.WEBHOOK)
        return found

    def not_before(self, kind: str, now: datetime) -> datetime:
        """When a notification of a kind may leave; a test at once."""
        if kind == TEST or self.quiet_hours is None:
            return now
        return self.quiet_hours.ends(now) or now


def read_email(text: str, pointer: str = "/email_address") -> str:
    """Read an address.

    Raises:
        InvalidArgument: It cannot be one.
    """
    address = text.strip()
    if not _EMAIL.match(address) or ".." in address or "." not in address.rsplit("@", 1)[1]:
        raise InvalidArgument.of(pointer, "must be an e-mail address, as in ada@example.com")
    return address


def read_quiet_hours(start: time, end: time, zone: str, pointer: str = "/quiet_hours") -> QuietHours:
    """Read quiet hours.

    Raises:
        InvalidArgument: Unknown zone, or a silence without end.
    """
    if start == end:
        raise InvalidArgument.of(f"{pointer}/end", "must differ from start")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidArgument.of(f"{pointer}/time_zone", "must be an IANA zone, as in Europe/Zurich") from error
    return QuietHours(start.replace(tzinfo=None), end.replace(tzinfo=None), zone)


def read_kinds(kinds: Sequence[str], pointer: str = "/kinds") -> tuple[str, ...]:
    """Read kinds, each once.

    Raises:
        InvalidArgument: One is unknown.
    """
    for index, kind in enumerate(kinds):
        if kind not in KINDS:
            raise InvalidArgument.of(f"{pointer}/{index}", f"must be one of {', '.join(KINDS)}")
    return tuple(dict.fromkeys(kinds))
