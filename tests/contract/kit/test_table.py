"""What `Table` promises, on DynamoDB's protocol."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.table import Attr, Check, ConditionFailed, Delete, Key, Operation, Put, Table, Update
from stocktool_kit.core.errors import InvalidArgument, StockToolError, Unavailable

KEY = {"pk": "P#1", "sk": "head"}


async def test_an_item_comes_back_as_it_was_written(table: Table) -> None:
    item = {
        **KEY,
        "amount": Decimal("1234567890.123456789"),
        "version": 3,
        "name": "Ünïcode",
        "open": True,
        "raw": b"\x00\x01",
        "tags": {"a", "b"},
        "lots": [{"quantity": Decimal("0.1"), "note": None}, "text"],
        "nothing": None,
        "empty": set[str](),
    }
    await table.put(item)

    assert await table.get(KEY) == {
        **KEY,
        "amount": Decimal("1234567890.123456789"),
        "version": Decimal(3),
        "name": "Ünïcode",
        "open": True,
        "raw": b"\x00\x01",
        "tags": {"a", "b"},
        "lots": [{"quantity": Decimal("0.1")}, "text"],
    }


async def test_no_item_is_none_and_an_expired_one_too_when_asked(table: Table) -> None:
    now = datetime(2026, 1, 5, tzinfo=UTC)
    await table.put({**KEY, "expires_at": int(now.timestamp())})

    assert await table.get({"pk": "P#2", "sk": "head"}) is None
    assert await table.get(KEY, live_at=now) is None
    assert await table.get(KEY) is not None


async def test_a_refused_put_carries_the_item_as_it_stands(table: Table) -> None:
    await table.put({**KEY, "version": 2})

    with pytest.raises(ConditionFailed) as refused:
        await table.put({**KEY, "version": 2}, Attr("version").eq(1), return_item=True)

    assert refused.value.item == {**KEY, "version": Decimal(2)}
    assert refused.value.__cause__ is not None


async def test_an_update_sets_adds_appends_and_removes(table: Table) -> None:
    await table.put({**KEY, "version": 1, "old": "x", "gone": "y", "tags": {"a"}, "map": {"a": 1}})

    after = await table.update(
        Update(
            KEY,
            put={"name": "new", "gone": None, "map.b": 2},
            add={"version": 1, "tags": {"b"}},
            append={"log": ["one", "two"]},
            default={"name2": "first", "old": "kept out"},
            condition=Attr("version").eq(1),
        )
    )

    assert after == {
        **KEY, "version": 2, "old": "x", "name": "new", "tags": {"a", "b"}, "map": {"a": 1, "b": 2},
        "log": ["one", "two"], "name2": "first",
    }  # fmt: skip
    with pytest.raises(ConditionFailed):
        await table.update(Update(KEY, put={"name": "newer"}, condition=Attr("version").eq(1)))


async def test_delete_answers_what_was_there(table: Table) -> None:
    await table.put({**KEY, "version": 1})

    with pytest.raises(ConditionFailed):
        await table.delete(KEY, Attr("version").eq(2))
    assert await table.delete(KEY) == {**KEY, "version": 1}
    assert await table.delete(KEY) is None


async def test_pages_of_a_query_join_up_in_both_directions(table: Table) -> None:
    for number in range(7):
        await table.put({"pk": "P#1", "sk": f"T#{number}", "even": number % 2 == 0})

    first, last = await table.query(Key("pk").eq("P#1") & Key("sk").begins_with("T#"), limit=4)
    second, end = await table.query(Key("pk").eq("P#1"), limit=4, start=last)
    assert [item["sk"] for item in [*first, *second]] == [f"T#{number}" for number in range(7)]
    assert end is None

    backward = [item["sk"] async for item in table.query_all(Key("pk").eq("P#1"), forward=False)]
    assert backward == [f"T#{number}" for number in reversed(range(7))]
    even, _ = await table.query(Key("pk").eq("P#1"), where=Attr("even").eq(True), attributes=["sk"])
    assert even == [{"sk": f"T#{number}"} for number in (0, 2, 4, 6)]


async def test_batches_go_beyond_one_call(table: Table) -> None:
    items = [{"pk": f"P#{number}", "sk": "head", "number": number} for number in range(130)]
    await table.batch_write(items)

    keys = [{"pk": f"P#{number}", "sk": "head"} for number in range(140)]
    assert sorted(item["number"] for item in await table.batch_get(keys)) == list(range(130))

    await table.batch_write(deletes=keys[:120])
    assert len(await table.batch_get(keys)) == 10


async def test_a_transaction_does_all_or_nothing_and_says_what_stood_in_the_way(table: Table) -> None:
    await table.put({**KEY, "version": 1})
    await table.put({"pk": "P#1", "sk": "old"})
    operations: list[Operation] = [
        Update(KEY, add={"version": 1}, condition=Attr("version").eq(1)),
        Put({"pk": "P#1", "sk": "new"}, Attr("pk").not_exists()),
        Delete({"pk": "P#1", "sk": "old"}),
        Check({"pk": "P#9", "sk": "head"}, Attr("pk").not_exists()),
    ]
    await table.transact(operations)

    assert [item["sk"] async for item in table.query_all(Key("pk").eq("P#1"))] == ["head", "new"]
    with pytest.raises(ConditionFailed) as refused:
        await table.transact(
            [
                Update(KEY, add={"version": 1}, condition=Attr("version").eq(1), return_item=True),
                Put({"pk": "P#1", "sk": "other"}),
                Put({"pk": "P#1", "sk": "new"}, Attr("pk").not_exists()),
            ]
        )
    assert list(refused.value.operations) == [0, 2]
    assert refused.value.item == {**KEY, "version": 2}
    assert await table.get({"pk": "P#1", "sk": "other"}) is None


async def test_a_transaction_repeated_with_its_token_has_one_effect(table: Table) -> None:
    for _ in range(2):
        await table.transact([Update(KEY, add={"count": 1})], token="the-same-call")

    assert await table.get(KEY) == {**KEY, "count": 1}


async def test_a_table_that_is_not_there_is_unavailable(aws: AwsClients) -> None:
    with pytest.raises(Unavailable):
        await Table(aws, "no-such-table").get(KEY)


async def test_an_item_beyond_400_kb_is_refused_with_a_known_error(table: Table) -> None:
    with pytest.raises(StockToolError) as refused:
        await table.put({**KEY, "text": "x" * 500_000})
    assert isinstance(refused.value, InvalidArgument)
