"""Use cases of the rag service on fakes."""

from __future__ import annotations

import asyncio
import io
import random
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from stocktool_kit.aws.consumer import Message
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.errors import AlreadyExists, Conflict, InvalidArgument, NotFound, PermissionDenied, Unavailable
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.testing.clock import FakeClock
from stocktool_rag.application.delete_document import DeleteDocument, Purge
from stocktool_rag.application.exact_search import ExactSearch
from stocktool_rag.application.explain_search import ExplainSearch
from stocktool_rag.application.heal_index import HealIndex, Patience
from stocktool_rag.application.ingest_document import IngestDocument
from stocktool_rag.application.keep_lexical import KeepLexical
from stocktool_rag.application.library import Library
from stocktool_rag.application.ports import ParsedDocument
from stocktool_rag.application.probe_index import ProbeIndex
from stocktool_rag.application.read_documents import ReadPage
from stocktool_rag.application.reindex_document import ReindexDocument
from stocktool_rag.application.search_documents import Found, Question, SearchDocuments
from stocktool_rag.application.upload_document import UploadDocument
from stocktool_rag.domain.asking import SAME_COMPANY, SAME_YEAR
from stocktool_rag.domain.collections import private_collection
from stocktool_rag.domain.documents import (
    CollectionId,
    Document,
    DocumentId,
    DocumentNotFound,
    DocumentState,
    PageNotFound,
)
from stocktool_rag.domain.events import ObjectWritten, PurgeRequested, ReindexRequested, original_key
from stocktool_rag.domain.lexicon import Lexicon
from stocktool_rag.domain.profile import Companies
from stocktool_rag.worker.ingest import IngestHandler

from tests.eventually import eventually
from tests.fakes.rag import (
    FakeAnnouncer,
    FakeDerived,
    FakeDocuments,
    FakeEmbedder,
    FakeIndex,
    FakeIngestQueue,
    FakeLeases,
    FakeLexical,
    FakeOriginals,
    FakeParser,
)
from tests.fakes.rag_factories import NOW, a_caller, passages

ADA = a_caller("usr_ada")
BOB = a_caller("usr_bob")


class ParserOf(FakeParser):
    """A parser that does something first."""

    def __init__(self) -> None:
        self.before = lambda: asyncio.sleep(0)

    async def parse(self, path: Path, name: str) -> ParsedDocument:
        await self.before()
        return await super().parse(path, name)


@dataclass
class House:
    """The service on fakes."""

    store: FakeDocuments = field(default_factory=FakeDocuments)
    originals: FakeOriginals = field(default_factory=FakeOriginals)
    derived: FakeDerived = field(default_factory=FakeDerived)
    index: FakeIndex = field(default_factory=FakeIndex)
    embedder: FakeEmbedder = field(default_factory=FakeEmbedder)
    parser: ParserOf = field(default_factory=ParserOf)
    announcer: FakeAnnouncer = field(default_factory=FakeAnnouncer)
    queue: FakeIngestQueue = field(default_factory=FakeIngestQueue)
    leases: FakeLeases = field(default_factory=FakeLeases)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))

    def __post_init__(self) -> None:
        self.library = Library(self.store)
        self.purge = Purge(self.store, self.originals, self.derived, self.index)
        self.upload = UploadDocument(self.library, self.store, self.originals, self.announcer, self.clock)
        self.delete = DeleteDocument(self.library, self.store, self.purge, self.queue, self.announcer)
        self.reindex = ReindexDocument(self.library, self.store, self.queue, self.announcer, self.clock)
        self.probe = ProbeIndex(self.store, self.derived, self.index, random.Random(7))
        self.healer = HealIndex(
            store=self.store,
            derived=self.derived,
            index=self.index,
            leases=self.leases,
            dimension=self.embedder.dimension,
            probe=self.probe,
            patience=Patience(0, 0, 0.01),
        )
        self.lexical = FakeLexical()
        self.search = SearchDocuments(
            library=self.library,
            store=self.store,
            index=self.index,
            lexical=self.lexical,
            keep_lexical=KeepLexical(self.lexical, self.derived, patience_seconds=20),
            exact=ExactSearch(self.derived),
            embedder=self.embedder,
            lexicon=Lexicon({}),
            healing=self.healer,
        )
        self.ingest = IngestDocument(
            store=self.store,
            originals=self.originals,
            derived=self.derived,
            index=self.index,
            parser=self.parser,
            embedder=self.embedder,
            announcer=self.announcer,
            leases=self.leases,
            purge=self.purge,
            companies=Companies({"ACME": "Acme"}),
            clock=self.clock,
        )

    async def take_in(
        self, text: str, caller: Caller = ADA, name: str = "a.txt", collection: str = "private"
    ) -> Document:
        return await self.upload(caller, name=name, collection=collection, source=io.BytesIO(text.encode()))

    async def event(self, document: Document, sequencer: str = "05") -> None:
        await self.ingest(ObjectWritten(document.owner_id, document.id, "key", sequencer))

    async def indexed(self, text: str, caller: Caller = ADA, name: str = "a.txt") -> Document:
        document = await self.take_in(text, caller, name)
        await self.event(document)
        return await self.now(document)

    async def now(self, document: Document) -> Document:
        found = await self.store.get(document.id)
        assert found is not None
        return found

    async def ask(self, query: str, caller: Caller = ADA, **more: object) -> Found:
        return await self.search(caller, Question(query, **more))  # type: ignore[arg-type]  # by name


