"""Webhooks over real TLS, retries and duplicates, and the whole way from settings to the delivery log."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pydantic import ValidationError
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.consumer import ConsumerOptions, QueueConsumer
from stocktool_kit.aws.outbox import Outbox
from stocktool_kit.aws.queue import Queue
from stocktool_kit.aws.table import Table, Update
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.core.ids import OwnerId, new_ulid
from stocktool_kit.core.paging import PageRequest
from stocktool_kit.process import Parts, Process, Runtime, running
from stocktool_kit.testing.aws import emulated, own_queue, own_table
from stocktool_kit.testing.clock import FakeClock
from stocktool_kit.testing.process import TokenFactory, ephemeral
from stocktool_stock.adapters.dynamodb_deliveries import DynamoDBDeliveries
from stocktool_stock.adapters.dynamodb_inbox import DynamoDBInbox
from stocktool_stock.adapters.dynamodb_notification_settings import DynamoDBNotificationSettings
from stocktool_stock.adapters.notification_messages import notification_message
from stocktool_stock.adapters.notify_later import NotifyLater
from stocktool_stock.adapters.webhook_sender import Resolve, WebhookSender
from stocktool_stock.application.channels import AttemptDelivery, FanOut
from stocktool_stock.application.inbox import DeliverNotification
from stocktool_stock.bootstrap.notifying import notify
from stocktool_stock.bootstrap.sealing import rotate_sealing_key
from stocktool_stock.bootstrap.serving import serve
from stocktool_stock.domain.deliveries import CLAIM, PACE, Delivery, DeliveryState, Outcome, Pace, first_delivery
from stocktool_stock.domain.notification_settings import Channel, NotificationSettings, QuietHours, WebhookChannel
from stocktool_stock.domain.notifications import Notification
from stocktool_stock.settings import Settings
from stocktool_stock.worker.notify import NotifyHandler

from tests.contract.stock.test_notification_channels import mails_to
from tests.eventually import eventually
from tests.fakes.inbox import FakeInbox
from tests.fakes.market_server import DEMO_NOW, MarketServer
from tests.fakes.notification_channels import FakeDeliveries, FakeLater, FakeNotificationSettings
from tests.fakes.sealing import a_sealer
from tests.fakes.webhook_receiver import (
    FOREVER,
    HOST,
    OK,
    SILENCE,
    Authority,
    Receiver,
    an_authority,
    answer,
    receiving,
)

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
ME = OwnerId("usr_me")
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return an_authority(tmp_path_factory.mktemp("ca"))


class Names:
    """A resolver that gives scripted answers, the last for good, and counts the questions."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        found = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if not found:
            raise OSError("no such name")
        return found


HERE = ("127.0.0.1",)


def a_notification() -> Notification:
    data = {"alert_id": "alr_1"}
    return Notification(new_ulid(int(NOW.timestamp() * 1000)), ME, "alert", "Apple is dear", NOW, data=data)


def chosen(url: str) -> NotificationSettings:
    return NotificationSettings(ME, webhook=WebhookChannel(url, SECRET), version=1)


async def sent(
    url: str, authority: Authority | None, names: Resolve | None = None, *, seconds: float = 5.0
) -> tuple[Outcome, Notification]:
    ca = None if authority is None else authority.ca
    sender = WebhookSender(FakeClock(NOW), resolve=names or Names(HERE), unsafe_loopback_ca=ca, limit_seconds=seconds)
    notification = a_notification()
    delivery = first_delivery("dlv_1", ME, notification.id, Channel.WEBHOOK, now=NOW, due=NOW)
    return await sender.send(delivery, notification, chosen(url)), notification


async def test_receiver_gets_a_post_it_can_verify(authority: Authority) -> None:
    async with receiving(authority) as receiver:
        outcome, notification = await sent(receiver.url, authority)
    assert outcome == Outcome(delivered=True, reason="answered 200", status=200)
    (request,) = receiver.received
    assert request.line == "POST /hook?a=b HTTP/1.1"
    assert request.headers["host"] == f"{HOST}:{receiver.port}"
    assert receiver.server_names == [HOST]
    # What a receiver does, by the words of the Standard Webhooks specification.
    content = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    expected = base64.b64encode(hmac.new(b"k" * 32, content, hashlib.sha256).digest()).decode()
    assert request.headers["webhook-signature"] == f"v1,{expected}"
    assert request.headers["webhook-id"] == "dlv_1"
    assert int(request.headers["webhook-timestamp"]) == int(NOW.timestamp())
    assert json.loads(request.body) == {
        "type": "alert",
        "timestamp": "2026-01-05T12:00:00.000000Z",
        "data": {"id": notification.id, "title": "Apple is dear", "alert_id": "alr_1"},
    }
    assert SECRET not in str(request)


