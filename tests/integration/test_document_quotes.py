"""A turn that quotes a document, over sockets: its records hold no word of it, and show it as long as it is there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from stocktool_chat.bootstrap import bootstrap as chat_bootstrap
from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.core.ids import OwnerId, new_id
from stocktool_kit.process import running
from stocktool_kit.testing.aws import emulated
from stocktool_kit.testing.process import ephemeral
from stocktool_rag.adapters.s3_derived import S3Derived
from stocktool_rag.bootstrap import work
from stocktool_rag.domain.documents import DocumentId
from stocktool_rag.domain.pages import PageText
from stocktool_rag.settings import Settings as RagSettings

from tests.conftest import EmulatedAws
from tests.eventually import eventually
from tests.fakes.chat_model import Call, Say, ScriptedModel, scripted_model
from tests.fakes.chat_process import Person, of_type, settings_for, text_of
from tests.fakes.chat_services import SCOPES, ChatNeighbours, chat_neighbours
from tests.fakes.rag_chroma import ChromaServer, chroma_server
from tests.fakes.rag_files import a_pdf
from tests.fakes.rag_process import serving_with_keys

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHEESE = "Our mountain cheese ripens for eleven months in natural caves, and sells for 31.40 euros a kilogram."
LAMPS = " ".join(f"Lamp {number} of the lighthouse was replaced by a diode in week {number}." for number in range(60))
WORDS = ("mountain cheese ripens", "natural caves, and sells", "of the lighthouse was replaced")
DELETED = "[quote deleted with its document]"
ANSWER = [
    "From your documents:\n\n> ",
    CHEESE[:40],
    CHEESE[40:],
    "\n\n— Report, page 1 [1]\n\nIt costs 31.40 euros today, “ripens for twelve years” [1] they claim.",
]


@dataclass
class House:
    """The processes."""

    model: ScriptedModel
    neighbours: ChatNeighbours
    chat_url: str
    rag_url: str
    aws: AwsClients

    def headers(self, user: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.neighbours.token(user, f'{SCOPES} documents.write')}"}

    async def stored_everywhere(self, conversation: str) -> str:
        """All rows of the conversation and all objects of turns, as text."""
        rows: list[Any] = []
        start: dict[str, Any] = {}
        while True:
            page = await self.aws.call("dynamodb", "scan", TableName="stocktool-conversations", **start)
            rows += page["Items"]
            if "LastEvaluatedKey" not in page:
                break
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        assert any(conversation in json.dumps(row, default=repr) for row in rows)
        text = json.dumps(rows, default=repr, ensure_ascii=False)
        listed = await self.aws.call("s3", "list_objects_v2", Bucket="stocktool-knowledge", Prefix="turns/")
        for entry in listed.get("Contents", []):
            text += (await Bucket(self.aws, "stocktool-knowledge").get(entry["Key"])).body.decode()
        return text


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    with chroma_server(tmp_path_factory.mktemp("chroma")) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house(emulator: EmulatedAws, chroma: ChromaServer) -> AsyncIterator[House]:
    given = ephemeral(chroma_url=chroma.url, lexical_patience_seconds=20, push_target="127.0.0.1:1")
    async with AsyncExitStack() as stack:
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("OPENAI_API_KEY", "test")
        enter = stack.enter_async_context
        model, neighbours = await enter(scripted_model()), await enter(chat_neighbours())
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("OPENAI_BASE_URL", model.base_url)
        rag = await enter(running(RagSettings.model_validate(given), serving_with_keys(neighbours.tokens)))
        await enter(running(RagSettings.model_validate(given | {"service": "rag-worker"}), work))
        settings = settings_for(neighbours, rag_address=f"127.0.0.1:{rag.grpc_port}")
        chat = await enter(running(settings, chat_bootstrap))
        aws = emulated(emulator.endpoint_url)
        stack.callback(aws.close)
        yield House(model, neighbours, f"http://127.0.0.1:{chat.http_port}", f"http://127.0.0.1:{rag.http_port}", aws)


@dataclass
class Asked:
    """A turn that quoted a document."""

    house: House
    person: Person
    rag: httpx.AsyncClient
    document: str
    conversation: str
    turn: str

    async def read(self) -> dict[str, Any]:
        answer = await self.person.call("GET", f"/conversations/{self.conversation}/turns/{self.turn}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def export(self, kind: str) -> str:
        return (await self.person.call("GET", f"/conversations/{self.conversation}/export?format={kind}")).text

    async def shared(self) -> str:
        made = await self.person.call("POST", f"/conversations/{self.conversation}/shares", json={"expires_in_days": 1})
        assert made.status_code == 201, made.text
        return str(made.json()["token"])

    async def opened(self, token: str) -> str:
        async with httpx.AsyncClient(base_url=self.house.chat_url, timeout=20) as anybody:
            answer = await anybody.get("/api/chat/v1/shared", headers={"share-token": token})
            assert answer.status_code == 200, answer.text
            return str(answer.json()["turns"][0]["text"])


@pytest_asyncio.fixture(loop_scope="module")
async def asked(house: House) -> AsyncIterator[Asked]:
    user = new_id("usr")
    headers = house.headers(user)
    async with (
        httpx.AsyncClient(base_url=house.chat_url, timeout=30) as chat,
        httpx.AsyncClient(base_url=f"{house.rag_url}/api/rag/v1", headers=headers, timeout=30) as rag,
    ):
        uploaded = await rag.post("/documents", files={"file": ("report.pdf", a_pdf(CHEESE, LAMPS))})
        document = uploaded.json()["id"]

        async def ready() -> bool:
            return bool((await rag.get(f"/documents/{document}")).json()["state"] == "ready")

        await eventually(ready, every=0.2)
        wanted = {"query": "How long does cheese ripen?", "document_ids": [document], "limit": 1}
        page = {"document_id": document, "page": 2}
        house.model.script(Call([("search_documents", wanted), ("read_page", page)]), Say(ANSWER))
        person = Person(chat, user, headers)
        conversation, turn, _ = await person.answered("How long does it ripen?")
        yield Asked(house, person, rag, document, conversation, turn)


async def test_a_turns_records_hold_no_words_of_a_document(house: House, asked: Asked) -> None:
    stored = await house.stored_everywhere(asked.conversation)
    for words in WORDS:
        assert words not in stored
    assert "It costs 31.40 euros today" in stored  # the answer's own prose

    turn = await asked.read()
    assert turn["text"] == "".join(ANSWER)
    found, page = (call["result"] for call in turn["tool_calls"])
    assert " ".join(found["hits"][0]["text"].split()) == CHEESE
    assert " ".join(page["text"].split()) == LAMPS
    assert len(page["text"]) > 3500


async def test_a_replay_has_the_same_words(asked: Asked) -> None:
    events = await asked.person.all(asked.conversation, asked.turn)
    assert text_of(events) == "".join(ANSWER)
    resumed = await asked.person.all(asked.conversation, asked.turn, after=events[-2].id)
    assert [event.id for event in resumed] == [events[-1].id]


async def test_quotes_are_held_against_their_page(asked: Asked) -> None:
    (citation,) = (await asked.read())["citations"]
    assert (citation["document_id"], citation["page"]) == (asked.document, 1)
    assert citation["verified"] is True
    text = "".join(ANSWER)
    said = {text[slice(*each["span"])]: each["verified"] for each in citation["quotations"]}
    assert said.pop("ripens for twelve years") is False
    assert list(said.values()) == [True]
    assert "quotes words that are not on that page" in await asked.export("markdown")


async def test_deleting_the_document_takes_its_words_along(house: House, asked: Asked) -> None:
    token = await asked.shared()
    assert CHEESE in await asked.opened(token)
    answer = await asked.rag.delete(f"/documents/{asked.document}")
    assert answer.status_code == 204

    turn = await asked.read()
    shown = [
        json.dumps(turn, ensure_ascii=False),
        await asked.export("markdown"),
        await asked.export("json"),
        await asked.opened(token),
        text_of(await asked.person.all(asked.conversation, asked.turn)),
        await house.stored_everywhere(asked.conversation),
    ]
    for text in shown:
        for words in WORDS:
            assert words not in text
    assert DELETED in turn["text"]
    assert "It costs 31.40 euros today" in turn["text"]
    (citation,) = turn["citations"]
    assert (citation["quote"], citation["state"]) == ("", "deleted")
    for receipt in turn["receipts"]:
        start, end = receipt["span"]
        assert turn["text"][start:end] in {receipt["value"], DELETED}
    (own,) = [each for each in turn["receipts"] if turn["text"][slice(*each["span"])] == each["value"]]
    assert (own["value"], own["status"]) == ("31.40 euros", "matched")
    assert (own["source"]["quote"], own["source"]["state"]) == ("", "deleted")
    derived = await house.aws.call("s3", "list_objects_v2", Bucket="stocktool-knowledge", Prefix="derived/")
    assert not any(asked.document in entry["Key"] for entry in derived.get("Contents", []))


async def test_a_page_that_reads_otherwise_now_shows_no_old_words(house: House, asked: Asked) -> None:
    derived = S3Derived(Bucket(house.aws, "stocktool-knowledge"))
    owner, document = OwnerId(asked.person.id), DocumentId(asked.document)
    await derived.put_pages(owner, document, [PageText(1, CHEESE.replace("eleven", "twelve")), PageText(2, LAMPS)])
    turn = await asked.read()
    (citation,) = turn["citations"]
    assert (citation["quote"], citation["state"]) == ("", "changed")
    assert "reads otherwise now" in turn["text"]


async def test_who_may_not_read_documents_sees_no_quotes(house: House, asked: Asked) -> None:
    token = house.neighbours.token(asked.person.id, "chat.read")
    asked.person.headers = {"authorization": f"Bearer {token}"}
    turn = await asked.read()
    assert "[quote not available at the moment]" in turn["text"]
    assert turn["citations"][0]["state"] == "unavailable"


async def test_a_follow_up_may_quote_again_and_leaves_no_words_either(house: House, asked: Asked) -> None:
    house.model.script(Say(["Again: ", CHEESE, " [end]"]))
    turn = await asked.person.asked(asked.conversation, "Once more?")
    async with aclosing(asked.person.watched(asked.conversation, turn)) as stream:
        events = [event async for event in stream]
    assert of_type(events, "turn.completed")
    told = json.dumps(house.model.requests[-1]["input"])
    assert "mountain cheese ripens" in told  # the history the model was given has its words
    stored = await house.stored_everywhere(asked.conversation)
    for words in WORDS:
        assert words not in stored
