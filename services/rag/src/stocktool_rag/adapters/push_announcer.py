"""Hints to the browser of whoever uploaded a document."""

from __future__ import annotations

from stocktool_kit.push.events import PushEvent
from stocktool_kit.push.publisher import Publisher

from stocktool_rag.domain.collections import private_collection
from stocktool_rag.domain.documents import PRIVATE_ALIAS, Document


class PushAnnouncer:
    """An `Announcer`."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def announce(self, document: Document) -> None:
        """Send the document as `GET /documents/{id}` shows it."""
        await self._send(
            document,
            {
                "name": document.name,
                "state": document.state.value,
                "pages": document.pages,
                "chunks": document.chunks,
                "error": document.error,
            },
        )

    async def announce_deleted(self, document: Document) -> None:
        """Send that it is gone."""
        await self._send(document, {"state": "deleted"})

    async def _send(self, document: Document, facts: dict[str, object]) -> None:
        private = document.collection_id == private_collection(document.owner_id).id
        payload = {"id": document.id, "collection": PRIVATE_ALIAS if private else document.collection_id, **facts}
        await self._publisher.publish(
            PushEvent(document.uploaded_by, "document", payload, id=document.id, occurred_at=document.updated_at)
        )
