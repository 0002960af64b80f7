"""Fills stored turns with the words they keep by reference, and checks quotes: one call to rag for all of a turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from stocktool_kit.core.errors import StockToolError
from stocktool_kit.core.ids import OwnerId

from stocktool_chat.application.ports import Documents
from stocktool_chat.domain.citations import PageQuote
from stocktool_chat.domain.conversation import Turn
from stocktool_chat.domain.events import TEXT_DELTA, Event
from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.references import (
    Fate,
    Found,
    QuoteRef,
    Spans,
    Words,
    filled_object,
    filled_summary,
    filled_text,
    length_of,
    refs_in,
    with_spans,
)
from stocktool_chat.domain.sealing import Passage

MOST_REFS = 300
"""References of one call."""
MOST_CHARACTERS = 900_000
"""Characters they stand for together."""
MOST_CALLS = 8
"""Calls for one reading; what is beyond is shown as not available."""
MOST_CHECKED = 200
_LONGEST_QUOTE = 4000
_SECONDS = 3.0


class Quotes:
    """Words of documents for readers of turns.

    A reader pays with their own rights: what rag does not show them, a stored turn does not either. What an owner has
    shared is read for the owner, by references that prove the words were seen once.

    Args:
        seconds: How long a reading waits; a turn is shown without its quotes rather than not at all.
    """

    def __init__(self, documents: Documents, seconds: float = _SECONDS) -> None:
        self._documents = documents
        self._seconds = seconds

    async def found(self, refs: Iterable[QuoteRef], shared_by: OwnerId | None = None) -> Found:
        """What references give; each is asked for once, however often it stands in what is read."""
        calls = _calls(dict.fromkeys(refs))[:MOST_CALLS]
        answers = await asyncio.gather(*(self._read(each, shared_by) for each in calls))
        return {ref: words for answer in answers for ref, words in answer.items()}

    async def turns(self, turns: Sequence[Turn], shared_by: OwnerId | None = None) -> list[Turn]:
        """Turns with their words."""
        found = await self.found((ref for turn in turns for ref in refs_in(turn.summary)), shared_by)
        return [_filled(turn, found) for turn in turns]

    async def history(self, turns: Sequence[Turn]) -> tuple[list[Turn], list[Passage]]:
        """Turns with their words, and those words as passages that what follows may quote again."""
        found = await self.found(ref for turn in turns for ref in refs_in(turn.summary))
        said = [
            Passage(ref.document_id, ref.page, ref.chunk_id, words.text, ref.start)
            for ref, words in found.items()
            if words.text
        ]
        return [_filled(turn, found) for turn in turns], said

    async def view(
        self, summary: JsonObject, results: Mapping[str, JsonObject]
    ) -> tuple[JsonObject, dict[str, JsonObject]]:
        """A turn's fold and its results with their words."""
        found = await self.found([*refs_in(summary), *refs_in(results)])
        whole = {call_id: filled_object(result, found) for call_id, result in results.items()}
        return filled_summary(summary, found), whole

    async def results(self, results: Mapping[str, JsonObject]) -> dict[str, JsonObject]:
        """Results with their words."""
        found = await self.found(refs_in(results))
        return {call_id: filled_object(result, found) for call_id, result in results.items()}

    async def stream(
        self,
        batches: AsyncIterator[Sequence[Event]],
        before: Callable[[], Awaitable[Sequence[Event]]] | None = None,
    ) -> AsyncIterator[Sequence[Event]]:
        """Events with their words, receipts where their figures stand in the text as this reader gets it.

        Args:
            batches: Events as they are stored, or as they were sent.
            before: Gives the events that the reader has already, if any; asked only when places move.
        """
        spans = Spans()
        async for batch in batches:
            found = await self.found(ref for event in batch for ref in refs_in(event.data))
            if before is not None and any(words.fate is not Fate.SHOWN for words in found.values()):
                spans = Spans(_written(await before()) + spans.written)
                before = None
            shown = []
            for event in batch:
                if event.type == "turn.restarted":
                    spans, before = Spans(), None
                shown.append(_shown(event, found, spans))
            yield shown

    async def checked(self, quotes: Sequence[PageQuote]) -> dict[PageQuote, bool | None]:
        """Which quotes stand on their pages; None where nobody could tell."""
        asked = [quote for quote in dict.fromkeys(quotes) if 0 < len(quote.text) <= _LONGEST_QUOTE][:MOST_CHECKED]
        if not asked:
            return {}
        try:
            async with asyncio.timeout(self._seconds):
                return dict(zip(asked, await self._documents.check(asked), strict=True))
        except (StockToolError, TimeoutError):
            return {}

    async def _read(self, refs: Sequence[QuoteRef], shared_by: OwnerId | None) -> Found:
        try:
            async with asyncio.timeout(self._seconds):
                words = await self._documents.words(refs, shared_by)
        except (StockToolError, TimeoutError):
            return dict.fromkeys(refs, Words(Fate.UNAVAILABLE))
        return dict(zip(refs, words, strict=True))


def _calls(refs: Iterable[QuoteRef]) -> list[list[QuoteRef]]:
    calls: list[list[QuoteRef]] = []
    size = MOST_CHARACTERS
    for ref in refs:
        length = ref.end - ref.start
        if length > MOST_CHARACTERS:
            continue
        size += length
        if size > MOST_CHARACTERS or len(calls[-1]) == MOST_REFS:
            calls.append([])
            size = length
        calls[-1].append(ref)
    return calls


def _filled(turn: Turn, found: Found) -> Turn:
    return turn if turn.summary is None else replace(turn, summary=filled_summary(turn.summary, found))


def _written(events: Iterable[Event]) -> int:
    """How long the text is that events wrote since the last restart."""
    length = 0
    for event in events:
        if event.type == "turn.restarted":
            length = 0
        elif event.type == TEXT_DELTA:
            length += length_of(event.data.get("text"))
    return length


def _shown(event: Event, found: Found, spans: Spans) -> Event:
    if event.type == TEXT_DELTA:
        return Event(event.id, event.type, {**event.data, "text": filled_text(event.data.get("text"), found, spans)})
    data = event.data
    if any(True for _ in refs_in(data)):
        data = filled_object(data, found)
    if event.type in {"receipt", "citation"}:
        moved = with_spans(data, spans)
        assert isinstance(moved, Mapping)
        data = moved
    return event if data is event.data else Event(event.id, event.type, data)