@pytest.mark.parametrize(
    ("said", "retry", "wait"),
    [
        (answer(302, "location: https://hooks.example.com/elsewhere"), False, None),
        (answer(307, "location: http://169.254.169.254/"), False, None),
        (answer(404), False, None),
        (answer(410), False, None),
        (answer(408), True, None),
        (answer(429, "retry-after: 120"), True, 120),
        (answer(503, "retry-after: Wed, 21 Oct 2026 07:28:00 GMT"), True, None),
        (answer(500), True, None),
    ],
)
async def test_refusal_is_tried_again_only_when_that_can_help(
    authority: Authority, said: bytes, retry: bool, wait: int | None
) -> None:
    async with receiving(authority, [said]) as receiver:
        outcome, _ = await sent(receiver.url, authority)
    assert (outcome.delivered, outcome.retry, outcome.status) == (False, retry, int(said[9:12]))
    assert outcome.wait == (None if wait is None else timedelta(seconds=wait))
    assert len(receiver.received) == 1  # a redirect is not followed


async def test_name_that_moves_after_it_was_resolved_changes_nothing(authority: Authority) -> None:
    names = Names(HERE, ("10.0.0.1",))
    async with receiving(authority) as receiver:
        outcome, _ = await sent(receiver.url, authority, names)
        assert outcome.delivered
        assert names.asked == [HOST]  # once: the connection went to what was judged
        outcome, _ = await sent(receiver.url, authority, names)
    assert outcome == Outcome(delivered=False, reason="the host leads to an address that is not public")
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    "addresses",
    [HERE, ("::1",), ("10.0.0.1",), ("169.254.169.254",), ("93.184.216.34", "192.168.0.1"), ("::ffff:127.0.0.1",)],
)
async def test_inside_addresses_are_not_called(authority: Authority, addresses: Sequence[str]) -> None:
    async with receiving(authority) as receiver:
        outcome, _ = await sent(receiver.url, None, Names(addresses))
    assert outcome == Outcome(delivered=False, reason="the host leads to an address that is not public")
    assert receiver.received == []
    assert receiver.server_names == []


async def test_name_that_does_not_resolve_is_tried_again(authority: Authority) -> None:
    outcome, _ = await sent(f"https://{HOST}/", authority, Names(()))
    assert (outcome.retry, outcome.reason) == (True, "the host's name does not resolve")


async def test_certificate_must_be_the_hosts_and_of_a_known_authority(authority: Authority, tmp_path: Path) -> None:
    async with receiving(an_authority(tmp_path, name="stranger")) as receiver:
        outcome, _ = await sent(receiver.url, authority)
    assert outcome.reason.startswith("the certificate is not accepted: ")
    other = an_authority(tmp_path, host="other.example.com", name="other")
    async with receiving(other) as receiver:
        outcome, _ = await sent(receiver.url, other)
    assert "hooks.example.com" in outcome.reason
    assert receiver.received == []


async def test_endless_body_is_not_waited_for(authority: Authority) -> None:
    async with receiving(authority, [FOREVER]) as receiver:
        outcome, _ = await sent(receiver.url, authority)
    assert outcome.delivered


async def test_silence_and_noise_end_in_time(authority: Authority) -> None:
    async with receiving(authority, [SILENCE]) as receiver:
        outcome, _ = await sent(receiver.url, authority, seconds=0.3)
    assert (outcome.retry, outcome.reason) == (True, "no answer within 0.3 s")
    async with receiving(authority, [b"SMTP ready\r\n\r\n"]) as receiver:
        outcome, _ = await sent(receiver.url, authority)
    assert (outcome.retry, outcome.reason) == (True, "the answer is no HTTP")
    async with receiving(authority, [b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1_000_000 + b"\r\n\r\n"]) as receiver:
        outcome, _ = await sent(receiver.url, authority)
    assert (outcome.delivered, outcome.retry) == (False, True)
    outcome, _ = await sent(f"https://{HOST}:{receiver.port}/", authority)  # nobody listens there any more
    assert (outcome.retry, outcome.reason) == (True, "the connection was refused or broke off")


