"""Things that are only ever appended, of which a book has thousands that few figures look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, starmap
from typing import Any, Generic, Self, TypeVar, cast, overload

T = TypeVar("T")
Row = TypeVar("Row")


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


class Tape(Sequence[T], Generic[T, Row]):
    """Things in the order they were appended.

    What a store has kept of it is read when it is first looked at, and so are rows put together then; copies share what
    they have in common. Fields of rows lie side by side in one list: tens of thousands of tuples would each be an
    object for the collector of cycles to look through.

    Args:
        rows: What it begins with.
        build: Makes a thing of the fields of a row; None where rows are the things.
        width: How many fields a row has.
        first: What a store has kept, before all rows.

    Attributes:
        append: Puts a row at the end. The list's own method, since books append several times for each entry.
    """

    __slots__ = ("_build", "_built", "_fields", "_first", "_width", "append")

    def __init__(
        self,
        rows: Iterable[Row] = (),
        *,
        build: Callable[..., T] | None = None,
        width: int = 1,
        first: Unread[T] | None = None,
    ) -> None:
        self._first = first
        self._build = build
        self._built: list[T] | None = None
        self._width = width
        self._fields: list[Any] = []  # the same list for life: `append` is bound to it
        self.append: Callable[[Row], None] = self._fields.append if build is None else cast(Any, self._fields.extend)
        for row in rows:
            self.append(row)

    def copy(self) -> Self:
        """The same things; what is appended to one is not in the other."""
        return self._with(self._fields, self._first)

    def beginning(self, count: int) -> Self:
        """Its first things as a tape of their own; what a store has kept is not read for it."""
        kept = self._first.count if self._first else 0
        if self._first is not None and count <= kept:
            return self._with([], self._first.until(count))
        return self._with(self._fields[: (count - kept) * self._width], self._first)

    def _with(self, fields: list[Any], first: Unread[T] | None) -> Self:
        tape = type(self)(build=self._build, width=self._width, first=first)
        tape._fields += fields
        return tape

    def __len__(self) -> int:
        return len(self._fields) // self._width + (self._first.count if self._first else 0)

    def __iter__(self) -> Iterator[T]:
        return chain(self._first.things(), self._more()) if self._first else iter(self._more())

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...
    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        if isinstance(at, slice):
            return list(self)[at]
        place = at if at >= 0 else at + len(self)
        if not 0 <= place < len(self):
            raise IndexError("no such place on the tape")
        if self._first:
            if place < self._first.count:
                return self._first.things()[place]
            place -= self._first.count
        thing: T = self._fields[place] if self._build is None else self._build(*self._fields[self._row(place)])
        return thing

    def __setitem__(self, at: int, row: Row) -> None:
        """Put another row in the place of one that was appended here; what a store has kept stays as it is."""
        place = (at if at >= 0 else at + len(self)) - (self._first.count if self._first else 0)
        if not 0 <= place < len(self._fields) // self._width:
            raise IndexError("no such place on the tape that can be changed")
        self._fields[self._row(place)] = [row] if self._build is None else cast(tuple[Any, ...], row)
        self._built = None

    def _row(self, place: int) -> slice:
        return slice(place * self._width, (place + 1) * self._width)

    def _more(self) -> Sequence[T]:
        """What was appended."""
        if self._build is None:
            return self._fields
        built = self._built
        if built is None or len(built) * self._width != len(self._fields):
            rows = zip(*[iter(self._fields)] * self._width, strict=True)
            built = self._built = list(starmap(self._build, rows))
        return built

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Tape | list):
            return list(self) == list(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"Tape({list(self)!r})"
