"""Merging the audit trail, judging health, setting flags, redriving."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_admin.application.keep_evaluations import ListEvaluations, ReadEvaluation, StoreEvaluation
from stocktool_admin.application.manage_flags import SetFlag
from stocktool_admin.application.operate_queues import ListDeadLetters, MeasureDepths, RedriveDeadLetters
from stocktool_admin.application.read_audit import ReadAudit
from stocktool_admin.application.watch_health import HealthBoard
from stocktool_admin.domain.audit import AuditFilter, AuditRecord
from stocktool_admin.domain.evaluations import AxisScore, EvaluationExists, EvaluationNotFound
from stocktool_admin.domain.flags import Flag, FlagValue, StaleFlag, next_flag
from stocktool_admin.domain.health import STALE_AFTER, ServiceHealth, ServiceState
from stocktool_admin.domain.queues import DeadLetter, QueueNotFound
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.paging import PageRequest
from stocktool_kit.testing.clock import FakeClock

from tests.factories.admin import an_evaluation
from tests.fakes.admin import FakeAuditTrail, FakeEvaluations, FakeFlags, FakeQueues
from tests.fakes.twins import Between, outcome

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def a_record(number: int, action: str = "user.registered") -> AuditRecord:
    return AuditRecord(f"{number:06d}", NOW, action, "usr_a", "usr_a", "usr_a")


async def all_pages(trail: FakeAuditTrail, wanted: AuditFilter, size: int) -> list[str]:
    """Every page there is, as a client would read them."""
    read, seen, token = ReadAudit(trail), [], ""
    for _ in range(10_000):
        page = await read(wanted, PageRequest(size, token))
        assert len(page.items) <= size
        seen += [record.id for record in page.items]
        token = page.next_page_token
        if not token:
            return seen
    raise AssertionError("the pages never end")


@given(
    numbers=st.sets(st.integers(0, 500), max_size=60),
    size=st.integers(1, 7),
    bound=st.integers(1, 9),
    seed=st.integers(0, 9),
)
def test_pages_give_every_record_once_newest_first(numbers: set[int], size: int, bound: int, seed: int) -> None:
    """However records fall on shards, and however little of a shard one look reads."""
    rng = random.Random(seed)
    shards: list[list[AuditRecord]] = [[], [], [], []]
    for number in numbers:
        rng.choice(shards).append(a_record(number, "signin.failed" if number % 3 == 0 else "user.registered"))
    trail = FakeAuditTrail(shards, bound=bound)

    def expected(fits: set[int]) -> list[str]:
        return [f"{number:06d}" for number in sorted(fits, reverse=True)]

    day = NOW.date()
    assert asyncio.run(all_pages(trail, AuditFilter(day), size)) == expected(numbers)
    failed = {number for number in numbers if number % 3 == 0}
    assert asyncio.run(all_pages(trail, AuditFilter(day, "signin.failed"), size)) == expected(failed)
    assert asyncio.run(all_pages(trail, AuditFilter(day, actor="usr_b"), size)) == []
    assert asyncio.run(all_pages(trail, AuditFilter(day + timedelta(days=1)), size)) == []


async def test_page_token_of_another_day_is_refused() -> None:
    read = ReadAudit(FakeAuditTrail([[a_record(1), a_record(2)]]))
    page = await read(AuditFilter(NOW.date()), PageRequest(1))
    with pytest.raises(InvalidArgument):
        await read(AuditFilter(NOW.date() - timedelta(days=1)), PageRequest(1, page.next_page_token))


def found(name: str, state: ServiceState = ServiceState.READY) -> ServiceHealth:
    return ServiceHealth(name, state, "", timedelta(milliseconds=3), NOW)


def test_mesh_is_ready_while_every_service_is() -> None:
    clock = FakeClock(NOW)
    board = HealthBoard(clock)
    board.put(found("stock"))
    board.put(found("auth"))
    assert board.mesh().ready
    assert [service.name for service in board.mesh().services] == ["auth", "stock"]
    board.put(found("stock", ServiceState.NOT_READY))
    assert not board.mesh().ready


def test_a_finding_that_is_old_proves_nothing() -> None:
    clock = FakeClock(NOW)
    board = HealthBoard(clock)
    board.put(found("auth"))
    clock.advance(by=STALE_AFTER)
    assert board.mesh().ready
    clock.advance(1)
    assert board.mesh().services[0].state is ServiceState.UNREACHABLE
    assert not board.mesh().ready


@pytest.mark.parametrize("name", ["", "Chat", "a b", "-a", "a-", "a..b", "x" * 65, "a/b"])
def test_flag_names_are_plain(name: str) -> None:
    with pytest.raises(InvalidArgument):
        next_flag(None, name=name, value=True, expected_version=None, by="usr_a", now=NOW)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "x" * 4096])
def test_flag_values_are_small_json(value: FlagValue) -> None:
    with pytest.raises(InvalidArgument):
        next_flag(None, name="a", value=value, expected_version=None, by="usr_a", now=NOW)


def a_key(name: str = "k") -> IdempotencyKey:
    return IdempotencyKey("usr_a", "PUT", "/flags/a", name, "hash")


async def test_flag_is_set_over_the_version_that_was_read() -> None:
    set_flag = SetFlag(FakeFlags(), FakeClock(NOW))
    first = await set_flag("chat.model", "small", expected_version=0, by="usr_a", key=None)
    assert (first.version, first.value) == (1, "small")
    with pytest.raises(StaleFlag):
        await set_flag("chat.model", "large", expected_version=0, by="usr_a", key=None)
    assert (await set_flag("chat.model", "large", expected_version=None, by="usr_a", key=None)).version == 2


async def test_same_request_sets_a_flag_once() -> None:
    set_flag = SetFlag(FakeFlags(), FakeClock(NOW))
    first = await set_flag("a", 1, expected_version=0, by="usr_a", key=a_key())
    assert await set_flag("a", 1, expected_version=0, by="usr_a", key=a_key()) == first


def letters(count: int) -> Sequence[DeadLetter]:
    return [DeadLetter(f"m{n}", "{}", {}, 3, NOW - timedelta(seconds=n)) for n in range(count)]


async def test_redrive_moves_all_and_is_recorded() -> None:
    queues, trail = FakeQueues({"ingest-queue": letters(3)}), FakeAuditTrail()
    assert [letter.id for letter in await ListDeadLetters(queues)("ingest-queue", 10)] == ["m2", "m1", "m0"]
    redrive = RedriveDeadLetters(queues, trail)
    assert await redrive("ingest-queue", by="usr_a") == 3
    assert await redrive("ingest-queue", by="usr_a") == 0
    assert trail.recorded[0] == ("queue.redriven", "usr_a", "ingest-queue", {"moved": "3"})
    with pytest.raises(QueueNotFound):
        await redrive("ingest-queue-dlq", by="usr_a")


async def test_depths_are_measured_with_those_of_the_dead() -> None:
    measured: dict[str, int] = {}
    stop = asyncio.Event()

    class Gauge:
        def queue_depth(self, queue: str, messages: int) -> None:
            measured[queue] = messages
            if len(measured) == 4:
                stop.set()

    queues = FakeQueues({"ingest-queue": letters(3), "notify-queue": ()})
    async with asyncio.timeout(60):
        await MeasureDepths(queues, Gauge()).run(stop)
    assert measured == {"ingest-queue": 0, "ingest-queue-dlq": 3, "notify-queue": 0, "notify-queue-dlq": 0}


async def test_a_flag_set_twice_at_once_is_answered_twice_the_same() -> None:
    for call in (1, 2, 3):
        flags, between = FakeFlags(), Between()

        def set_flag(flags: FakeFlags = flags) -> Awaitable[Flag]:
            return SetFlag(flags, FakeClock(NOW))("a", "on", expected_version=0, by="usr_a", key=a_key())

        between.run(set_flag, before_call=call)
        assert await outcome(set_flag(between.over(flags))) == between.found


async def test_a_run_is_stored_and_recorded_once() -> None:
    store, trail = FakeEvaluations(), FakeAuditTrail()
    keep = StoreEvaluation(store, trail)
    run = an_evaluation()
    assert await keep(run, by="usr_a") == run
    assert await keep(run, by="usr_a") == run
    with pytest.raises(EvaluationExists):
        await keep(an_evaluation(commit="other"), by="usr_a")
    assert trail.recorded == [
        ("evaluation.stored", "usr_a", run.id, {"model": "offline-analyst", "passed": "0", "cases": "1"})
    ]
    assert await ReadEvaluation(store)(run.id) == run
    with pytest.raises(EvaluationNotFound):
        await ReadEvaluation(store)(an_evaluation(2).id)


@pytest.mark.parametrize("bad", ["", "../flags", "20260105T120000Z", "20260105T120000Z-" + "a" * 40])
async def test_ids_of_runs_cannot_leave_their_folder(bad: str) -> None:
    with pytest.raises(InvalidArgument):
        an_evaluation(id=bad)
    with pytest.raises(InvalidArgument):
        await ReadEvaluation(FakeEvaluations())(bad)


async def test_runs_are_listed_in_pages_newest_first() -> None:
    store = FakeEvaluations()
    runs = [an_evaluation(number) for number in range(5)]
    for run in runs:
        await store.add(run)
    seen, token = [], ""
    for expected in (2, 2, 1):
        page = await ListEvaluations(store)(PageRequest(2, token))
        assert len(page.items) == expected
        seen += page.items
        token = page.next_page_token
    assert token == ""
    assert seen == runs[::-1]


def test_scores_that_cannot_be_are_refused() -> None:
    with pytest.raises(InvalidArgument):
        AxisScore("plan", 2, 1)
    with pytest.raises(InvalidArgument):
        an_evaluation(passed=2)
