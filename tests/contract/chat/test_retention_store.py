"""What the store of retention promises, held by the fake and by DynamoDB; and what only the table can show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from stocktool_chat.domain.conversation import Conversation, OpenTurn, Turn
from stocktool_chat.domain.errors import ConversationNotFound
from stocktool_chat.domain.retention import Change, Retention
from stocktool_chat.domain.tool_results import ToolResult
from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.table import Item, Key, Table
from stocktool_kit.core.clock import epoch
from stocktool_kit.testing.aws import emulated

from tests.conftest import EmulatedAws
from tests.factories.chat import NOW, a_conversation, an_ending, an_open_turn, an_owner, some_events
from tests.fakes.chat_stores import Stores, dynamodb_stores, fake_stores

LARGE = ToolResult("call_1", {"text": "x" * 90_000})


async def talked(stores: Stores, days_ago: int = 0) -> tuple[Conversation, Turn, OpenTurn]:
    """A conversation with one turn that has ended, of so many days ago."""
    conversation = a_conversation(an_owner(), "Savings", minutes=-days_ago * 24 * 60)
    await stores.conversations.create(conversation, None)
    turn, open_turn = an_open_turn(conversation)
    turn = replace(turn, created_at=NOW - timedelta(days=days_ago))
    await stores.turns.start(turn, open_turn, some_events(1), "", None)
    await stores.turns.append(open_turn.claim, some_events(3), [LARGE])
    await stores.turns.finish(open_turn.claim, some_events(5), (), an_ending())
    return conversation, turn, open_turn


class RetentionStoreContract:
    """Subclass and provide `stores`."""

    async def test_thirty_days_unless_chosen_otherwise(self, stores: Stores) -> None:
        owner = an_owner()
        assert await stores.retention.retention(owner) is Retention.MONTH
        await stores.retention.choose(Change(owner, Retention.FOREVER, NOW))
        assert await stores.retention.retention(owner) is Retention.FOREVER
        assert await stores.retention.retention(an_owner()) is Retention.MONTH

    async def test_a_choice_reaches_conversations_that_exist(self, stores: Stores) -> None:
        old, turn, _ = await talked(stores, days_ago=2)
        change = Change(old.owner, Retention.DAY, NOW)
        await stores.retention.choose(change)
        assert (await stores.turns.read(old.id, old.owner))[1][0].id == turn.id, "until the sweep"
        assert change in await stores.retention.unapplied()

        await stores.retention.apply(change)

        with pytest.raises(ConversationNotFound):
            await stores.conversations.get(old.id, old.owner)
        with pytest.raises(ConversationNotFound):
            await stores.turns.read(old.id, old.owner)
        assert change not in await stores.retention.unapplied()

    async def test_results_stay_readable_under_another_retention(self, stores: Stores) -> None:
        conversation, turn, _ = await talked(stores)
        for retention in (Retention.FOREVER, Retention.DAY):
            change = Change(conversation.owner, retention, NOW)
            await stores.retention.choose(change)
            await stores.retention.apply(change)
            assert (await stores.conversations.get(conversation.id, conversation.owner)).retention is retention
            assert await stores.turns.results(conversation.id, turn.id) == {"call_1": LARGE.result}

    async def test_one_process_takes_a_choice_and_a_newer_one_is_kept(self, stores: Stores) -> None:
        first = Change(an_owner(), Retention.DAY, NOW)
        await stores.retention.choose(first)
        later = NOW + timedelta(minutes=2)
        assert await stores.retention.take(first, NOW, later)
        assert not await stores.retention.take(first, NOW, later)
        assert await stores.retention.take(first, later, later + timedelta(minutes=2))
        second = replace(first, retention=Retention.FOREVER, chosen_at=later)
        await stores.retention.choose(second)
        assert not await stores.retention.take(first, later, later)
        await stores.retention.apply(first)
        assert second in await stores.retention.unapplied()

    async def test_settling_heals_a_conversation_that_a_choice_missed(self, stores: Stores) -> None:
        conversation, _, open_turn = await talked(stores)
        await stores.retention.choose(Change(conversation.owner, Retention.FOREVER, NOW))
        await stores.retention.settle(conversation.id, conversation.owner, open_turn.claim.retention)
        assert (await stores.conversations.get(conversation.id, conversation.owner)).retention is Retention.FOREVER


class TestFake(RetentionStoreContract):
    @pytest.fixture
    def stores(self) -> Stores:
        return fake_stores()


class TestDynamoDb(RetentionStoreContract):
    @pytest.fixture
    def stores(self, emulator: EmulatedAws) -> Iterator[Stores]:
        with dynamodb_stores(emulator.endpoint_url) as stores:
            yield stores

    @pytest.fixture
    def aws(self, emulator: EmulatedAws) -> Iterator[tuple[Table, Bucket]]:
        aws = emulated(emulator.endpoint_url)
        yield Table(aws, "stocktool-conversations"), Bucket(aws, "stocktool-knowledge")
        aws.close()

    async def test_all_records_end_a_little_after_their_head(self, stores: Stores, aws: tuple[Table, Bucket]) -> None:
        conversation, _, _ = await talked(stores)
        for retention, lasts in ((Retention.MONTH, 30 * 24), (Retention.DAY, 24), (Retention.FOREVER, None)):
            change = Change(conversation.owner, retention, NOW)
            await stores.retention.choose(change)
            await stores.retention.apply(change)
            head, *rows = await records(aws[0], conversation)

            assert head["timestamp"] == "0#meta"
            ends = None if lasts is None else epoch(NOW, timedelta(hours=lasts))
            later = None if lasts is None else epoch(NOW, timedelta(hours=lasts + lasts / 24))
            assert head.get("expires_at") == ends
            assert {row.get("expires_at") for row in rows} == {later}
            (key,) = [row["object_key"] for row in rows if "object_key" in row]
            assert key.startswith(f"turns/{retention.value}/{conversation.id}/")
            for other in Retention:
                listed, _ = await aws[1].list(f"turns/{other.value}/{conversation.id}/")
                assert [info.key for info in listed] == ([key] if other is retention else [])

    async def test_a_conversation_that_goes_on_keeps_its_first_turns(
        self, stores: Stores, aws: tuple[Table, Bucket]
    ) -> None:
        conversation, _, _ = await talked(stores, days_ago=20)
        turn, open_turn = an_open_turn(conversation)
        await stores.turns.start(turn, open_turn, some_events(1), "", None)
        await stores.turns.finish(open_turn.claim, some_events(3), (), an_ending())
        await stores.retention.settle(conversation.id, conversation.owner, open_turn.claim.retention)

        head, *rows = await records(aws[0], conversation)
        assert head["expires_at"] == epoch(NOW, timedelta(days=30))
        assert {row["expires_at"] for row in rows} == {epoch(NOW, timedelta(days=31.25))}


async def records(table: Table, conversation: Conversation) -> list[Item]:
    """All of a conversation's, its head first."""
    return [item async for item in table.query_all(Key("conv_id").eq(conversation.id))]
