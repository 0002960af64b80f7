"""What the outbox promises: a message leaves if and only if its change was stored."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from stocktool_kit.aws.lease import Leases
from stocktool_kit.aws.outbox import Outbox, OutboxMessage, OutboxRelay, partition
from stocktool_kit.aws.table import Attr, ConditionFailed, Key, Put, Table
from stocktool_kit.core.errors import InvalidArgument, Unavailable
from stocktool_kit.testing.clock import FakeClock


class Receiver:
    """A destination that can be away, or picky."""

    def __init__(self) -> None:
        self.got: list[tuple[Mapping[str, Any], Mapping[str, str]]] = []
        self.away = False

    async def deliver(self, message: Mapping[str, Any], attributes: Mapping[str, str]) -> None:
        if self.away:
            raise Unavailable("away")
        if message.get("bad"):
            raise InvalidArgument("not this")
        self.got.append((message, attributes))


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


def a_relay(table: Table, receiver: Receiver, **options: Any) -> OutboxRelay:
    leases = Leases(table, FakeClock(), renew_seconds=0.2)
    return OutboxRelay(table, leases, {"notifications": receiver}, **options)


async def rows(table: Table, shard: int | str = 0) -> int:
    return len((await table.query(Key("pk").eq(partition(shard))))[0])


async def test_a_message_leaves_with_its_change_and_only_then(table: Table, receiver: Receiver) -> None:
    outbox, relay, now = Outbox(table.name), a_relay(table, receiver), FakeClock().now()
    change = Put({"pk": "J#1", "sk": "head"}, Attr("pk").not_exists())
    message = OutboxMessage("notifications", {"state": "done"}, {"kind": "job"})
    await table.transact([change, outbox.entry(message, now)])
    with pytest.raises(ConditionFailed):
        await table.transact([change, outbox.entry(OutboxMessage("notifications", {"state": "twice"}), now)])

    assert await relay.drain(0) == 1
    assert await relay.drain(0) == 0

    assert receiver.got == [({"id": message.id, "state": "done"}, {"kind": "job"})]


async def test_messages_of_a_shard_keep_their_order(table: Table, receiver: Receiver) -> None:
    outbox, clock = Outbox(table.name), FakeClock()
    for number in range(30):
        clock.advance(0.001)
        await table.transact([outbox.entry(OutboxMessage("notifications", {"number": number}), clock.now())])

    relay = a_relay(table, receiver)
    while await relay.drain(0):
        pass

    assert [message["number"] for message, _ in receiver.got] == list(range(30))


async def test_while_a_destination_is_away_nothing_is_lost(table: Table, receiver: Receiver) -> None:
    await table.transact([Outbox(table.name).entry(OutboxMessage("notifications", {}), FakeClock().now())])
    relay = a_relay(table, receiver)
    receiver.away = True

    with pytest.raises(Unavailable):
        await relay.drain(0)
    assert await rows(table) == 1
    receiver.away = False
    await relay.drain(0)

    assert len(receiver.got) == 1


async def test_what_nobody_can_take_is_parked_and_holds_up_nobody(table: Table, receiver: Receiver) -> None:
    outbox, clock = Outbox(table.name), FakeClock()
    for destination, body in (("nowhere", {}), ("notifications", {"bad": True}), ("notifications", {"good": True})):
        clock.advance(1)
        await table.transact([outbox.entry(OutboxMessage(destination, body), clock.now())])

    await a_relay(table, receiver).drain(0)

    assert [message.get("good") for message, _ in receiver.got] == [True]
    assert await rows(table) == 0
    assert await rows(table, "parked") == 2


async def test_relays_of_two_pods_share_the_work_and_a_nudge_is_quick(table: Table, receiver: Receiver) -> None:
    outbox, clock, stop = Outbox(table.name, 2), FakeClock(), asyncio.Event()
    relays = [a_relay(table, receiver, shards=2, idle_seconds=60.0) for _ in range(2)]
    running = [asyncio.create_task(relay.run(stop)) for relay in relays]
    try:
        async with asyncio.timeout(60):
            for number in range(10):
                message = OutboxMessage("notifications", {"number": number})
                await table.transact([outbox.entry(message, clock.now())])
            while len({message["number"] for message, _ in receiver.got}) < 10:
                for relay in relays:
                    relay.nudge()
                await asyncio.sleep(0.05)
    finally:
        stop.set()
        await asyncio.gather(*running)
    assert len(receiver.got) == 10
