"""Tapes are lists that are only appended to, with a beginning that is read when it is looked at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_stock.domain.tape import Tape, Unread


class Kept:
    """A beginning in a store, and how often it was read."""

    def __init__(self, things: list[int]) -> None:
        self.reads = 0
        self._things = things
        self.unread = Unread(len(things), self._read)

    def _read(self) -> list[int]:
        self.reads += 1
        return list(self._things)


@given(first=st.lists(st.integers(), max_size=6), more=st.lists(st.integers(), max_size=6), data=st.data())
def test_a_tape_is_what_a_list_is(first: list[int], more: list[int], data: st.DataObject) -> None:
    tape: Tape[int] = Tape(first=Kept(first).unread)
    for each in more:
        tape.append(each)
    plain = first + more
    assert (len(tape), list(tape), list(reversed(tape)), bool(tape)) == (len(plain), plain, plain[::-1], bool(plain))
    assert tape == plain
    assert tape == Tape(plain)
    assert (tape != [*plain, 1]) is True
    cut = data.draw(st.slices(len(plain)))
    assert list(tape[cut]) == plain[cut]
    if plain:
        at = data.draw(st.integers(-len(plain), len(plain) - 1))
        assert tape[at] == plain[at]
        copy = tape.copy()
        copy[at] = plain[at] = 7
        assert copy == plain
    for beyond in (len(plain), -len(plain) - 1):
        with pytest.raises(IndexError):
            tape[beyond]


def test_the_beginning_is_read_once_and_only_when_looked_at() -> None:
    kept = Kept([1, 2])
    tape: Tape[int] = Tape(first=kept.unread)
    other = tape.copy()
    other.append(3)
    other[-1] = 4
    assert (len(tape), len(other), other[2], kept.reads) == (2, 3, 4, 0)
    assert (list(other), list(tape), kept.reads) == ([1, 2, 4], [1, 2], 1)


def test_what_is_changed_in_a_copy_stays_there() -> None:
    tape = Tape([1, 2])
    copy = tape.copy()
    copy.append(3)
    copy[0] = 5
    assert (tape, copy) == ([1, 2], [5, 2, 3])
    shared: Tape[int] = Tape(first=Kept([1, 2]).unread)
    copy = shared.copy()
    copy[0] = 5
    assert (shared, copy) == ([1, 2], [5, 2])