class Pipeline:
    """The use cases over fakes and a real sender; time passes by hand."""

    def __init__(self, receiver: Receiver, authority: Authority) -> None:
        self.clock = FakeClock(NOW)
        self.settings = FakeNotificationSettings({ME: chosen(receiver.url)})
        self.deliveries = FakeDeliveries(self.clock)
        self.later = FakeLater()
        sender = WebhookSender(self.clock, resolve=Names(HERE), unsafe_loopback_ca=authority.ca)
        self.fan_out = FanOut(self.settings, self.deliveries, self.later, self.clock)
        self.attempt = AttemptDelivery(
            *(self.settings, self.deliveries, {Channel.WEBHOOK: sender}, self.later, self.clock),
            claim=CLAIM,
            jitter=lambda: 1.0,
        )

    async def run(self) -> list[float]:
        """Work off what was asked for, each when it is due; gives the waits in seconds."""
        waits = []
        while self.later.asked:
            notification, channel, wait = self.later.asked.pop(0)
            waits.append(wait.total_seconds())
            self.clock.advance(max(0.0, wait.total_seconds()))
            await self.attempt(notification, channel)
        return waits

    def delivery(self) -> Delivery:
        (delivery,) = self.deliveries.rows.values()
        return delivery


@asynccontextmanager
async def a_pipeline(authority: Authority, *answers: bytes) -> AsyncIterator[tuple[Pipeline, Receiver]]:
    async with receiving(authority, answers) as receiver:
        yield Pipeline(receiver, authority), receiver


async def test_failure_then_success_is_one_delivery_with_two_attempts(authority: Authority) -> None:
    async with a_pipeline(authority, answer(500), OK) as (pipeline, receiver):
        await pipeline.fan_out(a_notification())
        assert await pipeline.run() == [0, 10]
    delivery = pipeline.delivery()
    assert delivery.state is DeliveryState.DELIVERED
    assert [attempt.outcome.status for attempt in delivery.attempts] == [500, 200]
    assert len({request.headers["webhook-id"] for request in receiver.received}) == 1


async def test_delivery_that_never_succeeds_is_given_up_and_said(authority: Authority) -> None:
    async with a_pipeline(authority, answer(503)) as (pipeline, receiver):
        await pipeline.fan_out(a_notification())
        waits = await pipeline.run()
    assert len(receiver.received) == PACE.most_attempts == 7
    assert waits == [0, 10, 40, 160, 640, 2560, 7200]
    assert pipeline.delivery().state is DeliveryState.FAILED
    (notice,) = pipeline.deliveries.notices
    assert (notice.type, notice.owner) == ("delivery", ME)
    assert notice.title == "A notification could not be sent by webhook, given up after 7 attempts: answered 503"


async def test_repeated_messages_make_no_further_attempts(authority: Authority) -> None:
    async with a_pipeline(authority, OK) as (pipeline, receiver):
        notification = a_notification()
        await pipeline.fan_out(notification)
        await pipeline.fan_out(notification)
        asked = list(pipeline.later.asked)
        await asyncio.gather(*(pipeline.attempt(each, channel) for each, channel, _ in asked * 2))
        pipeline.later.asked = asked
        await pipeline.run()
    assert len(receiver.received) == 1


async def test_early_message_waits_and_a_channel_turned_off_is_told(authority: Authority) -> None:
    async with a_pipeline(authority, answer(503, "retry-after: 3600"), OK) as (pipeline, receiver):
        notification = a_notification()
        await pipeline.fan_out(notification)
        pipeline.later.asked.clear()
        await pipeline.attempt(notification, Channel.WEBHOOK)
        (_, _, wait) = pipeline.later.asked.pop()
        assert wait == timedelta(hours=1)
        pipeline.clock.advance(600)  # SQS holds back for fifteen minutes at most
        await pipeline.attempt(notification, Channel.WEBHOOK)
        assert [wait for _, _, wait in pipeline.later.asked] == [timedelta(minutes=50)]
        pipeline.settings.settings[ME] = NotificationSettings(ME)
        await pipeline.run()
    assert len(receiver.received) == 1
    assert pipeline.delivery().attempts[-1].outcome.reason == "the channel was turned off meanwhile"


