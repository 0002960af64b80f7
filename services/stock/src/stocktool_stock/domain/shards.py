"""Who may ask the provider: 64 shards of symbols, each held by at most one process, and the budget that goes with them.

All holdings stand in one record that is replaced under a condition, so that one write takes, renews and gives up any
number of shards. A process may spend the part of the provider's budget that its shards are of all shards; shards that
nobody holds save their part up, to at most a burst.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

SHARDS = 64
_ALL = (1 << SHARDS) - 1


def shard_of(key: str) -> int:
    """The shard of a symbol, or of whatever else is asked for."""
    return zlib.crc32(key.encode()) % SHARDS


def mask_of(shards: Iterable[int]) -> int:
    """Shards as bits."""
    mask = 0
    for shard in shards:
        mask |= 1 << shard
    return mask


@dataclass(frozen=True, slots=True)
class Holding:
    """The shards of one process, as bits, held until a real instant."""

    until: datetime
    mask: int

    @property
    def count(self) -> int:
        """How many."""
        return self.mask.bit_count()


@dataclass(frozen=True, slots=True)
class ShardRecord:
    """All holdings.

    Attributes:
        holders: By process; no shard stands in two of them.
        freed_at: Since when the shards that nobody holds have been free; None when none was ever held.
        version: Grows with every write.
    """

    holders: Mapping[str, Holding] = field(default_factory=dict)
    freed_at: datetime | None = None
    version: int = 0

    def holding(self, holder: str, now: datetime) -> Holding | None:
        """What a process holds, None when its time is over."""
        held = self.holders.get(holder)
        return held if held is not None and held.until > now else None

    def free(self, now: datetime) -> int:
        """Shards that nobody holds, as bits."""
        taken = 0
        for held in self.holders.values():
            if held.until > now:
                taken |= held.mask
        return _ALL & ~taken

    def divided(self, holder: str, now: datetime, term: timedelta) -> ShardRecord:
        """Give a process its fair part and renew it: shards above it are let go for others, free ones are taken.

        What others hold stays theirs until they divide in turn, so that no shard is ever in two hands.
        """
        live = {name: held for name, held in self.holders.items() if held.until > now and name != holder}
        mine = self.holding(holder, now)
        mask = 0 if mine is None else mine.mask
        fair = -(-SHARDS // (len(live) + 1))
        lacking = any(held.count < SHARDS // (len(live) + 1) for held in live.values())
        freed = 0
        while mask.bit_count() > fair and lacking:
            highest = 1 << (mask.bit_length() - 1)
            mask &= ~highest
            freed |= highest
        free = self.free(now) & ~mask & ~freed
        while free and mask.bit_count() < fair:
            lowest = free & -free
            mask |= lowest
            free &= ~lowest
        return replace(
            self,
            holders={**live, holder: Holding(now + term, mask)},
            freed_at=now if freed else self._freed_at(now),
            version=self.version + 1,
        )

    def without(self, holder: str, now: datetime) -> ShardRecord:
        """Let go of all that a process holds."""
        others = {name: held for name, held in self.holders.items() if held.until > now and name != holder}
        return replace(self, holders=others, freed_at=now, version=self.version + 1)

    def saved(self, now: datetime) -> timedelta | None:
        """How long the free shards have saved up their part of the budget; None: for ever."""
        freed_at = self._freed_at(now)
        return None if freed_at is None else now - freed_at

    def _freed_at(self, now: datetime) -> datetime | None:
        over = [held.until for held in self.holders.values() if held.until <= now]
        return max([*over, *([] if self.freed_at is None else [self.freed_at])], default=None)
