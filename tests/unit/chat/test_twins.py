"""A write sent twice at once to the chat: wherever its twin comes between, both are answered the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count

from stocktool_chat.application.live_turns import LiveTurns
from stocktool_chat.application.reruns import Reruns
from stocktool_chat.application.run_turn import LeaseTerms, TurnJob
from stocktool_chat.application.start_turn import StartTurn
from stocktool_chat.domain.allowance import Allowance
from stocktool_chat.domain.conversation import TurnId
from stocktool_chat.domain.earlier_results import EarlierResults
from stocktool_chat.domain.json_types import Json, JsonObject
from stocktool_chat.domain.pricing import Catalogue, ModelOffer
from stocktool_chat.domain.reruns import MOST_PER_TURN, Rerun
from stocktool_chat.domain.tool_results import ToolResult
from stocktool_kit.core.caller import Caller
from stocktool_kit.testing.clock import FakeClock

from tests.factories.chat import NOW, a_conversation, a_key, an_ending, an_open_turn, an_owner, some_events
from tests.fakes.chat_store import FakeChatStore
from tests.fakes.twins import Between, outcome


@dataclass
class OneAtATime:
    """A worker that has room for one turn."""

    jobs: list[TurnJob] = field(default_factory=list)

    @property
    def has_room(self) -> bool:
        return not self.jobs

    def submit(self, job: TurnJob) -> None:
        self.jobs.append(job)


@dataclass
class Grants:
    """Grants of turns that are open."""

    caller: Caller
    opened: set[str] = field(default_factory=set)

    async def open(self, turn_id: TurnId, seconds: float) -> Caller:
        self.opened.add(turn_id)
        return self.caller

    async def take_over(self, turn_id: TurnId) -> Caller:
        return self.caller

    async def close(self, turn_id: TurnId) -> None:
        self.opened.discard(turn_id)


class Tools:
    """Gives another figure at each call."""

    definitions = ()
    calls = 0

    def session(self, turn_id: TurnId, earlier: EarlierResults) -> Tools:
        return self

    async def call(self, name: str, arguments: JsonObject) -> JsonObject:
        self.calls += 1
        return {"total": {"amount": f"{self.calls}.00", "currency": "USD"}}


async def test_a_question_asked_twice_at_once_is_one_turn_though_no_other_had_room() -> None:
    for call in count(1):
        store, between, queue = FakeChatStore(), Between(), OneAtATime()
        conversation, key = a_conversation(an_owner()), a_key()
        caller = Caller(conversation.owner, owners=(conversation.owner,))
        await store.create(conversation, None)
        grants, lives = Grants(caller), LiveTurns()

        def asked(
            between: Between,
            store: FakeChatStore = store,
            grants: Grants = grants,
            lives: LiveTurns = lives,
            queue: OneAtATime = queue,
        ) -> StartTurn:
            return StartTurn(
                turns=between.over(store),
                grants=between.over(grants),
                queue=queue,
                lives=lives,
                catalogue=Catalogue({"m": ModelOffer("m")}, "m"),
                usage=between.over(store),
                allowance=Allowance(),
                clock=FakeClock(NOW),
                terms=LeaseTerms(),
                holder="h",
                address="a:1",
                grant_seconds=60,
            )

        ask = partial(asked(Between()), caller, conversation.id, "How am I doing?", key=key)
        between.run(ask, before_call=call)
        slower = await outcome(asked(between)(caller, conversation.id, "How am I doing?", key=key))
        if between.found is None:
            assert call > 1
            return
        assert slower == between.found, f"before call {call}"
        assert (slower[0], len(queue.jobs), len(grants.opened)) == ("answered", 1, 1), f"before call {call}"


async def test_the_last_rerun_of_a_turn_asked_for_twice_at_once_is_one() -> None:
    for call in count(1):
        store, between, tools, clock = FakeChatStore(), Between(), Tools(), FakeClock(NOW)
        conversation, key = a_conversation(an_owner()), a_key()
        caller = Caller(conversation.owner, owners=(conversation.owner,))
        turn, open_turn = an_open_turn(conversation)
        await store.create(conversation, None)
        await store.start(turn, open_turn, some_events(1), "", None)
        await store.append(open_turn.claim, some_events(3), [ToolResult("c1", {"total": 1})])
        ending = an_ending()
        calls: Json = [{"call_id": "c1", "name": "get_holdings", "arguments": {}, "ok": True}]
        ended = type(ending)(ending.state, {**ending.summary, "tool_calls": calls}, ending.finished_at, ending.usage)
        await store.finish(open_turn.claim, some_events(5), (), ended)

        def reruns(
            between: Between, store: FakeChatStore = store, tools: Tools = tools, clock: FakeClock = clock
        ) -> Reruns:
            over = between.over(store)
            return Reruns(conversations=over, turns=over, store=over, toolbox=tools, clock=clock, tool_seconds=60)

        for _ in range(MOST_PER_TURN - 1):
            clock.advance(by=timedelta(seconds=1))
            await reruns(Between()).run(caller, conversation.id, turn.id)
        between.run(partial(reruns(Between()).run, caller, conversation.id, turn.id, key), before_call=call)
        slower = await outcome(reruns(between).run(caller, conversation.id, turn.id, key))
        if between.found is None:
            assert call > 1
            return
        assert slower == between.found, f"before call {call}"
        assert isinstance(slower[1], Rerun)
        assert len(await store.reruns(conversation.id, turn.id)) == MOST_PER_TURN
