"""Records of turns run again, in DynamoDB beside the turn's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson
from stocktool_kit.aws.table import Attr, Check, ConditionFailed, Item, Key, Operation, Put, Table
from stocktool_kit.core.clock import Clock, epoch, instant, parse_instant
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId

from stocktool_chat.adapters import dynamodb_keys as keys
from stocktool_chat.adapters.dynamodb_conversations import (
    answered_before,
    earlier_answer,
    idempotency_put,
    not_found,
)
from stocktool_chat.domain.conversation import ConversationId, TurnId
from stocktool_chat.domain.reruns import Difference, Rerun
from stocktool_chat.domain.retention import Retention


class DynamoDbReruns:
    """`RerunStore` over the conversations table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

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
            return await self._stored(rerun.conversation_id, rerun.turn_id, earlier_answer(failed, 2, key))
        return rerun

    async def earlier_rerun(
        self, conversation_id: ConversationId, turn_id: TurnId, key: IdempotencyKey | None
    ) -> Rerun | None:
        """See the port."""
        answer = await answered_before(self._table, key, self._clock.now())
        return None if answer is None else await self._stored(conversation_id, turn_id, answer)

    async def reruns(self, conversation_id: ConversationId, turn_id: TurnId) -> Sequence[Rerun]:
        """See the port."""
        prefix = f"{keys.turn_prefix(turn_id)}rerun#"
        condition = Key("conv_id").eq(conversation_id) & Key("timestamp").begins_with(prefix)
        return [_rerun(item) async for item in self._table.query_all(condition)]

    async def _stored(self, conversation_id: ConversationId, turn_id: TurnId, rerun_id: str) -> Rerun:
        stored = await self.reruns(conversation_id, turn_id)
        found = next((each for each in stored if each.id == rerun_id), None)
        if found is None:  # forgotten with its conversation
            raise not_found(conversation_id)
        return found


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
