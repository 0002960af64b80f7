"""The rag service and its worker over real sockets, an emulated AWS and a real Chroma."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr
from stocktool.rag.v1 import rag_service_pb2 as pb
from stocktool.rag.v1 import rag_service_pb2_grpc as pb_grpc
from stocktool_kit.aws.audit import SHARDS, audit_partition
from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.queue import Queue
from stocktool_kit.aws.table import Key, Table
from stocktool_kit.core.caller import Caller, acting_as
from stocktool_kit.core.errors import InvalidArgument, NotFound
from stocktool_kit.core.ids import OwnerId, new_id
from stocktool_kit.process import Process, Runtime, running
from stocktool_kit.push.hub import Hub
from stocktool_kit.rpc.channel import open_channel
from stocktool_kit.rpc.identity import ServiceIdentity
from stocktool_kit.testing.process import SERVICE_SECRET, TokenFactory, ephemeral
from stocktool_rag.adapters.chroma_index import ChromaIndex
from stocktool_rag.adapters.minilm import MiniLmEmbedder
from stocktool_rag.bootstrap import work
from stocktool_rag.domain.collections import private_collection
from stocktool_rag.settings import Settings

from tests.conftest import EmulatedAws
from tests.eventually import eventually
from tests.fakes.rag_chroma import ChromaServer, chroma_server
from tests.fakes.rag_files import TOPICS, a_pdf
from tests.fakes.rag_office import a_docx
from tests.fakes.rag_process import serving_with_keys, sockets

# One service and one worker for all tests: a stopped consumer's last long poll would take messages from the next one.
pytestmark = pytest.mark.asyncio(loop_scope="module")

SCOPES = "documents.read documents.write"
API = "/api/rag/v1"


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    with chroma_server(tmp_path_factory.mktemp("chroma")) as server:
        yield server


@dataclass
class User:
    """Somebody with a token."""

    id: str
    http: httpx.AsyncClient
    caller: Caller

    async def upload(self, name: str, data: bytes, **headers: str) -> httpx.Response:
        return await self.http.post(f"{API}/documents", files={"file": (name, data)}, headers=headers)

    async def document(self, document_id: str) -> dict[str, Any]:
        answer = await self.http.get(f"{API}/documents/{document_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def settled(self, document_id: str, within: float = 60.0) -> dict[str, Any]:
        async def ask() -> dict[str, Any] | None:
            document = await self.document(document_id)
            return document if document["state"] in {"ready", "failed"} else None

        found = await eventually(ask, within=within)
        assert found is not None
        return found

    async def stored(self, name: str, data: bytes) -> dict[str, Any]:
        """Upload, and wait until it was read."""
        answer = await self.upload(name, data)
        assert answer.status_code == 202, answer.text
        return await self.settled(answer.json()["id"])

    async def search(self, query: str, **more: Any) -> dict[str, Any]:
        """Search everything the user may read."""
        answer = await self.http.post(f"{API}/search", json={"query": query, **more})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@dataclass
class Mesh:
    """The processes under test."""

    keys: TokenFactory
    base_url: str
    target: str
    service: Process[Settings]
    index: ChromaIndex
    hub: Hub
    push_target: str

    async def sequencer(self, document_id: str) -> str:
        """Storage's mark of the write that was ingested."""
        table = Table(self.service.runtime.aws, "stocktool-documents")
        pointer = await table.get({"pk": f"D#{document_id}", "sk": "at"})
        assert pointer is not None
        item = await table.get({"pk": f"C#{pointer['collection_id']}", "sk": f"D#{document_id}"})
        assert item is not None
        return str(item["sequencer"])

    async def idle(self, queue: Queue) -> bool:
        """Whether nothing waits in a queue or is being handled."""
        depth = await queue.depth()
        return depth.waiting == depth.in_flight == 0

    @asynccontextmanager
    async def user(self, *roles: str, subject: str = "") -> AsyncIterator[User]:
        subject = subject or new_id("usr")
        token = self.keys.token(subject, SCOPES, roles=["user", *roles])
        headers = {"authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=self.base_url, headers=headers, timeout=20) as http:
            yield User(subject, http, Caller(subject, token=token))


def settings(chroma: ChromaServer, **more: object) -> Settings:
    return Settings.model_validate(ephemeral(chroma_url=chroma.url, lexical_patience_seconds=20, **more))


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def mesh(emulator: EmulatedAws, chroma: ChromaServer) -> AsyncIterator[Mesh]:
    keys, hub = TokenFactory(), Hub()
    index = ChromaIndex("127.0.0.1", chroma.port, MiniLmEmbedder.name)
    async with (
        sockets(keys, hub) as push_target,
        running(settings(chroma, push_target=push_target), serving_with_keys(keys)) as service,
    ):
        base_url, target = f"http://127.0.0.1:{service.http_port}", f"127.0.0.1:{service.grpc_port}"
        yield Mesh(keys, base_url, target, service, index, hub, push_target)
    index.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def worker(mesh: Mesh, chroma: ChromaServer) -> AsyncIterator[None]:
    async with running(settings(chroma, service="rag-worker", push_target=mesh.push_target), work):
        yield


def an_s3_event(key: str, sequencer: str) -> dict[str, Any]:
    """An event as storage sends it."""
    stored = {"key": quote_plus(key, safe="/"), "size": 1, "eTag": "e", "sequencer": sequencer}
    record = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "stocktool-knowledge"}, "object": stored}}
    return {"Records": [record]}


