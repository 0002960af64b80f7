"""The hub of one process: fan-out, coalescing, bounds."""

from __future__ import annotations

from stocktool_kit.push.events import PushEvent, from_proto, to_proto
from stocktool_kit.push.hub import Hub


def a_hint(subject: str = "usr_1", *, kind: str = "job", about: str = "job_1", **payload: object) -> PushEvent:
    return PushEvent(subject, kind, payload, about)


async def test_a_hint_reaches_every_reader_of_its_subject_and_nobody_else() -> None:
    hub = Hub()
    first, second, other = hub.subscribe(["usr_1"]), hub.subscribe(["usr_1"]), hub.subscribe(["usr_2"])

    assert hub.publish(a_hint(state="done")) == 2

    for reader in (first, second):
        delivery = await reader.next()
        assert delivery is not None
        assert delivery.event.payload == {"state": "done"}
    other.close()
    assert await other.next() is None


async def test_a_waiting_hint_is_replaced_by_a_later_one_about_the_same_thing() -> None:
    hub = Hub()
    reader = hub.subscribe(["usr_1"])

    for percent in (10, 20, 30):
        hub.publish(a_hint(percent=percent))
    hub.publish(a_hint(about="job_2", percent=5))
    reader.close()

    assert [(d.event.id, d.event.payload["percent"]) async for d in reader] == [("job_1", 30), ("job_2", 5)]
    assert hub.dropped == 0


async def test_a_slow_reader_loses_the_oldest_and_is_told_how_many() -> None:
    hub = Hub()
    reader = hub.subscribe(["usr_1"], capacity=2)

    for number in range(5):
        hub.publish(a_hint(about=f"job_{number}"))
    reader.close()

    assert [(d.event.id, d.dropped) async for d in reader] == [("job_3", 3), ("job_4", 0)]
    assert hub.dropped == 3


async def test_a_reader_that_leaves_a_subject_hears_no_more_of_it() -> None:
    hub = Hub()
    reader = hub.subscribe(["usr_1", "symbol:AAPL"])

    reader.remove(["usr_1"])

    assert hub.publish(a_hint()) == 0
    assert hub.publish(a_hint("symbol:AAPL")) == 1


async def test_what_came_from_home_is_not_sent_on_to_other_pods() -> None:
    hub = Hub()
    hub.subscribe(["usr_1"], remote=True)
    hub.subscribe(["usr_1"])

    assert hub.publish(a_hint(), from_home=True) == 1
    assert hub.publish(a_hint()) == 2


async def test_interest_follows_the_first_and_the_last_local_reader() -> None:
    hub = Hub()
    told: list[tuple[str, bool]] = []
    hub.watch_interest(lambda subject, here: told.append((subject, here)))

    remote = hub.subscribe(["usr_1"], remote=True)
    first, second = hub.subscribe(["usr_1"]), hub.subscribe(["usr_1"])
    remote.close()
    first.close()
    second.close()

    assert told == [("usr_1", True), ("usr_1", False)]


def test_a_hint_survives_the_wire() -> None:
    hint = a_hint(state="running", percent=40)

    assert from_proto(to_proto(hint)) == hint
