"""Things that are only ever appended, of which a book has thousands that few figures look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Generic, Self, TypeVar, overload

T = TypeVar("T")


class Unread(Generic[T]):
    """The beginning of tapes, as a store keeps it: so many things, built when they are first asked for."""

    __slots__ = ("_read", "_things", "count")

    def __init__(self, count: int, read: Callable[[], Sequence[T]]) -> None:
        self.count = count
        self._read = read
        self._things: Sequence[T] | None = None

    @classmethod
    def of(cls, things: Sequence[T]) -> Unread[T]:
        """Things that are there already."""
        return cls(len(things), lambda: things)

    def __eq__(self, other: object) -> bool:
        return self.things() == other.things() if isinstance(other, Unread) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as a list has none

    def things(self) -> Sequence[T]:
        """All of them."""
        if self._things is None:
            self._things = self._read()
        return self._things

    def until(self, count: int) -> Unread[T]:
        """The first of them, read with all of them."""
        return Unread(count, lambda: self.things()[:count])


def stretches(read: Callable[[], Sequence[T]], counts: Iterable[int]) -> Iterator[Callable[[], Sequence[T]]]:
    """Readers of so many things each, one stretch after another, of what is read once for all of them."""
    every: list[Sequence[T]] = []

    def stretch(at: int, end: int) -> Sequence[T]:
        if not every:
            every.append(read())
        return every[0][at:end]

    at = 0
    for count in counts:
        yield partial(stretch, at, at + count)
        at += count


class Tape(Sequence[T]):
    """Things in the order they were appended.

    What a store has kept of it is read when it is first looked at; copies share what they have in common.

    Attributes:
        append: Puts one at the end. The list's own, since books append several times for each entry.
    """

    __slots__ = ("_first", "_more", "append")

    def __init__(self, things: Iterable[T] = (), *, first: Unread[T] | None = None) -> None:
        self._first = first
        self._more = list(things)  # the same list for life: `append` is bound to it
        self.append: Callable[[T], None] = self._more.append

    def copy(self) -> Self:
        """The same things; what is appended to one is not in the other."""
        return type(self)(self._more, first=self._first)

    def beginning(self, count: int) -> Self:
        """Its first things as a tape of their own; what a store has kept is not read for it."""
        if self._first is None or count > self._first.count:
            return type(self)(self[:count])
        return type(self)(first=self._first.until(count))

    def __len__(self) -> int:
        return len(self._more) + (self._first.count if self._first else 0)

    def __iter__(self) -> Iterator[T]:
        return chain(self._first.things(), self._more) if self._first else iter(self._more)

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...
    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        if not self._first:
            return self._more[at]
        if isinstance(at, int):
            place = at if at >= 0 else at + len(self)
            if place >= self._first.count:
                return self._more[place - self._first.count]
            if place < 0:
                raise IndexError("no such place on the tape")
            return self._first.things()[place]
        return list(self)[at]

    def __setitem__(self, at: int, thing: T) -> None:
        if self._first:
            place = at if at >= 0 else at + len(self)
            if place >= self._first.count:
                self._more[place - self._first.count] = thing
                return
            self._more[:0], self._first = self._first.things(), None  # it parts from those that share its beginning
        self._more[at] = thing

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Tape | list):
            return list(self) == list(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"Tape({list(self)!r})"