async def test_quiet_hours_hold_back_all_but_a_test(authority: Authority) -> None:
    async with a_pipeline(authority, OK) as (pipeline, _):
        hours = QuietHours(time(11), time(14), "UTC")
        settings = pipeline.settings.settings[ME]
        pipeline.settings.settings[ME] = NotificationSettings(ME, webhook=settings.webhook, quiet_hours=hours)
        notification = a_notification()
        await pipeline.fan_out(notification)
        trial = Notification(new_ulid(), ME, "test", "A test", NOW)
        await pipeline.fan_out(trial)
        assert [wait for _, _, wait in pipeline.later.asked] == [timedelta(hours=2), timedelta(0)]


@pytest.fixture
async def aws(emulator: EmulatedAws) -> AsyncIterator[AwsClients]:
    clients = emulated(emulator.endpoint_url)
    yield clients
    clients.close()


@dataclass(frozen=True)
class Worker:
    """The worker of a queue and a table of its own, posting to one receiver."""

    queue: Queue
    table: Table
    receiver: Receiver
    deliveries: DynamoDBDeliveries
    inbox: DynamoDBInbox

    async def notified(self, times: int = 1) -> Notification:
        """Put a notification into the queue."""
        notification = Notification(new_ulid(), ME, "alert", "Apple is dear", SystemClock().now())
        for _ in range(times):
            await self.queue.send(notification_message(notification).body)
        return notification

    async def ended(self, notification: Notification) -> Delivery:
        """The delivery once it has ended and no message is left that is not held back."""

        async def over() -> Delivery | None:
            depth = await self.queue.depth()
            found = await self.deliveries.find(notification.id, Channel.WEBHOOK)
            ended = found is not None and found.state is not DeliveryState.WAITING
            return found if ended and depth.waiting + depth.in_flight == 0 else None

        return await eventually(over)


@asynccontextmanager
async def a_worker(aws: AwsClients, authority: Authority, *answers: bytes, attempts: int = 7) -> AsyncIterator[Worker]:
    """Everything real but the pace: a failed attempt is made again after a second, the least that SQS holds back."""
    clock = SystemClock()
    async with (
        own_table(aws) as table,
        own_queue(aws, max_receive_count=2) as queue,
        receiving(authority, answers) as receiver,
    ):
        settings = DynamoDBNotificationSettings(
            table, "stocktool-audit", Outbox(table.name), clock, a_sealer(aws, new_ulid())
        )
        await settings.put(chosen(receiver.url), shown=True, confirm=False, key=None, actor=ME)
        deliveries, later = DynamoDBDeliveries(table, clock), NotifyLater(queue)
        sender = WebhookSender(clock, resolve=Names(HERE), unsafe_loopback_ca=authority.ca)
        inbox = DynamoDBInbox(table, clock)
        handler = NotifyHandler(
            DeliverNotification(inbox, _NoHints(), FanOut(settings, deliveries, later, clock)),
            AttemptDelivery(
                settings,
                deliveries,
                {Channel.WEBHOOK: sender},
                later,
                clock,
                claim=CLAIM,
                pace=Pace(attempts, timedelta(milliseconds=10)),
            ),
        )
        stop = asyncio.Event()
        consumer = QueueConsumer(queue, handler, ConsumerOptions(wait_seconds=1, backoff_seconds=0.1))
        consuming = asyncio.create_task(consumer.run(stop))
        try:
            yield Worker(queue, table, receiver, deliveries, inbox)
        finally:
            stop.set()
            await consuming


async def test_notification_of_the_queue_is_posted_once_however_often_it_comes(
    aws: AwsClients, authority: Authority
) -> None:
    async with a_worker(aws, authority, OK) as worker:
        notification = await worker.notified(times=3)
        assert (await worker.ended(notification)).state is DeliveryState.DELIVERED
    assert len(worker.receiver.received) == 1
    assert worker.receiver.received[0].headers["webhook-id"] == f"dlv_{notification.id}_webhook"


