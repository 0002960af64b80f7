"""Health that tells the truth."""

from __future__ import annotations

import asyncio

from stocktool_kit.health import Health
from stocktool_kit.testing.clock import FakeClock


def test_a_process_is_ready_only_while_all_its_parts_are() -> None:
    health = Health("stock")
    assert not health.ready  # nothing known yet

    health.set("rpc", ready=True)
    health.set("queue", ready=False, detail="not polled yet")
    assert not health.ready
    health.set("queue", ready=True)
    assert health.ready


def test_listeners_are_told_of_changes_only() -> None:
    health = Health("stock")
    told: list[bool] = []
    health.listen(told.append)

    health.set("rpc", ready=True)
    health.set("rpc", ready=True)
    health.set("queue", ready=True)
    health.set("queue", ready=False, detail="away")
    health.set("queue", ready=True)
    health.drain()

    assert told == [False, True, False, True, False]


def test_the_snapshot_says_what_is_wrong_and_since_when() -> None:
    clock = FakeClock()
    health = Health("stock", clock)
    health.set("rpc", ready=True)
    clock.advance(60)
    health.set("queue", ready=False, detail="sqs cannot be reached")
    clock.advance(60)
    health.set("queue", ready=False, detail="sqs cannot be reached")

    snapshot = health.snapshot()

    assert (snapshot["service"], snapshot["ready"], snapshot["state"]) == ("stock", False, "not_ready")
    assert snapshot["components"] == {
        "queue": {"ready": False, "detail": "sqs cannot be reached", "since": "2026-01-05T12:01:00.000000Z"},
        "rpc": {"ready": True, "detail": "", "since": "2026-01-05T12:00:00.000000Z"},
    }


def test_draining_is_for_good_and_is_no_failure() -> None:
    health = Health("stock")
    health.set("rpc", ready=True)

    health.drain()
    health.set("rpc", ready=True)

    assert not health.ready
    assert health.alive
    assert health.snapshot()["state"] == "draining"


def test_what_only_a_restart_can_cure_is_not_alive() -> None:
    health = Health("stock")
    health.set("rpc", ready=True)

    health.fail("consumer broke")

    assert not health.alive
    assert not health.ready
    assert health.snapshot()["detail"] == "consumer broke"


async def test_checks_are_polled_and_bounded_in_time() -> None:
    health = Health("stock")
    broken = True

    async def table() -> None:
        if broken:
            raise ConnectionError("no table")

    async def stuck() -> None:
        await asyncio.Event().wait()

    health.check("table", table, interval_seconds=0.01)
    health.check("stuck", stuck, interval_seconds=0.01, timeout_seconds=0.02)
    stop = asyncio.Event()
    running = asyncio.create_task(health.run(stop))
    turned = asyncio.Event()
    try:
        async with asyncio.timeout(60):
            while "no answer" not in str(health.snapshot()):  # noqa: ASYNC110 - it polls by itself
                await asyncio.sleep(0.005)
            assert "ConnectionError: no table" in str(health.snapshot())
            health.set("stuck", ready=True)
            health.listen(lambda ready: turned.set() if ready else None)
            broken = False
            await turned.wait()
    finally:
        stop.set()
        await running
