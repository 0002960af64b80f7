"""An SNS topic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.telemetry import inject


class Topic:
    """One topic.

    Args:
        aws: The process's clients.
        arn: The topic's ARN.
    """

    def __init__(self, aws: AwsClients, arn: str) -> None:
        self._aws = aws
        self.arn = arn

    async def publish(
        self, message: Mapping[str, Any], attributes: Mapping[str, str] | None = None, *, subject: str | None = None
    ) -> str:
        """Publish a JSON message and answer its id; the current trace goes along as an attribute."""
        extra = {} if subject is None else {"Subject": subject}
        answer = await self._aws.call(
            "sns",
            "publish",
            TopicArn=self.arn,
            Message=orjson.dumps(message).decode(),
            MessageAttributes=message_attributes(attributes or {}),
            **extra,
        )
        return str(answer["MessageId"])

    async def deliver(self, message: Mapping[str, Any], attributes: Mapping[str, str]) -> None:
        """Publish, as a destination of the outbox."""
        await self.publish(message, attributes)


def message_attributes(attributes: Mapping[str, str]) -> dict[str, Any]:
    """The wire form of text attributes, with the current trace among them. Empty values cannot be sent: left out."""
    return {
        name: {"DataType": "String", "StringValue": value} for name, value in inject(dict(attributes)).items() if value
    }
