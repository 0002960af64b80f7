"""What leases promise."""

from __future__ import annotations

import asyncio

import pytest
from stocktool_kit.aws.lease import LeaseHeld, LeaseLost, Leases
from stocktool_kit.aws.table import ConditionFailed, Put, Table
from stocktool_kit.testing.clock import FakeClock

from tests.eventually import eventually


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def test_only_one_holder_at_a_time_and_the_fence_grows(table: Table, clock: FakeClock) -> None:
    first, second = Leases(table, clock, "pod-1"), Leases(table, clock, "pod-2")

    lease = await first.acquire("job#1")
    with pytest.raises(LeaseHeld):
        await second.acquire("job#1")
    assert await first.try_acquire("job#1") is None  # not even another task of the same process
    await lease.release()
    later = await second.acquire("job#1")

    assert later.fence > lease.fence


async def test_of_many_that_try_at_once_one_gets_it(table: Table, clock: FakeClock) -> None:
    pods = [Leases(table, clock, f"pod-{number}") for number in range(8)]

    got = await asyncio.gather(*(pod.try_acquire("job#1") for pod in pods))

    assert sum(lease is not None for lease in got) == 1


async def test_an_unrenewed_lease_can_be_taken_and_its_old_holder_writes_no_more(
    table: Table, clock: FakeClock
) -> None:
    old = await Leases(table, clock, "pod-1").acquire("job#1")
    await table.transact([old.check(), Put({"pk": "J#1", "sk": "1", "by": "pod-1"})])

    clock.advance(10)
    await old.renew()
    clock.advance(14)
    with pytest.raises(LeaseHeld):
        await Leases(table, clock, "pod-2").acquire("job#1")
    clock.advance(2)
    new = await Leases(table, clock, "pod-2").acquire("job#1")

    with pytest.raises(ConditionFailed):
        await table.transact([old.check(), Put({"pk": "J#1", "sk": "2", "by": "pod-1"})])
    await table.transact([new.check(), Put({"pk": "J#1", "sk": "2", "by": "pod-2"})])
    assert (await table.get({"pk": "J#1", "sk": "2"}) or {})["by"] == "pod-2"
    with pytest.raises(LeaseLost):
        await old.renew()
    assert old.lost.is_set()
    await old.release()  # does nothing to the new holder
    await new.renew()


async def test_the_fence_grows_even_when_the_clock_falls(table: Table, clock: FakeClock) -> None:
    leases = Leases(table, clock)
    before = await leases.acquire("job#1")
    await before.release()

    clock.advance(-3600)

    assert (await leases.acquire("job#1")).fence == before.fence + 1


async def test_a_held_lease_is_renewed_and_released(table: Table, clock: FakeClock) -> None:
    leases = Leases(table, clock, renew_seconds=0.02)
    async with leases.hold("job#1"):
        clock.advance(14)
        async with asyncio.timeout(60):
            while (await table.get(leases.key("job#1")) or {})["held_until"] < leases.now_ms() + 15_000:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    async with leases.hold("job#1") as again:
        assert not again.lost.is_set()


async def test_guarded_work_ends_when_the_lease_is_lost(table: Table, clock: FakeClock) -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with Leases(table, clock, "pod-1", renew_seconds=0.02).hold("job#1") as lease:
        clock.advance(-60)  # this pod's clock falls back, and another's goes on
        ahead = FakeClock()
        ahead.advance(3600)
        other = Leases(table, ahead, "pod-2")
        await eventually(lambda: other.try_acquire("job#1"))  # a renewal may come between its reading and its writing
        with pytest.raises(LeaseLost):
            async with asyncio.timeout(60):
                await lease.guard(work())
    assert ended.is_set()


async def test_guarded_work_gives_its_result(table: Table, clock: FakeClock) -> None:
    async def work() -> int:
        return 7

    async with Leases(table, clock).hold("job#1") as lease:
        assert await lease.guard(work()) == 7
