"""The stores of the chat service, in memory and over DynamoDB, for the suites that hold them to the same promises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from stocktool_chat.adapters.dynamodb_conversations import DynamoDbConversations
from stocktool_chat.adapters.dynamodb_proposals import DynamoDbProposals
from stocktool_chat.adapters.dynamodb_reruns import DynamoDbReruns
from stocktool_chat.adapters.dynamodb_retention import DynamoDbRetention
from stocktool_chat.adapters.dynamodb_shares import DynamoDbShares
from stocktool_chat.adapters.dynamodb_turns import DynamoDbTurns
from stocktool_chat.adapters.dynamodb_usage import DynamoDbUsage
from stocktool_chat.application.ports import (
    ConversationStore,
    ProposalStore,
    RerunStore,
    RetentionStore,
    ShareStore,
    TurnStore,
    UsageStore,
)
from stocktool_chat.domain.conversation import OpenTurn, Turn
from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.table import Table
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.testing.aws import emulated

from tests.factories.chat import a_conversation, an_open_turn, an_owner, some_events
from tests.fakes.chat_store import FakeChatStore


@dataclass(frozen=True)
class Stores:
    conversations: ConversationStore
    turns: TurnStore
    usage: UsageStore
    proposals: ProposalStore
    shares: ShareStore
    retention: RetentionStore
    reruns: RerunStore


def fake_stores() -> Stores:
    """All of them in memory."""
    fake = FakeChatStore()
    return Stores(fake, fake, fake, fake, fake, fake, fake)


@contextmanager
def dynamodb_stores(endpoint_url: str) -> Iterator[Stores]:
    """All of them over an emulator."""
    aws = emulated(endpoint_url)
    table, bucket = Table(aws, "stocktool-conversations"), Bucket(aws, "stocktool-knowledge")
    clock = SystemClock()
    yield Stores(
        DynamoDbConversations(table, bucket, clock),
        DynamoDbTurns(table, bucket, "stocktool-usage", clock),
        DynamoDbUsage(Table(aws, "stocktool-usage")),
        DynamoDbProposals(table, clock),
        DynamoDbShares(table),
        DynamoDbRetention(table, bucket),
        DynamoDbReruns(table, clock),
    )
    aws.close()


async def started(stores: Stores) -> tuple[Turn, OpenTurn]:
    """A turn that runs, with two events."""
    conversation = a_conversation(an_owner())
    await stores.conversations.create(conversation, None)
    turn, open_turn = an_open_turn(conversation)
    await stores.turns.start(turn, open_turn, some_events(1), "How am I doing?", None)
    return turn, open_turn
