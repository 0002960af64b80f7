"""Conversations in DynamoDB."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.table import Attr, ConditionFailed, Item, Key, Operation, Put, Table, Update, is_live
from stocktool_kit.core.clock import Clock, epoch, instant
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token

from stocktool_chat.adapters import dynamodb_keys as keys
from stocktool_chat.domain.conversation import Conversation, ConversationId, TurnId, TurnState
from stocktool_chat.domain.errors import ConversationNotFound, IdempotencyKeyReused
from stocktool_chat.domain.retention import Retention
from stocktool_chat.domain.search import matches

_INDEX = "by_owner"
_READ_AHEAD = 100


def not_found(conversation_id: str) -> ConversationNotFound:
    """The one answer for what does not exist, has expired or is another owner's."""
    return ConversationNotFound("no conversation of yours has this id", conversation=conversation_id)


def earlier_answer(failed: ConditionFailed, position: int, record: IdempotencyKey) -> str:
    """What the first write under a key answered.

    Raises:
        IdempotencyKeyReused: It was another request.
    """
    item = failed.items.get(position, {})
    if item.get("body_hash") != record.body_hash:
        raise IdempotencyKeyReused("this Idempotency-Key came with another request before") from failed
    return str(item["answer"])


async def answered_before(table: Table, record: IdempotencyKey | None, now: datetime) -> str | None:
    """What a write under this key answered, None for a new one.

    Raises:
        IdempotencyKeyReused: It was another request.
    """
    item = None if record is None else await table.get(keys.key(f"I#{record.record_id}", keys.HEAD), live_at=now)
    if record is None or item is None:
        return None
    if item["body_hash"] != record.body_hash:
        raise IdempotencyKeyReused("this Idempotency-Key came with another request before")
    return str(item["answer"])


def idempotency_put(record: IdempotencyKey, answer: str, now: datetime) -> Put:
    """The record of a write, in the write's own transaction."""
    free = Attr("conv_id").not_exists() | Attr("expires_at").lte(epoch(now))
    return Put(keys.idempotency_item(record, answer, now), free, return_item=True)


class DynamoDbConversations:
    """`ConversationStore` over one table.

    Args:
        bucket: Where large tool results lie.
    """

    def __init__(self, table: Table, bucket: Bucket, clock: Clock) -> None:
        self._table = table
        self._bucket = bucket
        self._clock = clock

    async def create(self, conversation: Conversation, key: IdempotencyKey | None) -> Conversation:
        """See the port."""
        operations: list[Operation] = [Put(keys.head_item(conversation))]
        if key is not None:
            operations.append(idempotency_put(key, conversation.id, self._clock.now()))
        try:
            await self._table.transact(operations)
        except ConditionFailed as failed:
            assert key is not None
            return await self.get(ConversationId(earlier_answer(failed, 1, key)), conversation.owner)
        return conversation

    async def get(self, conversation_id: ConversationId, owner: OwnerId) -> Conversation:
        """See the port."""
        item = await self._table.get(keys.key(conversation_id, keys.HEAD), live_at=self._clock.now())
        if item is None or item.get("owner_id") != owner:
            raise not_found(conversation_id)
        return keys.conversation_of(item)

    async def find(self, owner: OwnerId, query: str, page: PageRequest) -> Page[Conversation]:
        """See the port."""
        start = self._start(page.page_token, owner)
        found: list[Item] = []
        while True:
            items, start = await self._table.query(
                Key("owner_id").eq(owner),
                index=_INDEX,
                forward=False,
                start=start,
                limit=max(page.page_size, _READ_AHEAD) if query else page.page_size + 1,
            )
            now = self._clock.now()
            live = [item for item in items if is_live(item, now)]
            found += await self._matching(query, live) if query.strip() else live
            if len(found) > page.page_size or start is None:
                break
        kept = found[: page.page_size]
        more = len(found) > page.page_size
        token = ""
        if more:
            token = encode_token({"conv_id": kept[-1]["conv_id"], "updated_at": kept[-1]["updated_at"]})
        return Page([keys.conversation_of(item) for item in kept], token)

    async def _matching(self, query: str, heads: Sequence[Item]) -> list[Item]:
        """Heads of conversations in which the words of a query were said."""
        wanted = [keys.key(head["conv_id"], keys.WORDS) for head in heads]
        rows = await self._table.batch_get(wanted, consistent=False) if wanted else []
        said = {row["conv_id"]: row["words"] for row in rows}
        return [head for head in heads if matches(query, head.get("title", ""), said.get(head["conv_id"], ()))]

    async def update(
        self, conversation_id: ConversationId, owner: OwnerId, *, title: str | None, pinned: bool | None, now: datetime
    ) -> Conversation:
        """See the port."""
        retention = (await self.get(conversation_id, owner)).retention
        put: Item = {"updated_at": instant(now), **keys.expiry(retention.ends(now))}
        if title is not None:
            put["title"] = title
        if pinned is not None:
            put["pinned"] = pinned
        try:
            item = await self._table.update(
                Update(keys.key(conversation_id, keys.HEAD), put=put, condition=Attr("owner_id").eq(owner))
            )
        except ConditionFailed as failed:
            raise not_found(conversation_id) from failed
        return keys.conversation_of(item)

    async def delete(self, conversation_id: ConversationId, owner: OwnerId) -> None:
        """See the port."""
        try:
            await self._table.delete(keys.key(conversation_id, keys.HEAD), Attr("owner_id").eq(owner))
        except ConditionFailed as failed:
            raise not_found(conversation_id) from failed
        victims = []
        attributes = ("conv_id", "timestamp", "state")
        async for item in self._table.query_all(Key("conv_id").eq(conversation_id), attributes=attributes):
            if item.get("state") == TurnState.RUNNING.value:
                victims.append(keys.open_key(TurnId(item["timestamp"].removeprefix(keys.TURN_PREFIX))))
            if item["timestamp"].startswith(keys.SHARE_PREFIX):
                victims.append(keys.share_pointer(item["timestamp"].removeprefix(keys.SHARE_PREFIX)))
            victims.append(keys.key(item["conv_id"], item["timestamp"]))
        await self._table.batch_write(deletes=victims)
        for retention in Retention:
            await self._bucket.delete_all_versions(f"turns/{retention.value}/{conversation_id}/")

    @staticmethod
    def _start(token: str, owner: OwnerId) -> Item | None:
        if not token:
            return None
        position = decode_token(token)
        if set(position) != {"conv_id", "updated_at"}:
            raise InvalidArgument.of("page_token", "is not a token this list gave; start again without it")
        return {"owner_id": owner, "timestamp": keys.HEAD, **position}