async def actions(runtime: Runtime[Settings], owner: str) -> list[str]:
    """What was recorded about an owner today, in order."""
    table = Table(runtime.aws, "stocktool-audit")
    found = []
    for shard in range(SHARDS):
        key = Key("pk").eq(audit_partition(datetime.now(UTC), shard))
        found += [item async for item in table.query_all(key) if item["owner"] == owner]
    return [item["action"] for item in sorted(found, key=lambda item: item["sk"])]


async def test_an_uploaded_pdf_is_found_by_its_page(mesh: Mesh, worker: None) -> None:
    async with mesh.user() as user:
        answer = await user.upload("annual report.pdf", a_pdf(*TOPICS))
        assert answer.status_code == 202, answer.text
        stored = answer.json()
        assert (stored["name"], stored["state"]) == ("annual report.pdf", "stored")

        document = await user.settled(stored["id"])
        assert (document["state"], document["pages"], document["error"]) == ("ready", 5, None)
        assert document["media_type"] == "application/pdf"
        assert document["chunks"] == 5

        found = await user.search("How much will be paid out to the owners of shares?", top_k=3)
        assert found["indexed"] is True
        best = found["hits"][0]
        assert (best["document_id"], best["document_name"], best["page"]) == (stored["id"], "annual report.pdf", 3)
        assert "1.25 euros per share" in best["text"]
        assert [hit["score"] for hit in found["hits"]] == sorted((hit["score"] for hit in found["hits"]), reverse=True)

        page = await user.http.get(f"{API}/documents/{stored['id']}/pages/3")
        assert page.json()["pages"] == 5
        assert "dividend of 1.25 euros" in page.json()["text"]
        beyond = await user.http.get(f"{API}/documents/{stored['id']}/pages/6")
        assert (beyond.status_code, beyond.json()["reason"]) == (404, "PAGE_NOT_FOUND")


async def test_a_file_that_is_no_pdf_fails_with_its_reason(mesh: Mesh, worker: None) -> None:
    async with mesh.user() as user:
        false, damaged = (
            await user.stored("report.pdf", b"just some text"),
            await user.stored("broken.pdf", b"%PDF-1.7\nnothing of the kind"),
        )
        assert (false["state"], damaged["state"]) == ("failed", "failed")
        assert false["error"] == "the file is named .pdf but is not a PDF: it is something else"
        assert "damaged or not a PDF" in damaged["error"]
        page = await user.http.get(f"{API}/documents/{false['id']}/pages/1")
        assert (page.status_code, page.json()["reason"]) == (409, "DOCUMENT_NOT_READY")
        assert (await user.search("text"))["hits"] == []


async def test_markdown_is_cited_by_its_headings(mesh: Mesh, worker: None) -> None:
    async with mesh.user() as user:
        text = "# Fund rules\nGeneral words.\n\n## Fees\nThe custodian takes 12 basis points.\n\n## Closing\nThe end."
        document = await user.stored("rules.md", text.encode())
        assert (document["state"], document["pages"], document["media_type"]) == ("ready", 3, "text/markdown")
        best = (await user.search("What does custody cost?"))["hits"][0]
        assert best["page"] == 2


