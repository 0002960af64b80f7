"""Results compared figure by figure: by path, with entries of lists matched by their names."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_chat.application.reruns import Reruns
from stocktool_chat.domain.conversation import TurnId
from stocktool_chat.domain.earlier_results import EarlierResults
from stocktool_chat.domain.errors import TurnNotFound
from stocktool_chat.domain.json_types import Json, JsonObject
from stocktool_chat.domain.reruns import (
    MOST_PER_TURN,
    NothingToRerun,
    OldCall,
    TooManyReruns,
    TurnStillRuns,
    calls_to_repeat,
    differences,
)
from stocktool_chat.domain.tool_results import ToolResult
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.errors import Unavailable
from stocktool_kit.testing.clock import FakeClock

from tests.factories.chat import NOW, a_conversation, an_ending, an_open_turn, an_owner, some_events
from tests.fakes.chat_store import FakeChatStore


def compared(old: JsonObject, new: JsonObject, receipts: Json = None) -> tuple[int, list[tuple[str, Any, Any]]]:
    count, found = differences(OldCall("c1", "get_x", {}, old), new, receipts)
    return count, [(each.path, each.old, each.new) for each in found]


def usd(amount: str) -> JsonObject:
    return {"amount": amount, "currency": "USD"}


def test_figures_differ_by_value_and_currency_and_texts_do_not_count() -> None:
    old = {"total": usd("10.00"), "twr": 0.12, "quantity": "40", "name": "Family", "stale": False, "beta": None}
    new = {"total": usd("11.00"), "twr": 0.12, "quantity": "41", "name": "Home", "stale": True, "beta": 1.5}
    assert compared(old, new) == (
        4,
        [("$.total", "10.00 USD", "11.00 USD"), ("$.quantity", "40", "41"), ("$.beta", None, "1.5")],
    )


def test_entries_are_the_same_by_their_name_wherever_they_stand() -> None:
    old = {"items": [{"symbol": "AAPL", "weight": 0.6}, {"symbol": "MSFT", "weight": 0.4}]}
    new = {"items": [{"symbol": "MSFT", "weight": 0.5}, {"symbol": "NVDA", "weight": 0.2}]}
    assert compared(old, new) == (
        3,
        [
            ("$.items[0].weight", "0.6", None),
            ("$.items[1].weight", "0.4", "0.5"),
            ("$.items[2].weight", None, "0.2"),
        ],
    )


def test_plain_lists_are_compared_place_by_place() -> None:
    assert compared({"close": [1.0, 2.0]}, {"close": [1.0, 2.5, 3.0]}) == (
        3,
        [("$.close[1]", "2.0", "2.5"), ("$.close[2]", None, "3.0")],
    )


def test_a_figure_of_the_answer_is_named_as_it_was_written() -> None:
    receipts: Json = [
        {"call_id": "c1", "path": "$.total.amount", "value": "$10.00"},
        {"call_id": "c2", "path": "$.twr", "value": "12 %"},
    ]
    call = OldCall("c1", "get_x", {}, {"total": usd("10.00"), "twr": 0.12})
    _, found = differences(call, {"total": usd("11.00"), "twr": 0.13}, receipts)
    assert [(each.path, each.shown_as) for each in found] == [("$.total", "$10.00"), ("$.twr", None)]


LEAF = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text(max_size=3)
TREE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
)


@given(st.dictionaries(st.text(max_size=3), TREE, max_size=4), st.dictionaries(st.text(max_size=3), TREE, max_size=4))
def test_what_is_the_same_differs_nowhere_and_nothing_breaks(old: JsonObject, new: JsonObject) -> None:
    assert compared(old, old)[1] == []
    compared(old, new)


def test_calls_that_failed_or_wrote_are_not_made_again() -> None:
    calls: Json = [
        {"call_id": "c1", "name": "get_risk", "arguments": {"a": 1}, "ok": True},
        {"call_id": "c2", "name": "get_quotes", "arguments": {}, "ok": False},
        {"call_id": "c3", "name": "propose_transaction", "arguments": {}, "ok": True},
        {"call_id": "c4", "name": "start_analysis", "arguments": {}, "ok": True},
        {"call_id": "c5", "name": "get_news", "arguments": {}, "ok": True},
    ]
    results: dict[str, JsonObject] = {f"c{n}": {"n": n} for n in (1, 2, 3, 4)}
    assert calls_to_repeat({"tool_calls": calls}, results) == [OldCall("c1", "get_risk", {"a": 1}, {"n": 1})]
    with pytest.raises(NothingToRerun):
        calls_to_repeat({"tool_calls": []}, results)


class Tools:
    """Gives a figure that grows with each call, or an error."""

    definitions = ()
    error: Exception | None = None
    calls = 0

    def session(self, turn_id: TurnId, earlier: EarlierResults) -> Tools:
        return self

    async def call(self, name: str, arguments: JsonObject) -> JsonObject:
        if self.error is not None:
            raise self.error
        self.calls += 1
        return {"total": usd(f"{10 + self.calls}.00"), "other": 1}


class Situation:
    """A turn that has called one tool and ended."""

    def __init__(self) -> None:
        self.store, self.tools, self.clock = FakeChatStore(), Tools(), FakeClock(NOW)
        self.conversation = a_conversation(an_owner())
        self.caller = Caller(self.conversation.owner, owners=(self.conversation.owner,))
        self.turn, self.open_turn = an_open_turn(self.conversation)
        self.reruns = Reruns(
            conversations=self.store,
            turns=self.store,
            store=self.store,
            toolbox=self.tools,
            clock=self.clock,
            tool_seconds=1,
        )

    async def begun(self) -> Situation:
        await self.store.create(self.conversation, None)
        await self.store.start(self.turn, self.open_turn, some_events(1), "", None)
        return self

    async def ended(self) -> Situation:
        result = ToolResult("c1", {"total": usd("10.00"), "other": 1})
        await self.store.append(self.open_turn.claim, some_events(3), [result])
        ending = an_ending()
        calls: Json = [{"call_id": "c1", "name": "get_holdings", "arguments": {}, "ok": True}]
        summary = {**ending.summary, "tool_calls": calls}
        ended = type(ending)(ending.state, summary, ending.finished_at, ending.usage)
        await self.store.finish(self.open_turn.claim, some_events(5), (), ended)
        return self


async def test_each_rerun_is_a_record_of_its_own_and_the_turn_stays() -> None:
    at = await (await Situation().begun()).ended()
    before = at.store.stored_turns[at.turn.id], dict(at.store.stored_results[at.turn.id])
    first = await at.reruns.run(at.caller, at.conversation.id, at.turn.id)
    at.clock.advance(by=timedelta(days=1))
    second = await at.reruns.run(at.caller, at.conversation.id, at.turn.id)

    assert [(each.old, each.new) for each in first.differences] == [("10.00 USD", "11.00 USD")]
    assert [(each.old, each.new) for each in second.differences] == [("10.00 USD", "12.00 USD")]
    assert (second.compared, second.changed, second.failed) == (2, 1, {})
    listed = await at.reruns.of_turn(at.caller, at.conversation.id, at.turn.id)
    assert sorted(each.id for each in listed) == sorted([first.id, second.id])
    assert (at.store.stored_turns[at.turn.id], dict(at.store.stored_results[at.turn.id])) == before


async def test_a_tool_that_fails_now_is_named() -> None:
    at = await (await Situation().begun()).ended()
    at.tools.error = Unavailable("stock is down")
    rerun = await at.reruns.run(at.caller, at.conversation.id, at.turn.id)
    assert (rerun.compared, rerun.changed, rerun.failed) == (0, 0, {"c1": "UNAVAILABLE"})


async def test_what_cannot_be_run_again_says_so() -> None:
    at = await Situation().begun()
    with pytest.raises(TurnStillRuns):
        await at.reruns.run(at.caller, at.conversation.id, at.turn.id)
    with pytest.raises(TurnNotFound):
        await at.reruns.run(at.caller, at.conversation.id, TurnId("trn_nobody"))
    await at.ended()
    for _ in range(MOST_PER_TURN):
        await at.reruns.run(at.caller, at.conversation.id, at.turn.id)
    with pytest.raises(TooManyReruns):
        await at.reruns.run(at.caller, at.conversation.id, at.turn.id)
