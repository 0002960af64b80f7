"""Retention over real sockets: a choice holds for conversations that exist, and for new ones."""

from __future__ import annotations

import pytest

from tests.eventually import eventually
from tests.fakes.chat_model import Say
from tests.fakes.chat_process import Mesh, Person

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_choice_is_kept_and_reaches_what_exists(mesh: Mesh, person: Person) -> None:
    mesh.model.script(Say(["Fine."]))
    conversation, turn, _ = await person.answered()
    assert (await person.call("GET", "/retention")).json() == {"keep": "month"}

    chosen = await person.call("PUT", "/retention", json={"keep": "forever"})
    assert (chosen.status_code, chosen.json()) == (200, {"keep": "forever"})
    assert (await person.call("GET", "/retention")).json() == {"keep": "forever"}

    async def reached() -> bool:
        head = (await person.call("GET", f"/conversations/{conversation}")).json()
        return bool(head["keep"] == "forever")

    await eventually(reached)
    fresh = (await person.call("POST", "/conversations", json={})).json()
    assert fresh["keep"] == "forever"
    assert (await person.call("GET", f"/conversations/{conversation}/turns/{turn}")).json()["text"] == "Fine."
    async with mesh.person() as another:
        assert (await another.call("GET", "/retention")).json() == {"keep": "month"}


async def test_another_word_is_refused(mesh: Mesh, person: Person) -> None:
    answer = await person.call("PUT", "/retention", json={"keep": "week"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/keep"
    async with mesh.person("chat.read") as reader:
        assert (await reader.call("PUT", "/retention", json={"keep": "day"})).status_code == 403
