"""Valid conversations, turns and what belongs to them."""

from __future__ import annotations

from datetime import timedelta

from stocktool_chat.domain.conversation import (
    Claim,
    Conversation,
    ConversationId,
    Ending,
    OpenTurn,
    Turn,
    TurnState,
    TurnUsage,
    new_turn_id,
)
from stocktool_chat.domain.events import Event
from stocktool_chat.domain.proposals import Prepared, Proposal, propose
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId, new_id
from stocktool_kit.core.paging import PageRequest

NOW = SystemClock().now().replace(microsecond=123000)
PAGE = PageRequest(10)


def an_owner() -> OwnerId:
    return OwnerId(new_id("usr"))


def a_conversation(owner: OwnerId, title: str = "", minutes: int = 0) -> Conversation:
    then = NOW + timedelta(minutes=minutes)
    return Conversation(ConversationId(new_id("cnv")), owner, title, pinned=False, created_at=then, updated_at=then)


def a_key(body: str = "one", key: str | None = None) -> IdempotencyKey:
    return IdempotencyKey("usr_1", "POST", "/x", key or new_id("key"), body)


def an_open_turn(conversation: Conversation) -> tuple[Turn, OpenTurn]:
    turn = Turn(new_turn_id(NOW), conversation.id, conversation.owner, "How am I doing?", "model-1", NOW)
    claim = Claim(conversation.id, turn.id, conversation.owner, fence=1, attempt=1, holder="pod-a")
    return turn, OpenTurn(claim, "127.0.0.1:9000", NOW + timedelta(seconds=15))


def some_events(first: int, count: int = 2) -> list[Event]:
    return [Event(number, "text.delta", {"text": f"part {number} é"}) for number in range(first, first + count)]


def an_ending(tokens: int = 10, cost: str | None = "0.002500") -> Ending:
    return Ending(TurnState.COMPLETED, {"text": "Fine.", "receipts": []}, NOW, TurnUsage("model-1", tokens, 5, cost))


def a_proposal(claim: Claim) -> Proposal:
    return propose(
        claim, "propose_transaction", Prepared({"quantity": "1.50"}, "Buy 1.50 AAPL"), NOW, timedelta(hours=1)
    )
