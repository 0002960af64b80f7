"""How long conversations are kept, as each user chooses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from stocktool_kit.core.ids import OwnerId


class Retention(StrEnum):
    """What a user chose: conversations end so long after their last change."""

    DAY = "day"
    MONTH = "month"
    FOREVER = "forever"

    @property
    def lasts(self) -> timedelta | None:
        """How long; None without an end."""
        return _LASTS[self]

    def ends(self, changed_at: datetime) -> datetime | None:
        """When a conversation ends that was changed last then: nobody reads it from then on."""
        return None if self.lasts is None else changed_at + self.lasts

    def rows_end(self, changed_at: datetime) -> datetime | None:
        """When its records may be deleted: a little later, so that not each change has to rewrite them all."""
        return None if self.lasts is None else changed_at + self.lasts + self.lasts / 24


_LASTS = {Retention.DAY: timedelta(hours=24), Retention.MONTH: timedelta(days=30), Retention.FOREVER: None}


@dataclass(frozen=True, slots=True)
class Change:
    """A choice that has not reached all conversations of its owner yet."""

    owner: OwnerId
    retention: Retention
    chosen_at: datetime
