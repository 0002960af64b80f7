"""Originals in S3: `docs/<owner>/<document>/original`, with the trace of their upload in the metadata."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.core.errors import NotFound
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.telemetry import inject

from stocktool_rag.application.ports import UploadForm
from stocktool_rag.domain.documents import DocumentId
from stocktool_rag.domain.events import original_key

# Whatever a browser claims a file is, storage never serves it as something that runs.
_CONTENT_TYPE = "application/octet-stream"


class S3Originals:
    """An `OriginalStore`."""

    def __init__(self, aws: AwsClients, bucket: Bucket) -> None:
        self._aws = aws
        self._bucket = bucket

    async def put(self, owner: OwnerId, document_id: DocumentId, source: BinaryIO, size_bytes: int) -> None:
        """Stream an open file into storage."""
        metadata = inject({})

        def store(client: Any) -> None:
            source.seek(0)
            client.put_object(
                Bucket=self._bucket.name,
                Key=original_key(owner, document_id),
                Body=source,
                ContentLength=size_bytes,
                ContentType=_CONTENT_TYPE,
                Metadata=metadata,
            )

        await self._aws.run("s3", "put_object", store)

    async def form(self, owner: OwnerId, document_id: DocumentId, max_bytes: int) -> UploadForm:
        """Sign a form for exactly this key, a fixed type and a size range; ten minutes."""
        form = await self._bucket.presigned_post(
            original_key(owner, document_id), content_type=_CONTENT_TYPE, max_bytes=max_bytes
        )
        return UploadForm(form.url, form.fields, form.expires_in_seconds)

    async def trace_of(self, owner: OwnerId, document_id: DocumentId) -> Mapping[str, str]:
        """The trace of the upload, since storage's events carry none; empty when the bytes are gone."""
        info = await self._bucket.head(original_key(owner, document_id))
        return dict(info.metadata) if info else {}

    async def download(self, owner: OwnerId, document_id: DocumentId, path: Path) -> bool:
        """Stream the newest bytes into a file; False when there are none."""
        try:
            await self._bucket.download(original_key(owner, document_id), path)
        except NotFound:
            return False
        return True

    async def delete(self, owner: OwnerId, document_id: DocumentId) -> None:
        """Delete every version."""
        await self._bucket.delete_all_versions(original_key(owner, document_id))
