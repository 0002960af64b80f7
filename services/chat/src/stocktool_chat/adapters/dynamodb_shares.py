"""Links in DynamoDB, beside the turns they show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from stocktool_kit.aws.table import Attr, Check, ConditionFailed, Delete, Item, Key, Put, Table, is_live

from stocktool_chat.adapters import dynamodb_keys as keys
from stocktool_chat.adapters.dynamodb_conversations import not_found
from stocktool_chat.domain.conversation import ConversationId
from stocktool_chat.domain.shares import Share


class DynamoDbShares:
    """`ShareStore` over the conversations table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def add_share(self, share: Share) -> None:
        """See the port."""
        item = keys.share_item(share)
        pointer: Item = {
            **keys.share_pointer(share.id),
            "conversation_id": share.conversation_id,
            "expires_at": item["expires_at"],
        }
        head = Check(keys.key(share.conversation_id, keys.HEAD), Attr("owner_id").eq(share.owner))
        try:
            await self._table.transact([head, Put(item), Put(pointer)])
        except ConditionFailed as failed:
            raise not_found(share.conversation_id) from failed

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
