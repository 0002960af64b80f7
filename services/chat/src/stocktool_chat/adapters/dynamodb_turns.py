"""Turns in DynamoDB: every write of a run is one transaction with a check of its lease."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

import orjson
from boto3.dynamodb.conditions import ConditionBase
from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.table import (
    Attr,
    Check,
    ConditionFailed,
    Delete,
    Item,
    Key,
    Operation,
    Put,
    Table,
    Update,
    is_live,
)
from stocktool_kit.core.clock import Clock, epoch, instant
from stocktool_kit.core.errors import Conflict, RateLimited, Unavailable
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId

from stocktool_chat.adapters import dynamodb_keys as keys
from stocktool_chat.adapters.dynamodb_conversations import (
    answered_before,
    earlier_answer,
    idempotency_put,
    not_found,
)
from stocktool_chat.adapters.dynamodb_usage import usage_update
from stocktool_chat.domain.conversation import (
    Claim,
    Conversation,
    ConversationId,
    Ending,
    OpenTurn,
    Turn,
    TurnId,
)
from stocktool_chat.domain.errors import LeaseLost, TurnNotFound
from stocktool_chat.domain.events import Event
from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.references import own_words
from stocktool_chat.domain.search import words_of
from stocktool_chat.domain.tool_results import ToolResult

_INLINE_BYTES = 64 * 1024
_MAX_BATCH = 64
_TRIES = 4


class DynamoDbTurns:
    """`TurnStore` over the conversations table, large results in S3.

    Args:
        usage_table: Name of the table that counts what turns use.
    """

    def __init__(self, table: Table, bucket: Bucket, usage_table: str, clock: Clock) -> None:
        self._table = table
        self._bucket = bucket
        self._usage_table = usage_table
        self._clock = clock

    async def start(
        self, turn: Turn, open_turn: OpenTurn, first: Sequence[Event], title: str, key: IdempotencyKey | None
    ) -> TurnId:
        """See the port."""
        now, claim = turn.created_at, open_turn.claim
        ends, rows_end = claim.retention.ends(now), claim.retention.rows_end(now)
        head = Update(
            keys.key(turn.conversation_id, keys.HEAD),
            put={"updated_at": instant(now), **keys.expiry(ends)},
            default={"title": title} if rows_end is None else {"title": title, "rows_until": epoch(rows_end)},
            condition=Attr("owner_id").eq(turn.owner),
        )
        operations: list[Operation] = [
            head,
            Put(keys.turn_item(turn, self._expiry(claim))),
            Put(keys.open_item(open_turn, now)),
            self._events_put(claim, first),
        ]
        if key is not None:
            operations.append(idempotency_put(key, turn.id, now))
        operations += self._words_added(claim, turn.question)
        try:
            await self._transact(operations)
        except ConditionFailed as failed:
            if key is not None and 4 in failed.operations:
                return TurnId(earlier_answer(failed, 4, key))
            raise not_found(turn.conversation_id) from failed
        return turn.id

    async def started(self, key: IdempotencyKey | None) -> TurnId | None:
        """See the port."""
        answer = await answered_before(self._table, key, self._clock.now())
        return None if answer is None else TurnId(answer)

    async def read(self, conversation_id: ConversationId, owner: OwnerId) -> tuple[Conversation, list[Turn]]:
        """See the port."""
        condition = Key("conv_id").eq(conversation_id) & Key("timestamp").begins_with("0#")
        items = [item async for item in self._table.query_all(condition)]
        head = next((item for item in items if item["timestamp"] == keys.HEAD), None)
        if head is None or head.get("owner_id") != owner or not is_live(head, self._clock.now()):
            raise not_found(conversation_id)
        turns = [keys.turn_of(item) for item in items if item["timestamp"].startswith(keys.TURN_PREFIX)]
        return keys.conversation_of(head), turns

    async def turn(self, conversation_id: ConversationId, turn_id: TurnId) -> Turn:
        """See the port."""
        where = keys.key(conversation_id, f"{keys.TURN_PREFIX}{turn_id}")
        item = await self._table.get(where, live_at=self._clock.now())
        if item is None:
            raise TurnNotFound("the conversation has no such turn", turn=turn_id)
        return keys.turn_of(item)

    async def events(self, conversation_id: ConversationId, turn_id: TurnId, after: int) -> list[Event]:
        """See the port."""
        # A batch is keyed by its first id; the one that holds `after + 1` may begin up to a batch before it.
        low = keys.events_sort(turn_id, max(after + 2 - _MAX_BATCH, 0))
        high = keys.events_sort(turn_id, 99_999_999)
        condition = Key("conv_id").eq(conversation_id) & Key("timestamp").between(low, high)
        found = []
        async for item in self._table.query_all(condition):
            found += [event for event in keys.events_of(item) if event.id > after]
        return found

    async def results(self, conversation_id: ConversationId, turn_id: TurnId) -> dict[str, JsonObject]:
        """See the port."""
        prefix = f"{keys.turn_prefix(turn_id)}result#"
        condition = Key("conv_id").eq(conversation_id) & Key("timestamp").begins_with(prefix)
        found: dict[str, JsonObject] = {}
        async for item in self._table.query_all(condition):
            body = item.get("body")
            if body is None:
                body = (await self._bucket.get(item["object_key"])).body
            found[item["call_id"]] = orjson.loads(body)
        return found

    async def append(self, claim: Claim, events: Sequence[Event], results: Sequence[ToolResult]) -> None:
        """See the port."""
        held = Check(keys.open_key(claim.turn_id), _held(claim))
        await self._fenced([held, self._events_put(claim, events), *await self._result_puts(claim, events, results)])

    async def finish(
        self, claim: Claim, events: Sequence[Event], results: Sequence[ToolResult], ending: Ending
    ) -> None:
        """See the port."""
        head = Update(
            keys.key(claim.conversation_id, f"{keys.TURN_PREFIX}{claim.turn_id}"),
            put={
                "state": ending.state.value,
                "attempt": claim.attempt,
                "summary": orjson.dumps(ending.summary).decode(),
                "finished_at": instant(ending.finished_at),
            },
            condition=Attr("conv_id").exists(),
        )
        await self._fenced(
            [
                Delete(keys.open_key(claim.turn_id), _held(claim)),
                self._events_put(claim, events),
                head,
                usage_update(self._usage_table, claim.owner, ending),
                *await self._result_puts(claim, events, results),
                *self._words_added(claim, own_words(ending.summary.get("text"))),
            ]
        )

    async def open_turn(self, turn_id: TurnId) -> OpenTurn | None:
        """See the port."""
        item = await self._table.get(keys.open_key(turn_id))
        return None if item is None else keys.open_of(item)

    async def renew(self, claim: Claim, until: datetime) -> bool:
        """See the port."""
        update = Update(keys.open_key(claim.turn_id), put={"lease_until": instant(until)}, condition=_held(claim))
        return keys.open_of(await self._update_lease(update)).stop_requested

    async def release(self, claim: Claim, now: datetime) -> None:
        """See the port."""
        try:
            await self.renew(claim, now)
        except LeaseLost:
            return

    async def discard(self, claim: Claim) -> None:
        """See the port."""
        try:
            await self._table.delete(keys.open_key(claim.turn_id), _held(claim))
        except ConditionFailed:
            return

    async def request_stop(self, turn_id: TurnId) -> OpenTurn | None:
        """See the port."""
        update = Update(
            keys.open_key(turn_id), put={"stop_requested": True}, condition=Attr("conversation_id").exists()
        )
        try:
            return keys.open_of(await self._update_lease(update))
        except LeaseLost:
            return None

    async def expired(self, now: datetime) -> list[OpenTurn]:
        """See the port."""
        shards = await asyncio.gather(*(self._expired(shard, now) for shard in range(keys.OPEN_SHARDS)))
        return [found for shard in shards for found in shard]

    async def _expired(self, shard: int, now: datetime) -> list[OpenTurn]:
        condition = Key("conv_id").eq(keys.open_partition(shard))
        late = Attr("lease_until").lte(instant(now))
        return [keys.open_of(item) async for item in self._table.query_all(condition, where=late)]

    async def take_over(self, open_turn: OpenTurn, holder: str, address: str, until: datetime) -> Claim | None:
        """See the port."""
        claim = open_turn.claim
        update = Update(
            keys.open_key(claim.turn_id),
            put={"holder": holder, "address": address, "lease_until": instant(until)},
            add={"fence": 1, "attempt": 1},
            condition=_held(claim) & Attr("lease_until").eq(instant(open_turn.lease_until)),
        )
        try:
            return keys.open_of(await self._update_lease(update)).claim
        except LeaseLost:
            return None

    async def probe(self) -> None:
        """Ask whether the table answers, for the process's health."""
        await self._table.get(keys.key("T#probe", keys.HEAD), consistent=False)

    def _expiry(self, claim: Claim) -> Item:
        """When what is written now may be deleted."""
        rows_end = claim.retention.rows_end(self._clock.now())
        return {} if rows_end is None else {"expires_at": epoch(rows_end)}

    def _words_added(self, claim: Claim, text: str) -> list[Operation]:
        """What the search finds the conversation by, besides its title."""
        words = words_of(text)
        where = keys.key(claim.conversation_id, keys.WORDS)
        expires = {"expires_at": None, **self._expiry(claim)}
        return [Update(where, put=expires, add={"words": set(words)})] if words else []

    def _events_put(self, claim: Claim, events: Sequence[Event]) -> Put:
        item: Item = {
            **keys.key(claim.conversation_id, keys.events_sort(claim.turn_id, events[0].id)),
            "events": keys.events_text(list(events)),
            **self._expiry(claim),
        }
        return Put(item, Attr("conv_id").not_exists())

    async def _result_puts(
        self, claim: Claim, events: Sequence[Event], results: Sequence[ToolResult]
    ) -> list[Operation]:
        puts: list[Operation] = []
        for position, result in enumerate(results):
            # Ordered by when they were stored; a later attempt writes beside an earlier one, never over it.
            sequence = f"{events[0].id:08d}{position:02d}"
            item: Item = {
                **keys.key(claim.conversation_id, f"{keys.turn_prefix(claim.turn_id)}result#{sequence}"),
                "call_id": result.call_id,
                **self._expiry(claim),
            }
            body = orjson.dumps(result.result)
            if len(body) > _INLINE_BYTES:
                name = f"{claim.conversation_id}/{claim.turn_id}/{claim.fence}-{sequence}.json"
                item["object_key"] = keys.object_key(claim.retention, name)
                await self._bucket.put(item["object_key"], body, content_type="application/json")
            else:
                item["body"] = body.decode()
            puts.append(Put(item))
            if result.proposal is not None:
                puts.append(Put(keys.proposal_item(result.proposal, self._expiry(claim))))
        return puts

    async def _fenced(self, operations: Sequence[Operation]) -> None:
        try:
            await self._transact(operations)
        except ConditionFailed as failed:
            raise LeaseLost("another process runs this turn now, or it is gone") from failed

    async def _transact(self, operations: Sequence[Operation]) -> None:
        """Write, and write again under the same token when the outcome is not known."""
        token = str(uuid4())
        for attempt in range(1, _TRIES + 1):
            try:
                await self._table.transact(operations, token)
            except ConditionFailed:
                raise
            except (Conflict, RateLimited, Unavailable):
                if attempt == _TRIES:
                    raise
                await _pause(attempt)
            else:
                return

    async def _update_lease(self, update: Update) -> Item:
        for attempt in range(1, _TRIES + 1):
            try:
                return await self._table.update(update)
            except ConditionFailed as failed:
                raise LeaseLost("another process runs this turn now, or it is gone") from failed
            except Conflict:  # a transaction of the run touches the lease at this moment
                if attempt == _TRIES:
                    raise
                await _pause(attempt)
        raise AssertionError("the last try returns or raises")


def _held(claim: Claim) -> ConditionBase:
    return Attr("fence").eq(claim.fence) & Attr("holder").eq(claim.holder)


async def _pause(attempt: int) -> None:
    await asyncio.sleep(random.uniform(0.01, 0.05) * 2**attempt)  # noqa: S311 - jitter, not a secret