async def test_failure_comes_back_through_the_queue_until_it_is_taken(aws: AwsClients, authority: Authority) -> None:
    async with a_worker(aws, authority, answer(500), answer(503), OK) as worker:
        notification = await worker.notified()
        delivery = await worker.ended(notification)
    assert delivery.state is DeliveryState.DELIVERED
    assert [attempt.outcome.status for attempt in delivery.attempts] == [500, 503, 200]
    assert {request.headers["webhook-id"] for request in worker.receiver.received} == {delivery.id}


async def test_failure_at_the_limit_is_given_up_in_the_log_and_the_inbox(aws: AwsClients, authority: Authority) -> None:
    async with a_worker(aws, authority, answer(503), attempts=2) as worker:
        notification = await worker.notified()
        delivery = await worker.ended(notification)
        told = (await worker.inbox.list(ME, PageRequest())).items
    assert delivery.state is DeliveryState.FAILED
    assert [attempt.outcome.status for attempt in delivery.attempts] == [503, 503]
    assert {row.type for row in told} == {"alert", "delivery"}


async def test_message_that_cannot_be_handled_ends_among_the_dead_letters(
    aws: AwsClients, authority: Authority
) -> None:
    async with a_worker(aws, authority, OK) as worker:
        key = {"pk": f"U#{ME}", "sk": "settings#notifications"}
        # The secret of another owner: it does not open here, and no repetition helps.
        await worker.table.update(Update(key, put={"webhook.secret": "sealed:key_none:AAAA"}))
        await worker.notified()

        async def dead() -> bool:
            return (await worker.queue.dead_letter_queue.depth()).waiting == 1

        await eventually(dead)
    assert worker.receiver.received == []


class _NoHints:
    async def tell(self, owner: OwnerId, kind: str, payload: object, about: str) -> None:
        """Tell nobody."""


async def test_inbox_is_filled_without_channels() -> None:
    inbox, settings, later = FakeInbox(), FakeNotificationSettings(), FakeLater()
    clock = FakeClock(NOW)
    deliver = DeliverNotification(inbox, _NoHints(), FanOut(settings, FakeDeliveries(clock), later, clock))
    await deliver(a_notification())
    assert (await inbox.unread(ME, 10), later.asked) == (1, [])


async def test_the_command_adds_a_key_and_leaves_the_old_one(aws: AwsClients) -> None:
    ring = new_ulid()
    settings = Settings.model_validate(ephemeral(service="stock", sealing_keys_secret=f"test/{ring}"))
    old = await a_sealer(aws, ring).seal(SECRET, "webhook|usr_me")
    key = (await rotate_sealing_key(settings)).split(" ", 1)[0]
    fresh = a_sealer(aws, ring)
    assert (await fresh.seal(SECRET, "webhook|usr_me")).startswith(f"sealed:{key}:")
    assert await fresh.open(old, "webhook|usr_me") == SECRET


@pytest.mark.parametrize("deployed", [{"host": "0.0.0.0"}, {"tls": {"certificate": "c", "key": "k", "ca": "a"}}])
def test_deployment_refuses_the_unsafe_setting(deployed: dict[str, Any], authority: Authority) -> None:
    unsafe = {"unsafe_webhook_loopback_ca": str(authority.ca)}
    assert Settings.model_validate(ephemeral(service="stock") | unsafe).unsafe_webhook_loopback_ca == authority.ca
    with pytest.raises(ValidationError, match="a deployment refuses it"):
        Settings.model_validate(ephemeral(service="stock") | unsafe | deployed)


KEYS = TokenFactory()


@asynccontextmanager
async def a_mesh(market: MarketServer, emulator: EmulatedAws) -> AsyncIterator[Process[Settings]]:
    """The server and the notify worker as their console scripts compose them."""
    values = ephemeral(
        service="stock",
        market_now=DEMO_NOW,
        yahoo_base_url=market.url,
        notifications_topic_arn=emulator.notifications_topic_arn,
        outbox_idle_seconds=0.05,
        email_sender="stocktool@stocktool.local",
    )
    settings = Settings.model_validate(values)

    @asynccontextmanager
    async def trusting(runtime: Runtime[Settings]) -> AsyncIterator[Parts]:
        runtime.verifier.use(KEYS)
        async with serve(runtime) as parts:
            yield parts

    async with running(settings, trusting) as process, running(settings, notify):
        yield process


