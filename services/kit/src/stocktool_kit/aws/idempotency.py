"""Records of writes that may be sent twice, stored in the write's own transaction.

Since the record commits with the effect, there is no state "begun": of two twins one commits, and the other finds its
record and answers the same. Only an effect that lies elsewhere has one, a lease: its record follows, and a twin that
came in between would find the effect without its answer.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from itertools import count
from typing import Any

import orjson

from stocktool_kit.aws.lease import LeaseHeld, Leases
from stocktool_kit.aws.table import Attr, ConditionFailed, Operation, Put, Table, is_live
from stocktool_kit.core.clock import Clock, epoch
from stocktool_kit.core.errors import AlreadyExists, Conflict
from stocktool_kit.core.idempotency import IdempotencyKey

_KEPT = timedelta(hours=24)
_ATTEMPTS = 5
_FIRST_PAUSE_SECONDS = 0.05  # doubled each time: a second and a half in all, more or less
_LONGEST_PAUSE_SECONDS = 1.0
_WAITED_SECONDS = 20.0  # for a twin whose effect lies elsewhere


class IdempotencyKeyReused(AlreadyExists):
    """The key was used for a request with another body."""

    reason = "IDEMPOTENCY_KEY_REUSED"


class TwinInFlight(Conflict):
    """The same request is being handled right now; ask again later."""

    reason = "IDEMPOTENCY_TWIN_IN_FLIGHT"


class IdempotencyRecords:
    """The records in the table they protect.

    Args:
        table: The table.
        clock: Real time.
        partition_key: Name of the partition key, on tables that are not `pk`/`sk`.
        sort_key: Name of the sort key.
    """

    def __init__(self, table: Table, clock: Clock, *, partition_key: str = "pk", sort_key: str = "sk") -> None:
        self._table = table
        self._clock = clock
        self._partition_key = partition_key
        self._sort_key = sort_key
        self._leases = Leases(table, clock, partition_key=partition_key, sort_key=sort_key)

    async def replay(self, key: IdempotencyKey) -> dict[str, Any] | None:
        """The answer given earlier to the same request; None when there was none in the last 24 hours.

        Raises:
            IdempotencyKeyReused: The key came with another body then.
        """
        item = await self._table.get(self._key(key))
        if item is None or not is_live(item, self._clock.now()):
            return None
        if item["body_hash"] != key.body_hash:
            raise IdempotencyKeyReused("this Idempotency-Key was used for another request; use a new one")
        response: dict[str, Any] = orjson.loads(item["response"])
        return response

    def record(self, key: IdempotencyKey, response: Mapping[str, Any]) -> Put:
        """The operation that stores an answer (a JSON object) with the write it belongs to."""
        now = self._clock.now()
        free = Attr(self._partition_key).not_exists() | Attr("expires_at").lte(epoch(now))
        item = {
            **self._key(key),
            "body_hash": key.body_hash,
            "principal": key.principal,
            "response": orjson.dumps(response).decode(),
            "expires_at": epoch(now, _KEPT),
        }
        return Put(item, free, table=self._table.name)

    async def write(
        self, key: IdempotencyKey | None, operations: Sequence[Operation], response: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Do a write once and answer `response`, or what the same request was answered before.

        Args:
            key: The request's identity; None: the write is done without a record.
            operations: The write.
            response: The answer to store with it, a JSON object.

        Raises:
            IdempotencyKeyReused: The key came with another body before.
            TwinInFlight: A twin, or another change of the same items, is committing and did not get done in time.
            ConditionFailed: The write's own conditions do not hold.
        """
        records = () if key is None else (self.record(key, response),)
        for attempt in range(_ATTEMPTS):
            earlier = await self._earlier(key)
            if earlier is not None:
                return earlier
            try:
                await self._table.transact([*operations, *records])
            except ConditionFailed:
                # Either the twin's record is there, or its effect made our own conditions fail.
                earlier = await self._earlier(key)
                if earlier is None:
                    raise
                return earlier
            except Conflict:
                # A twin, or another change of the same items, is committing; this transaction had no effect.
                await _pause(attempt)
            else:
                return response
        raise TwinInFlight("this request, or another change of the same thing, is in progress")

    async def once(
        self, key: IdempotencyKey | None, effect: Callable[[], Awaitable[Mapping[str, Any]]]
    ) -> Mapping[str, Any]:
        """Run an effect that lies elsewhere, or answer what the same request was answered before.

        A crash between effect and record repeats the effect: only for effects that bear it. One that fails leaves no
        record.

        Args:
            key: The request's identity; None: the effect runs.
            effect: What is to be done; gives the answer, a JSON object.

        Raises:
            IdempotencyKeyReused: The key came with another body before.
            TwinInFlight: A twin is at it and did not get done in time.
        """
        if key is None:
            return await effect()
        try:
            async with asyncio.timeout(_WAITED_SECONDS) as waiting, AsyncExitStack() as held:
                for attempt in count():
                    earlier = await self.replay(key)
                    if earlier is not None:
                        return earlier
                    try:
                        lease = await held.enter_async_context(self._leases.hold(f"once#{key.record_id}"))
                    except LeaseHeld:
                        await _pause(attempt)
                        continue
                    waiting.reschedule(None)
                    # What it did may have been recorded between our look and our lease.
                    earlier = await self.replay(key)
                    return await self.write(key, (), await lease.guard(effect())) if earlier is None else earlier
        except TimeoutError as error:
            if not waiting.expired():
                raise
            raise TwinInFlight("this request is in progress") from error
        raise AssertionError("the loop returns or raises")

    async def _earlier(self, key: IdempotencyKey | None) -> Mapping[str, Any] | None:
        return None if key is None else await self.replay(key)

    def _key(self, key: IdempotencyKey) -> dict[str, str]:
        return {self._partition_key: f"I#{key.record_id}", self._sort_key: "record"}


async def _pause(attempt: int) -> None:
    seconds = min(_FIRST_PAUSE_SECONDS * 2**attempt, _LONGEST_PAUSE_SECONDS)
    await asyncio.sleep(seconds * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, not a secret
