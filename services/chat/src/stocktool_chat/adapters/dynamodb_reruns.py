"""Records of turns run again, in DynamoDB beside the turn's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson
from stocktool_kit.aws.table import Attr, Check, ConditionFailed, Item, Key, Operation, Put, Table
from stocktool_kit.core.clock import epoch, instant, parse_instant
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId

from stocktool_chat.adapters import dynamodb_keys as keys
from stocktool_chat.adapters.dynamodb_conversations import earlier_answer, idempotency_put, not_found
from stocktool_chat.domain.conversation import ConversationId, TurnId
from stocktool_chat.domain.reruns import Difference, Rerun
from stocktool_chat.domain.retention import Retention


class DynamoDbReruns:
    """`RerunStore` over the conversations table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def add_rerun(self, rerun: Rerun, retention: Retention, key: IdempotencyKey | None) -> Rerun:
        """See the port."""
        head = Check(keys.key(rerun.conversation_id, keys.HEAD), Attr("owner_id").eq(rerun.owner))
        operations: list[Operation] = [head, Put(_item(rerun, retention))]
        if key is not None:
            operations.append(idempotency_put(key, rerun.id, rerun.ran_at))
        try:
            await self._table.transact(operations)
        except ConditionFailed as failed:
            if key is None or 2 not in failed.operations:
                raise not_found(rerun.conversation_id) from failed
            first = earlier_answer(failed, 2, key)
            stored = await self.reruns(rerun.conversation_id, rerun.turn_id)
            return next(each for each in stored if each.id == first)
        return rerun

    async def reruns(self, conversation_id: ConversationId, turn_id: TurnId) -> Sequence[Rerun]:
        """See the port."""
        prefix = f"{keys.turn_prefix(turn_id)}rerun#"
        condition = Key("conv_id").eq(conversation_id) & Key("timestamp").begins_with(prefix)
        return [_rerun(item) async for item in self._table.query_all(condition)]


def _item(rerun: Rerun, retention: Retention) -> Item:
    ends = retention.rows_end(rerun.ran_at)
    return {
        **keys.key(rerun.conversation_id, f"{keys.turn_prefix(rerun.turn_id)}rerun#{rerun.id}"),
        "rerun_id": rerun.id,
        "turn_id": rerun.turn_id,
        "owner": rerun.owner,
        "ran_at": instant(rerun.ran_at),
        "compared": rerun.compared,
        "changed": rerun.changed,
        # At most 300 of some 200 bytes: far from the 400 KB of an item.
        "differences": orjson.dumps([asdict(each) for each in rerun.differences]).decode(),
        "failed": dict(rerun.failed),
        **({} if ends is None else {"expires_at": epoch(ends)}),
    }


def _rerun(item: Mapping[str, Any]) -> Rerun:
    return Rerun(
        id=item["rerun_id"],
        conversation_id=ConversationId(item["conv_id"]),
        turn_id=TurnId(item["turn_id"]),
        owner=OwnerId(item["owner"]),
        ran_at=parse_instant(item["ran_at"]),
        compared=int(item["compared"]),
        changed=int(item["changed"]),
        differences=tuple(Difference(**each) for each in orjson.loads(item["differences"])),
        failed=item["failed"],
    )