async def test_settings_lead_to_deliveries_that_can_be_looked_up(
    market: MarketServer, emulator: EmulatedAws, aws: AwsClients
) -> None:
    user, address = f"usr_{new_ulid()}", f"ada-{new_ulid()}@example.com"
    async with a_mesh(market, emulator) as process:
        headers = {"authorization": f"Bearer {KEYS.token(user, 'portfolio.read portfolio.write')}"}
        base = f"http://127.0.0.1:{process.http_port}/api/stock/v1"
        async with httpx.AsyncClient(base_url=base, headers=headers, timeout=30) as http:
            assert (await http.get("/notification-settings")).json()["version"] == 0
            for bad, pointer in (
                ({"email": True}, "/email_address"),
                ({"webhook": {"url": "http://example.com/"}}, "/webhook/url"),
                ({"webhook": {"url": "https://10.0.0.1/"}}, "/webhook/url"),
                ({"kinds": ["gossip"]}, "/kinds/0"),
                ({"quiet_hours": {"start": "22:00", "end": "07:00", "time_zone": "Moon"}}, "/quiet_hours/time_zone"),
            ):
                refused = await http.put("/notification-settings", json=bad)
                assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
            body = {
                "email": True,
                "email_address": address,
                "webhook": {"url": "https://hooks.invalid/stocktool"},
            }
            put = await http.put("/notification-settings", json=body, headers={"idempotency-key": "p"})
            again = await http.put("/notification-settings", json=body, headers={"idempotency-key": "p"})
            assert (put.status_code, again.json()) == (200, put.json())
            assert re.fullmatch(r"whsec_[A-Za-z0-9+/=]{44}", put.json()["webhook"]["secret"])
            assert (put.json()["email_confirmed"], put.json()["version"]) == (False, 1)
            later = await http.put("/notification-settings", json=body | {"email_address": None})
            assert later.json()["webhook"]["secret"] is None
            stale = await http.put("/notification-settings", json=body, headers={"if-match": '"1"'})
            assert (stale.status_code, stale.json()["reason"]) == (409, "STALE_VERSION")

            async def mail() -> list[dict[str, Any]]:
                return await asyncio.to_thread(mails_to, emulator.endpoint_url, address)

            (first,) = await eventually(mail)
            (code,) = re.findall(r"\b\d{8}\b", first["BodyText"])
            wrong = await http.post("/notification-settings:confirm", json={"code": "00000000"})
            assert (wrong.status_code, wrong.json()["reason"]) == (409, "CODE_REFUSED")
            right = await http.post("/notification-settings:confirm", json={"code": code})
            assert (right.status_code, right.json()["email_confirmed"]) == (200, True)

            tested = await http.post("/notification-settings:test")
            assert tested.status_code == 202
            notification_id = tested.json()["notification_id"]

            async def attempted() -> list[dict[str, Any]]:
                answer = await http.get(f"/notifications/{notification_id}/deliveries")
                items = answer.json().get("items", [])
                return items if len(items) == 2 and all(item["attempts"] for item in items) else []

            email, webhook = await eventually(attempted)
            assert (email["channel"], email["state"]) == ("email", "delivered")
            assert (webhook["channel"], webhook["state"]) == ("webhook", "waiting")
            assert webhook["attempts"][0]["reason"] == "the host's name does not resolve"
            assert webhook["next_try_at"] > webhook["attempts"][0]["at"]
            assert [each["Subject"] for each in await mail()][1:] == ["This is a test of your notifications"]

            assert (await http.get("/notifications:unread-count")).json() == {"unread": 1, "at_least": False}
            assert (await http.post("/notifications:read-all")).json() == {"marked": 1}
            stranger = {"authorization": f"Bearer {KEYS.token('usr_stranger', 'portfolio.read')}"}
            path = f"/notifications/{notification_id}"
            assert (await http.get(f"{path}/deliveries", headers=stranger)).status_code == 404
            assert (await http.delete(path, headers=stranger)).status_code == 404
            assert (await http.delete(path)).status_code == 204
            assert (await http.get("/notifications")).json()["items"] == []
