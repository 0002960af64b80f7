"""Files of analyses in the knowledge bucket: `reports/<owner>/<analysis>/<run>/<name>`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.core.ids import new_ulid

from stocktool_stock.application.analysis_ports import ReportLink
from stocktool_stock.domain.analysis import Analysis, ReportFile


class S3Reports:
    """The `ReportStore` of the mesh.

    Args:
        bucket: The bucket, with the origin that browsers reach it under.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    async def put(self, analysis: Analysis, name: str, body: bytes, content_type: str) -> ReportFile:
        """Keep a file under a key of its own, so that a late run never changes what another one wrote."""
        key = f"reports/{analysis.owner}/{analysis.id}/{new_ulid()}/{name}"
        await self._bucket.put(key, body, content_type=content_type)
        return ReportFile(key, name, content_type, len(body))

    async def link(self, file: ReportFile) -> ReportLink:
        """Sign an address for a download; it is made anew for each reader and stored nowhere."""
        url = await self._bucket.presigned_get(file.key, filename=file.name, content_type=file.content_type)
        return ReportLink(url, _expiry(url), file)


def _expiry(url: str) -> datetime:
    """When an address ends, by its own words."""
    query = parse_qs(urlsplit(url).query)
    signed_at = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return signed_at + timedelta(seconds=int(query["X-Amz-Expires"][0]))
