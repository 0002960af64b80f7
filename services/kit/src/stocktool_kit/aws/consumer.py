"""A worker that handles the messages of a queue, each at least once.

Handlers are idempotent: SQS delivers twice now and then, and in any order. A handler that returns has its message
deleted; one that raises has it redelivered later, and the queue's redrive policy ends that.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from queue import SimpleQueue
from typing import Any

import orjson
import structlog
from botocore.exceptions import BotoCoreError, ClientError
from opentelemetry import trace
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.trace import SpanKind, Status, StatusCode
from structlog.contextvars import bind_contextvars

from stocktool_kit.aws.errors import from_botocore
from stocktool_kit.aws.queue import Queue, receive_count, sent_at, text_attributes
from stocktool_kit.core.errors import InvalidArgument, Kind, StockToolError
from stocktool_kit.health import Health
from stocktool_kit.metrics import Metrics
from stocktool_kit.telemetry import extract

log = structlog.get_logger()

_LONGEST_BACKOFF_SECONDS = 900
_LONGEST_PAUSE_SECONDS = 30.0
_MOST_PER_POLL = 10
_MEASURE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a queue.

    Attributes:
        id: The message's id; the same when it is delivered again.
        body: The JSON object.
        attributes: Its text attributes.
        receipt: Handle of this delivery.
        receive_count: How often it was delivered, this time included.
        sent_at: When it was sent.
        traceparent: The trace it belongs to, empty when it carries none.
    """

    id: str
    body: Mapping[str, Any]
    attributes: Mapping[str, str]
    receipt: str
    receive_count: int
    sent_at: datetime
    traceparent: str = ""


Handler = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ConsumerOptions:
    """How a consumer behaves.

    Attributes:
        concurrency: Messages handled at a time.
        visibility_seconds: How long a message stays hidden after its consumer died; renewed at a third of it.
        wait_seconds: Length of a long poll.
        drain_seconds: Time that handlers get to finish after the stop.
        backoff_seconds: Delay before the second delivery of a message that failed; doubled for each further one.
    """

    concurrency: int = 4
    visibility_seconds: int = 60
    wait_seconds: int = 10
    drain_seconds: float = 12.0
    backoff_seconds: float = 2.0


_Received = list[dict[str, Any]]


class _Poller:
    """Receives on a thread of its own with a client of its own, so that waiting takes nobody's place.

    The thread is a daemon: a process that stops does not wait for a poll to end.
    """

    def __init__(self, queue: Queue, options: ConsumerOptions) -> None:
        self._queue = queue
        self._options = options
        self._wait_seconds = 0  # the first look does not wait, so that readiness is known at once
        self._asked: SimpleQueue[tuple[str, int, asyncio.Future[_Received]] | None] = SimpleQueue()
        self._closed = threading.Event()
        self._client: Any = None
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._run, name=f"poll {queue.name}", daemon=True).start()

    async def receive(self, limit: int) -> _Received:
        """Wait for messages, at most `limit`."""
        answer: asyncio.Future[_Received] = self._loop.create_future()
        self._asked.put((await self._queue.url(), limit, answer))
        try:
            return await answer
        except (BotoCoreError, ClientError) as error:
            raise from_botocore("sqs", "receive_message", error) from error

    def close(self) -> None:
        """Take no more; what a poll still under way receives is handed back."""
        self._closed.set()
        self._asked.put(None)

    def _run(self) -> None:
        with suppress_instrumentation():  # an idle poll is no event worth a span
            while (request := self._asked.get()) is not None:
                url, limit, answer = request
                try:
                    outcome: _Received | Exception = self._receive(url, limit)
                except Exception as error:
                    outcome = error
                with suppress(RuntimeError):  # the loop is closed when the process was quicker than the poll
                    self._loop.call_soon_threadsafe(_settle, answer, outcome)

    def _receive(self, url: str, limit: int) -> _Received:
        if self._client is None:
            timeout = self._options.wait_seconds + 10
            self._client = self._queue.aws.separate_client("sqs", read_timeout_seconds=timeout)
        answer = self._client.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=limit,
            WaitTimeSeconds=self._wait_seconds,
            VisibilityTimeout=self._options.visibility_seconds,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )
        self._wait_seconds = self._options.wait_seconds
        messages: _Received = answer.get("Messages", [])
        if not self._closed.is_set():
            return messages
        # Nobody will handle these: hand them back at once instead of hiding them for a minute.
        for message in messages:
            self._client.change_message_visibility(
                QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )
        return []


