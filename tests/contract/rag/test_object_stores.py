"""What every `OriginalStore` and `DerivedStore` promises."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.testing.aws import emulated, own_bucket
from stocktool_rag.adapters.s3_derived import S3Derived
from stocktool_rag.adapters.s3_originals import S3Originals
from stocktool_rag.application.ports import DerivedStore, OriginalStore
from stocktool_rag.domain.documents import DocumentId
from stocktool_rag.domain.pages import PageText

from tests.conftest import EmulatedAws
from tests.fakes.rag import FakeDerived, FakeOriginals
from tests.fakes.rag_factories import passages

ADA, BOB = OwnerId("usr_ada"), OwnerId("usr_bob")
ONE, TWO = DocumentId("doc_1"), DocumentId("doc_2")


class OriginalStoreContract:
    """The promises; `originals` is empty."""

    async def test_bytes_come_back(self, originals: OriginalStore, tmp_path: Path) -> None:
        body = bytes(range(256)) * 5000
        source = io.BytesIO(body)
        source.seek(77)
        await originals.put(ADA, ONE, source, len(body))
        path = tmp_path / "file"
        assert await originals.download(ADA, ONE, path) is True
        assert path.read_bytes() == body
        assert await originals.download(BOB, ONE, path) is False

    async def test_deleted_bytes_are_gone_and_others_stay(self, originals: OriginalStore, tmp_path: Path) -> None:
        for document in (ONE, TWO, ONE):
            await originals.put(ADA, document, io.BytesIO(b"x"), 1)
        await originals.delete(ADA, ONE)
        await originals.delete(ADA, ONE)
        assert await originals.download(ADA, ONE, tmp_path / "file") is False
        assert await originals.download(ADA, TWO, tmp_path / "file") is True

    async def test_a_form_is_for_one_key(self, originals: OriginalStore) -> None:
        form = await originals.form(ADA, ONE, 1000)
        assert form.fields["key"] == "docs/usr_ada/doc_1/original"
        assert form.expires_in_seconds == 600


class DerivedStoreContract:
    """The promises; `derived` is empty."""

    async def test_passages_and_vectors_come_back(self, derived: DerivedStore) -> None:
        indexed = passages("doc_1", 5)
        await derived.put(ADA, ONE, indexed)
        found = await derived.get(ADA, ONE)
        assert found is not None
        assert found.chunks == indexed.chunks
        assert np.array_equal(found.vectors, indexed.vectors)
        assert found.vectors.dtype == np.float16
        assert (found.content_hash, found.pipeline) == ("hash", "pipeline")
        assert await derived.get(BOB, ONE) is None

    async def test_a_later_making_replaces_an_earlier_one(self, derived: DerivedStore) -> None:
        await derived.put(ADA, ONE, passages("doc_1", 5))
        await derived.put(ADA, ONE, passages("doc_1", 2))
        found = await derived.get(ADA, ONE)
        assert found is not None
        assert len(found.chunks) == len(found.vectors) == 2

    async def test_pages_are_read_by_number(self, derived: DerivedStore) -> None:
        pages = [PageText(1, "one", "Title"), PageText(2, "zwei «ü» \u2028", "")]
        await derived.put_pages(ADA, ONE, pages)
        assert await derived.get_pages(ADA, ONE, {2, 3}) == {2: pages[1]}
        assert await derived.get_pages(ADA, ONE, {1, 2}) == {1: pages[0], 2: pages[1]}
        assert await derived.get_pages(ADA, TWO, {1}) is None

    async def test_deleted_is_deleted(self, derived: DerivedStore) -> None:
        for document in (ONE, TWO):
            await derived.put(ADA, document, passages(document, 1))
            await derived.put_pages(ADA, document, [PageText(1, "x")])
        await derived.delete(ADA, ONE)
        await derived.delete(ADA, ONE)
        assert await derived.get(ADA, ONE) is None
        assert await derived.get_pages(ADA, ONE, {1}) is None
        assert await derived.get(ADA, TWO) is not None


class TestFakeOriginals(OriginalStoreContract):
    @pytest.fixture
    def originals(self) -> OriginalStore:
        return FakeOriginals()


class TestFakeDerived(DerivedStoreContract):
    @pytest.fixture
    def derived(self) -> DerivedStore:
        return FakeDerived()


@pytest.fixture
async def bucket(emulator: EmulatedAws) -> AsyncIterator[Bucket]:
    aws = emulated(emulator.endpoint_url)
    async with own_bucket(aws) as bucket:
        yield bucket
    aws.close()


class TestS3Originals(OriginalStoreContract):
    @pytest.fixture
    def originals(self, bucket: Bucket, emulator: EmulatedAws) -> OriginalStore:
        return S3Originals(emulated(emulator.endpoint_url), bucket)

    async def test_no_version_is_left(self, originals: OriginalStore, bucket: Bucket, emulator: EmulatedAws) -> None:
        for body in (b"first", b"second"):
            await originals.put(ADA, ONE, io.BytesIO(body), len(body))
        await originals.delete(ADA, ONE)
        aws = emulated(emulator.endpoint_url)
        left = await aws.call("s3", "list_object_versions", Bucket=bucket.name)
        assert not left.get("Versions")
        assert not left.get("DeleteMarkers")


class TestS3Derived(DerivedStoreContract):
    @pytest.fixture
    def derived(self, bucket: Bucket) -> DerivedStore:
        return S3Derived(bucket)
