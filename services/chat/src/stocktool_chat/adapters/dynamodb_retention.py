"""Choices of retention in DynamoDB, and the rewriting of what they change.

`U#<owner>` is the choice, `T#retention` lists those that conversations which exist have yet to follow. Readers judge a
conversation by its head; the ends of its other records are there for the table's own deletion, and lie a little later.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.table import Attr, ConditionFailed, Item, Key, Put, Table, Update
from stocktool_kit.core.clock import epoch, instant, parse_instant
from stocktool_kit.core.errors import NotFound
from stocktool_kit.core.ids import OwnerId

from stocktool_chat.adapters import dynamodb_keys as keys
from stocktool_chat.domain.conversation import ConversationId
from stocktool_chat.domain.retention import Change, Retention

_PENDING = "T#retention"
_PARALLEL = 8


class DynamoDbRetention:
    """`RetentionStore` over the conversations table, and large tool results in S3."""

    def __init__(self, table: Table, bucket: Bucket) -> None:
        self._table = table
        self._bucket = bucket

    async def retention(self, owner: OwnerId) -> Retention:
        """See the port."""
        item = await self._table.get(keys.key(f"U#{owner}", keys.HEAD))
        return Retention(item["retention"]) if item else Retention.MONTH

    async def choose(self, change: Change) -> None:
        """See the port."""
        chosen = {"retention": change.retention.value, "chosen_at": instant(change.chosen_at)}
        await self._table.transact(
            [
                Put({**keys.key(f"U#{change.owner}", keys.HEAD), **chosen}),
                Put({**keys.key(_PENDING, change.owner), **chosen}),
            ]
        )

    async def unapplied(self) -> list[Change]:
        """See the port."""
        return [
            Change(OwnerId(item["timestamp"]), Retention(item["retention"]), parse_instant(item["chosen_at"]))
            async for item in self._table.query_all(Key("conv_id").eq(_PENDING))
        ]

    async def take(self, change: Change, now: datetime, until: datetime) -> bool:
        """See the port."""
        free = Attr("taken_until").not_exists() | Attr("taken_until").lte(instant(now))
        update = Update(
            keys.key(_PENDING, change.owner),
            put={"taken_until": instant(until)},
            condition=Attr("chosen_at").eq(instant(change.chosen_at)) & free,
        )
        try:
            await self._table.update(update)
        except ConditionFailed:
            return False
        return True

    async def apply(self, change: Change) -> None:
        """See the port."""
        heads = [item async for item in self._heads(change.owner)]
        for head in heads:  # readers follow heads: all of them first
            await self._head(head, change.retention)
        for head in heads:
            await self.rewrite(ConversationId(head["conv_id"]), change.owner)
        try:
            where = keys.key(_PENDING, change.owner)
            await self._table.delete(where, Attr("chosen_at").eq(instant(change.chosen_at)))
        except ConditionFailed:
            return  # chosen anew meanwhile: another sweep follows

    async def settle(self, conversation_id: ConversationId, owner: OwnerId, written_under: Retention) -> None:
        """See the port."""
        head = await self._table.get(keys.key(conversation_id, keys.HEAD))
        if head is None or head.get("owner_id") != owner:
            return
        retention = await self.retention(owner)
        if retention is not keys.retention_of(head):  # opened while a choice was on its way to the others
            await self._head(head, retention)
        ends = retention.ends(parse_instant(head["updated_at"]))
        behind = ends is not None and head.get("rows_until", 0) < epoch(ends)
        if behind or retention is not written_under:
            await self.rewrite(conversation_id, owner)

    async def rewrite(self, conversation_id: ConversationId, owner: OwnerId) -> None:
        """Let all records of a conversation end with their head, as it stands."""
        head = await self._table.get(keys.key(conversation_id, keys.HEAD))
        if head is None or head.get("owner_id") != owner:
            return
        retention = keys.retention_of(head)
        ends = retention.rows_end(parse_instant(head["updated_at"]))
        until = None if ends is None else epoch(ends)
        slots = asyncio.Semaphore(_PARALLEL)

        async def change(item: Item) -> None:
            async with slots:
                await self._row(item, retention, until)

        attributes = ("conv_id", "timestamp", "object_key")
        condition = Key("conv_id").eq(conversation_id)
        rows = [item async for item in self._table.query_all(condition, attributes=attributes)]
        async with asyncio.TaskGroup() as group:
            for item in rows:
                # A link ends when it was said to, and goes with its conversation in any case.
                if item["timestamp"] != keys.HEAD and not item["timestamp"].startswith(keys.SHARE_PREFIX):
                    group.create_task(change(item))
        await self._change(keys.key(conversation_id, keys.HEAD), {"rows_until": until})

    async def _heads(self, owner: OwnerId) -> AsyncIterator[Item]:
        async for item in self._table.query_all(Key("owner_id").eq(owner), index="by_owner"):
            yield item

    async def _head(self, head: Item, retention: Retention) -> None:
        where = keys.key(head["conv_id"], keys.HEAD)
        now = await self._table.get(where)
        if now is not None:
            ends = keys.expiry(retention.ends(parse_instant(now["updated_at"])))
            await self._change(where, {"retention": retention.value, **ends})

    async def _row(self, item: Item, retention: Retention, until: int | None) -> None:
        put: Item = {"expires_at": until}
        old = item.get("object_key")
        if old is not None:
            # Written anew even under the same name: the bucket counts an object's days from then.
            put["object_key"] = keys.object_key(retention, old)
            try:
                body = (await self._bucket.get(old)).body
            except NotFound:
                return
            await self._bucket.put(put["object_key"], body, content_type="application/json")
        await self._change(keys.key(item["conv_id"], item["timestamp"]), put)
        if old is not None and put["object_key"] != old:
            await self._bucket.delete_all_versions(old)

    async def _change(self, where: dict[str, str], put: Item) -> None:
        try:
            await self._table.update(Update(where, put=put, condition=Attr("conv_id").exists()))
        except ConditionFailed:
            return  # deleted meanwhile
