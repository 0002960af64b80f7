"""What SNS and S3 wrap around messages on their way into a queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

import orjson

from stocktool_kit.core.errors import InvalidArgument


@dataclass(frozen=True, slots=True)
class S3Event:
    """A change of an object. Events come twice and out of order.

    Attributes:
        name: `ObjectCreated:Put`, `ObjectRemoved:Delete`, ...
        bucket: The bucket.
        key: The key, decoded.
        sequencer: Orders the events of one key: compare as text after padding on the left to one length.
        version_id: The version, empty on a bucket without versions.
        size_bytes: Size; 0 for a removal.
        etag: Entity tag, empty for a removal.
    """

    name: str
    bucket: str
    key: str
    sequencer: str
    version_id: str = ""
    size_bytes: int = 0
    etag: str = ""


def unwrap_sns(body: Mapping[str, Any]) -> tuple[Mapping[str, Any], dict[str, str]]:
    """Take a message out of SNS's envelope, with its attributes; one delivered raw is given back as it is.

    Raises:
        InvalidArgument: The envelope holds no JSON object.
    """
    if body.get("Type") != "Notification" or "Message" not in body:
        return body, {}
    try:
        message = orjson.loads(body["Message"])
    except orjson.JSONDecodeError as error:
        raise InvalidArgument("the notification is not JSON") from error
    if not isinstance(message, dict):
        raise InvalidArgument("the notification is not a JSON object")
    attributes = {name: str(entry.get("Value", "")) for name, entry in body.get("MessageAttributes", {}).items()}
    return message, attributes


def s3_events(body: Mapping[str, Any]) -> list[S3Event]:
    """Read the S3 events of a message, wrapped by SNS or not; none for the test event S3 sends at set-up.

    Raises:
        InvalidArgument: The message is no S3 event.
    """
    message, _ = unwrap_sns(body)
    if message.get("Event") == "s3:TestEvent":
        return []
    records = message.get("Records")
    if not isinstance(records, list):
        raise InvalidArgument("the message is no S3 event")
    try:
        return [_event(record) for record in records]
    except (KeyError, TypeError) as error:
        raise InvalidArgument("the S3 event lacks a field") from error


def _event(record: Mapping[str, Any]) -> S3Event:
    stored = record["s3"]["object"]
    return S3Event(
        name=record["eventName"],
        bucket=record["s3"]["bucket"]["name"],
        key=unquote_plus(stored["key"]),
        sequencer=stored.get("sequencer", ""),
        version_id=stored.get("versionId") or "",
        size_bytes=int(stored.get("size") or 0),
        etag=(stored.get("eTag") or "").strip('"'),
    )
