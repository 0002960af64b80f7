"""What the stores of conversations and turns promise, held by the fake and by DynamoDB."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from stocktool_chat.application.ports import UsageDimension
from stocktool_chat.domain.allowance import Spent
from stocktool_chat.domain.conversation import (
    TurnState,
    new_turn_id,
)
from stocktool_chat.domain.errors import (
    ConversationNotFound,
    IdempotencyKeyReused,
    LeaseLost,
    ProposalNotFound,
    TurnNotFound,
)
from stocktool_chat.domain.proposals import ProposalClosed, ProposalState
from stocktool_chat.domain.tool_results import ToolResult
from stocktool_kit.core.paging import PageRequest

from tests.conftest import EmulatedAws
from tests.factories.chat import (
    NOW,
    PAGE,
    a_conversation,
    a_key,
    a_proposal,
    an_ending,
    an_open_turn,
    an_owner,
    some_events,
)
from tests.fakes.chat_stores import Stores, dynamodb_stores, fake_stores, started


class StoreContract:
    """Subclass and provide `stores`."""

    async def test_a_conversation_is_read_back_by_its_owner_only(self, stores: Stores) -> None:
        conversation = a_conversation(an_owner(), "Savings")
        await stores.conversations.create(conversation, None)

        assert await stores.conversations.get(conversation.id, conversation.owner) == conversation
        with pytest.raises(ConversationNotFound):
            await stores.conversations.get(conversation.id, an_owner())
        with pytest.raises(ConversationNotFound):
            await stores.turns.read(conversation.id, an_owner())

    async def test_the_same_key_opens_one_conversation(self, stores: Stores) -> None:
        owner, key = an_owner(), a_key()
        first = await stores.conversations.create(a_conversation(owner), key)
        second = await stores.conversations.create(a_conversation(owner), key)

        assert second.id == first.id
        assert len((await stores.conversations.find(owner, "", PAGE)).items) == 1
        with pytest.raises(IdempotencyKeyReused):
            await stores.conversations.create(a_conversation(owner), replace(key, body_hash="two"))

    async def test_lists_are_newest_first_in_pages_and_filtered_by_title(self, stores: Stores) -> None:
        owner = an_owner()
        for minutes, title in enumerate(["Risk of tech", "Dividends", "tech RISK again"]):
            await stores.conversations.create(a_conversation(owner, title, minutes), None)
        await stores.conversations.create(a_conversation(an_owner(), "Risk"), None)

        first = await stores.conversations.find(owner, "", PageRequest(2))
        second = await stores.conversations.find(owner, "", PageRequest(2, first.next_page_token))
        found = await stores.conversations.find(owner, "risk tech", PAGE)

        assert [each.title for each in first.items] == ["tech RISK again", "Dividends"]
        assert [each.title for each in second.items] == ["Risk of tech"]
        assert second.next_page_token == ""
        assert [each.title for each in found.items] == ["tech RISK again", "Risk of tech"]

    async def test_update_changes_what_is_given(self, stores: Stores) -> None:
        conversation = a_conversation(an_owner(), "Old")
        await stores.conversations.create(conversation, None)
        later = NOW + timedelta(hours=1)

        renamed = await stores.conversations.update(
            conversation.id, conversation.owner, title="New", pinned=None, now=later
        )
        pinned = await stores.conversations.update(
            conversation.id, conversation.owner, title=None, pinned=True, now=later
        )

        assert (renamed.title, renamed.pinned, renamed.updated_at) == ("New", False, later)
        assert (pinned.title, pinned.pinned) == ("New", True)
        with pytest.raises(ConversationNotFound):
            await stores.conversations.update(conversation.id, an_owner(), title="Mine", pinned=None, now=later)

    async def test_a_started_turn_is_stored_with_its_events_and_titles_the_conversation(self, stores: Stores) -> None:
        turn, open_turn = await started(stores)

        conversation, turns = await stores.turns.read(turn.conversation_id, turn.owner)

        assert conversation.title == "How am I doing?"
        assert turns == [turn]
        assert await stores.turns.events(turn.conversation_id, turn.id, 0) == some_events(1)
        assert await stores.turns.open_turn(turn.id) == open_turn

    async def test_a_turn_needs_a_conversation_of_its_owner(self, stores: Stores) -> None:
        turn, open_turn = an_open_turn(a_conversation(an_owner()))
        with pytest.raises(ConversationNotFound):
            await stores.turns.start(turn, open_turn, some_events(1), "t", None)
        assert await stores.turns.open_turn(turn.id) is None

    async def test_the_same_key_starts_one_turn(self, stores: Stores) -> None:
        conversation, key = a_conversation(an_owner()), a_key()
        await stores.conversations.create(conversation, None)
        assert await stores.turns.started(key) is None
        answers = []
        for _ in range(2):
            turn, open_turn = an_open_turn(conversation)
            answers.append(await stores.turns.start(turn, open_turn, some_events(1), "t", key))

        assert answers[0] == answers[1] == await stores.turns.started(key)
        assert await stores.turns.started(None) is None
        with pytest.raises(IdempotencyKeyReused):
            await stores.turns.started(replace(key, body_hash="two"))
        assert len((await stores.turns.read(conversation.id, conversation.owner))[1]) == 1
        turn, open_turn = an_open_turn(conversation)
        with pytest.raises(IdempotencyKeyReused):
            await stores.turns.start(turn, open_turn, some_events(1), "t", replace(key, body_hash="two"))

    async def test_events_go_on_from_any_id(self, stores: Stores) -> None:
        turn, open_turn = await started(stores)
        await stores.turns.append(open_turn.claim, some_events(3, 64), ())
        await stores.turns.append(open_turn.claim, some_events(67, 3), ())

        for after in (0, 1, 2, 3, 40, 66, 67, 69):
            events = await stores.turns.events(turn.conversation_id, turn.id, after)
            assert [event.id for event in events] == list(range(after + 1, 70))

    async def test_results_are_kept_whatever_their_size(self, stores: Stores) -> None:
        turn, open_turn = await started(stores)
        small = ToolResult("call_1", {"total": {"amount": "1.10", "currency": "EUR"}, "weight": 0.25})
        large = ToolResult("call_2", {"text": "x" * 90_000}, a_proposal(open_turn.claim))
        await stores.turns.append(open_turn.claim, some_events(3), [small, large])

        results = await stores.turns.results(turn.conversation_id, turn.id)
        assert results == {"call_1": small.result, "call_2": large.result}

    async def test_finishing_ends_the_turn_and_counts_its_usage(self, stores: Stores) -> None:
        turn, open_turn = await started(stores)
        await stores.turns.finish(open_turn.claim, some_events(3), (), an_ending())

        stored = await stores.turns.turn(turn.conversation_id, turn.id)
        assert (stored.state, stored.finished_at, stored.text) == (TurnState.COMPLETED, NOW, "Fine.")
        assert await stores.turns.open_turn(turn.id) is None
        rows = await stores.usage.usage(UsageDimension.USER, NOW.date(), NOW.date())
        (row,) = (row for row in rows if row.key == turn.owner)
        assert (row.turns, row.input_tokens, row.output_tokens, row.cost) == (1, 10, 5, Decimal("0.0025"))
        with pytest.raises(LeaseLost):
            await stores.turns.append(open_turn.claim, some_events(5), ())

    async def test_what_one_user_spent_on_a_day_is_read_alone(self, stores: Stores) -> None:
        turn, open_turn = await started(stores)
        await stores.turns.finish(open_turn.claim, some_events(3), (), an_ending(tokens=10, cost="0.002500"))
        _, other = await started(stores)
        await stores.turns.finish(other.claim, some_events(3), (), an_ending(tokens=1000))

        assert await stores.usage.spent(turn.owner, NOW.date()) == Spent(1, 15, Decimal("0.0025"))
        assert await stores.usage.spent(turn.owner, NOW.date() + timedelta(1)) == Spent()

    async def test_usage_adds_up_by_model_and_day(self, stores: Stores) -> None:
        later = NOW + timedelta(days=10)  # a day no other test counts on
        for tokens in (10, 20):
            _, open_turn = await started(stores)
            ending = replace(an_ending(tokens, None), finished_at=later)
            await stores.turns.finish(open_turn.claim, some_events(3), (), ending)

        (model,) = await stores.usage.usage(UsageDimension.MODEL, later.date(), later.date())
        (day,) = await stores.usage.usage(UsageDimension.DAY, later.date() - timedelta(1), later.date() + timedelta(1))
        assert model.key == "model-1"
        assert day.key == later.date().isoformat()
        assert (model.turns, model.input_tokens) == (day.turns, day.input_tokens) == (2, 30)
        assert (
            await stores.usage.usage(UsageDimension.DAY, later.date() + timedelta(1), later.date() + timedelta(2)) == []
        )

    async def test_an_expired_turn_is_taken_over_once_and_its_old_runner_is_fenced_off(self, stores: Stores) -> None:
        turn, open_turn = await started(stores)
        later = NOW + timedelta(seconds=20)
        assert all(each.claim.turn_id != turn.id for each in await stores.turns.expired(NOW))
        (found,) = (each for each in await stores.turns.expired(later) if each.claim.turn_id == turn.id)

        claims = await asyncio.gather(
            *(stores.turns.take_over(found, pod, "10.0.0.2:9000", later + timedelta(15)) for pod in ("pod-b", "pod-c"))
        )

        (claim,) = (claim for claim in claims if claim is not None)
        assert (claim.fence, claim.attempt) == (2, 2)
        with pytest.raises(LeaseLost):
            await stores.turns.append(open_turn.claim, some_events(3), ())
        with pytest.raises(LeaseLost):
            await stores.turns.finish(open_turn.claim, some_events(3), (), an_ending())
        with pytest.raises(LeaseLost):
            await stores.turns.renew(open_turn.claim, later)
        await stores.turns.append(claim, some_events(3), ())
        assert [event.id for event in await stores.turns.events(turn.conversation_id, turn.id, 2)] == [3, 4]

    async def test_renewing_tells_of_a_stop(self, stores: Stores) -> None:
        turn, open_turn = await started(stores)
        later = NOW + timedelta(seconds=30)

        assert await stores.turns.renew(open_turn.claim, later) is False
        stopping = await stores.turns.request_stop(turn.id)
        assert stopping is not None
        assert stopping.address == open_turn.address
        assert await stores.turns.renew(open_turn.claim, later) is True
        assert await stores.turns.request_stop(new_turn_id(NOW)) is None

    async def test_a_released_turn_can_be_taken_over_at_once(self, stores: Stores) -> None:
        turn, open_turn = await started(stores)
        await stores.turns.release(open_turn.claim, NOW)
        assert any(each.claim.turn_id == turn.id for each in await stores.turns.expired(NOW))

        await stores.turns.discard(open_turn.claim)
        await stores.turns.release(open_turn.claim, NOW)
        assert await stores.turns.open_turn(turn.id) is None

    async def test_proposals_are_stored_with_their_result_and_advance_once(self, stores: Stores) -> None:
        turn, open_turn = await started(stores)
        made = a_proposal(open_turn.claim)
        await stores.turns.append(open_turn.claim, some_events(3), [ToolResult("call_1", {"ok": True}, made)])
        assert await stores.proposals.proposals(turn.conversation_id) == [made]
        assert await stores.proposals.proposal(turn.conversation_id, made.id) == made

        approving = made.approving(NOW)
        approved = replace(approving, state=ProposalState.APPROVED, outcome={"transactions": [{"id": "txn_1"}]})
        assert await stores.proposals.advance(made, approving) == approving
        assert await stores.proposals.advance(made, approving) == approving, "the second click finds it there"
        with pytest.raises(ProposalClosed):
            await stores.proposals.advance(made, made.rejected())
        assert await stores.proposals.advance(approving, approved) == approved
        assert await stores.proposals.proposal(turn.conversation_id, made.id) == approved

    async def test_a_run_that_lost_its_lease_proposes_nothing(self, stores: Stores) -> None:
        turn, open_turn = await started(stores)
        made = a_proposal(open_turn.claim)
        await stores.turns.discard(open_turn.claim)
        with pytest.raises(LeaseLost):
            await stores.turns.append(open_turn.claim, some_events(3), [ToolResult("call_1", {"ok": True}, made)])
        with pytest.raises(ProposalNotFound):
            await stores.proposals.proposal(turn.conversation_id, made.id)

    async def test_conversations_are_found_by_what_was_asked_and_answered(self, stores: Stores) -> None:
        turn, open_turn = await started(stores)
        ending = replace(an_ending(), summary={"text": "Your Größte position is NVDA, at 12.5 %."})
        await stores.turns.finish(open_turn.claim, some_events(3), (), ending)
        untouched = a_conversation(turn.owner, "Dividends")
        await stores.conversations.create(untouched, None)

        async def found(query: str) -> list[str]:
            return [each.id for each in (await stores.conversations.find(turn.owner, query, PAGE)).items]

        assert await found("nvda") == [turn.conversation_id]
        assert await found("GRÖSS nvda doing") == [turn.conversation_id], "beginnings of words, of question and answer"
        assert await found("nvda dividends") == []
        assert await found("divid") == [untouched.id]
        assert len(await found("  ")) == 2
        assert (await stores.conversations.find(an_owner(), "nvda", PAGE)).items == []

    async def test_deleting_takes_everything_with_it(self, stores: Stores) -> None:
        turn, open_turn = await started(stores)
        large = ToolResult("call_2", {"text": "x" * 90_000})
        await stores.turns.append(open_turn.claim, some_events(3), [large])

        with pytest.raises(ConversationNotFound):
            await stores.conversations.delete(turn.conversation_id, an_owner())
        await stores.conversations.delete(turn.conversation_id, turn.owner)

        with pytest.raises(ConversationNotFound):
            await stores.conversations.get(turn.conversation_id, turn.owner)
        with pytest.raises(TurnNotFound):
            await stores.turns.turn(turn.conversation_id, turn.id)
        assert await stores.turns.events(turn.conversation_id, turn.id, 0) == []
        assert await stores.turns.results(turn.conversation_id, turn.id) == {}
        assert await stores.proposals.proposals(turn.conversation_id) == []
        with pytest.raises(LeaseLost):
            await stores.turns.append(open_turn.claim, some_events(5), ())


class TestFake(StoreContract):
    @pytest.fixture
    def stores(self) -> Stores:
        return fake_stores()


class TestDynamoDb(StoreContract):
    @pytest.fixture
    def stores(self, emulator: EmulatedAws) -> Iterator[Stores]:
        with dynamodb_stores(emulator.endpoint_url) as stores:
            yield stores
