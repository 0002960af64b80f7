"""Links to conversations over real sockets: anybody who holds one reads, nobody else, and nothing but what was said."""

from __future__ import annotations

import httpx
import pytest

from tests.fakes.chat_model import Call, Say
from tests.fakes.chat_process import Mesh, Person

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOLDINGS = Call([("get_holdings", {"portfolio": None, "as_of": None})])


async def visited(mesh: Mesh, token: str) -> httpx.Response:
    """What somebody who is not signed in gets."""
    async with httpx.AsyncClient(base_url=mesh.base_url) as http:
        return await http.get("/api/chat/v1/shared", headers={"share-token": token})


async def test_a_link_shows_the_conversation_as_of_sharing_and_nothing_else(mesh: Mesh, person: Person) -> None:
    mesh.model.script(HOLDINGS, Say(["It is worth $9,493.20."]))
    conversation, _, _ = await person.answered("What is it worth?")
    path = f"/conversations/{conversation}"
    made = await person.call("POST", f"{path}/shares", json={"expires_in_days": 3})
    mesh.model.script(Say(["Later."]))
    await person.all(conversation, await person.asked(conversation, "And later?"))
    await person.call("PATCH", path, json={"title": "Secret plans"})

    answer = await visited(mesh, made.json()["token"])

    assert made.status_code == 201
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    shown = answer.json()
    assert shown["title"] == "What is it worth?"
    assert shown["turns"] == [
        {
            "question": "What is it worth?",
            "text": "It is worth $9,493.20.",
            "state": "completed",
            "model": "offline-analyst",
            "created_at": shown["turns"][0]["created_at"],
            "receipts": [{"span": [12, 21], "value": "$9,493.20", "status": "matched"}],
        }
    ]
    assert conversation not in answer.text
    assert person.id not in answer.text


async def test_links_are_listed_without_tokens_and_revoked(mesh: Mesh, person: Person) -> None:
    mesh.model.script(Say(["Fine."]))
    conversation, _, _ = await person.answered()
    path = f"/conversations/{conversation}/shares"
    made = (await person.call("POST", path, json={})).json()

    listed = (await person.call("GET", path)).json()["items"]
    token = made.pop("token")
    assert listed == [made]
    assert (made["turns"], (await visited(mesh, token)).status_code) == (1, 200)
    async with mesh.person() as stranger:
        assert (await stranger.call("GET", path)).status_code == 404
        assert (await stranger.call("POST", path, json={})).status_code == 404
        assert (await stranger.call("DELETE", f"{path}/{made['id']}")).status_code == 404

    assert (await person.call("DELETE", f"{path}/{made['id']}")).status_code == 204
    gone = await visited(mesh, token)
    assert (gone.status_code, gone.json()["reason"]) == (404, "SHARE_NOT_FOUND")
    assert (await person.call("GET", path)).json()["items"] == []
    assert (await person.call("DELETE", f"{path}/{made['id']}")).status_code == 404


async def test_what_cannot_be_shared_is_refused(mesh: Mesh, person: Person) -> None:
    conversation = await person.opened()
    path = f"/conversations/{conversation}/shares"
    empty = await person.call("POST", path, json={})
    assert (empty.status_code, empty.json()["reason"]) == (409, "NOTHING_TO_SHARE")
    for days in (0, 366, "soon"):
        assert (await person.call("POST", path, json={"expires_in_days": days})).status_code == 422
    for token in ("", "shr_nobody", "x" * 128):
        assert (await visited(mesh, token)).status_code == 404
    assert (await visited(mesh, "x" * 129)).status_code == 422