def a_message(document: Document, receive_count: int) -> Message:
    """The event of a document's bytes, as it is delivered."""
    key = original_key(document.owner_id, document.id)
    record = {
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": "b"}, "object": {"key": key, "sequencer": "05"}},
    }
    return Message("m", {"Records": [record]}, {}, "receipt", receive_count, NOW)


@pytest.fixture
def house() -> House:
    return House()


async def test_a_document_becomes_searchable_and_says_each_step(house: House) -> None:
    document = await house.indexed("The lighthouse has a green lamp.\fThe harbour has a cat.")
    assert (document.state, document.pages, document.chunks, document.error) == ("ready", 2, 2, None)
    assert house.announcer.states == ["stored", "queued", "parsing", "embedding", "ready"]
    found = await house.ask("harbour cat", top_k=1)
    assert found.indexed
    assert [(each.ranked.hit.page, each.ranked.hit.text) for each in found.hits] == [(2, "The harbour has a cat.")]


async def test_duplicates_and_late_events_change_nothing(house: House) -> None:
    document = await house.indexed("Words.")
    embedded = house.embedder.embedded
    for sequencer in ("05", "04", "05"):
        await house.event(document, sequencer)
    assert await house.now(document) == document
    assert house.embedder.embedded == embedded


async def test_new_bytes_under_the_same_key_replace_the_old_ones(house: House) -> None:
    document = await house.indexed("One.\fTwo.\fThree.")
    house.originals.objects[document.owner_id, document.id] = b"Four."
    await house.event(document, "06")
    assert (await house.now(document)).chunks == 1
    assert await house.index.count(document.collection_id) == 1
    assert (await house.store.index_version(document.collection_id)).chunks == 1


async def test_what_cannot_be_read_fails_with_its_reason(house: House) -> None:
    document = await house.indexed("text", name="a.pdf")
    assert document.state is DocumentState.FAILED
    assert document.error == "the file is named .pdf but is not a PDF: it is something else"
    assert (await house.ask("text")).hits == []


async def test_a_successor_uses_what_its_dead_predecessor_made(house: House) -> None:
    document = await house.take_in("Words of the deed.")
    await house.event(document)
    ready = await house.now(document)
    embedding = ready.queued(NOW).parsing(NOW, size_bytes=1, content_hash=ready.content_hash or "")
    house.store.rows[document.id] = embedding
    embedded = house.embedder.embedded
    await house.event(document)
    assert (await house.now(document)).state is DocumentState.READY
    assert house.embedder.embedded == embedded


async def test_a_document_under_work_is_left_to_its_worker(house: House) -> None:
    document = await house.take_in("Words.")
    async with house.leases.hold(f"document#{document.id}"):
        with pytest.raises(Conflict):
            await house.event(document)
    await house.event(document)
    assert (await house.now(document)).state is DocumentState.READY


async def test_a_document_deleted_while_it_is_read_leaves_nothing(house: House) -> None:
    document = await house.take_in("Words.")
    house.parser.before = lambda: house.delete(ADA, document.id)
    await house.event(document)
    assert await house.store.get(document.id) is None
    assert not house.originals.objects
    assert not house.derived.pages
    assert not house.derived.indexes
    assert await house.index.count(document.collection_id) == 0


async def test_bytes_of_a_deleted_document_are_removed_when_their_event_comes(house: House) -> None:
    document = await house.take_in("Words.")
    await house.delete(ADA, document.id)
    house.originals.objects[document.owner_id, document.id] = b"late"
    await house.event(document)
    assert not house.originals.objects


