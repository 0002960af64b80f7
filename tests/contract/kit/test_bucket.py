"""What `Bucket` promises, on S3's protocol."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.errors import ConditionFailed
from stocktool_kit.core.errors import NotFound


async def test_an_object_comes_back_with_its_metadata_and_trace(bucket: Bucket) -> None:
    with TracerProvider().get_tracer("test").start_as_current_span("request"):
        version = await bucket.put("docs/a b/ü.txt", b"text", content_type="text/plain", metadata={"doc": "doc_1"})

    stored = await bucket.get("docs/a b/ü.txt")
    assert stored.body == b"text"
    assert stored.info.content_type == "text/plain"
    assert stored.info.version_id == version != ""
    assert stored.info.metadata["doc"] == "doc_1"
    assert stored.info.metadata["traceparent"].startswith("00-")
    assert (await bucket.head("docs/a b/ü.txt")) == stored.info


async def test_nothing_there_is_told_apart_from_failing(bucket: Bucket) -> None:
    assert await bucket.head("docs/none") is None
    with pytest.raises(NotFound):
        await bucket.get("docs/none")
    await bucket.delete("docs/none")


async def test_a_download_is_streamed_to_a_file(bucket: Bucket, tmp_path: Path) -> None:
    body = bytes(range(256)) * 10_000
    await bucket.put("docs/big", body)

    info = await bucket.download("docs/big", tmp_path / "big")

    assert (tmp_path / "big").read_bytes() == body
    assert info.size_bytes == len(body)


async def test_a_second_writer_is_refused_where_the_first_must_win(bucket: Bucket) -> None:
    await bucket.put("derived/1", b"first", only_if_absent=True)
    with pytest.raises(ConditionFailed):
        await bucket.put("derived/1", b"second", only_if_absent=True)
    assert (await bucket.get("derived/1")).body == b"first"


async def test_keys_are_listed_in_pages(bucket: Bucket) -> None:
    for number in range(5):
        await bucket.put(f"docs/{number}", b"x")
    await bucket.put("other/1", b"x")

    first, after = await bucket.list("docs/", limit=3)
    second, end = await bucket.list("docs/", limit=3, after=after)

    assert [info.key for info in [*first, *second]] == [f"docs/{number}" for number in range(5)]
    assert end is None


async def test_deleting_all_versions_leaves_nothing_to_bring_back(bucket: Bucket) -> None:
    versions = [await bucket.put("docs/1/text", text) for text in (b"one", b"two")]
    await bucket.delete("docs/1/text")
    await bucket.put("docs/2/text", b"stays")

    assert await bucket.delete_all_versions("docs/1/") == 3  # two versions and a marker

    for version in versions:
        with pytest.raises(NotFound):
            await bucket.get("docs/1/text", version_id=version)
    assert (await bucket.get("docs/2/text")).body == b"stays"
    with pytest.raises(ValueError, match="whole bucket"):
        await bucket.delete_all_versions("")


async def test_a_browser_can_post_exactly_what_was_signed(bucket: Bucket) -> None:
    form = await bucket.presigned_post(
        "docs/usr_1/doc_1/file.pdf", content_type="application/pdf", max_bytes=10, metadata={"doc": "doc_1"}
    )

    async with httpx.AsyncClient() as browser:

        async def post(body: bytes, **changed: str) -> int:
            fields = {**form.fields, **changed}
            return (await browser.post(form.url, data=fields, files={"file": ("file.pdf", body)})).status_code

        assert await post(b"x" * 11) in {400, 403}
        assert await post(b"x", key="docs/usr_2/file.pdf") == 403
        assert await bucket.head(form.fields["key"]) is None
        assert await post(b"%PDF-") == 204

    stored = await bucket.get("docs/usr_1/doc_1/file.pdf")
    assert stored.body == b"%PDF-"
    assert stored.info.content_type == "application/pdf"
    assert stored.info.metadata["doc"] == "doc_1"


async def test_a_download_address_gives_an_attachment_of_a_fixed_type(bucket: Bucket) -> None:
    await bucket.put("docs/1", b"<script>", content_type="text/html")

    url = await bucket.presigned_get("docs/1", filename='Q3 "final" é.html')

    async with httpx.AsyncClient() as browser:
        answer = await browser.get(url)
    assert answer.content == b"<script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''Q3%20%22final%22%20%C3%A9.html"


async def test_addresses_are_signed_for_the_public_origin(bucket: Bucket) -> None:
    public = Bucket(bucket._aws, bucket.name, "http://localhost:8080")

    form = await public.presigned_post("docs/1", content_type="text/plain", max_bytes=10)

    assert form.url == f"http://localhost:8080/{bucket.name}"
    assert (await public.presigned_get("docs/1", filename="a")).startswith(
        f"http://localhost:8080/{bucket.name}/docs/1?"
    )
