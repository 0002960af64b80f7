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
    tape: Tape[int, int] = Tape(first=Kept(first).unread)
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
        if at % len(plain) < len(first):
            with pytest.raises(IndexError):
                copy[at] = 7
        else:
            copy[at] = plain[at] = 7
        assert copy == plain
    for beyond in (len(plain), -len(plain) - 1):
        with pytest.raises(IndexError):
            tape[beyond]


def test_the_beginning_is_read_once_and_only_when_looked_at() -> None:
    kept = Kept([1, 2])
    tape: Tape[int, int] = Tape(first=kept.unread)
    other = tape.copy()
    other.append(3)
    other[-1] = 4
    assert (len(tape), len(other), other[2], kept.reads) == (2, 3, 4, 0)
    assert (list(other), list(tape), kept.reads) == ([1, 2, 4], [1, 2], 1)


def test_what_is_changed_in_a_copy_stays_there() -> None:
    tape: Tape[int, int] = Tape([1, 2])
    copy = tape.copy()
    copy.append(3)
    copy[0] = 5
    assert (tape, copy) == ([1, 2], [5, 2, 3])


def test_rows_become_things_when_they_are_looked_at() -> None:
    built: list[tuple[int, str]] = []

    def build(number: int, word: str) -> str:
        built.append((number, word))
        return f"{number} {word}"

    first = Unread.of(["1 one"])
    tape: Tape[str, tuple[int, str]] = Tape(build=build, width=2, first=first)
    tape.append((2, "two"))
    tape.append((3, "three"))
    assert (len(tape), len(tape.copy()), len(tape.beginning(2)), built) == (3, 3, 2, [])
    assert (tape[-1], built) == ("3 three", [(3, "three")])
    assert [list(tape), list(tape)] == [["1 one", "2 two", "3 three"]] * 2
    assert len(built) == 3, "all of them are built once"
    tape[1] = (4, "four")
    tape.append((5, "five"))
    assert tape == ["1 one", "4 four", "3 three", "5 five"]
