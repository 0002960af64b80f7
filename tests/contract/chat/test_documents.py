"""What chat's port to documents promises, held by the fake and by the rag service's own servicer over gRPC."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, cast

import pytest
from pydantic import SecretStr
from stocktool.rag.v1 import rag_service_pb2 as pb
from stocktool.rag.v1 import rag_service_pb2_grpc as pb_grpc
from stocktool_chat.adapters.grpc_documents import GrpcDocuments
from stocktool_chat.application.ports import Documents
from stocktool_chat.domain.citations import PageQuote
from stocktool_chat.domain.references import Fate, QuoteRef, Words
from stocktool_kit.core.caller import Caller, acting_as
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.rpc.channel import open_channel
from stocktool_kit.rpc.identity import ServiceIdentity
from stocktool_kit.rpc.server import Registration
from stocktool_kit.testing.process import SERVICE_SECRET, TokenFactory, serving
from stocktool_rag.application.library import Library
from stocktool_rag.application.read_passages import ReadPassages
from stocktool_rag.domain.documents import DocumentId
from stocktool_rag.domain.pages import PageText
from stocktool_rag.rpc.rag_servicer import RagServicer

from tests.fakes.chat_documents import FakeDocuments
from tests.fakes.rag import FakeDerived
from tests.fakes.rag import FakeDocuments as FakeRagDocuments
from tests.fakes.rag_factories import a_document

if TYPE_CHECKING:
    from stocktool_rag.application.delete_document import DeleteDocument
    from stocktool_rag.application.read_documents import ReadDocuments, ReadPage
    from stocktool_rag.application.search_documents import SearchDocuments

ADA = OwnerId("usr_ada")
ONE, GONE = "doc_" + "1" * 26, "doc_" + "2" * 26
PAGE = "Our mountain cheese ripens\nfor eleven months in natural caves."


def a_ref(words: str, *, document: str = ONE, chunk: str = "", page: int = 1, said: str = "") -> QuoteRef:
    start = PAGE.index(words)
    digest = hashlib.sha256((said or words).encode()).hexdigest()
    return QuoteRef(document, page, chunk, start, start + len(words), digest)


class DocumentsContract:
    """Subclass and provide `documents`, with one document of one page, read as its owner."""

    async def test_words_come_in_the_order_asked(self, documents: Documents) -> None:
        refs = [a_ref("natural caves"), a_ref("mountain", chunk=f"{ONE}.1.1"), a_ref("natural caves")]
        found = await documents.words(refs, None)
        assert [each.text for each in found] == ["natural caves", "mountain", "natural caves"]

    async def test_what_is_gone_is_said_and_not_raised(self, documents: Documents) -> None:
        refs = [a_ref("mountain", document=GONE), a_ref("mountain", said="valley"), a_ref("mountain", page=7)]
        assert await documents.words(refs, None) == [Words(Fate.DELETED), Words(Fate.CHANGED), Words(Fate.CHANGED)]

    async def test_what_was_shared_is_read_for_its_owner(self, documents: Documents) -> None:
        assert [each.text for each in await documents.words([a_ref("mountain")], ADA)] == ["mountain"]

    async def test_quotes_are_checked(self, documents: Documents) -> None:
        quotes = [PageQuote(ONE, 1, "eleven months"), PageQuote(ONE, 1, "twelve months"), PageQuote(GONE, 1, "eleven")]
        assert await documents.check(quotes) == [True, False, False]


class TestFake(DocumentsContract):
    @pytest.fixture
    def documents(self) -> Documents:
        return FakeDocuments({(ONE, 1, ""): PAGE, (ONE, 1, f"{ONE}.1.1"): PAGE})


class AsOwner:
    """A port used by a caller whose request lasts."""

    def __init__(self, documents: Documents, token: str) -> None:
        self._documents = documents
        self._caller = Caller(ADA, (ADA,), token=token)

    async def words(self, refs: Sequence[QuoteRef], shared_by: OwnerId | None) -> Sequence[Words]:
        with acting_as(self._caller):
            return await self._documents.words(refs, shared_by)

    async def check(self, quotes: Sequence[PageQuote]) -> Sequence[bool | None]:
        with acting_as(self._caller):
            return await self._documents.check(quotes)


class TestGrpc(DocumentsContract):
    @pytest.fixture
    async def documents(self) -> AsyncIterator[Documents]:
        store, derived, tokens = FakeRagDocuments(), FakeDerived(), TokenFactory()
        await store.create(a_document(ADA, id=DocumentId(ONE)))
        await derived.put_pages(ADA, DocumentId(ONE), [PageText(1, PAGE)])
        servicer = RagServicer(
            search=cast("SearchDocuments", None),
            documents=cast("ReadDocuments", None),
            read_page=cast("ReadPage", None),
            read_passages=ReadPassages(Library(store), derived),
            delete=cast("DeleteDocument", None),
        )
        service = pb.DESCRIPTOR.services_by_name["RagService"]
        registration = Registration(pb_grpc.add_RagServiceServicer_to_server, servicer, service)
        async with serving([registration], tokens, "rag") as address:
            channel = open_channel(address, ServiceIdentity("chat", SecretStr(SERVICE_SECRET)))
            yield AsOwner(GrpcDocuments(channel), tokens.token(ADA, "documents.read"))
            await channel.close()