async def test_an_event_cannot_speak_for_another_owner(house: House) -> None:
    document = await house.take_in("Words.")
    await house.ingest(ObjectWritten(BOB.owner, document.id, "key", "09"))
    assert (await house.now(document)).state is DocumentState.STORED


async def test_an_index_that_is_down_does_not_stop_ingestion_or_search(house: House) -> None:
    house.index.down = True
    document = await house.indexed("The harbour has a cat.")
    assert document.state is DocumentState.READY
    found = await house.ask("harbour cat")
    assert (found.indexed, [each.ranked.hit.chunk_id for each in found.hits]) == (False, [f"{document.id}.1.1"])
    house.index.down = False
    assert (await house.ask("harbour cat")).indexed is False
    assert await house.healer.heal(document.collection_id) is True
    assert (await house.ask("harbour cat")).indexed is True


async def test_a_broken_index_is_made_anew(house: House) -> None:
    document = await house.indexed("The harbour has a cat.")
    house.index.broken = True
    assert (await house.ask("cat")).indexed is False
    await house.healer.heal(document.collection_id)
    assert (await house.ask("cat")).indexed is True
    assert await house.healer.heal(document.collection_id) is False


async def test_rows_too_many_in_an_index_are_removed(house: House) -> None:
    document = await house.indexed("One.\fTwo.")
    await house.index.put(document.collection_id, passages("doc_ghost", 3, dimension=house.embedder.dimension))
    await house.healer.heal(document.collection_id)
    assert await house.index.count(document.collection_id) == 2


async def test_an_index_that_is_down_is_waited_for_not_thrown_away(house: House) -> None:
    document = await house.indexed("Words.")
    house.index.down = True
    with pytest.raises(Unavailable):
        await house.healer.heal(document.collection_id)
    house.index.down = False
    assert await house.index.count(document.collection_id) == 1


async def test_the_healer_works_on_request_until_it_is_stopped(house: House) -> None:
    document = await house.indexed("Words.")
    await house.index.drop(document.collection_id)
    stop = asyncio.Event()
    running = asyncio.create_task(house.healer.run(stop))
    house.healer.request(document.collection_id)
    await eventually(lambda: house.index.rows.get(document.collection_id), every=0)
    stop.set()
    await running


CLAUSES = [" ".join(f"word{(number * step) % 37}" for step in range(1, 8)) for number in range(1, 31)]


async def test_an_index_that_answers_wrongly_is_found_out_at_its_first_use_and_made_anew(house: House) -> None:
    document = await house.indexed("\f".join(CLAUSES))
    house.index.blind = True
    assert (await house.ask(CLAUSES[3])).indexed is True  # nobody knows yet
    stop = asyncio.Event()
    running = asyncio.create_task(house.healer.run(stop))
    await eventually(lambda: not house.index.blind, every=0)
    stop.set()
    await running
    found = await house.ask(CLAUSES[3])
    assert await house.index.count(document.collection_id) == 30
    assert found.hits[0].ranked.hit.text == CLAUSES[3]


async def test_a_suspect_index_is_not_asked(house: House) -> None:
    document = await house.indexed("\f".join(CLAUSES))
    house.index.blind = True
    await house.ask(CLAUSES[3])
    async with house.leases.hold(f"index#{document.collection_id}"):  # somebody else heals it, and takes long
        stop = asyncio.Event()
        running = asyncio.create_task(house.healer.run(stop))
        found = await eventually(lambda: _exactly(house), every=0)
        stop.set()
        await running
    assert found is not None
    assert found.hits[0].ranked.hit.text == CLAUSES[3]


async def _exactly(house: House) -> Found | None:
    found = await house.ask(CLAUSES[3])
    return None if found.indexed else found


async def test_a_sound_index_passes_its_probes(house: House) -> None:
    document = await house.indexed("\f".join(CLAUSES))
    assert await house.probe(document.collection_id) == 1
    assert await house.probe(CollectionId("col_empty")) == 1
    house.index.blind = True
    assert await house.probe(document.collection_id) < 0.9


