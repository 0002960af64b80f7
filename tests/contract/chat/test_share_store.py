"""What the store of links promises, held by the fake and by DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from stocktool_chat.domain.conversation import Conversation, TurnState
from stocktool_chat.domain.errors import ConversationNotFound, IdempotencyKeyReused, ShareNotFound
from stocktool_chat.domain.shares import Share, share

from tests.conftest import EmulatedAws
from tests.factories.chat import NOW, a_conversation, a_key, an_open_turn, an_owner
from tests.fakes.chat_stores import Stores, dynamodb_stores, fake_stores


async def opened(stores: Stores) -> Conversation:
    conversation = a_conversation(an_owner(), "Savings")
    await stores.conversations.create(conversation, None)
    return conversation


def a_share(conversation: Conversation, days: int = 7) -> Share:
    turn, _ = an_open_turn(conversation)
    made, _ = share(conversation, [replace(turn, state=TurnState.COMPLETED)], days, NOW)
    return made


class ShareStoreContract:
    """Subclass and provide `stores`."""

    async def test_a_link_is_read_back_and_listed(self, stores: Stores) -> None:
        conversation = await opened(stores)
        made = a_share(conversation)
        await stores.shares.add_share(made)

        assert await stores.shares.share(made.id) == made
        assert await stores.shares.shares(conversation.id, NOW) == [made]
        assert await stores.shares.share("shr_nobody") is None

    async def test_links_that_have_ended_are_not_listed(self, stores: Stores) -> None:
        conversation = await opened(stores)
        first, second = a_share(conversation, 1), a_share(conversation, 2)
        for made in (first, second):
            await stores.shares.add_share(made)

        assert await stores.shares.shares(conversation.id, NOW + timedelta(days=1, seconds=1)) == [second]

    async def test_a_removed_link_is_gone_and_may_be_removed_again(self, stores: Stores) -> None:
        conversation = await opened(stores)
        made = a_share(conversation)
        await stores.shares.add_share(made)
        for _ in range(2):
            await stores.shares.remove_share(made)

        assert await stores.shares.share(made.id) is None
        assert await stores.shares.shares(conversation.id, NOW) == []

    async def test_a_repeated_key_gives_the_first_link(self, stores: Stores) -> None:
        conversation = await opened(stores)
        made, again, key = a_share(conversation), a_share(conversation), a_key()

        assert await stores.shares.add_share(made, key) == made
        assert await stores.shares.add_share(again, key) == made
        assert await stores.shares.shares(conversation.id, NOW) == [made]
        with pytest.raises(IdempotencyKeyReused):
            await stores.shares.add_share(again, replace(key, body_hash="another"))
        await stores.shares.remove_share(made)
        with pytest.raises(ShareNotFound):
            await stores.shares.add_share(again, key)

    async def test_a_link_goes_with_its_conversation(self, stores: Stores) -> None:
        conversation = await opened(stores)
        made = a_share(conversation)
        await stores.shares.add_share(made)
        await stores.conversations.delete(conversation.id, conversation.owner)

        assert await stores.shares.share(made.id) is None
        with pytest.raises(ConversationNotFound):
            await stores.shares.add_share(a_share(conversation))


class TestFake(ShareStoreContract):
    @pytest.fixture
    def stores(self) -> Stores:
        return fake_stores()


class TestDynamoDb(ShareStoreContract):
    @pytest.fixture
    def stores(self, emulator: EmulatedAws) -> Iterator[Stores]:
        with dynamodb_stores(emulator.endpoint_url) as stores:
            yield stores
