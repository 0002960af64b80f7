"""What happens while AWS cannot be reached."""

from __future__ import annotations

import asyncio
import threading

import pytest
from stocktool_kit.aio import Limiter, run_blocking
from stocktool_kit.aws.clients import AwsClients, AwsOptions
from stocktool_kit.aws.consumer import Message, QueueConsumer
from stocktool_kit.aws.queue import Queue
from stocktool_kit.core.caller import Caller, acting_as, current_caller
from stocktool_kit.core.errors import Unavailable
from stocktool_kit.health import Health


@pytest.fixture
def nowhere() -> AwsClients:
    who = "test"
    options = AwsOptions("http://127.0.0.1:1", "us-east-1", who, who, connect_timeout_seconds=0.5, attempts=1)
    return AwsClients(Limiter(2), options)


async def test_a_call_says_unavailable_and_keeps_its_cause(nowhere: AwsClients) -> None:
    with pytest.raises(Unavailable) as error:
        await nowhere.call("dynamodb", "describe_table", TableName="x")
    assert error.value.__cause__ is not None
    assert error.value.metadata == {"service": "dynamodb", "operation": "describe_table"}


async def test_a_consumer_is_not_ready_says_why_and_stops_when_told(nowhere: AwsClients) -> None:
    health, stop = Health("stock"), asyncio.Event()

    async def handle(_: Message) -> None:
        pytest.fail("there is no message")

    consumer = QueueConsumer(Queue(nowhere, "analysis-queue"), handle, health=health)
    running = asyncio.create_task(consumer.run(stop))
    async with asyncio.timeout(60):
        while "cannot be reached" not in str(health.snapshot()):  # noqa: ASYNC110 - it polls by itself
            await asyncio.sleep(0.01)
        stop.set()
        await running
    assert not health.ready
    assert health.alive


async def test_blocking_calls_are_bounded_and_keep_their_context() -> None:
    limiter, lock = Limiter(2), threading.Lock()
    release = threading.Event()
    now = most = 0

    def work() -> str:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        release.wait(0.05)
        with lock:
            now -= 1
        return current_caller().subject

    with acting_as(Caller("usr_1")):
        subjects = await asyncio.gather(*(run_blocking(limiter, work) for _ in range(6)))

    assert subjects == ["usr_1"] * 6
    assert most == 2
