"""Bodies of requests and answers."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field
from stocktool_kit.core.caller import Caller
from stocktool_kit.http.model import RequestModel, ResponseModel

from stocktool_rag.application.explain_search import Explanation
from stocktool_rag.application.library import shown_collection
from stocktool_rag.application.read_documents import ShownPage
from stocktool_rag.application.search_documents import DEFAULT_TOP_K, Found, Question
from stocktool_rag.application.upload_document import StartedUpload
from stocktool_rag.domain.collections import Collection
from stocktool_rag.domain.documents import KNOWLEDGE_OWNER, MAX_NAME_LENGTH, PRIVATE_ALIAS, Document, DocumentState
from stocktool_rag.domain.fusion import Parts, Ranked
from stocktool_rag.domain.profile import Profile


class StoredDocumentOut(ResponseModel):
    """A document that was taken in."""

    id: str = Field(examples=["doc_01kam3v0q2x8r6w1h5n7t9c4bd"])
    name: str
    state: DocumentState = Field(description="Always `stored`; what follows is told by `GET /documents/{id}`.")

    @classmethod
    def of(cls, document: Document) -> StoredDocumentOut:
        """Say that it is stored, whatever the worker has made of it meanwhile."""
        return cls(id=document.id, name=document.name, state=DocumentState.STORED)


class ProfileOut(ResponseModel):
    """What a document is, as far as it says so itself."""

    title: str
    company: str = Field(description="The company it is about; empty when none is known.")
    ticker: str
    years: list[int] = Field(description="Fiscal years it reports on, its own first.")
    quarter: int | None
    form: str = Field(description="`10-K`, `annual report`, ...; empty when unknown.")

    @classmethod
    def of(cls, profile: Profile) -> ProfileOut:
        """Show a profile."""
        return cls(
            title=profile.title,
            company=profile.company,
            ticker=profile.ticker,
            years=list(profile.years),
            quarter=profile.quarter,
            form=profile.form,
        )


class DocumentOut(ResponseModel):
    """A document and what is known of it."""

    id: str
    name: str
    collection: str = Field(description="`private`, `knowledge`, or a collection's id.")
    state: DocumentState
    pages: int | None = Field(description="Pages; of text without pages, its headings. Null until it was read.")
    chunks: int | None = Field(description="Passages that can be searched. Null while there are none.")
    error: str | None = Field(description="Why it failed.")
    content_hash: str | None = Field(description="SHA-256 of its bytes in hex.")
    size_bytes: int | None
    media_type: str | None = Field(description="Found in its bytes.")
    profile: ProfileOut | None = Field(default=None, description="What it is. Null until it was read.")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, document: Document, caller: Caller) -> DocumentOut:
        """Show a document to a caller."""
        return cls(
            id=document.id,
            name=document.name,
            collection=shown_collection(caller, document.collection_id),
            state=document.state,
            pages=document.pages,
            chunks=document.chunks,
            error=document.error,
            content_hash=document.content_hash,
            size_bytes=document.size_bytes,
            media_type=document.media_type,
            profile=ProfileOut.of(document.profile) if document.profile is not None else None,
            created_at=document.created_at,
            updated_at=document.updated_at,
        )


class DocumentListOut(ResponseModel):
    """One page of documents."""

    items: list[DocumentOut]
    next_page_token: str


class UploadIn(RequestModel):
    """A file that is to be sent straight to storage."""

    name: str = Field(min_length=1, max_length=4 * MAX_NAME_LENGTH, description="Its name, for display.")
    collection: str = Field(default=PRIVATE_ALIAS, min_length=1, max_length=64)


class UploadOut(ResponseModel):
    """The form to send the file with: `multipart/form-data`, the fields first, the file last as `file`."""

    document: StoredDocumentOut
    url: str
    fields: dict[str, str]
    expires_in_seconds: int
    max_bytes: int

    @classmethod
    def of(cls, started: StartedUpload) -> UploadOut:
        """Show a form."""
        return cls(
            document=StoredDocumentOut.of(started.document),
            url=started.form.url,
            fields=dict(started.form.fields),
            expires_in_seconds=started.form.expires_in_seconds,
            max_bytes=started.max_bytes,
        )


class PageOut(ResponseModel):
    """The text a citation points to."""

    document_id: str
    document_name: str
    page: int
    pages: int
    title: str
    text: str

    @classmethod
    def of(cls, shown: ShownPage) -> PageOut:
        """Show a page."""
        return cls(
            document_id=shown.document.id,
            document_name=shown.document.name,
            page=shown.page.number,
            pages=shown.document.pages or 0,
            title=shown.page.title,
            text=shown.page.text,
        )


class CollectionIn(RequestModel):
    """A collection to be made."""

    name: str = Field(min_length=1, max_length=100)


class CollectionOut(ResponseModel):
    """A collection the caller may read."""

    id: str = Field(description="`private`, `knowledge`, or an id.")
    name: str
    writable: bool = Field(description="Whether the caller may add documents.")
    created_at: datetime | None = Field(description="Null for those that are always there.")

    @classmethod
    def of(cls, collection: Collection, caller: Caller) -> CollectionOut:
        """Show a collection to a caller."""
        return cls(
            id=shown_collection(caller, collection.id),
            name=collection.name,
            writable=collection.owner_id != KNOWLEDGE_OWNER or "admin" in caller.roles,
            created_at=collection.created_at,
        )


class CollectionListOut(ResponseModel):
    """All collections of a caller."""

    items: list[CollectionOut]
    next_page_token: str = ""


class SearchIn(RequestModel):
    """What to look for."""

    query: str = Field(description="The question, 1 to 4,000 characters.")
    top_k: int = Field(default=DEFAULT_TOP_K, description="How many hits at most, 1 to 50.")
    document_ids: list[str] = Field(default=[], description="Only these documents, at most 100.")
    collection: str = Field(default="", max_length=64, description="Only this one; empty: own ones and `knowledge`.")
    neighbours: int = Field(default=0, description="Passages before and after each hit to give with it, 0 to 3.")
    only_named: bool = Field(
        default=False, description="Leave out other companies when the question names one that is there."
    )
    parts: bool = Field(default=False, description="Give the parts of each score.")

    def question(self) -> Question:
        """What the use case takes."""
        return Question(
            self.query, self.top_k, self.document_ids, self.collection, self.neighbours, only_named=self.only_named
        )


class PartsOut(ResponseModel):
    """What a score is made of; the sum, less something for further passages of one page."""

    dense: float = Field(description="Cosine of the angle between question and passage.")
    lexical: float = Field(description="Common words, by BM25 against the best candidate.")
    boost: float = Field(description="What the document is: company, period and form the question names.")
    page: float = Field(description="What other passages of the page add.")

    @classmethod
    def of(cls, parts: Parts) -> PartsOut:
        """Show them."""
        return cls(dense=parts.dense, lexical=parts.lexical, boost=parts.boost, page=parts.page)


class HitOut(ResponseModel):
    """One passage."""

    document_id: str
    document_name: str
    page: int = Field(description="Page it stands on, from 1; of text without pages, the ordinal of its heading.")
    chunk_id: str
    text: str
    score: float = Field(description="How well it fits; comparable within one answer, higher is better.")
    before: str = Field(default="", description="Passages before it on its page, if asked for.")
    after: str = Field(default="", description="Passages after it.")
    parts: PartsOut | None = Field(default=None, description="Null unless asked for.")


class SearchOut(ResponseModel):
    """What was found, best first."""

    hits: list[HitOut]
    indexed: bool = Field(description="False while an index is rebuilt and its collection is searched exactly.")

    @classmethod
    def of(cls, found: Found, *, parts: bool) -> SearchOut:
        """Show hits, with the parts of their scores if wanted."""
        hits = [
            HitOut(
                document_id=each.document.id,
                document_name=each.document.name,
                page=each.ranked.hit.page,
                chunk_id=each.ranked.hit.chunk_id,
                text=each.ranked.hit.text,
                score=each.ranked.score,
                before=each.before,
                after=each.after,
                parts=PartsOut.of(each.ranked.parts) if parts else None,
            )
            for each in found.hits
        ]
        return cls(hits=hits, indexed=found.indexed)


class ExplainIn(SearchIn):
    """A search, and the page whose place is to be explained."""

    document_id: str = Field(min_length=1, max_length=64)
    page: int = Field(ge=1, description="From 1.")


class PassageOut(ResponseModel):
    """A passage with the parts of its score."""

    document_id: str
    page: int
    chunk_id: str
    text: str
    score: float
    parts: PartsOut

    @classmethod
    def of(cls, ranked: Ranked) -> PassageOut:
        """Show it."""
        return cls(
            document_id=ranked.hit.document_id,
            page=ranked.hit.page,
            chunk_id=ranked.hit.chunk_id,
            text=ranked.hit.text,
            score=ranked.score,
            parts=PartsOut.of(ranked.parts),
        )


class ExplanationOut(ResponseModel):
    """Why a page came where it came."""

    rank: int | None = Field(description="Place among all pages found, from 1; null when nothing of it was found.")
    years: list[int] = Field(description="Years the question names.")
    quarter: int | None = Field(description="Quarter it names.")
    form: str = Field(description="Form it names, or empty.")
    expansions: list[str] = Field(description="Terms that were looked for besides its own words.")
    profile: ProfileOut | None = Field(description="What the page's document is.")
    boost: float = Field(description="What that speaks for it.")
    passages: list[PassageOut] = Field(description="What was found on the page, best first.")
    first: PassageOut | None = Field(description="The passage that came first of all.")
    indexed: bool

    @classmethod
    def of(cls, explained: Explanation) -> ExplanationOut:
        """Show an explanation."""
        profile = explained.document.profile
        return cls(
            rank=explained.rank,
            years=list(explained.asked.years),
            quarter=explained.asked.quarter,
            form=explained.asked.form,
            expansions=[*explained.asked.expansions, *explained.asked.dates],
            profile=ProfileOut.of(profile) if profile is not None else None,
            boost=explained.boost,
            passages=[PassageOut.of(each) for each in explained.passages],
            first=PassageOut.of(explained.first) if explained.first is not None else None,
            indexed=explained.indexed,
        )
