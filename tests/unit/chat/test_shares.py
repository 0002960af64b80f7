"""A link shows what had ended when it was made, to whoever holds its whole token, until it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from stocktool_chat.application.quotes import Quotes
from stocktool_chat.application.shares import Shares
from stocktool_chat.domain.conversation import Turn, TurnState, new_turn_id
from stocktool_chat.domain.errors import ShareNotFound, TurnNotFound
from stocktool_chat.domain.shares import LONGEST_DAYS, MOST_PER_CONVERSATION, NothingToShare, TooManyShares, share
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.testing.clock import FakeClock

from tests.factories.chat import NOW, a_conversation, an_ending, an_open_turn, an_owner, some_events
from tests.fakes.chat_documents import FakeDocuments
from tests.fakes.chat_store import FakeChatStore


class Situation:
    """A conversation of two turns, the second of which still runs."""

    def __init__(self) -> None:
        self.store, self.clock = FakeChatStore(), FakeClock(NOW)
        self.conversation = a_conversation(an_owner(), "Savings")
        self.caller = Caller(self.conversation.owner, owners=(self.conversation.owner,))
        self.shares = Shares(self.store, self.store, self.store, Quotes(FakeDocuments()), self.clock)

    async def begun(self) -> Situation:
        await self.store.create(self.conversation, None)
        self.first = await self.asked(None)
        await self.ended(self.first)
        self.second = await self.asked(self.first)
        return self

    async def asked(self, parent: Turn | None) -> Turn:
        turn, open_turn = an_open_turn(self.conversation)
        # Turns are told apart in time by their ids.
        later = new_turn_id(NOW + timedelta(seconds=len(self.store.stored_turns)))
        turn = replace(turn, id=later, parent_turn_id=parent.id if parent else None)
        open_turn = replace(open_turn, claim=replace(open_turn.claim, turn_id=later))
        await self.store.start(turn, open_turn, some_events(1), "", None)
        return turn

    async def ended(self, turn: Turn) -> None:
        await self.store.finish(self.store.open_turns[turn.id].claim, some_events(3), (), an_ending())


async def test_a_link_shows_what_had_ended_when_it_was_made() -> None:
    at = await Situation().begun()
    made, token = await at.shares.create(at.caller, at.conversation.id, 7, None)
    await at.ended(at.second)

    shown = await at.shares.open(token)

    assert [turn.id for turn in shown.turns] == [at.first.id]
    assert shown.turns[0].state is TurnState.COMPLETED
    assert shown.share.title == "Savings"
    assert made.expires_at == NOW + timedelta(days=7)


async def test_the_branch_that_is_named_is_shown() -> None:
    at = await Situation().begun()
    await at.ended(at.second)
    other = await at.asked(None)
    await at.ended(other)

    _, token = await at.shares.create(at.caller, at.conversation.id, 1, at.second.id)
    assert [turn.id for turn in (await at.shares.open(token)).turns] == [at.first.id, at.second.id]
    _, token = await at.shares.create(at.caller, at.conversation.id, 1, None)
    assert [turn.id for turn in (await at.shares.open(token)).turns] == [other.id]
    with pytest.raises(TurnNotFound):
        await at.shares.create(at.caller, at.conversation.id, 1, an_open_turn(at.conversation)[0].id)


async def test_a_token_is_needed_whole_and_is_not_kept() -> None:
    at = await Situation().begun()
    made, token = await at.shares.create(at.caller, at.conversation.id, 7, None)
    name, secret = token[:30], token[31:]

    assert name == made.id
    assert len(secret) == 43, "256 bits"
    assert secret not in str(at.store.stored_shares)
    assert secret not in repr(made)
    for wrong in ("", name, f"{name}_{'A' * 43}", f"shr_{'0' * 26}_{secret}", token + "A", token.upper()):
        with pytest.raises(ShareNotFound):
            await at.shares.open(wrong)


async def test_a_link_ends() -> None:
    at = await Situation().begun()
    _, token = await at.shares.create(at.caller, at.conversation.id, 1, None)
    at.clock.advance(by=timedelta(hours=23, minutes=59))
    await at.shares.open(token)
    at.clock.advance(by=timedelta(minutes=1))
    with pytest.raises(ShareNotFound):
        await at.shares.open(token)


async def test_a_revoked_link_shows_nothing() -> None:
    at = await Situation().begun()
    made, token = await at.shares.create(at.caller, at.conversation.id, 1, None)
    await at.shares.revoke(at.caller, at.conversation.id, made.id)
    with pytest.raises(ShareNotFound):
        await at.shares.open(token)
    with pytest.raises(ShareNotFound):
        await at.shares.revoke(at.caller, at.conversation.id, made.id)


async def test_nothing_is_shown_of_a_deleted_conversation() -> None:
    at = await Situation().begun()
    _, token = await at.shares.create(at.caller, at.conversation.id, 1, None)
    del at.store.conversations[at.conversation.id]  # as when its head expires before the link does
    with pytest.raises(ShareNotFound):
        await at.shares.open(token)


async def test_links_are_counted() -> None:
    at = await Situation().begun()
    for _ in range(MOST_PER_CONVERSATION):
        await at.shares.create(at.caller, at.conversation.id, 1, None)
    with pytest.raises(TooManyShares):
        await at.shares.create(at.caller, at.conversation.id, 1, None)
    at.clock.advance(by=timedelta(days=1))
    await at.shares.create(at.caller, at.conversation.id, 1, None)


@pytest.mark.parametrize("days", [0, -1, LONGEST_DAYS + 1])
def test_a_link_lasts_a_day_to_a_year(days: int) -> None:
    conversation = a_conversation(an_owner())
    turn, _ = an_open_turn(conversation)
    with pytest.raises(InvalidArgument):
        share(conversation, [replace(turn, state=TurnState.COMPLETED)], days, NOW)
    with pytest.raises(NothingToShare):
        share(conversation, [turn], 1, NOW)
