"""Passwords are judged by length and by being among the first guesses, and the refusal names the cure."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_auth.domain.passwords import MAX_LENGTH, MIN_LENGTH, WeakPassword, check_password

WHO = {"email": "ada.lovelace@example.com", "display_name": "Ada Lovelace"}


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("elevenchars", "shorter"),
        ("x" * (MAX_LENGTH + 1), "longer"),
        ("aaaaaaaaaaaa", "repeats"),
        ("abababababab", "repeats"),
        ("abcdefghijkl", "row"),
        ("lkjihgfedcba", "row"),
        ("0123456789012", "row"),
        ("Password1234", "common"),
        ("administrator", "common"),
        ("ada.lovelace@example.com", "your own"),
        ("Ada.Lovelace", "your own"),
        ("ada lovelace", "your own"),
    ],
)
def test_weak_password_is_refused_with_the_cure(password: str, word: str) -> None:
    with pytest.raises(WeakPassword, match=word) as refused:
        check_password(password, **WHO)
    assert refused.value.violations[0].pointer == "/password"
    assert password not in refused.value.message


@pytest.mark.parametrize(
    "password", ["nine unrelated heron feathers", "stocktool-demo-2024", "ключ от старой двери", "x7#kQ!m2Zp$w"]
)
def test_no_composition_is_demanded(password: str) -> None:
    assert check_password(password, **WHO) == password


def test_two_keyboards_typing_the_same_characters_give_the_same_password() -> None:
    composed, decomposed = "caf\u00e9 und tee im garten", "cafe\u0301 und tee im garten"
    assert check_password(composed, **WHO) == check_password(decomposed, **WHO)


@given(st.text(max_size=MIN_LENGTH - 1))
def test_anything_short_is_refused(password: str) -> None:
    # A compatibility character may unfold into several: judged is what is hashed.
    if len(unicodedata.normalize("NFKC", password)) < MIN_LENGTH:
        with pytest.raises(WeakPassword):
            check_password(password, **WHO)
