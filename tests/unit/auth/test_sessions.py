"""A refresh token rotates once, repeats within its grace, and ends its family afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_auth.domain.sessions import (
    GRACE,
    IDLE_LIFETIME,
    LONGEST_LIFETIME,
    Refresh,
    RefreshToken,
    Session,
)

from tests.factories.auth import START, a_session


def presented(session: Session, generation: int, after: timedelta) -> Refresh:
    return session.judge(RefreshToken(session.id, generation), session.rotated_at + after)


def test_current_token_rotates() -> None:
    assert presented(a_session(generation=3), 3, timedelta(days=1)) is Refresh.ROTATE


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, Refresh.REPEAT), (9.999, Refresh.REPEAT), (10, Refresh.REUSED), (3600, Refresh.REUSED)],
)
def test_token_before_repeats_for_ten_seconds(seconds: float, expected: Refresh) -> None:
    assert presented(a_session(generation=3), 2, timedelta(seconds=seconds)) is expected


def test_older_token_is_reuse_even_within_the_grace() -> None:
    assert presented(a_session(generation=3), 1, timedelta(0)) is Refresh.REUSED


def test_token_of_a_generation_not_yet_given_gets_nothing() -> None:
    assert presented(a_session(generation=3), 4, timedelta(0)) is Refresh.ENDED


def test_ended_session_gives_nothing_for_any_token() -> None:
    session = a_session(generation=3, ended_at=START)
    assert {presented(session, generation, timedelta(0)) for generation in range(1, 5)} == {Refresh.ENDED}


def test_unused_session_ends_and_no_session_outlives_its_longest() -> None:
    session = a_session()
    assert session.is_live(START + IDLE_LIFETIME - timedelta(seconds=1))
    assert not session.is_live(START + IDLE_LIFETIME)
    old = replace(session, rotated_at=START + LONGEST_LIFETIME - timedelta(days=1))
    assert old.is_live(START + LONGEST_LIFETIME - timedelta(seconds=1))
    assert not old.is_live(START + LONGEST_LIFETIME)


@given(st.lists(st.tuples(st.integers(1, 6), st.floats(0, 30)), max_size=30))
def test_a_stolen_token_never_leaves_two_holders_with_a_live_family(uses: list[tuple[int, float]]) -> None:
    """Whatever order tokens are shown in: after a reuse, nothing of the family works any more."""
    session, now = a_session(), START
    reused = False
    for generation, wait in uses:
        now += timedelta(seconds=wait)
        verdict = session.judge(RefreshToken(session.id, generation), now)
        if reused:
            assert verdict is Refresh.ENDED
        if verdict is Refresh.ROTATE:
            assert generation == session.generation
            session = session.rotated(now)
        elif verdict is Refresh.REPEAT:
            assert generation == session.generation - 1
            assert now - session.rotated_at < GRACE
        elif verdict is Refresh.REUSED:
            assert generation < session.generation
            session, reused = replace(session, ended_at=now), True
