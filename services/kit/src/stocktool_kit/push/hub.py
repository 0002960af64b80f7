"""Fan-out inside one process. Everything here belongs to the event loop's thread."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass

from stocktool_kit.core.ids import new_ulid
from stocktool_kit.push.events import PushEvent

CAPACITY = 256
"""Hints that may wait for one reader."""

Interest = Callable[[str, bool], None]
"""Told when the first local reader of a subject comes, and when the last one leaves."""

Direct = Callable[[PushEvent], bool]
"""Takes a hint at once, without waiting for its reader; False: not now, or not this one."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A hint, and how many were dropped before it because the reader was slow."""

    event: PushEvent
    dropped: int


class Subscription:
    """One reader: a browser's socket (local), or another pod's stream (remote)."""

    def __init__(self, hub: Hub, capacity: int, *, remote: bool) -> None:
        self._hub = hub
        self._capacity = capacity
        self.remote = remote
        self.subjects: set[str] = set()
        self._waiting: OrderedDict[tuple[str, str, str], PushEvent] = OrderedDict()
        self._dropped = 0
        self._wake = asyncio.Event()
        self._closed = False
        self._direct: Direct | None = None

    def hand_over(self, direct: Direct) -> None:
        """Offer hints here first, as long as none waits before them."""
        self._direct = direct

    def add(self, subjects: Iterable[str]) -> None:
        """Listen to these too."""
        for subject in subjects:
            if subject not in self.subjects and not self._closed:
                self.subjects.add(subject)
                self._hub.join(subject, self)

    def remove(self, subjects: Iterable[str]) -> None:
        """Listen to these no more."""
        for subject in subjects:
            if subject in self.subjects:
                self.subjects.discard(subject)
                self._hub.leave(subject, self)

    def offer(self, event: PushEvent) -> None:
        """Take a hint.

        One that cannot be handed over at once waits: it replaces one about the same thing that still waits; beyond the
        capacity the oldest goes.
        """
        if self._direct is not None and not self._waiting and not self._closed and self._direct(event):
            return
        self._waiting[event.subject, event.type, event.id] = event
        if len(self._waiting) > self._capacity:
            self._waiting.popitem(last=False)
            self._dropped += 1
            self._hub.dropped += 1
        self._wake.set()

    async def next(self) -> Delivery | None:
        """The next hint, waited for; None once closed."""
        while not self._waiting and not self._closed:
            self._wake.clear()
            await self._wake.wait()
        if not self._waiting:
            return None
        _, event = self._waiting.popitem(last=False)
        dropped, self._dropped = self._dropped, 0
        return Delivery(event, dropped)

    async def __aiter__(self) -> AsyncIterator[Delivery]:
        while (delivery := await self.next()) is not None:
            yield delivery

    def close(self) -> None:
        """Leave all subjects; what waits can still be read."""
        self.remove(list(self.subjects))
        self._closed = True
        self._wake.set()


class Hub:
    """The readers of one process by subject.

    Attributes:
        node: Identity of this hub, by which a pod recognises itself.
        dropped: Hints dropped for slow readers since the start.
    """

    def __init__(self) -> None:
        self.node = new_ulid()
        self.dropped = 0
        self._readers: dict[str, set[Subscription]] = {}
        self._interests: list[Interest] = []

    def subscribe(
        self, subjects: Iterable[str] = (), *, capacity: int = CAPACITY, remote: bool = False
    ) -> Subscription:
        """Make a reader; close it when done."""
        subscription = Subscription(self, capacity, remote=remote)
        subscription.add(subjects)
        return subscription

    def publish(self, event: PushEvent, *, from_home: bool = False) -> int:
        """Hand a hint to the readers of its subject and answer how many there are.

        Args:
            event: The hint.
            from_home: It came from the subject's home pod, so other pods have it already.
        """
        readers = [reader for reader in self._readers.get(event.subject, ()) if not (from_home and reader.remote)]
        for reader in readers:
            reader.offer(event)
        return len(readers)

    def watch_interest(self, interest: Interest) -> None:
        """Tell which subjects have local readers, from now on and as they are."""
        self._interests.append(interest)
        for subject, readers in self._readers.items():
            if any(not reader.remote for reader in readers):
                interest(subject, True)  # noqa: FBT003 - the signature of a callback

    def join(self, subject: str, reader: Subscription) -> None:
        """Used by `Subscription.add`."""
        readers = self._readers.setdefault(subject, set())
        first = not reader.remote and all(other.remote for other in readers)
        readers.add(reader)
        if first:
            self._tell(subject, here=True)

    def leave(self, subject: str, reader: Subscription) -> None:
        """Used by `Subscription.remove`."""
        readers = self._readers.get(subject, set())
        readers.discard(reader)
        if not readers:
            self._readers.pop(subject, None)
        if not reader.remote and all(other.remote for other in readers):
            self._tell(subject, here=False)

    def _tell(self, subject: str, *, here: bool) -> None:
        for interest in self._interests:
            interest(subject, here)