async def test_a_word_file_is_found_and_its_place_explained(mesh: Mesh, worker: None) -> None:
    async with mesh.user() as user:
        document = await user.stored("rules.docx", a_docx())
        assert (document["state"], document["pages"]) == ("ready", 3)
        assert document["profile"]["title"] == "rules"
        found = await user.search("What does class A cost each year?", parts=True, neighbours=1)
        best = found["hits"][0]
        assert (best["document_id"], best["page"]) == (document["id"], 2)
        assert sum(best["parts"].values()) == pytest.approx(best["score"])
        asked = {"query": "What does class A cost each year?", "document_id": document["id"], "page": 3}
        answer = await user.http.post(f"{API}/search:explain", json=asked)
        assert answer.status_code == 200, answer.text
        explained = answer.json()
        assert explained["rank"] in {2, 3}
        assert explained["first"]["page"] == 2
        assert [each["page"] for each in explained["passages"]] == [3]
        beyond = await user.http.post(f"{API}/search:explain", json=asked | {"page": 9})
        assert (beyond.status_code, beyond.json()["reason"]) == (404, "PAGE_NOT_FOUND")


async def test_what_belongs_to_another_user_does_not_exist(mesh: Mesh, worker: None) -> None:
    async with mesh.user() as ada, mesh.user() as bob:
        document = await ada.stored("secret.txt", b"The codeword of the vault is rhubarb.")
        path = f"{API}/documents/{document['id']}"
        answers = [
            await bob.http.get(path),
            await bob.http.get(f"{path}/pages/1"),
            await bob.http.delete(path),
            await bob.http.post(f"{path}:reindex"),
            await bob.http.post(f"{API}/search", json={"query": "codeword", "document_ids": [document["id"]]}),
        ]
        assert [(answer.status_code, answer.json()["reason"]) for answer in answers] == [
            (404, "DOCUMENT_NOT_FOUND")
        ] * 5
        private = f"col_private_{ada.id}"
        elsewhere = await bob.http.post(f"{API}/search", json={"query": "codeword", "collection": private})
        assert (elsewhere.status_code, elsewhere.json()["reason"]) == (404, "COLLECTION_NOT_FOUND")
        assert (await bob.search("codeword of the vault"))["hits"] == []
        assert (await bob.http.get(f"{API}/documents")).json()["items"] == []
        assert len((await ada.search("codeword of the vault"))["hits"]) == 1


async def test_a_deleted_document_is_gone_everywhere(mesh: Mesh, worker: None) -> None:
    async with mesh.user() as user:
        document = await user.stored("note.txt", b"The harbour dues are paid in salt.")
        kept = await user.stored("other.txt", b"The harbour master keeps a cat.")
        runtime = mesh.service.runtime
        bucket = Bucket(runtime.aws, "stocktool-knowledge")
        prefixes = [f"docs/{user.id}/{document['id']}/", f"derived/{user.id}/{document['id']}/"]
        assert [len((await bucket.list(prefix))[0]) for prefix in prefixes] == [1, 2]

        answer = await user.http.delete(f"{API}/documents/{document['id']}")
        assert answer.status_code == 204, answer.text
        for prefix in prefixes:
            versions = await runtime.aws.call("s3", "list_object_versions", Bucket="stocktool-knowledge", Prefix=prefix)
            assert not versions.get("Versions")
            assert not versions.get("DeleteMarkers")
        assert (await user.http.get(f"{API}/documents/{document['id']}")).status_code == 404
        assert (await user.http.delete(f"{API}/documents/{document['id']}")).status_code == 404
        assert [hit["document_id"] for hit in (await user.search("harbour dues"))["hits"]] == [kept["id"]]
        assert await mesh.index.count(private_collection(OwnerId(user.id)).id) == 1
        assert [item["id"] for item in (await user.http.get(f"{API}/documents")).json()["items"]] == [kept["id"]]
        audited = await actions(runtime, user.id)
        assert audited == ["document.uploaded", "document.uploaded", "document.deleted"]


async def test_the_same_key_and_file_make_one_document(mesh: Mesh, worker: None) -> None:
    async with mesh.user() as user:
        key = {"idempotency-key": "first"}
        first, twin = await asyncio.gather(*(user.upload("a.txt", b"One document only.", **key) for _ in range(2)))
        again = await user.upload("a.txt", b"One document only.", **key)
        other = await user.upload("a.txt", b"Other bytes.", **key)
        # The document as it is at each answer: the worker may have begun with it.
        assert {(answer.status_code, answer.json()["id"]) for answer in (first, twin, again)} == {
            (202, first.json()["id"])
        }
        assert (other.status_code, other.json()["reason"]) == (409, "IDEMPOTENCY_KEY_REUSED")
        await user.settled(first.json()["id"])
        listed = (await user.http.get(f"{API}/documents")).json()["items"]
        assert [item["id"] for item in listed] == [first.json()["id"]]


