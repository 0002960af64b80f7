"""What idempotency records promise: two requests that are one have one effect and one answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from stocktool_kit.aws.audit import SHARDS, audit_entry, audit_partition
from stocktool_kit.aws.idempotency import IdempotencyKeyReused, IdempotencyRecords, TwinInFlight
from stocktool_kit.aws.table import Attr, ConditionFailed, Item, Key, Operation, Put, Table, Update
from stocktool_kit.core.errors import Conflict, Kind, NotFound
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.testing.clock import FakeClock

HEAD = {"pk": "P#1", "sk": "head"}


def a_key(key: str = "key-1", body: str = "aa", principal: str = "usr_1") -> IdempotencyKey:
    return IdempotencyKey(principal, "POST", "/api/stock/v1/portfolios", key, body)


async def test_the_second_request_gets_the_first_ones_answer(table: Table) -> None:
    records = IdempotencyRecords(table, FakeClock())
    add = Update(HEAD, add={"count": 1})

    first = await records.write(a_key(), [add], {"id": "prt_1", "nested": {"amount": "1.10"}})
    second = await records.write(a_key(), [add], {"id": "prt_2"})

    assert first == second == {"id": "prt_1", "nested": {"amount": "1.10"}}
    assert (await table.get(HEAD) or {})["count"] == 1


async def test_twins_at_the_same_moment_have_one_effect_and_one_answer(table: Table) -> None:
    records = IdempotencyRecords(table, FakeClock())

    async def send(number: int) -> object:
        write: list[Operation] = [
            Put({**HEAD, "by": number}, Attr("pk").not_exists()),
            Update({"pk": "P#2", "sk": "n"}, add={"n": 1}),
        ]
        return await records.write(a_key(), write, {"by": number})

    answers = await asyncio.gather(*(send(number) for number in range(6)))

    winner = (await table.get(HEAD) or {})["by"]
    assert answers == [{"by": int(winner)}] * 6
    assert (await table.get({"pk": "P#2", "sk": "n"}) or {})["n"] == 1


class Contended(Table):
    """A table whose transactions collide with others' a few times."""

    collisions = 0

    async def transact(self, operations: Sequence[Operation], token: str | None = None) -> None:
        if self.collisions:
            self.collisions -= 1
            raise Conflict("another transaction is changing the same items")
        await super().transact(operations, token)


async def test_a_collision_is_waited_out_for_a_while(table: Table) -> None:
    contended = Contended(table.aws, table.name)
    records = IdempotencyRecords(contended, FakeClock())

    contended.collisions = 2
    assert await records.write(a_key(), [Update(HEAD, add={"count": 1})], {"done": True}) == {"done": True}
    contended.collisions = 100
    with pytest.raises(TwinInFlight):
        await records.write(a_key("key-2"), [Update(HEAD, add={"count": 1})], {})

    assert (await table.get(HEAD) or {})["count"] == 1


class Looked(Table):
    """A table that tells when it was read."""

    def __init__(self, table: Table) -> None:
        super().__init__(table.aws, table.name)
        self.looked = asyncio.Event()

    async def get(self, *arguments: Any, **named: Any) -> Item | None:
        found = await super().get(*arguments, **named)
        self.looked.set()
        return found


async def test_twins_of_an_effect_that_lies_elsewhere_have_one_effect_and_one_answer(table: Table) -> None:
    """Two processes: the effect is done when the twin looks for its record, which is not there yet."""
    there, done, others = {"thing"}, asyncio.Event(), Looked(table)

    async def delete() -> dict[str, object]:
        if not there:
            raise NotFound("it is gone")
        there.clear()
        done.set()
        await others.looked.wait()
        return {"left": len(there)}

    async def send_when_done() -> object:
        await done.wait()
        return await IdempotencyRecords(others, FakeClock()).once(a_key(), delete)

    first = IdempotencyRecords(table, FakeClock()).once(a_key(), delete)
    assert await asyncio.gather(first, send_when_done(), send_when_done()) == [{"left": 0}] * 3


