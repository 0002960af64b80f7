"""What fails again and again is spared, and never for good."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from stocktool_kit.core.breaker import Breaker
from stocktool_kit.testing.clock import FakeClock

NOW = datetime(2026, 11, 22, 17, 5, tzinfo=UTC)


def test_breaker_lets_one_call_try_again_and_doubles_its_pause() -> None:
    clock = FakeClock(NOW)
    breaker = Breaker(clock, failures=2)
    breaker.failed()
    assert breaker.allows()
    breaker.failed()
    assert breaker.is_open
    for pause in (2, 4, 8, 16, 30, 30):
        assert not breaker.allows()
        clock.advance(pause - 0.1)
        assert not breaker.allows()
        clock.advance(0.2)
        assert [breaker.allows(), breaker.allows()] == [True, False]
        breaker.failed()
    clock.advance(31)
    assert breaker.allows()
    breaker.succeeded()
    assert breaker.allows()
    assert not breaker.is_open


@given(st.lists(st.sampled_from(["ask", "fail", "succeed", "wait"]), max_size=60))
def test_breaker_is_never_shut_for_good(steps: list[str]) -> None:
    clock = FakeClock(NOW)
    breaker = Breaker(clock)
    for step in steps:
        if step == "ask":
            breaker.allows()
        elif step == "fail":
            breaker.failed()
        elif step == "succeed":
            breaker.succeeded()
        else:
            clock.advance(1)
    clock.advance(61)
    assert breaker.allows()
