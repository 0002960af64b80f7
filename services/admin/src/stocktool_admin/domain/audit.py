"""The audit trail as it is read: a day in several shards, shown as one list, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from heapq import merge
from itertools import islice


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """Something that was done or tried.

    Attributes:
        id: Sorts by time.
        action: What: "user.registered".
        actor: Who, empty where nobody is known.
        owner: Whom the thing belongs to, empty where nobody is known.
        target: To what.
        trace_id: The trace it was part of, empty when there was none.
    """

    id: str
    at: datetime
    action: str
    actor: str
    owner: str
    target: str
    detail: Mapping[str, object] = field(default_factory=dict)
    trace_id: str = ""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which records are wanted; empty fields want all.

    Attributes:
        day: The day in UTC.
    """

    day: date
    action: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True)
class ShardSlice:
    """What was read of one shard.

    Attributes:
        records: Wanted records, newest first.
        read_to: Id down to which the shard was read, that one included; None when it was read to its end.
    """

    records: Sequence[AuditRecord]
    read_to: str | None


def newest_first(shards: Sequence[ShardSlice], page_size: int) -> tuple[list[AuditRecord], str]:
    """Merge shards into one page.

    A shard read only in part may hold newer records than another gave: what lies below the point down to which all
    shards were read is left for the next page.

    Returns:
        The page, and the id after which the next one goes on, empty at the end of the day.
    """
    unread = [shard.read_to for shard in shards if shard.read_to is not None]
    certain_to = max(unread, default="")
    merged = merge(*(shard.records for shard in shards), key=lambda record: record.id, reverse=True)
    certain = (record for record in merged if record.id >= certain_to)
    page = list(islice(certain, page_size + 1))
    if len(page) > page_size:
        return page[:page_size], page[page_size - 1].id
    return page, certain_to