async def test_an_effect_that_failed_may_be_tried_again_under_its_key(table: Table) -> None:
    records = IdempotencyRecords(table, FakeClock())
    tries = []

    async def fails_at_first() -> dict[str, object]:
        tries.append(1)
        if len(tries) == 1:
            raise NotFound("not yet")
        return {"tries": len(tries)}

    with pytest.raises(NotFound):
        await records.once(a_key(), fails_at_first)
    assert [await records.once(a_key(), fails_at_first) for _ in range(2)] == [{"tries": 2}] * 2


async def test_an_effect_that_takes_too_long_is_told_to_its_twin(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow() -> dict[str, object]:
        begun.set()
        await go.wait()
        return {"done": True}

    first = asyncio.create_task(IdempotencyRecords(table, FakeClock()).once(a_key(), slow))
    await begun.wait()
    monkeypatch.setattr("stocktool_kit.aws.idempotency._WAITED_SECONDS", 0.1)
    with pytest.raises(TwinInFlight):
        await IdempotencyRecords(table, FakeClock()).once(a_key(), slow)
    go.set()
    assert await first == {"done": True}


async def test_without_a_key_a_collision_is_waited_out_too(table: Table) -> None:
    contended = Contended(table.aws, table.name)
    contended.collisions = 2
    records = IdempotencyRecords(contended, FakeClock())
    assert await records.write(None, [Update(HEAD, add={"count": 1})], {"done": True}) == {"done": True}
    assert (await table.get(HEAD) or {})["count"] == 1


async def test_the_same_key_with_another_body_is_refused(table: Table) -> None:
    records = IdempotencyRecords(table, FakeClock())
    await records.write(a_key(), [Update(HEAD, add={"count": 1})], {})

    with pytest.raises(IdempotencyKeyReused) as refused:
        await records.write(a_key(body="bb"), [Update(HEAD, add={"count": 1})], {})

    assert (refused.value.kind, refused.value.reason) == (Kind.ALREADY_EXISTS, "IDEMPOTENCY_KEY_REUSED")
    assert (await table.get(HEAD) or {})["count"] == 1


async def test_the_key_of_another_principal_is_another_key(table: Table) -> None:
    records = IdempotencyRecords(table, FakeClock())
    await records.write(a_key(), [Update(HEAD, add={"count": 1})], {"of": "usr_1"})

    answer = await records.write(a_key(principal="usr_2"), [Update(HEAD, add={"count": 1})], {"of": "usr_2"})

    assert answer == {"of": "usr_2"}


async def test_a_record_is_forgotten_after_a_day(table: Table) -> None:
    clock = FakeClock()
    records = IdempotencyRecords(table, clock)
    await records.write(a_key(), [Update(HEAD, add={"count": 1})], {"count": 1})

    clock.advance(24 * 3600 + 1)

    assert await records.replay(a_key()) is None
    assert await records.write(a_key(body="bb"), [Update(HEAD, add={"count": 1})], {"count": 2}) == {"count": 2}


async def test_a_write_whose_own_condition_fails_leaves_no_record(table: Table) -> None:
    records = IdempotencyRecords(table, FakeClock())

    with pytest.raises(ConditionFailed):
        await records.write(a_key(), [Update(HEAD, add={"count": 1}, condition=Attr("version").eq(1))], {})

    assert await records.replay(a_key()) is None


async def test_without_a_key_each_request_counts(table: Table) -> None:
    records = IdempotencyRecords(table, FakeClock())
    for _ in range(2):
        await records.write(None, [Update(HEAD, add={"count": 1})], {})
    assert (await table.get(HEAD) or {})["count"] == 2


async def test_an_audit_entry_stands_under_its_day(table: Table) -> None:
    now = datetime(2026, 11, 22, 23, 59, tzinfo=UTC)
    entry = audit_entry(
        table=table.name, actor="usr_1", owner="usr_1", action="portfolio.created", target="prt_1", now=now,
        detail={"name": "Main"},
    )  # fmt: skip
    await table.transact([entry])

    found = [
        item for shard in range(SHARDS) for item in (await table.query(Key("pk").eq(audit_partition(now, shard))))[0]
    ]
    assert [(item["action"], item["detail"], item["at"]) for item in found] == [
        ("portfolio.created", {"name": "Main"}, "2026-11-22T23:59:00.000000Z")
    ]
