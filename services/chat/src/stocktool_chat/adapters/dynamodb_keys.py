"""How conversations lie in their table.

One partition per conversation: `0#meta` is its head, `0#turn#<turn>` the heads of its turns, so that one query reads
both, `0#proposal#<id>` what a tool proposed, `0#share#<id>` a link, and `0#words` the words said, for the search;
everything else of a turn stands under `<instant>#<turn>#<kind>#<seq>`, the instant being the one within the turn's id.
Only conversation heads carry `owner_id`, the key of the index `by_owner`. `S#<link>` says whose conversation a link is,
since who follows one knows nothing else. Open turns, whichever conversation they belong to, stand under
`T#open#<shard>`, so that any process finds those whose runner has died.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from stocktool_kit.aws.table import Item
from stocktool_kit.core.clock import epoch, instant, parse_instant
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId

from stocktool_chat.domain.conversation import (
    Claim,
    Conversation,
    ConversationId,
    OpenTurn,
    Turn,
    TurnId,
    TurnState,
    asked_at,
)
from stocktool_chat.domain.events import Event
from stocktool_chat.domain.proposals import Proposal, ProposalState
from stocktool_chat.domain.retention import Retention
from stocktool_chat.domain.shares import Share

HEAD = "0#meta"
TURN_PREFIX = "0#turn#"
WORDS = "0#words"
PROPOSAL_PREFIX = "0#proposal#"
SHARE_PREFIX = "0#share#"
OPEN_SHARDS = 4
_IDEMPOTENCY_HOURS = 24
_OPEN_DAYS = 2


def key(partition: str, sort: str) -> dict[str, str]:
    """A primary key of the table."""
    return {"conv_id": partition, "timestamp": sort}


def turn_prefix(turn_id: TurnId) -> str:
    """What the sort keys of a turn's records begin with."""
    return f"{instant(asked_at(turn_id))}#{turn_id}#"


def events_sort(turn_id: TurnId, first_id: int) -> str:
    """Sort key of a batch of events."""
    return f"{turn_prefix(turn_id)}event#{first_id:08d}"


def open_partition(shard: int) -> str:
    """Partition of the open turns of a shard."""
    return f"T#open#{shard}"


def open_key(turn_id: TurnId) -> dict[str, str]:
    """Key of a turn's lease."""
    return key(open_partition(zlib.crc32(turn_id.encode()) % OPEN_SHARDS), turn_id)


def expiry(ends: datetime | None) -> Item:
    """The attribute by which the table deletes; without an end, what removes it."""
    return {"expires_at": None if ends is None else epoch(ends)}


def retention_of(head: Mapping[str, Any]) -> Retention:
    """How long a conversation is kept."""
    return Retention(head.get("retention", Retention.MONTH.value))


def object_key(retention: Retention, key_or_name: str) -> str:
    """Where a large result lies: the bucket deletes by prefix, a prefix for each retention."""
    parts = key_or_name.removeprefix("turns/").split("/")
    known = {each.value for each in Retention}
    return "/".join(["turns", retention.value, *(parts[1:] if parts[0] in known else parts)])


def head_item(conversation: Conversation) -> Item:
    """A conversation's head; no title is stored for an untitled one, so that the first question can give it."""
    item: Item = {
        **key(conversation.id, HEAD),
        "owner_id": conversation.owner,
        "pinned": conversation.pinned,
        "created_at": instant(conversation.created_at),
        "updated_at": instant(conversation.updated_at),
        "retention": conversation.retention.value,
    }
    ends = conversation.retention.ends(conversation.updated_at)
    if ends is not None:
        item["expires_at"] = epoch(ends)
    if conversation.title:
        item["title"] = conversation.title
    return item


def conversation_of(item: Mapping[str, Any]) -> Conversation:
    """Read a head."""
    return Conversation(
        ConversationId(item["conv_id"]),
        OwnerId(item["owner_id"]),
        item.get("title", ""),
        bool(item.get("pinned", False)),
        parse_instant(item["created_at"]),
        parse_instant(item["updated_at"]),
        retention_of(item),
    )


def turn_item(turn: Turn, expires: Item) -> Item:
    """The head of a turn that runs."""
    item: Item = {
        **key(turn.conversation_id, f"{TURN_PREFIX}{turn.id}"),
        "owner": turn.owner,
        "question": turn.question,
        "model": turn.model,
        "state": turn.state.value,
        "attempt": turn.attempt,
        "created_at": instant(turn.created_at),
        **expires,
    }
    if turn.parent_turn_id:
        item["parent_turn_id"] = turn.parent_turn_id
    return item