def _settle(answer: asyncio.Future[_Received], outcome: _Received | Exception) -> None:
    if answer.done():
        return
    if isinstance(outcome, Exception):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)


class QueueConsumer:
    """Handles the messages of one queue; a `Worker` of the process.

    Args:
        queue: The queue.
        handler: Called for each message, in a span that continues the message's trace.
        options: How it behaves.
        health: Told whether the queue can be reached.
        metrics: Told of times and outcomes.
    """

    def __init__(
        self,
        queue: Queue,
        handler: Handler,
        options: ConsumerOptions | None = None,
        *,
        health: Health | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self.name = f"consumer:{queue.name}"
        self._queue = queue
        self._handler = handler
        self._options = options or ConsumerOptions()
        self._health = health
        self._metrics = metrics
        self._slots = asyncio.Semaphore(self._options.concurrency)
        self._tracer = trace.get_tracer(__name__)
        if health is not None:
            health.set(self.name, False, "not polled yet")  # noqa: FBT003

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until stopped, then let the handlers finish."""
        poller = _Poller(self._queue, self._options)
        tasks: set[asyncio.Task[None]] = set()
        polling = asyncio.create_task(self._poll(poller, tasks))
        stopping = asyncio.create_task(stop.wait())
        measuring = asyncio.create_task(self._measure())
        try:
            await asyncio.wait({polling, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            poller.close()
            for task in (polling, stopping, measuring):
                task.cancel()
            await asyncio.wait({polling, stopping, measuring})
            await self._drain(tasks)
        if not polling.cancelled():
            polling.result()  # the loop ends by itself only by a bug: let the process see it

    async def _poll(self, poller: _Poller, tasks: set[asyncio.Task[None]]) -> None:
        pause = 0.5
        while True:
            await self._slots.acquire()
            self._slots.release()
            free = min(_MOST_PER_POLL, self._options.concurrency - len(tasks))
            try:
                messages = await poller.receive(max(1, free))
            except StockToolError as error:
                self._say(ready=False, detail=error.message)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
                continue
            pause = 0.5
            self._say(ready=True)
            for raw in messages:
                await self._slots.acquire()
                task = asyncio.create_task(self._handle(raw))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                task.add_done_callback(lambda _: self._slots.release())

    async def _measure(self) -> None:
        """Report the queue's depth now and then; each consumer does, and the metric is read as a maximum."""
        while self._metrics is not None:
            with suppress(StockToolError), suppress_instrumentation():  # what cannot be asked shows in the polls
                self._metrics.queue_depth(self._queue.name, (await self._queue.depth()).waiting)
            await asyncio.sleep(_MEASURE_SECONDS)

    async def _drain(self, tasks: set[asyncio.Task[None]]) -> None:
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=self._options.drain_seconds)
        for task in late:
            task.cancel()
        if late:
            log.warning("messages_abandoned", queue=self._queue.name, messages=len(late))
            await asyncio.wait(late)

    async def _handle(self, raw: dict[str, Any]) -> None:
        attributes = text_attributes(raw)
        started = time.perf_counter()
        outcome = "retry"
        bind_contextvars(queue=self._queue.name, message_id=raw["MessageId"])  # the task's own context
        with self._tracer.start_as_current_span(
            f"process {self._queue.name}",
            context=extract(attributes),
            kind=SpanKind.CONSUMER,
            attributes={
                "messaging.system": "aws_sqs",
                "messaging.operation.type": "process",
                "messaging.destination.name": self._queue.name,
                "messaging.message.id": raw["MessageId"],
            },
        ) as span:
            heartbeat = asyncio.create_task(self._keep_hidden(raw["ReceiptHandle"]))
            try:
                await self._handler(_message(raw, attributes))
            except asyncio.CancelledError:
                await self._show_again(raw, 0)
                raise
            except StockToolError as error:
                span.set_status(Status(StatusCode.ERROR, error.reason))
                outcome = "refused" if error.kind is Kind.INVALID_ARGUMENT else "retry"
                await self._failed(raw, attributes, error)
            except Exception as error:
                span.record_exception(error)
                span.set_status(Status(StatusCode.ERROR))
                await self._failed(raw, attributes, error)
            else:
                outcome = "done"
                await self._delete(raw)
            finally:
                heartbeat.cancel()
                seconds = time.perf_counter() - started
                if self._metrics is not None:
                    self._metrics.message(self._queue.name, outcome, seconds)
                log.info(
                    "message_handled",
                    outcome=outcome,
                    receive_count=receive_count(raw),
                    duration_ms=round(seconds * 1000, 1),
                )

    async def _failed(self, raw: dict[str, Any], attributes: dict[str, str], error: Exception) -> None:
        if isinstance(error, InvalidArgument):
            # No redelivery can help. Straight to the dead letters, with the reason; only then is the original deleted.
            log.error("message_refused", reason=error.reason, exc_info=error)
            try:
                await self._queue.dead_letter_queue.send_text(raw["Body"], {**attributes, "reason": error.reason})
            except StockToolError as refused:
                log.warning("dead_letter_not_sent", detail=refused.message)
            else:
                await self._delete(raw)
            return
        count = receive_count(raw)
        delay = min(self._options.backoff_seconds * 2 ** (count - 1), _LONGEST_BACKOFF_SECONDS)
        log.warning("message_failed", receive_count=count, exc_info=error)
        await self._show_again(raw, int(delay))

    async def _keep_hidden(self, receipt: str) -> None:
        while True:
            await asyncio.sleep(self._options.visibility_seconds / 3)
            try:
                await self._visibility(receipt, self._options.visibility_seconds)
            except StockToolError as error:
                log.warning("visibility_not_extended", detail=error.message)

    async def _show_again(self, raw: dict[str, Any], delay_seconds: int) -> None:
        try:
            await self._visibility(raw["ReceiptHandle"], delay_seconds)
        except StockToolError as error:  # it shows by itself when its time is over
            log.warning("visibility_not_changed", detail=error.message)

    async def _visibility(self, receipt: str, seconds: int) -> None:
        await self._queue.aws.call(
            "sqs",
            "change_message_visibility",
            QueueUrl=await self._queue.url(),
            ReceiptHandle=receipt,
            VisibilityTimeout=seconds,
        )

    async def _delete(self, raw: dict[str, Any]) -> None:
        try:
            await self._queue.aws.call(
                "sqs", "delete_message", QueueUrl=await self._queue.url(), ReceiptHandle=raw["ReceiptHandle"]
            )
        except StockToolError as error:  # it is delivered again, and the handler is idempotent
            log.warning("message_not_deleted", detail=error.message)

    def _say(self, *, ready: bool, detail: str = "") -> None:
        if self._health is not None:
            self._health.set(self.name, ready, detail)


def _message(raw: dict[str, Any], attributes: dict[str, str]) -> Message:
    try:
        body = orjson.loads(raw["Body"])
    except orjson.JSONDecodeError as error:
        raise InvalidArgument("the message is not JSON") from error
    if not isinstance(body, dict):
        raise InvalidArgument("the message is not a JSON object")
    return Message(
        raw["MessageId"],
        body,
        attributes,
        raw["ReceiptHandle"],
        receive_count(raw),
        sent_at(raw),
        attributes.get("traceparent", ""),
    )
