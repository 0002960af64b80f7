"""Messages of the ingest queue: storage's events, and requests of the service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from opentelemetry import trace
from stocktool_kit.aws.consumer import Message
from stocktool_kit.aws.envelopes import s3_events
from stocktool_kit.core.errors import Conflict, InvalidArgument
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.telemetry import extract

from stocktool_rag.application.ingest_document import IngestDocument
from stocktool_rag.domain.documents import CollectionId, DocumentId
from stocktool_rag.domain.events import (
    IngestEvent,
    ObjectWritten,
    PurgeRequested,
    ReindexRequested,
    object_written,
)

TraceOf = Callable[[OwnerId, DocumentId], Awaitable[Mapping[str, str]]]
"""Gives the trace an object was uploaded in; storage's events carry none."""


class IngestHandler:
    """Handles one message, in the trace of the upload where it is known.

    Args:
        ingest: The use case.
        trace_of: Looks up the trace of an upload.
        attempts: Deliveries after which the queue gives a message up.
    """

    def __init__(self, ingest: IngestDocument, trace_of: TraceOf, attempts: int) -> None:
        self._ingest = ingest
        self._trace_of = trace_of
        self._attempts = attempts
        self._tracer = trace.get_tracer(__name__)

    async def __call__(self, message: Message) -> None:
        """Do what the message asks for.

        Raises:
            InvalidArgument: It is none of ours; it goes to the dead letters.
        """
        for event in read_events(message.body):
            try:
                await self._handle(event)
            except Conflict:
                raise  # another worker has it
            except Exception:
                if message.receive_count >= self._attempts:
                    await self._ingest.give_up(event)
                raise

    async def _handle(self, event: IngestEvent) -> None:
        if not isinstance(event, ObjectWritten):
            await self._ingest(event)
            return
        carrier = await self._trace_of(event.owner_id, event.document_id)
        with self._tracer.start_as_current_span("ingest document", context=extract(carrier)) as span:
            span.set_attribute("stocktool.document_id", event.document_id)
            await self._ingest(event)


def read_events(body: Mapping[str, Any]) -> list[IngestEvent]:
    """Read a message; none for events that concern no original.

    Raises:
        InvalidArgument: It is neither an event of storage nor a request of ours.
    """
    if "request" not in body:
        written = [
            object_written(event.key, event.sequencer)
            for event in s3_events(body)
            if event.name.removeprefix("s3:").startswith("ObjectCreated:")
        ]
        return [event for event in written if event is not None]
    try:
        match body["request"]:
            case "reindex":
                return [ReindexRequested(DocumentId(body["document_id"]), str(body["request_id"]))]
            case "purge":
                owner, collection = OwnerId(body["owner_id"]), CollectionId(body["collection_id"])
                return [PurgeRequested(owner, collection, DocumentId(body["document_id"]))]
            case other:
                raise InvalidArgument("the message asks for something unknown", request=other)
    except KeyError as error:
        raise InvalidArgument("the message lacks a field", field=error.args[0]) from error
