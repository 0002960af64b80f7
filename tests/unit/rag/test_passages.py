"""References to words of documents, and quotes checked against their pages."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Mapping
from dataclasses import dataclass, field

import pytest
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.ids import OwnerId
from stocktool_rag.application.library import Library
from stocktool_rag.application.read_passages import ReadPassages
from stocktool_rag.domain.chunks import chunk_pages, passage
from stocktool_rag.domain.documents import KNOWLEDGE, KNOWLEDGE_OWNER, CollectionId, DocumentId
from stocktool_rag.domain.pages import PageText
from stocktool_rag.domain.passages import PassageRef, PassageState, Quote, QuoteState
from stocktool_rag.domain.quotes import stands_on

from tests.fakes.rag import FakeDerived, FakeDocuments
from tests.fakes.rag_factories import a_document

ADA, BOB = OwnerId("usr_ada"), OwnerId("usr_bob")
ONE = DocumentId("doc_" + "1" * 26)
PAGE = "Our mountain cheese ripens\nfor eleven months in nat-\nural caves.\n\nNet sales were $391,035 million in 2024."


def a_ref(words: str, text: str = PAGE, *, document: str = ONE, page: int = 1, chunk: str = "") -> PassageRef:
    start = text.index(words)
    return PassageRef(document, page, chunk, start, start + len(words), hashlib.sha256(words.encode()).hexdigest())


class CountingDerived(FakeDerived):
    def __init__(self) -> None:
        super().__init__()
        self.fetched = 0

    async def get_pages(
        self, owner: OwnerId, document_id: DocumentId, numbers: Container[int]
    ) -> Mapping[int, PageText] | None:
        self.fetched += 1
        return await super().get_pages(owner, document_id, numbers)


@dataclass
class House:
    store: FakeDocuments = field(default_factory=FakeDocuments)
    derived: CountingDerived = field(default_factory=CountingDerived)

    @property
    def read(self) -> ReadPassages:
        return ReadPassages(Library(self.store), self.derived)

    async def with_pages(self, *texts: str, owner: OwnerId = ADA, collection: str = "col_ada") -> None:
        document = a_document(owner, id=ONE, collection_id=CollectionId(collection))
        await self.store.create(document, None)
        pages = [PageText(number, text) for number, text in enumerate(texts, start=1)]
        await self.derived.put_pages(owner, ONE, pages)


async def test_words_are_given_while_they_are_the_same() -> None:
    house = House()
    await house.with_pages(PAGE, "Another page.")
    refs = [a_ref("eleven months"), a_ref("Another page.", "Another page.", page=2), a_ref("$391,035 million")]
    found = await house.read([ADA], refs)
    assert [each.text for each in found] == ["eleven months", "Another page.", "$391,035 million"]
    assert house.derived.fetched == 1


async def test_other_words_are_never_given() -> None:
    house = House()
    await house.with_pages(PAGE)
    moved = a_ref("eleven months", "x " + PAGE)
    assert (await house.read([ADA], [moved])) == [(await house.read([ADA], [a_ref("x", "x", page=7)]))[0]]
    (changed,) = await house.read([ADA], [moved])
    assert (changed.state, changed.text) == (PassageState.CHANGED, "")


async def test_what_is_deleted_or_anothers_is_gone_and_what_is_being_read_is_not() -> None:
    house = House()
    ref = a_ref("eleven months")
    (never,) = await house.read([ADA], [ref])
    await house.with_pages(PAGE)
    (others,) = await house.read([BOB], [ref])
    (absurd,) = await house.read([ADA], [a_ref("eleven months", document="../../etc")])
    await house.derived.delete(ADA, ONE)
    (anew,) = await house.read([ADA], [ref])
    assert (never.state, others.state, absurd.state) == (PassageState.DELETED,) * 3
    assert anew.state is PassageState.NOT_READY


async def test_everybody_reads_what_is_published() -> None:
    house = House()
    await house.with_pages(PAGE, owner=KNOWLEDGE_OWNER, collection=KNOWLEDGE)
    (found,) = await house.read([BOB], [a_ref("eleven months")])
    assert found.text == "eleven months"


async def test_a_request_is_bounded() -> None:
    house = House()
    with pytest.raises(InvalidArgument):
        await house.read([ADA], [PassageRef(ONE, 1, "", 0, 600_000, "0" * 64)] * 2)


def test_passages_are_found_again_by_their_ids() -> None:
    long = "\n".join(
        f"Line {number} of a page that is cut into several passages, as pages are." for number in range(60)
    )
    chunks = chunk_pages(ONE, "", [PageText(1, PAGE), PageText(2, long)])
    texts = {1: PAGE, 2: long}
    assert len(chunks) > 3
    assert [passage(texts[each.page], each.id) for each in chunks] == [each.text for each in chunks]
    for unknown in ("doc_1.2.99", "doc_1.2.0", "doc_1.2.x", "", "doc_1.2.-1", "doc_1.2.\u0661"):
        assert passage(long, unknown) is None


@pytest.mark.parametrize(
    "quote",
    [
        "eleven months in natural caves",
        "Eleven months",
        "ripens for   eleven\nmonths",
        "mountain cheese … natural caves.",
        "mountain cheese [...] in 2024",
        "Net sales were $391,035 million",
    ],
)
def test_a_quote_stands_on_its_page(quote: str) -> None:
    assert stands_on(quote, PAGE)


@pytest.mark.parametrize(
    "quote",
    [
        "twelve months in natural caves",
        "natural caves … mountain cheese",  # the other way round
        "sales were $391",  # the figure goes on
        "91,035 million",
        "035 million",
        "et sales",
        "…",
        "- -",
    ],
)
def test_a_quote_that_was_altered_does_not(quote: str) -> None:
    assert not stands_on(quote, PAGE)


def test_marks_of_other_kinds_and_scripts_without_spaces_are_the_same_words() -> None:
    assert stands_on('the "net" sales - all of them', "The “net” sales \u2013 all of them.")
    assert stands_on("売上高は増加", "当社の売上高は増加しました。")
    assert stands_on("café", "the cafe\u0301 downstairs")


async def test_quotes_are_checked_together() -> None:
    house = House()
    await house.with_pages(PAGE)
    quotes = [
        Quote(ONE, 1, "eleven months"),
        Quote(ONE, 1, "twelve months"),
        Quote(ONE, 2, "eleven months"),
        Quote("doc_x", 1, "eleven months"),
    ]
    states = await house.read.check([ADA], quotes)
    assert states == [QuoteState.VERIFIED, *[QuoteState.UNVERIFIED] * 3]
    assert house.derived.fetched == 1
    await house.derived.delete(ADA, ONE)
    assert await house.read.check([ADA], quotes[:1]) == [QuoteState.UNKNOWN]
