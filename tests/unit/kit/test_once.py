"""Writes that are done once: what is tried again, what is answered from before, and what is told."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from stocktool_kit.core.errors import Conflict, NotFound
from stocktool_kit.core.once import ATTEMPTS, once


class Request:
    """A write whose attempts end as told; from the attempt `twin_at` on its twin has been answered."""

    def __init__(self, errors: Sequence[Exception] = (), *, twin_at: int | None = None) -> None:
        self.errors = list(errors)
        self.twin_at = twin_at
        self.attempts = 0

    async def earlier(self) -> str | None:
        return "twin" if self.twin_at is not None and self.attempts >= self.twin_at else None

    async def attempt(self) -> str:
        self.attempts += 1
        if self.errors:
            raise self.errors.pop(0)
        return "mine"


async def test_a_request_that_was_answered_is_not_tried() -> None:
    request = Request(twin_at=0)
    assert await once(request.earlier, request.attempt) == "twin"
    assert request.attempts == 0


async def test_an_error_that_the_twin_caused_is_not_told() -> None:
    request = Request([NotFound("gone")], twin_at=1)
    assert await once(request.earlier, request.attempt, stale=Conflict) == "twin"


async def test_an_error_without_a_twin_is_told_at_once() -> None:
    request = Request([NotFound("gone")])
    with pytest.raises(NotFound):
        await once(request.earlier, request.attempt, stale=Conflict)
    assert request.attempts == 1


async def test_a_write_that_met_another_is_worked_out_anew_for_a_while() -> None:
    request = Request([Conflict("met")] * (ATTEMPTS - 1))
    assert await once(request.earlier, request.attempt, stale=Conflict) == "mine"
    crowded = Request([Conflict("met")] * (ATTEMPTS + 1))
    with pytest.raises(Conflict):
        await once(crowded.earlier, crowded.attempt, stale=Conflict)
    assert crowded.attempts == ATTEMPTS


async def test_a_version_that_was_named_is_not_tried_again() -> None:
    request = Request([Conflict("met")])
    with pytest.raises(Conflict):
        await once(request.earlier, request.attempt, stale=Conflict, version=3)
    assert request.attempts == 1


async def test_an_answer_may_be_empty() -> None:
    async def nothing() -> dict[str, str]:
        return {}

    request = Request()
    assert await once(nothing, request.attempt) == {}
    assert request.attempts == 0
