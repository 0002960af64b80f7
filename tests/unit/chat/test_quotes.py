"""Words of documents: stored by reference, filled in when a turn is read, gone with their document."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_chat.application.cite import cited_events
from stocktool_chat.application.conversations import Conversations
from stocktool_chat.application.live_turns import LiveTurn, LiveTurns
from stocktool_chat.application.quotes import MOST_CALLS, MOST_REFS, Quotes
from stocktool_chat.application.shares import Shares
from stocktool_chat.application.turn_log import TurnLog
from stocktool_chat.application.turns import Turns
from stocktool_chat.domain import events
from stocktool_chat.domain.citations import Citation, quotations
from stocktool_chat.domain.conversation import Ending, Turn, TurnState
from stocktool_chat.domain.events import Event
from stocktool_chat.domain.export import to_json_document, to_markdown
from stocktool_chat.domain.json_types import Json, JsonObject
from stocktool_chat.domain.references import (
    PLACEHOLDERS,
    Fate,
    QuoteRef,
    Words,
    filled,
    filled_summary,
    filled_text,
    length_of,
    own_words,
    refs_in,
)
from stocktool_chat.domain.sealing import Known, Passage, Sealer, passages_of
from stocktool_chat.domain.tool_results import ToolResult
from stocktool_chat.domain.turn_view import TurnView
from stocktool_kit.core.caller import Caller
from stocktool_kit.testing.clock import FakeClock

from tests.eventually import eventually
from tests.factories.chat import NOW, a_conversation, an_open_turn, an_owner
from tests.fakes.chat_documents import FakeDocuments
from tests.fakes.chat_store import FakeChatStore

DELETED = PLACEHOLDERS[Fate.DELETED]
CHEESE = "Our mountain cheese ripens\nfor eleven months in natural caves, and\nsells for 31.40 euros a kilogram."
PAGE = "Lighthouse maintenance\nThe lamps of our lighthouses were replaced by diodes, which halves their power."
JAPANESE = "当社の売上高は前年同期に比べて一割増加し、過去最高を更新しました。"
TEXTS = {
    ("doc_c", 4, "doc_c.4.1"): CHEESE,
    ("doc_l", 2, ""): PAGE,
    ("doc_j", 1, "doc_j.1.1"): JAPANESE,
}
FIRST = [Event(1, "turn.started", {})]
PASSAGES = [Passage(document, page, chunk, text) for (document, page, chunk), text in TEXTS.items()]


def a_sealer() -> Sealer:
    sealer = Sealer()
    sealer.know([Known.of(passage) for passage in PASSAGES])
    return sealer


def restored(value: Json) -> Json:
    """What is read while the documents are there."""
    return filled(value, {ref: Words(Fate.SHOWN, TEXTS[ref.document_id, ref.page, ref.chunk_id][ref.start : ref.end])
                          for ref in refs_in(value)})  # fmt: skip


def without(value: Json) -> Json:
    """What is read when they are deleted."""
    return filled(value, {ref: Words(Fate.DELETED) for ref in refs_in(value)})


@pytest.mark.parametrize(
    "text",
    [
        CHEESE,
        f"It says: {CHEESE} Really.",
        "> Our mountain cheese ripens for eleven months in natural caves, and sells for 31.40 euros",
        "It ripens\nfor eleven  months in natural caves, and\n\nsells for 31.40 euros a kilogram",
        "Two: the lamps of our lighthouses were replaced, and ripens for eleven months in natural caves.",
        f"日本語では「{JAPANESE}」とあります。",
        "🧀 Our mountain cheese ripens\nfor eleven months 🧀",
    ],
)
def test_a_quote_is_kept_by_reference_and_read_back_alike(text: str) -> None:
    sealed = a_sealer().text(text)
    assert list(refs_in(sealed))
    assert "eleven months in natural" not in json.dumps(sealed)
    assert "lamps of our lighthouses" not in json.dumps(sealed)
    assert restored(sealed) == text


@pytest.mark.parametrize(
    "text", ["", "Cheese sells for 31.40 euros.", "It ripens for eleven months.", "[1]", "当社の売上高"]
)
def test_the_answers_own_prose_stays(text: str) -> None:
    assert a_sealer().text(text) == text


def test_a_quote_that_is_gone_leaves_one_placeholder_and_its_surroundings() -> None:
    text = f"It ripens long [1]:\n\n> {' '.join(CHEESE.split())}\n\nThat is 11 months."
    assert without(a_sealer().text(text)) == f"It ripens long [1]:\n\n> {DELETED}\n\nThat is 11 months."
    several = CHEESE.replace("\n", "\n\n")
    assert str(without(a_sealer().text(several))).split() == DELETED.split()


def test_a_quote_goes_on_in_the_next_batch() -> None:
    sealer, whole, said = a_sealer(), f"From your documents: {CHEESE} [1]", ""
    stored: list[Json] = []
    for at in range(0, len(whole), 37):
        piece = whole[at : at + 37]
        stored.append(sealer.text(piece, said))
        said += piece
    assert "".join(str(restored(piece)) for piece in stored) == whole
    longest = max(len(own_words(piece)) for piece in stored[1:-1])
    assert longest < 37  # only the very beginning of the quote, which nobody could know for one, stays
    assert "natural caves" not in json.dumps(stored)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from(sorted(TEXTS)), st.integers(0, 110), st.integers(0, 110), st.booleans()),
            st.text(max_size=20),
            st.sampled_from(["\n", " [1] ", "**", "…", "$words", "\u200b"]),
        ),
        max_size=8,
    )
)
def test_whatever_an_answer_is_made_of_is_read_back_alike(parts: list[object]) -> None:
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
        else:
            (key, start, end, spaced) = part  # type: ignore[misc]  # of the strategy above
            words = TEXTS[key][min(start, end) : max(start, end)]
            text += " ".join(words.split()) if spaced else words
    sealed = a_sealer().text(text)
    assert restored(sealed) == text
    squeezed = "".join(own_words(sealed).split())
    for whole in TEXTS.values():
        characters = "".join(whole.split())
        window = 26 + 12  # the threshold and the parts of words left at both ends
        runs = {characters[at : at + window] for at in range(len(characters) - window + 1)}
        assert not any(squeezed[at : at + window] in runs for at in range(len(squeezed)))


def test_results_and_quotes_are_references_however_short() -> None:
    sealer = Sealer()
    result: JsonObject = {
        "hits": [{"citation": 1, "document_id": "d", "page": 3, "chunk_id": "d.3.1", "text": "Up 4 %.", "score": 0.5}]
    }
    sealer.know([Known.of(each) for each in passages_of(result)])
    sealed = sealer.object({"result": result, "citation": {"index": 1, "document_id": "d", "quote": "Up 4 %."}})
    assert "Up 4" not in json.dumps(sealed)
    assert len(set(refs_in(sealed))) == 1
    gone = without(sealed)
    assert gone == {
        "result": {"hits": [{**result["hits"][0], "text": DELETED}]},  # type: ignore[index,dict-item]
        "citation": {"index": 1, "document_id": "d", "quote": "", "state": "deleted"},
    }


def test_what_only_looks_like_a_reference_is_left_alone() -> None:
    for odd in (
        {"$words": "x"},
        {"$words": [{"$quote": {"document_id": "d"}}]},
        {"$words": [{"$quote": {"document_id": "d", "page": 1, "chunk_id": "", "start": 9, "end": 3, "sha256": ""}}]},
        {"$words": [3], "more": 1},
    ):
        assert filled(odd, {}) == odd


def test_receipts_follow_the_text_when_a_quote_before_them_is_gone() -> None:
    text = f"{CHEESE} Costs rose 4 %."
    at = text.index("4 %")
    inside = text.index("31.40 euros")
    summary: JsonObject = {
        "text": a_sealer().text(text),
        "receipts": [{"span": [at, at + 3], "value": "4 %"}, {"span": [inside, inside + 11], "value": "31.40 euros"}],
        "citations": [{"index": 1, "quotations": [{"span": [0, len(CHEESE)], "verified": True}]}],
    }
    found = {ref: Words(Fate.DELETED) for ref in refs_in(summary)}
    gone = filled_summary(summary, found)
    assert gone["text"] == f"{DELETED} Costs rose 4 %."
    spans = [each["span"] for each in gone["receipts"]]  # type: ignore[union-attr,call-overload,index]
    assert [str(gone["text"])[start:end] for start, end in spans] == ["4 %", DELETED]
    assert gone["citations"] == [{"index": 1, "quotations": [{"span": [0, len(DELETED)], "verified": True}]}]
    assert filled_summary({"text": "Plain.", "receipts": []}, {}) == {"text": "Plain.", "receipts": []}


# --- use cases --------------------------------------------------------------------------------------------------------


class House:
    """A turn that read a passage and quoted it, on fakes."""

    def __init__(self) -> None:
        self.store, self.clock, self.lives = FakeChatStore(), FakeClock(NOW), LiveTurns()
        self.documents = FakeDocuments(dict(TEXTS))
        self.quotes = Quotes(self.documents, seconds=5)
        self.conversation = a_conversation(an_owner(), "Cheese")
        self.caller = Caller(self.conversation.owner, owners=(self.conversation.owner,))
        self.turn, self.open_turn = an_open_turn(self.conversation)
        self.live = LiveTurn(self.conversation.id, self.turn.id, self.turn.owner, FIRST)
        self.turns = Turns(self.store, self.store, self.lives, NoPeers(), self.quotes, address="", poll_seconds=0.01)

    async def answered(self, text: str = f"It says: {CHEESE} [1] That is 11 months.") -> House:
        await self.store.create(self.conversation, None)
        await self.store.start(self.turn, self.open_turn, FIRST, "Cheese", None)
        log = TurnLog(self.store, self.open_turn.claim, self.live, TurnView(), 0.0)
        result: JsonObject = {
            "hits": [
                {"citation": 1, "document_id": "doc_c", "page": 4, "chunk_id": "doc_c.4.1", "text": CHEESE, "score": 1}
            ]
        }
        await log.know(passages_of(result))
        writing = asyncio.create_task(log.run())
        log.add(events.tool_started("c1", "search_documents", {"query": "cheese"}))
        log.add(events.tool_finished("c1", ok=True, duration_ms=1, summary=f"text {CHEESE[:100]}"))
        log.add(result=ToolResult("c1", result))
        for at in range(0, len(text), 40):
            log.add(events.text_delta(text[at : at + 40]))
            await asyncio.sleep(0)
        last = await cited_events(text, {"c1": result}, [], self.quotes)
        last.append(events.turn_completed())
        for event in last:
            log.view.take(event)
        await log.finish(last, Ending(TurnState.COMPLETED, log.view.summary(), NOW, None))  # type: ignore[arg-type]
        writing.cancel()
        await asyncio.wait([writing])
        return self

    async def replayed(self, after: int = 0) -> list[Event]:
        batches = self.turns.watch(self.conversation.id, self.turn.id, after)
        return [event async for batch in batches for event in batch]

    @property
    def everything_stored(self) -> str:
        stored = [
            self.store.stored_events[self.turn.id],
            self.store.stored_results[self.turn.id],
            self.store.stored_turns[self.turn.id],
        ]
        return json.dumps(stored, default=str, ensure_ascii=False)


class NoPeers:
    def watch(self, *_: object) -> AsyncIterator[Event]:
        raise AssertionError("nobody else runs turns")

    async def stop(self, *_: object) -> None:
        """Nobody is told."""


def said(shown: Sequence[Event]) -> str:
    return "".join(str(event.data["text"]) for event in shown if event.type == "text.delta")


async def test_a_turn_stores_no_words_of_a_document_and_replays_them_while_it_is_there() -> None:
    at = await House().answered()
    for words in ("mountain cheese", "natural caves", "31.40 euros a kilogram"):
        assert words not in at.everything_stored
    replayed = await at.replayed()
    assert said(replayed) == f"It says: {CHEESE} [1] That is 11 months."
    (citation,) = [event.data for event in replayed if event.type == "citation"]
    assert citation["quote"] == CHEESE
    assert citation["verified"] is True
    turn, summary, _ = await at.turns.read(at.caller, at.conversation.id, at.turn.id)
    assert turn.state is TurnState.COMPLETED
    assert summary["text"] == said(replayed)
    assert CHEESE in str(summary["tool_calls"][0]["result"]["hits"][0]["text"])  # type: ignore[index,call-overload]


async def test_reading_a_turn_asks_rag_once() -> None:
    at = await House().answered()
    at.documents.calls.clear()
    await at.turns.read(at.caller, at.conversation.id, at.turn.id)
    assert len(at.documents.calls) == 1


async def test_a_live_reader_gets_the_words_without_asking_for_them() -> None:
    at = House()
    at.lives.add(at.live)
    reading = asyncio.create_task(at.replayed())
    await at.answered()
    assert said(await reading) == f"It says: {CHEESE} [1] That is 11 months."
    assert at.documents.calls == []


@pytest.mark.parametrize(
    ("texts", "state"),
    [({}, "deleted"), ({("doc_c", 4, "doc_c.4.1"): CHEESE.replace("eleven", "twelve")}, "changed")],
)
async def test_words_are_gone_with_their_document(texts: dict[tuple[str, int, str], str], state: str) -> None:
    at = await House().answered()
    at.documents.texts = texts
    gone = PLACEHOLDERS[Fate(state)]

    replayed = await at.replayed()
    _, summary, _ = await at.turns.read(at.caller, at.conversation.id, at.turn.id)
    _, turns = await Conversations(at.store, at.store, at.store, lives=at.lives, quotes=at.quotes, clock=at.clock).read(
        at.caller, at.conversation.id
    )
    export = to_markdown(at.conversation, turns) + json.dumps(to_json_document(at.conversation, turns))

    assert summary["text"] == f"It says: {gone} [1] That is 11 months."
    (citation,) = summary["citations"]  # type: ignore[misc]
    assert (citation["quote"], citation["state"]) == ("", state)  # type: ignore[index,call-overload]
    assert f"doc_c, page 4: {gone}" in export
    for shown in (export, str(replayed), str(summary)):
        assert "natural caves" not in shown
        assert "That is 11 months." in shown.replace("', '", "")


async def test_spans_follow_in_a_resumed_stream_too() -> None:
    at = await House().answered()
    events_ = at.store.stored_events[at.turn.id]
    place = len("It says: ") + len(CHEESE) + len(" [1] That is ")
    events_.insert(-1, Event(events_[-1].id, "receipt", {"span": [place, place + 9], "value": "11 months"}))
    events_[-1] = Event(events_[-1].id + 1, "turn.completed", {})
    at.documents.texts = {}
    from_start = await at.replayed()
    (receipt,) = [event.data for event in from_start if event.type == "receipt"]
    start, end = receipt["span"]  # type: ignore[misc]
    assert said(from_start).count(DELETED) == 1
    assert said(from_start)[start:end] == "11 months"  # type: ignore[misc]
    # One who has read the beginning before the document was deleted goes on from there.
    whole = f"It says: {CHEESE} [1] That is 11 months."
    deltas = [event for event in events_ if event.type == "text.delta"]
    resumed = await at.replayed(after=deltas[0].id)
    had = whole[: length_of(deltas[0].data["text"])]
    (receipt,) = [event.data for event in resumed if event.type == "receipt"]
    start, end = receipt["span"]  # type: ignore[misc]
    assert len(had) < len(whole)
    assert (had + said(resumed))[start:end] == "11 months"  # type: ignore[misc]
    # One who has read all of the text before the document was deleted has it whole: nothing moves for them.
    (receipt,) = [event.data for event in await at.replayed(after=events_[-3].id - 1) if event.type == "receipt"]
    assert receipt["span"] == [place, place + 9]


async def test_a_turn_is_shown_without_its_quotes_when_rag_does_not_answer() -> None:
    at = await House().answered()
    at.documents.down = True
    _, summary, _ = await at.turns.read(at.caller, at.conversation.id, at.turn.id)
    assert PLACEHOLDERS[Fate.UNAVAILABLE] in str(summary["text"])


async def test_rag_has_a_deadline() -> None:
    class Slow(FakeDocuments):
        async def words(self, refs: Sequence[QuoteRef], shared_by: object) -> Sequence[Words]:
            await asyncio.Event().wait()
            return []

    ref = QuoteRef("d", 1, "", 0, 1, "0" * 64)
    found = await Quotes(Slow(), seconds=0.01).found([ref])
    assert found == {ref: Words(Fate.UNAVAILABLE)}


async def test_reading_is_bounded() -> None:
    documents = FakeDocuments()
    refs = [QuoteRef("d", page + 1, "", 0, 5, "0" * 64) for page in range(MOST_REFS * (MOST_CALLS + 2))]
    found = await Quotes(documents).found([*refs, *refs])
    assert [count for count, _ in documents.calls] == [MOST_REFS] * MOST_CALLS
    assert found[refs[0]].fate is Fate.DELETED
    assert refs[-1] not in found  # and so it is shown as not available
    await Quotes(documents).found([QuoteRef("d", 1, "", 0, 500_000 + at, "0" * 64) for at in range(3)])
    assert [count for count, _ in documents.calls[MOST_CALLS:]] == [1, 1, 1]


async def test_a_shared_answer_is_read_for_its_owner_and_only_its_text() -> None:
    at = await House().answered()
    shares = Shares(at.store, at.store, at.store, at.quotes, at.clock)
    _, token = await shares.create(at.caller, at.conversation.id, 7, None)
    at.documents.calls.clear()
    shown = await shares.open(token)
    assert shown.turns[0].text == f"It says: {CHEESE} [1] That is 11 months."
    assert {owner for _, owner in at.documents.calls} == {at.conversation.owner}
    assert set(shown.turns[0].summary or {}) == {"text", "receipts", "citations"}
    at.documents.texts = {}
    assert (await shares.open(token)).turns[0].text == f"It says: {DELETED} [1] That is 11 months."


async def test_a_follow_up_knows_what_was_quoted_and_quotes_it_by_reference_again() -> None:
    at = await House().answered()
    turns, said_before = await at.quotes.history([at.store.stored_turns[at.turn.id]])
    assert CHEESE in turns[0].text
    sealer = Sealer()
    sealer.know([Known.of(passage) for passage in said_before])
    again = sealer.text("As said, it ripens\nfor eleven months in natural caves.")
    assert "natural caves" not in json.dumps(again)
    assert restored(again) == "As said, it ripens\nfor eleven months in natural caves."


async def test_old_turns_stay_as_they_are() -> None:
    at = await House().answered()
    old = Turn(at.turn.id, at.conversation.id, at.turn.owner, "Q", "m", NOW - timedelta(days=1), TurnState.COMPLETED,
               summary={"text": CHEESE, "citations": [{"index": 1, "quote": CHEESE}]})  # fmt: skip
    at.documents.calls.clear()
    assert await at.quotes.turns([old]) == [old]
    assert at.documents.calls == []


async def test_an_interrupted_turn_ends_with_its_words_still_by_reference() -> None:
    at = await House().answered()
    view = TurnView()
    for event in at.store.stored_events[at.turn.id]:
        view.take(event)
    assert view.summary()["text"] == at.store.stored_turns[at.turn.id].summary["text"] or list(  # type: ignore[index]
        refs_in(view.summary())
    )
    await eventually(lambda: filled_text(view.summary()["text"], {}).count("[quote not available") == 1)


# --- verified quotes --------------------------------------------------------------------------------------------------

KNOWN = [Citation(1, "doc_c", 4, CHEESE), Citation(2, "doc_l", 2, PAGE)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('It "ripens for eleven months" there [1].', [("ripens for eleven months", 1)]),
        ("It “ripens for eleven months” [1] and “halves their power” [2].",
         [("ripens for eleven months", 1), ("halves their power", 2)]),
        ("As [2] says, the change “halves their power”.", [("halves their power", 2)]),
        ("> It ripens\n> for long\n\n— Annual report, page 4 [1]", [("It ripens\nfor long", 1)]),
        ("Annual report, page 2 [2]:\n\n> The lamps were replaced.", [("The lamps were replaced.", 2)]),
        ("「当社の売上高」と[1]にあります。", [("当社の売上高", 1)]),
        ('Nothing "is cited in this one".\n\nBut here [1].', []),
        ('A number nobody gave: "ripens for eleven months" [7].', []),
        ('Short "words" [1] are names.', []),
    ],
)  # fmt: skip
def test_quotations_belong_to_the_citation_next_to_them(text: str, expected: list[tuple[str, int]]) -> None:
    assert [(each.text, each.index) for each in quotations(text, KNOWN)] == expected


async def test_a_quote_the_page_does_not_have_is_marked() -> None:
    result: JsonObject = {
        "hits": [{"citation": 1, "document_id": "doc_c", "page": 4, "chunk_id": "doc_c.4.1", "text": CHEESE}]
    }
    text = 'It "sells for 31.40 euros" [1], and "ripens for twelve months" [1].'
    told = await cited_events(text, {"c1": result}, [], Quotes(FakeDocuments(dict(TEXTS))))
    (citation,) = [event.data for event in told if event.type == "citation"]
    assert citation["verified"] is True
    assert [each["verified"] for each in citation["quotations"]] == [True, False]  # type: ignore[union-attr,call-overload,index]
    down = FakeDocuments(dict(TEXTS), down=True)
    (unknown,) = [event.data for event in await cited_events(text, {"c1": result}, [], Quotes(down))]
    assert unknown["verified"] is None
