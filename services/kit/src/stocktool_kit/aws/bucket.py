"""An S3 bucket: objects with their metadata, all their versions, and addresses signed for browsers."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.errors import from_code
from stocktool_kit.core.errors import NotFound
from stocktool_kit.telemetry import inject

_PRESIGNED_SECONDS = 600


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What is known of an object without its bytes."""

    key: str
    size_bytes: int
    etag: str
    modified_at: datetime
    version_id: str = ""
    content_type: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object with its bytes."""

    info: ObjectInfo
    body: bytes


@dataclass(frozen=True, slots=True)
class PresignedPost:
    """A form a browser may post: `fields` first, the file last as `file`."""

    url: str
    fields: Mapping[str, str]
    expires_in_seconds: int


class Bucket:
    """One bucket.

    Args:
        aws: The process's clients.
        name: The bucket's name.
        public_endpoint_url: Origin that browsers reach S3 under, when it is another than ours: signatures cover the
            host, so signing needs it.
    """

    def __init__(self, aws: AwsClients, name: str, public_endpoint_url: str | None = None) -> None:
        self._aws = aws
        self.name = name
        self._public_endpoint_url = public_endpoint_url
        self._signer: Any = None
        self._signer_lock = threading.Lock()

    async def put(
        self,
        key: str,
        body: bytes,
        *,
        content_type: str = "application/octet-stream",
        metadata: Mapping[str, str] | None = None,
        only_if_absent: bool = False,
    ) -> str:
        """Store an object with the current trace in its metadata, and answer its version id (empty if unversioned).

        Raises:
            ConditionFailed: `only_if_absent`, and there is one.
        """
        condition = {"IfNoneMatch": "*"} if only_if_absent else {}
        answer = await self._call(
            "put_object",
            Key=key,
            Body=body,
            ContentType=content_type,
            Metadata=inject(dict(metadata or {})),
            **condition,
        )
        return str(answer.get("VersionId", ""))

    async def get(self, key: str, *, version_id: str | None = None) -> StoredObject:
        """Read an object whole; for those whose size is bounded.

        Raises:
            NotFound: There is none.
        """

        def read(client: Any) -> StoredObject:
            answer = client.get_object(Bucket=self.name, Key=key, **_version(version_id))
            with closing(answer["Body"]) as stream:
                return StoredObject(_info(key, answer), stream.read())

        stored: StoredObject = await self._aws.run("s3", "get_object", read)
        return stored

    async def download(self, key: str, path: Path, *, version_id: str | None = None) -> ObjectInfo:
        """Stream an object into a file.

        Raises:
            NotFound: There is none.
        """

        def stream(client: Any) -> ObjectInfo:
            answer = client.get_object(Bucket=self.name, Key=key, **_version(version_id))
            with closing(answer["Body"]) as source, path.open("wb") as target:
                for block in source.iter_chunks(1 << 20):
                    target.write(block)
            return _info(key, answer)

        info: ObjectInfo = await self._aws.run("s3", "get_object", stream)
        return info

    async def head(self, key: str, *, version_id: str | None = None) -> ObjectInfo | None:
        """What is known of an object; None when there is none."""
        try:
            return _info(key, await self._call("head_object", Key=key, **_version(version_id)))
        except NotFound:
            return None

    async def list(
        self, prefix: str, *, limit: int = 1000, after: str | None = None
    ) -> tuple[list[ObjectInfo], str | None]:
        """One page of keys in order, and the key to go on after, None at the end."""
        start = {"StartAfter": after} if after else {}
        answer = await self._call("list_objects_v2", Prefix=prefix, MaxKeys=limit, **start)
        infos = [
            ObjectInfo(entry["Key"], entry["Size"], entry["ETag"].strip('"'), entry["LastModified"])
            for entry in answer.get("Contents", [])
        ]
        return infos, infos[-1].key if answer.get("IsTruncated") and infos else None

    async def delete(self, key: str) -> None:
        """Hide an object behind a delete marker (versioned), or delete it; no error when there is none."""
        await self._call("delete_object", Key=key)

    async def delete_all_versions(self, prefix: str) -> int:
        """Delete every version and marker of the keys with this prefix, and answer how many there were."""
        if not prefix:
            raise ValueError("an empty prefix would delete the whole bucket")

        def sweep(client: Any) -> int:
            count = 0
            for page in client.get_paginator("list_object_versions").paginate(Bucket=self.name, Prefix=prefix):
                entries = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
                if not entries:
                    continue
                victims = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
                answer = client.delete_objects(Bucket=self.name, Delete={"Objects": victims, "Quiet": True})
                for refused in answer.get("Errors", []):
                    raise from_code("s3", "delete_objects", refused.get("Code", ""), refused.get("Message", ""))
                count += len(victims)
            return count

        deleted: int = await self._aws.run("s3", "delete_objects", sweep)
        return deleted

    async def presigned_post(
        self,
        key: str,
        *,
        content_type: str,
        max_bytes: int,
        min_bytes: int = 1,
        metadata: Mapping[str, str] | None = None,
    ) -> PresignedPost:
        """Sign a form for exactly this key, type and size range, with the current trace in the object's metadata."""
        fields = {"Content-Type": content_type}
        fields |= {f"x-amz-meta-{name}": value for name, value in inject(dict(metadata or {})).items()}
        conditions: list[Any] = [{name: value} for name, value in fields.items()]
        conditions.append(["content-length-range", min_bytes, max_bytes])

        def sign(_: Any) -> dict[str, Any]:
            answer: dict[str, Any] = self._signing_client().generate_presigned_post(
                self.name, key, Fields=fields, Conditions=conditions, ExpiresIn=_PRESIGNED_SECONDS
            )
            return answer

        form = await self._aws.run("s3", "presigned_post", sign)
        return PresignedPost(form["url"], form["fields"], _PRESIGNED_SECONDS)

    async def presigned_get(
        self, key: str, *, filename: str, content_type: str = "application/octet-stream", version_id: str | None = None
    ) -> str:
        """Sign a download, always as an attachment of a fixed type: a stored page never runs in our origin."""
        parameters = {
            "Bucket": self.name,
            "Key": key,
            "ResponseContentDisposition": f"attachment; filename*=UTF-8''{quote(filename, safe='')}",
            "ResponseContentType": content_type,
            **_version(version_id),
        }

        def sign(_: Any) -> str:
            url: str = self._signing_client().generate_presigned_url(
                "get_object", Params=parameters, ExpiresIn=_PRESIGNED_SECONDS
            )
            return url

        signed: str = await self._aws.run("s3", "presigned_get", sign)
        return signed

    def _signing_client(self) -> Any:
        if self._public_endpoint_url is None:
            return self._aws.client("s3")
        with self._signer_lock:
            if self._signer is None:
                self._signer = self._aws.separate_client("s3", endpoint_url=self._public_endpoint_url)
            return self._signer

    async def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return await self._aws.call("s3", operation, Bucket=self.name, **parameters)


def _version(version_id: str | None) -> dict[str, str]:
    return {"VersionId": version_id} if version_id else {}


def _info(key: str, answer: Mapping[str, Any]) -> ObjectInfo:
    return ObjectInfo(
        key,
        answer["ContentLength"],
        answer["ETag"].strip('"'),
        answer["LastModified"],
        answer.get("VersionId", ""),
        answer.get("ContentType", ""),
        answer.get("Metadata", {}),
    )
