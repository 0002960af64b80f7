"""Reads many passages and checks many quotes at once; a document's pages are fetched once, however much is asked."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.ids import OwnerId

from stocktool_rag.application.library import Library
from stocktool_rag.application.ports import DerivedStore
from stocktool_rag.domain.documents import Document
from stocktool_rag.domain.pages import PageText
from stocktool_rag.domain.passages import PassageRef, PassageState, Quote, QuoteState, Words
from stocktool_rag.domain.quotes import stands_on

MAX_CHARACTERS = 1_000_000
_AT_A_TIME = 8  # documents whose pages are fetched

_Pages = Mapping[str, Mapping[int, PageText] | None]


class ReadPassages:
    """Gives words for references to them, as far as they still are the same words."""

    def __init__(self, library: Library, derived: DerivedStore) -> None:
        self._library = library
        self._derived = derived

    async def __call__(self, owners: Sequence[OwnerId], refs: Sequence[PassageRef]) -> list[Words]:
        """Read them for somebody who reads as these owners, in the order of the references.

        Raises:
            InvalidArgument: More than a million characters are asked for.
        """
        if sum(max(ref.end - ref.start, 0) for ref in refs) > MAX_CHARACTERS:
            raise InvalidArgument.of("/passages", f"must be at most {MAX_CHARACTERS:,} characters together")
        pages = await self._pages(owners, [(ref.document_id, ref.page) for ref in refs])
        return [_words(ref, pages) for ref in refs]

    async def check(self, owners: Sequence[OwnerId], quotes: Sequence[Quote]) -> list[QuoteState]:
        """Say of each quote whether it stands on its page."""
        pages = await self._pages(owners, [(quote.document_id, quote.page) for quote in quotes])
        return await asyncio.to_thread(lambda: [_state(quote, pages) for quote in quotes])

    async def _pages(self, owners: Sequence[OwnerId], wanted: Iterable[tuple[str, int]]) -> _Pages:
        """Pages by document: None where it is being read anew; documents these owners do not see are left out."""
        numbers: dict[str, set[int]] = defaultdict(set)
        for document_id, page in wanted:
            numbers[document_id].add(page)
        documents = await self._library.documents(owners, numbers)
        slots = asyncio.Semaphore(_AT_A_TIME)

        async def fetch(document: Document) -> Mapping[int, PageText] | None:
            async with slots:
                return await self._derived.get_pages(document.owner_id, document.id, numbers[document.id])

        found = await asyncio.gather(*(fetch(each) for each in documents.values()))
        return dict(zip(documents, found, strict=True))


def _words(ref: PassageRef, pages: _Pages) -> Words:
    if ref.document_id not in pages:
        return Words(PassageState.DELETED)
    of_document = pages[ref.document_id]
    if of_document is None:
        return Words(PassageState.NOT_READY)
    page = of_document.get(ref.page)
    text = None if page is None else ref.read(page.text)
    return Words(PassageState.CHANGED) if text is None else Words(PassageState.FOUND, text)


def _state(quote: Quote, pages: _Pages) -> QuoteState:
    of_document = pages.get(quote.document_id, {})
    if of_document is None:
        return QuoteState.UNKNOWN
    page = of_document.get(quote.page)
    return QuoteState.VERIFIED if page is not None and stands_on(quote.text, page.text) else QuoteState.UNVERIFIED
