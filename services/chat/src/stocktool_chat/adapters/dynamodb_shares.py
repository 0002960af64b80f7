"""Links in DynamoDB, beside the turns they show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from stocktool_kit.aws.table import Attr, Check, ConditionFailed, Delete, Item, Key, Operation, Put, Table, is_live
from stocktool_kit.core.idempotency import IdempotencyKey

from stocktool_chat.adapters import dynamodb_keys as keys
from stocktool_chat.adapters.dynamodb_conversations import earlier_answer, idempotency_put, not_found
from stocktool_chat.domain.conversation import ConversationId
from stocktool_chat.domain.shares import Share, gone


class DynamoDbShares:
    """`ShareStore` over the conversations table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def add_share(self, share: Share, key: IdempotencyKey | None = None) -> Share:
        """See the port."""
        item = keys.share_item(share)
        pointer: Item = {
            **keys.share_pointer(share.id),
            "conversation_id": share.conversation_id,
            "expires_at": item["expires_at"],
        }
        head = Check(keys.key(share.conversation_id, keys.HEAD), Attr("owner_id").eq(share.owner))
        operations: list[Operation] = [head, Put(item), Put(pointer)]
        if key is not None:
            operations.append(idempotency_put(key, share.id, share.created_at))
        try:
            await self._table.transact(operations)
        except ConditionFailed as failed:
            if key is None or 3 not in failed.operations:
                raise not_found(share.conversation_id) from failed
            first = await self.share(earlier_answer(failed, 3, key))
            if first is None:
                raise gone() from failed
            return first
        return share

    async def shares(self, conversation_id: ConversationId, now: datetime) -> Sequence[Share]:
        """See the port."""
        condition = Key("conv_id").eq(conversation_id) & Key("timestamp").begins_with(keys.SHARE_PREFIX)
        return [keys.share_of(item) async for item in self._table.query_all(condition) if is_live(item, now)]

    async def share(self, share_id: str) -> Share | None:
        """See the port."""
        pointer = await self._table.get(keys.share_pointer(share_id))
        if pointer is None:
            return None
        item = await self._table.get(keys.key(pointer["conversation_id"], f"{keys.SHARE_PREFIX}{share_id}"))
        return None if item is None else keys.share_of(item)

    async def remove_share(self, share: Share) -> None:
        """See the port."""
        where = keys.key(share.conversation_id, f"{keys.SHARE_PREFIX}{share.id}")
        await self._table.transact([Delete(where), Delete(keys.share_pointer(share.id))])
