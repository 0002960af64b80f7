"""What `Queue` and `QueueConsumer` promise, on SQS's protocol."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.consumer import ConsumerOptions, Message, QueueConsumer
from stocktool_kit.aws.envelopes import unwrap_sns
from stocktool_kit.aws.queue import Queue
from stocktool_kit.core.errors import InvalidArgument, Unavailable
from stocktool_kit.health import Health
from stocktool_kit.metrics import Metrics
from stocktool_kit.testing.aws import own_queue, own_topic

QUICK = ConsumerOptions(concurrency=3, visibility_seconds=3, wait_seconds=1, drain_seconds=3, backoff_seconds=0)


@asynccontextmanager
async def consuming(
    queue: Queue, handler: Callable[[Message], Awaitable[None]], options: ConsumerOptions = QUICK, **parts: Any
) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    running = asyncio.create_task(QueueConsumer(queue, handler, options, **parts).run(stop))
    try:
        yield stop
    finally:
        stop.set()
        await running


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - the state is in the emulator
            await asyncio.sleep(0.05)


async def test_messages_are_handled_once_and_gone(queue: Queue) -> None:
    await queue.send_batch([{"number": number} for number in range(25)])
    seen: list[int] = []
    most = 0
    now = 0

    async def handle(message: Message) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        seen.append(message.body["number"])

    health, metrics = Health("stock"), Metrics("stock")
    async with consuming(queue, handle, health=health, metrics=metrics):

        async def empty() -> bool:
            depth = await queue.depth()
            return len(seen) == 25 and depth.waiting == depth.in_flight == 0

        await eventually(empty)
        assert health.ready

    assert sorted(seen) == list(range(25))
    assert most == 3
    handled = f'stocktool_stock_message_seconds_count{{outcome="done",queue="{queue.name}"}} 25.0'
    assert handled in metrics.exposition().decode()
    assert "QueueDepth" in {series.name for series in metrics.take()}


async def test_a_failed_message_comes_again_and_then_goes_to_the_dead_letters(queue: Queue) -> None:
    await queue.send({"symbol": "AAPL"}, {"kind": "analysis"})
    counts: list[int] = []

    async def fail(message: Message) -> None:
        counts.append(message.receive_count)
        raise Unavailable("the provider is away")

    async with consuming(queue, fail):
        await eventually(lambda: _dead(queue, 1))

    assert counts == [1, 2, 3]
    letter = (await queue.dead_letters())[0]
    assert letter.body == '{"symbol":"AAPL"}'
    assert letter.attributes["kind"] == "analysis"


async def test_a_refused_message_goes_to_the_dead_letters_at_once_with_its_reason(queue: Queue) -> None:
    await queue.send({"symbol": ""})
    handled = 0

    async def refuse(_: Message) -> None:
        nonlocal handled
        handled += 1
        raise InvalidArgument.of("symbol", "must not be empty")

    async with consuming(queue, refuse):
        await eventually(lambda: _dead(queue, 1))

    assert handled == 1
    assert (await queue.dead_letters())[0].attributes["reason"] == "INVALID_ARGUMENT"


async def test_what_is_not_json_is_refused_without_the_handler(queue: Queue) -> None:
    await queue.send_text("not json")

    async def handle(_: Message) -> None:
        pytest.fail("a message that is not JSON reached the handler")

    async with consuming(queue, handle):
        await eventually(lambda: _dead(queue, 1))


async def test_a_long_handler_keeps_its_message_to_itself(queue: Queue) -> None:
    await queue.send({})
    counts: list[int] = []

    async def slow(message: Message) -> None:
        counts.append(message.receive_count)
        await asyncio.sleep(5)  # longer than the visibility of three seconds

    async with consuming(queue, slow):
        await eventually(lambda: _handled(queue, counts))

    assert counts == [1]


async def test_a_stop_lets_a_handler_finish_and_takes_nothing_more(queue: Queue) -> None:
    started, done = asyncio.Event(), asyncio.Event()
    await queue.send({"number": 1})

    async def handle(_: Message) -> None:
        started.set()
        await asyncio.sleep(0.3)
        done.set()

    async with consuming(queue, handle) as stop:
        async with asyncio.timeout(60):
            await started.wait()
        stop.set()
    assert done.is_set()
    await queue.send({"number": 2})
    depth = await queue.depth()
    assert (depth.waiting, depth.in_flight) == (1, 0)


async def test_the_trace_goes_on_in_the_handler(queue: Queue) -> None:
    tracer = TracerProvider().get_tracer("test")
    seen: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

    async def handle(message: Message) -> None:
        seen.set_result(message)

    with tracer.start_as_current_span("request") as span:
        await queue.send({})
        trace_id = trace.format_trace_id(span.get_span_context().trace_id)
    async with consuming(queue, handle), asyncio.timeout(60):
        message = await seen
    assert message.traceparent.split("-")[1] == trace_id


async def test_dead_letters_can_be_brought_back(queue: Queue) -> None:
    for number in range(12):
        await queue.dead_letter_queue.send({"number": number}, {"kind": "analysis"})
    assert len(await queue.dead_letters(12)) == 12

    assert await queue.redrive() == 12

    await eventually(lambda: _waiting(queue, 12))
    assert await queue.dead_letters() == []
    assert await queue.redrive() == 0


async def test_a_topic_reaches_queues_raw_and_wrapped(aws: AwsClients, queue: Queue) -> None:
    async with own_queue(aws) as wrapped, own_topic(aws, queue) as plain, own_topic(aws, wrapped, raw=False) as topic:
        await plain.publish({"state": "done"}, {"kind": "job"})
        await topic.publish({"state": "done"}, {"kind": "job"})

        for source in (queue, wrapped):
            seen: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

            async def handle(message: Message, seen: asyncio.Future[Message] = seen) -> None:
                seen.set_result(message)

            async with consuming(source, handle), asyncio.timeout(60):
                message = await seen
            body, attributes = unwrap_sns(message.body)
            assert body == {"state": "done"}
            assert (attributes or message.attributes)["kind"] == "job"


async def _dead(queue: Queue, count: int) -> bool:
    return (await queue.dead_letter_queue.depth()).waiting == count


async def _waiting(queue: Queue, count: int) -> bool:
    return (await queue.depth()).waiting == count


async def _handled(queue: Queue, counts: list[int]) -> bool:
    depth = await queue.depth()
    return bool(counts) and depth.waiting == depth.in_flight == 0
