"""An SQS queue with its dead-letter queue `<name>-dlq`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.topic import message_attributes
from stocktool_kit.core.errors import StockToolError, Unavailable

_BATCH = 10
_PEEK_SECONDS = 10  # a look that breaks off hides messages no longer than this


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """About how many messages there are."""

    waiting: int
    in_flight: int
    delayed: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was given up."""

    id: str
    body: str
    attributes: Mapping[str, str]
    receive_count: int
    sent_at: datetime


class Queue:
    """One queue.

    Args:
        aws: The process's clients.
        name: The queue's name.
    """

    def __init__(self, aws: AwsClients, name: str) -> None:
        self.aws = aws
        self.name = name
        self._url = ""

    @property
    def dead_letter_queue(self) -> Queue:
        """Where messages go that were received too often."""
        return Queue(self.aws, f"{self.name}-dlq")

    async def url(self) -> str:
        """The queue's address, asked for once."""
        if not self._url:
            self._url = str((await self.aws.call("sqs", "get_queue_url", QueueName=self.name))["QueueUrl"])
        return self._url

    async def send(
        self, body: Mapping[str, Any], attributes: Mapping[str, str] | None = None, *, delay_seconds: int = 0
    ) -> str:
        """Send a JSON message with the current trace and answer its id."""
        return await self.send_text(orjson.dumps(body).decode(), attributes, delay_seconds=delay_seconds)

    async def deliver(self, message: Mapping[str, Any], attributes: Mapping[str, str]) -> None:
        """Send, as a destination of the outbox."""
        await self.send(message, attributes)

    async def send_text(self, body: str, attributes: Mapping[str, str] | None = None, *, delay_seconds: int = 0) -> str:
        """Send a message as it is, with the current trace unless the attributes carry one."""
        answer = await self.aws.call(
            "sqs",
            "send_message",
            QueueUrl=await self.url(),
            MessageBody=body,
            MessageAttributes=message_attributes(attributes or {}),
            DelaySeconds=delay_seconds,
        )
        return str(answer["MessageId"])

    async def send_batch(self, bodies: Sequence[Mapping[str, Any]]) -> None:
        """Send many JSON messages.

        Raises:
            Unavailable: Some were not taken; those before them were.
        """
        attributes = message_attributes({})
        for at in range(0, len(bodies), _BATCH):
            entries = [
                {"Id": str(number), "MessageBody": orjson.dumps(body).decode(), "MessageAttributes": attributes}
                for number, body in enumerate(bodies[at : at + _BATCH])
            ]
            answer = await self.aws.call("sqs", "send_message_batch", QueueUrl=await self.url(), Entries=entries)
            if answer.get("Failed"):
                raise Unavailable("the queue did not take all messages", queue=self.name, failed=len(answer["Failed"]))

    async def depth(self) -> QueueDepth:
        """About how many messages there are."""
        names = (
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        )
        answer = await self.aws.call(
            "sqs", "get_queue_attributes", QueueUrl=await self.url(), AttributeNames=list(names)
        )
        return QueueDepth(*(int(answer["Attributes"].get(name, 0)) for name in names))

    async def peek(self, limit: int = 10) -> list[DeadLetter]:
        """Look at messages and give them back, in no particular order; on a queue nobody consumes.

        They are hidden while the look lasts, or each receive would show the same ones again.
        """
        seen: dict[str, dict[str, Any]] = {}
        try:
            while len(seen) < limit:
                messages = await self._receive(limit=min(_BATCH, limit - len(seen)), visibility_seconds=_PEEK_SECONDS)
                if not messages:
                    break
                seen |= {message["MessageId"]: message for message in messages}
        finally:
            for message in seen.values():
                await self.aws.call(
                    "sqs",
                    "change_message_visibility",
                    QueueUrl=await self.url(),
                    ReceiptHandle=message["ReceiptHandle"],
                    VisibilityTimeout=0,
                )
        return [_dead_letter(message) for message in seen.values()]

    async def dead_letters(self, limit: int = 10) -> list[DeadLetter]:
        """Look at this queue's dead letters without taking them."""
        return await self.dead_letter_queue.peek(limit)

    async def redrive(self, limit: int = 1000) -> int:
        """Bring the dead letters back, and answer how many were moved, or are being moved.

        A copy is sent before its original is deleted, so a crash between the two makes a duplicate, never a loss.
        """
        dead = self.dead_letter_queue
        waiting = (await dead.depth()).waiting
        if not waiting:
            return 0
        if await self._start_move(dead):
            return waiting
        moved = 0
        while moved < limit:
            messages = await dead._receive(limit=_BATCH, visibility_seconds=30)
            if not messages:
                break
            for message in messages:
                await self.send_text(message["Body"], text_attributes(message))
                await self.aws.call(
                    "sqs", "delete_message", QueueUrl=await dead.url(), ReceiptHandle=message["ReceiptHandle"]
                )
            moved += len(messages)
        return moved

    async def _start_move(self, dead: Queue) -> bool:
        answer = await self.aws.call(
            "sqs", "get_queue_attributes", QueueUrl=await dead.url(), AttributeNames=["QueueArn"]
        )
        try:
            await self.aws.call("sqs", "start_message_move_task", SourceArn=answer["Attributes"]["QueueArn"])
        except StockToolError as error:
            # Emulators lack the operation, and AWS refuses queues that are no configured dead-letter queue.
            if error.metadata.get("code") in {
                "InvalidAction",
                "UnsupportedOperation",
                "AWS.SimpleQueueService.UnsupportedOperation",
            }:
                return False
            raise
        return True

    async def _receive(self, *, limit: int, visibility_seconds: int) -> list[dict[str, Any]]:
        answer = await self.aws.call(
            "sqs",
            "receive_message",
            QueueUrl=await self.url(),
            MaxNumberOfMessages=limit,
            VisibilityTimeout=visibility_seconds,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )
        return list(answer.get("Messages", []))


def text_attributes(message: Mapping[str, Any]) -> dict[str, str]:
    """The text attributes of a message as SQS gave it."""
    attributes = message.get("MessageAttributes", {})
    return {name: value["StringValue"] for name, value in attributes.items() if "StringValue" in value}


def sent_at(message: Mapping[str, Any]) -> datetime:
    """When a message was first sent."""
    return datetime.fromtimestamp(int(message.get("Attributes", {}).get("SentTimestamp", 0)) / 1000, UTC)


def receive_count(message: Mapping[str, Any]) -> int:
    """How often a message was received, this time included."""
    return int(message.get("Attributes", {}).get("ApproximateReceiveCount", 1))


def _dead_letter(message: Mapping[str, Any]) -> DeadLetter:
    return DeadLetter(
        message["MessageId"], message["Body"], text_attributes(message), receive_count(message), sent_at(message)
    )
