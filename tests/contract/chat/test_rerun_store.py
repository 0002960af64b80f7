"""What the store of reruns promises, held by the fake and by DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from stocktool_chat.domain.conversation import Turn
from stocktool_chat.domain.errors import ConversationNotFound, IdempotencyKeyReused
from stocktool_chat.domain.reruns import Difference, Rerun
from stocktool_chat.domain.retention import Retention
from stocktool_kit.core.ids import new_id

from tests.conftest import EmulatedAws
from tests.factories.chat import NOW, a_key
from tests.fakes.chat_stores import Stores, dynamodb_stores, fake_stores, started


def a_rerun(turn: Turn) -> Rerun:
    found = Difference("c1", "get_holdings", "$.total", "10.00 USD", None, "$10.00")
    return Rerun(new_id("rrn"), turn.conversation_id, turn.id, turn.owner, NOW, 7, 1, (found,), {"c2": "UNAVAILABLE"})


class RerunStoreContract:
    """Subclass and provide `stores`."""

    async def test_what_a_request_stored_is_found_by_its_key(self, stores: Stores) -> None:
        turn, _ = await started(stores)
        where, key = (turn.conversation_id, turn.id), a_key()
        assert await stores.reruns.earlier_rerun(*where, key) is None
        rerun = await stores.reruns.add_rerun(a_rerun(turn), Retention.DAY, key)
        assert await stores.reruns.earlier_rerun(*where, key) == rerun
        assert await stores.reruns.earlier_rerun(*where, None) is None
        with pytest.raises(IdempotencyKeyReused):
            await stores.reruns.earlier_rerun(*where, replace(key, body_hash="other"))

    async def test_reruns_are_read_back_by_turn(self, stores: Stores) -> None:
        turn, _ = await started(stores)
        first = await stores.reruns.add_rerun(a_rerun(turn), Retention.DAY, None)
        second = await stores.reruns.add_rerun(a_rerun(turn), Retention.FOREVER, None)

        found = await stores.reruns.reruns(turn.conversation_id, turn.id)
        assert sorted(found, key=lambda each: each.id) == sorted([first, second], key=lambda each: each.id)
        other, _ = await started(stores)
        assert list(await stores.reruns.reruns(other.conversation_id, other.id)) == []

    async def test_the_same_key_stores_one(self, stores: Stores) -> None:
        turn, _ = await started(stores)
        key = a_key()
        first = await stores.reruns.add_rerun(a_rerun(turn), Retention.MONTH, key)
        assert await stores.reruns.add_rerun(a_rerun(turn), Retention.MONTH, key) == first
        with pytest.raises(IdempotencyKeyReused):
            await stores.reruns.add_rerun(a_rerun(turn), Retention.MONTH, replace(key, body_hash="two"))

    async def test_nothing_is_kept_of_a_deleted_conversation(self, stores: Stores) -> None:
        turn, _ = await started(stores)
        await stores.reruns.add_rerun(a_rerun(turn), Retention.MONTH, None)
        await stores.conversations.delete(turn.conversation_id, turn.owner)
        assert list(await stores.reruns.reruns(turn.conversation_id, turn.id)) == []
        with pytest.raises(ConversationNotFound):
            await stores.reruns.add_rerun(a_rerun(turn), Retention.MONTH, None)


class TestFake(RerunStoreContract):
    @pytest.fixture
    def stores(self) -> Stores:
        return fake_stores()


class TestDynamoDb(RerunStoreContract):
    @pytest.fixture
    def stores(self, emulator: EmulatedAws) -> Iterator[Stores]:
        with dynamodb_stores(emulator.endpoint_url) as stores:
            yield stores
