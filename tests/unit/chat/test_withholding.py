"""Our instructions do not become an answer; everything else passes as it came."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_chat.domain.prompt import INSTRUCTIONS
from stocktool_chat.domain.withholding import PLACEHOLDER, Withholding, withheld


def passed(text: str, size: int = 7) -> str:
    """What is shown of a text that comes in pieces."""
    passing = Withholding(INSTRUCTIONS)
    return "".join(passing.take(text[at : at + size]) for at in range(0, len(text), size)) + passing.end()


@pytest.mark.parametrize("size", [1, 5, 40, 10_000])
def test_instructions_are_not_repeated(size: int) -> None:
    shown = passed(f"Of course. {INSTRUCTIONS}That was it.", size)
    assert shown.startswith("Of course. You are Stock")  # what may begin any sentence is out already
    assert shown.endswith(f"{PLACEHOLDER}\nThat was it.")
    assert "never ask for or pass an identity" not in shown
    assert shown.count(PLACEHOLDER) == 1


@pytest.mark.parametrize(
    "change", [str.upper, lambda text: text.replace(" ", "\n"), lambda text: text.replace(" ", "")]
)
def test_capitals_and_spaces_make_no_difference(change: object) -> None:
    assert callable(change)
    assert "IDENTITY" not in passed(change(INSTRUCTIONS)).upper()


def test_arguments_of_tools_are_shown_without_them_too() -> None:
    shown = withheld({"query": INSTRUCTIONS, "limit": 5, "more": [INSTRUCTIONS[200:600], None, True]}, INSTRUCTIONS)
    assert "identity" not in str(shown)
    assert isinstance(shown, dict)
    assert shown["limit"] == 5


@given(st.text(max_size=400), st.integers(1, 50))
def test_other_texts_pass_as_they_come(text: str, size: int) -> None:
    assert passed(text, size) == text


def test_ordinary_prose_is_not_held_back() -> None:
    passing = Withholding(INSTRUCTIONS)
    pieces = ["Your ", "portfolio ", "rose ", "4.2 %", " this ", "year."]
    assert [passing.take(piece) for piece in pieces] == pieces