async def test_a_redelivered_event_changes_nothing(mesh: Mesh, worker: None) -> None:
    async with mesh.user() as user:
        document = await user.stored("a.txt", b"Said once.")
        sequencer = await mesh.sequencer(document["id"])
        queue = Queue(mesh.service.runtime.aws, "ingest-queue")
        for mark in (sequencer, sequencer, "0"):
            await queue.send(an_s3_event(f"docs/{user.id}/{document['id']}/original", mark))
        after = await user.stored("b.txt", b"Sent after them.")
        assert after["state"] == "ready"
        assert await eventually(lambda: mesh.idle(queue))
        assert await user.document(document["id"]) == document
        assert len((await user.search("Said once.", document_ids=[document["id"]]))["hits"]) == 1


async def test_a_form_takes_a_file_straight_to_storage(mesh: Mesh, worker: None) -> None:
    async with mesh.user() as user:
        answer = await user.http.post(f"{API}/uploads", json={"name": "large.pdf"})
        assert answer.status_code == 201, answer.text
        form = answer.json()
        assert form["expires_in_seconds"] == 600
        assert (await user.http.get(f"{API}/documents")).json()["items"] == []
        async with httpx.AsyncClient() as browser:
            elsewhere = form["fields"] | {"key": "docs/usr_other/doc_other/original"}
            refused = await browser.post(form["url"], data=elsewhere, files={"file": ("x", b"x")})
            assert refused.status_code == 403
            taken = await browser.post(form["url"], data=form["fields"], files={"file": ("x", a_pdf(*TOPICS))})
            assert taken.status_code in {200, 204}, taken.text
        document = await user.settled(form["document"]["id"])
        assert (document["state"], document["pages"], document["name"]) == ("ready", 5, "large.pdf")


async def test_indexing_anew_keeps_hits_and_doubles_none(mesh: Mesh, worker: None) -> None:
    async with mesh.user() as user:
        document = await user.stored("report.pdf", a_pdf(*TOPICS))
        before = await user.search("cheese", top_k=50)
        answer = await user.http.post(f"{API}/documents/{document['id']}:reindex")
        assert answer.status_code == 202, answer.text

        async def done() -> bool:
            now = await user.document(document["id"])
            return bool(now["state"] == "ready" and now["updated_at"] > document["updated_at"])

        await eventually(done)
        assert await user.search("cheese", top_k=50) == before


async def test_search_survives_the_loss_of_the_index(mesh: Mesh, worker: None) -> None:
    async with mesh.user() as user:
        await user.stored("report.pdf", a_pdf(*TOPICS))
        before = await user.search("cheese in caves", top_k=50)
        await mesh.index.drop(private_collection(OwnerId(user.id)).id)
        meanwhile = await user.search("cheese in caves", top_k=50)
        assert meanwhile["indexed"] is False
        assert [hit["chunk_id"] for hit in meanwhile["hits"]] == [hit["chunk_id"] for hit in before["hits"]]
        assert [hit["score"] for hit in meanwhile["hits"]] == pytest.approx(
            [hit["score"] for hit in before["hits"]], abs=2e-3
        )

        async def healed() -> bool:
            return bool((await user.search("cheese in caves"))["indexed"])

        await eventually(healed, every=0.5)
        assert await mesh.index.count(private_collection(OwnerId(user.id)).id) == 5


async def test_administrators_publish_and_everybody_reads(mesh: Mesh, worker: None) -> None:
    async with mesh.user("admin") as admin, mesh.user() as user:
        form = {"collection": "knowledge"}
        refused = await user.http.post(f"{API}/documents", data=form, files={"file": ("k.txt", b"no")})
        assert refused.status_code == 403
        text = b"Settlement in the invented market of Ruritania takes nine days."
        answer = await admin.http.post(f"{API}/documents", data=form, files={"file": ("k.txt", text)})
        assert answer.status_code == 202, answer.text
        await admin.settled(answer.json()["id"])
        best = (await user.search("How long does settlement take in Ruritania?"))["hits"][0]
        assert best["document_id"] == answer.json()["id"]
        assert (await user.http.delete(f"{API}/documents/{answer.json()['id']}")).status_code == 403
        collections = (await user.http.get(f"{API}/collections")).json()["items"]
        assert [(each["id"], each["writable"]) for each in collections] == [("private", True), ("knowledge", False)]
        assert (await admin.http.delete(f"{API}/documents/{answer.json()['id']}")).status_code == 204