def turn_of(item: Mapping[str, Any]) -> Turn:
    """Read a turn's head."""
    parent, finished, summary = (item.get(name) for name in ("parent_turn_id", "finished_at", "summary"))
    return Turn(
        TurnId(item["timestamp"].removeprefix(TURN_PREFIX)),
        ConversationId(item["conv_id"]),
        OwnerId(item["owner"]),
        item["question"],
        item["model"],
        parse_instant(item["created_at"]),
        TurnState(item["state"]),
        int(item["attempt"]),
        TurnId(parent) if parent else None,
        parse_instant(finished) if finished else None,
        orjson.loads(summary) if summary else None,
    )


def open_item(open_turn: OpenTurn, now: datetime) -> Item:
    """A lease."""
    claim = open_turn.claim
    return {
        **open_key(claim.turn_id),
        "conversation_id": claim.conversation_id,
        "owner": claim.owner,
        "fence": claim.fence,
        "attempt": claim.attempt,
        "holder": claim.holder,
        "retention": claim.retention.value,
        "address": open_turn.address,
        "lease_until": instant(open_turn.lease_until),
        "stop_requested": open_turn.stop_requested,
        "expires_at": epoch(now, timedelta(days=_OPEN_DAYS)),
    }


def open_of(item: Mapping[str, Any]) -> OpenTurn:
    """Read a lease."""
    claim = Claim(
        ConversationId(item["conversation_id"]),
        TurnId(item["timestamp"]),
        OwnerId(item["owner"]),
        int(item["fence"]),
        int(item["attempt"]),
        item["holder"],
        retention_of(item),
    )
    return OpenTurn(claim, item["address"], parse_instant(item["lease_until"]), bool(item.get("stop_requested")))


def proposal_item(proposal: Proposal, expires: Item) -> Item:
    """A proposal."""
    return {
        **key(proposal.conversation_id, f"{PROPOSAL_PREFIX}{proposal.id}"),
        "turn_id": proposal.turn_id,
        "attempt": proposal.attempt,
        "owner": proposal.owner,
        "tool": proposal.tool,
        "arguments": orjson.dumps(proposal.arguments).decode(),
        "summary": proposal.summary,
        "approve_until": instant(proposal.expires_at),
        "state": proposal.state.value,
        **expires,
    }


def proposal_of(item: Mapping[str, Any]) -> Proposal:
    """Read a proposal."""
    outcome = item.get("outcome")
    return Proposal(
        id=item["timestamp"].removeprefix(PROPOSAL_PREFIX),
        conversation_id=ConversationId(item["conv_id"]),
        turn_id=TurnId(item["turn_id"]),
        attempt=int(item["attempt"]),
        owner=OwnerId(item["owner"]),
        tool=item["tool"],
        arguments=orjson.loads(item["arguments"]),
        summary=item["summary"],
        expires_at=parse_instant(item["approve_until"]),
        state=ProposalState(item["state"]),
        outcome=orjson.loads(outcome) if outcome else None,
    )


def share_pointer(share_id: str) -> dict[str, str]:
    """Key of the record that leads from a link to its conversation."""
    return key(f"S#{share_id}", HEAD)


def share_item(share: Share) -> Item:
    """A link."""
    return {
        **key(share.conversation_id, f"{SHARE_PREFIX}{share.id}"),
        "owner": share.owner,
        "secret_hash": share.secret_hash,
        "title": share.title,
        "turns": list(share.turn_ids),
        "created_at": instant(share.created_at),
        "shown_until": instant(share.expires_at),
        "expires_at": epoch(share.expires_at),
    }


def share_of(item: Mapping[str, Any]) -> Share:
    """Read a link."""
    return Share(
        id=item["timestamp"].removeprefix(SHARE_PREFIX),
        conversation_id=ConversationId(item["conv_id"]),
        owner=OwnerId(item["owner"]),
        secret_hash=item["secret_hash"],
        title=item["title"],
        turn_ids=tuple(TurnId(each) for each in item["turns"]),
        created_at=parse_instant(item["created_at"]),
        expires_at=parse_instant(item["shown_until"]),
    )


def events_text(events: list[Event]) -> str:
    """A batch of events as text."""
    return orjson.dumps([[event.id, event.type, event.data] for event in events]).decode()


def events_of(item: Mapping[str, Any]) -> list[Event]:
    """Read a batch of events."""
    return [Event(number, type_, data) for number, type_, data in orjson.loads(item["events"])]


def idempotency_item(record: IdempotencyKey, answer: str, now: datetime) -> Item:
    """What a write leaves under its idempotency key."""
    return {
        **key(f"I#{record.record_id}", HEAD),
        "body_hash": record.body_hash,
        "answer": answer,
        "expires_at": epoch(now, timedelta(hours=_IDEMPOTENCY_HOURS)),
    }
