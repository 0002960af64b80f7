"""An answer's tools asked again over real sockets: what differs is told, and the answer stays as it was."""

from __future__ import annotations

import pytest

from tests.fakes.chat_model import Call, Say
from tests.fakes.chat_process import Mesh, Person

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOLDINGS = Call([("get_holdings", {"portfolio": None, "as_of": None}), ("get_quotes", {"symbols": ["DOWN"]})])


async def test_a_rerun_lists_what_differs_and_the_answer_stays(
    mesh: Mesh, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    mesh.model.script(HOLDINGS, Say(["It is worth $9,493.20."]))
    conversation, turn, _ = await person.answered()
    path = f"/conversations/{conversation}/turns/{turn}"
    before = (await person.call("GET", path)).json()
    monkeypatch.setattr(mesh.neighbours.portfolios, "total", "9600.00")

    key = {"Idempotency-Key": "again"}
    made = await person.call("POST", f"{path}:rerun", headers=key)
    again = await person.call("POST", f"{path}:rerun", headers=key)

    assert made.status_code == 201
    rerun = made.json()
    changed = [(each["path"], each["old"], each["new"], each["shown_as"]) for each in rerun["differences"]]
    assert changed == [
        ("$.total", "9493.20 USD", "9600.00 USD", "$9,493.20"),
        ("$.items[0].market_value", "9493.20 USD", "9600.00 USD", None),
    ]
    assert (rerun["changed"], rerun["failed"]) == (2, {})
    assert again.json() == rerun
    assert (await person.call("GET", f"{path}/reruns")).json()["items"] == [rerun]
    assert (await person.call("GET", path)).json() == before
    assert len(mesh.model.requests) == 2, "no model is asked"


async def test_what_cannot_be_run_again_is_refused(mesh: Mesh, person: Person) -> None:
    mesh.model.script(Say(["No tool was asked."]))
    conversation, turn, _ = await person.answered()
    path = f"/conversations/{conversation}/turns/{turn}"
    refused = await person.call("POST", f"{path}:rerun")
    assert (refused.status_code, refused.json()["reason"]) == (409, "NOTHING_TO_RERUN")
    async with mesh.person() as stranger:
        assert (await stranger.call("POST", f"{path}:rerun")).status_code == 404
        assert (await stranger.call("GET", f"{path}/reruns")).status_code == 404