async def test_the_last_failed_attempt_is_told_and_its_event_can_be_delivered_again(house: House) -> None:
    document = await house.take_in("Words.")

    async def fail() -> None:
        raise OSError("disk full")

    async def no_trace(owner: OwnerId, document_id: DocumentId) -> dict[str, str]:
        return {}

    house.parser.before = fail
    handler = IngestHandler(house.ingest, no_trace, attempts=3)
    for attempt in (1, 2, 3):
        with pytest.raises(OSError, match="disk full"):
            await handler(a_message(document, attempt))
        settled = (await house.now(document)).state.is_settled
        assert settled is (attempt == 3)
    assert "an error of ours" in ((await house.now(document)).error or "")
    house.parser.before = lambda: asyncio.sleep(0)
    await handler(a_message(document, 1))
    assert (await house.now(document)).state is DocumentState.READY


async def test_nobody_sees_or_changes_what_is_anothers(house: House) -> None:
    document = await house.indexed("The codeword is rhubarb.")
    for attempt in (
        house.library.document(BOB, document.id),
        house.delete(BOB, document.id),
        house.reindex(BOB, document.id),
        ReadPage(house.library, house.derived)(BOB, document.id, 1),
        house.ask("codeword", BOB, document_ids=[document.id]),
        house.ask("codeword", BOB, collection=private_collection(ADA.owner).id),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert (await house.ask("codeword rhubarb", BOB)).hits == []


COVER = (
    "ACME CORPORATION\n(Exact name of registrant as specified in its charter)\n"
    "For the fiscal year ended December 31, {}\n"
)


async def test_the_report_of_the_year_a_question_names_comes_first(house: House) -> None:
    old = await house.indexed(COVER.format(2021) + "The harbour was deepened by two metres.", name="old.txt")
    new = await house.indexed(COVER.format(2023) + "The harbour was deepened by two metres again.", name="new.txt")
    await house.indexed("The harbour was deepened by two metres in 2021, said Acme.", name="letter.txt")
    assert old.profile is not None
    assert (old.profile.company, old.profile.ticker, old.profile.years) == ("Acme Corporation", "ACME", (2021,))
    for year, document in ((2021, old), (2023, new)):
        found = await house.ask(f"How deep was Acme's harbour in {year}?")
        assert found.hits[0].document.id == document.id
        assert found.hits[0].ranked.parts.boost == pytest.approx(SAME_COMPANY + SAME_YEAR)


async def test_only_on_request_a_named_company_excludes_the_others(house: House) -> None:
    acme = await house.indexed(COVER.format(2021) + "The harbour was deepened.", name="old.txt")
    other = await house.indexed("Another harbour was deepened.", name="letter.txt")
    soft, hard = await house.ask("Acme harbour deepened"), await house.ask("Acme harbour deepened", only_named=True)
    assert [each.document.id for each in soft.hits] == [acme.id, other.id]
    assert [each.document.id for each in hard.hits] == [acme.id]


async def test_neighbours_of_a_hit_come_with_it_and_stay_on_its_page(house: House) -> None:
    lines = [f"{word} " * 120 for word in ("alpha", "beta", "gamma")]
    await house.indexed("\n".join(lines) + "\fdelta")
    alone, wide = await house.ask("beta", top_k=1), await house.ask("beta", top_k=1, neighbours=1)
    assert (alone.hits[0].before, alone.hits[0].after) == ("", "")
    assert wide.hits[0].ranked.hit.text.split()[0] == "beta"
    assert (wide.hits[0].before.split()[0], wide.hits[0].after.split()[0]) == ("alpha", "gamma")


async def test_an_explanation_gives_rank_and_parts_of_a_page(house: House) -> None:
    document = await house.indexed(
        "The lighthouse has a green lamp.\fThe harbour has a cat.\fBread and salt.", name="b.txt"
    )
    explain = ExplainSearch(house.library, house.search)
    said = await explain(ADA, Question("lighthouse lamp cat"), document.id, 2)
    assert said.rank == 2
    assert [each.hit.page for each in said.passages] == [2]
    assert said.first is not None
    assert said.first.hit.page == 1
    assert said.passages[0].parts.total == pytest.approx(said.passages[0].score)
    with pytest.raises(PageNotFound):
        await explain(ADA, Question("lamp"), document.id, 4)
    with pytest.raises(DocumentNotFound):
        await explain(BOB, Question("lamp"), document.id, 1)


async def test_without_the_lexical_index_vectors_answer(house: House) -> None:
    document = await house.indexed("The lighthouse has a lamp.")
    house.lexical.down = True
    assert [each.document.id for each in (await house.ask("lamp")).hits] == [document.id]


async def test_the_lexical_index_follows_deletions(house: House) -> None:
    document = await house.indexed("The lighthouse has a lamp.")
    await house.indexed("The harbour has a cat.", name="b.txt")
    await house.ask("lamp")
    assert len(await house.lexical.documents(document.collection_id)) == 2
    await house.delete(ADA, document.id)
    await house.ask("lamp")
    assert document.id not in await house.lexical.documents(document.collection_id)


async def test_a_row_left_in_the_index_is_never_shown(house: House) -> None:
    document = await house.indexed("The codeword is rhubarb.")
    await house.indexed("Something else.")
    rows = dict(house.index.rows[document.collection_id])
    await house.delete(ADA, document.id)
    house.index.rows[document.collection_id] = rows
    assert [each.ranked.hit.text for each in (await house.ask("codeword rhubarb")).hits] == ["Something else."]


async def test_only_administrators_publish_what_everybody_reads(house: House) -> None:
    with pytest.raises(PermissionDenied):
        await house.take_in("Public words.", ADA, collection="knowledge")
    admin = a_caller("usr_admin", "admin")
    document = await house.take_in("Public words.", admin, collection="knowledge")
    await house.event(document)
    assert [each.ranked.hit.text for each in (await house.ask("public words", BOB)).hits] == ["Public words."]
    with pytest.raises(PermissionDenied):
        await house.delete(BOB, document.id)
    await house.delete(admin, document.id)
    assert (await house.ask("public words", BOB)).hits == []


async def test_the_same_key_stores_bytes_once_even_after_a_crash_between_row_and_bytes(house: House) -> None:
    key = IdempotencyKey("usr_ada", "POST", "/documents", "k", "")

    async def send(data: bytes) -> Document:
        return await house.upload(ADA, name="a.txt", collection="private", source=io.BytesIO(data), key=key)

    first = await send(b"Words.")
    house.originals.objects.clear()
    house.store.rows[first.id] = replace(first, received=False)
    again = await send(b"Words.")
    assert again.id == first.id
    assert list(house.originals.objects.values()) == [b"Words."]
    with pytest.raises(AlreadyExists):
        await send(b"Other words.")


async def test_indexing_anew_reads_the_bytes_again(house: House) -> None:
    document = await house.indexed("Words.")
    queued = await house.reindex(ADA, document.id)
    assert (queued.state, queued.is_searchable) == (DocumentState.QUEUED, True)
    ((document_id, request_id),) = house.queue.reindexed
    embedded = house.embedder.embedded
    await house.ingest(ReindexRequested(document_id, request_id))
    assert house.embedder.embedded == embedded + 1
    assert (await house.now(document)).state is DocumentState.READY
    await house.ingest(ReindexRequested(document_id, request_id))
    assert house.embedder.embedded == embedded + 1
    assert await house.index.count(document.collection_id) == 1


async def test_a_deletion_cut_short_is_completed_by_its_message_or_its_repetition(house: House) -> None:
    one, two = await house.indexed("One."), await house.indexed("Two.")
    house.index.down = True
    for document in (one, two):
        with pytest.raises(Unavailable):
            await house.delete(ADA, document.id)
        with pytest.raises(DocumentNotFound):
            await house.library.document(ADA, document.id)
    house.index.down = False
    await house.ingest(PurgeRequested(one.owner_id, one.collection_id, one.id))
    await house.delete(ADA, two.id)
    assert not house.store.rows
    assert await house.index.count(one.collection_id) == 0
    assert house.queue.purged == [one.id, two.id]


async def test_a_purge_without_a_deletion_removes_nothing(house: House) -> None:
    document = await house.indexed("Words.")
    await house.ingest(PurgeRequested(document.owner_id, document.collection_id, document.id))
    assert len((await house.ask("words")).hits) == 1


@pytest.mark.parametrize("named", ["", "doc_1", "x" * 5000, "doc_\u0000", "../../../etc/passwd"])
async def test_an_id_no_document_can_have_is_not_found(house: House, named: str) -> None:
    for attempt in (
        house.library.document(ADA, named),
        house.delete(ADA, named),
        house.reindex(ADA, named),
        house.ask("words", document_ids=[named]),
    ):
        with pytest.raises(DocumentNotFound):
            await attempt


@pytest.mark.parametrize(
    "question",
    [{"query": " "}, {"query": "x" * 4001}, {"query": "x", "top_k": 0}, {"query": "x", "top_k": 51}],
)
def test_questions_are_checked(question: dict[str, object]) -> None:
    with pytest.raises(InvalidArgument):
        Question(**question)  # type: ignore[arg-type]  # wrong on purpose