async def test_bad_input_names_the_field(mesh: Mesh) -> None:
    async with mesh.user() as user:
        for body, pointer in (
            ({"query": "  "}, "/query"),
            ({"query": "x" * 100_000}, "/query"),
            ({"query": "x", "top_k": 0}, "/top_k"),
            ({"query": "x", "top_k": -(10**12)}, "/top_k"),
            ({"query": "x", "nonsense": 1}, "/nonsense"),
            ({"query": "x", "neighbours": 9}, "/neighbours"),
        ):
            answer = await user.http.post(f"{API}/search", json=body)
            assert answer.status_code == 422, answer.text
            assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
        assert (await user.search("naïve \u0000 «вопрос» AND (OR", collection="private"))["hits"] == []
        too_large = await user.upload("big.bin", b"x" * 26_000_000)
        assert too_large.status_code == 413
        missing = await user.http.post(f"{API}/documents", data={"collection": "private"})
        assert missing.status_code == 422
        hidden = await user.upload("../../etc/pass\u0007wd" + "x" * 300 + ".txt", b"text")
        assert hidden.status_code == 202
        assert hidden.json()["name"].startswith("pass")
        assert len(hidden.json()["name"]) == 200


async def test_other_services_search_over_grpc(mesh: Mesh, worker: None) -> None:
    async with mesh.user() as user, mesh.user() as other:
        document = await user.stored("report.pdf", a_pdf(*TOPICS))
        channel = open_channel(mesh.target, ServiceIdentity("chat", SecretStr(SERVICE_SECRET)), None)
        stub = pb_grpc.RagServiceStub(channel)
        try:
            with acting_as(user.caller):
                found = await stub.Search(pb.SearchRequest(query="cheese ripening", top_k=2))
                assert found.hits[0].page == 4
                assert found.hits[0].document_id == document["id"]
                page = await stub.GetPage(pb.GetPageRequest(document_id=document["id"], page=4))
                assert "natural caves" in page.text
                listed = await stub.ListDocuments(pb.ListDocumentsRequest())
                assert [(each.id, each.state, each.pages) for each in listed.documents] == [
                    (document["id"], pb.DOCUMENT_STATE_READY, 5)
                ]
                with pytest.raises(InvalidArgument):
                    await stub.Search(pb.SearchRequest(query=" "))
            with acting_as(other.caller):
                with pytest.raises(NotFound) as refused:
                    await stub.GetDocument(pb.GetDocumentRequest(document_id=document["id"]))
                assert refused.value.reason == "DOCUMENT_NOT_FOUND"
            with acting_as(user.caller):
                await stub.DeleteDocument(pb.DeleteDocumentRequest(document_id=document["id"]))
                assert not (await stub.ListDocuments(pb.ListDocumentsRequest())).documents
        finally:
            await channel.close()


async def test_the_uploader_hears_of_each_step(mesh: Mesh, worker: None) -> None:
    async with mesh.user() as user:
        reader = mesh.hub.subscribe([user.id])
        document = await user.stored("report.pdf", a_pdf(*TOPICS))
        await user.http.delete(f"{API}/documents/{document['id']}")
        heard = []
        async with asyncio.timeout(60):
            while not heard or heard[-1].payload["state"] != "deleted":
                delivery = await reader.next()
                assert delivery is not None
                heard.append(delivery.event)
        reader.close()
        assert {(event.type, event.id) for event in heard} == {("document", document["id"])}
        assert heard[-1].payload == {"id": document["id"], "collection": "private", "state": "deleted"}


async def test_search_and_readiness_survive_an_index_that_is_down(
    mesh: Mesh, worker: None, chroma: ChromaServer
) -> None:
    async with mesh.user() as user:
        await user.stored("before.pdf", a_pdf(*TOPICS))
        chroma.stop()
        try:
            during = await user.stored("during.txt", b"The ferry to the island sails at noon.")
            assert during["state"] == "ready"
            found = await user.search("When does the boat leave?", top_k=1)
            assert (found["indexed"], found["hits"][0]["document_id"]) == (False, during["id"])

            def degraded() -> bool:
                components = mesh.service.runtime.health.snapshot()["components"]
                assert isinstance(components, dict)
                index = components["vector-index"]
                return bool(index["ready"] and "degraded" in index["detail"])

            await eventually(degraded)
            assert mesh.service.runtime.health.ready
        finally:
            chroma.start()

        async def healed() -> bool:
            return bool((await user.search("When does the boat leave?", top_k=1))["indexed"])

        await eventually(healed, every=0.5)
