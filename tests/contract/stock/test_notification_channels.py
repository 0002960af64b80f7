"""What every store of notification settings and of deliveries promises; and e-mail against the emulator's SES."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from botocore.exceptions import ClientError
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.errors import from_botocore
from stocktool_kit.aws.idempotency import IdempotencyKeyReused
from stocktool_kit.aws.outbox import Outbox
from stocktool_kit.aws.table import Key, Table
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId, new_ulid
from stocktool_kit.core.paging import PageRequest
from stocktool_kit.testing.aws import emulated, own_table
from stocktool_kit.testing.clock import FakeClock
from stocktool_stock.adapters.dynamodb_deliveries import DynamoDBDeliveries
from stocktool_stock.adapters.dynamodb_inbox import DynamoDBInbox
from stocktool_stock.adapters.dynamodb_notification_settings import DynamoDBNotificationSettings
from stocktool_stock.adapters.ses_email import SesEmail
from stocktool_stock.application.channels import DeliveryStore
from stocktool_stock.application.notification_settings import NotificationSettingsStore
from stocktool_stock.domain.deliveries import Delivery, DeliveryState, Outcome, first_delivery
from stocktool_stock.domain.notification_settings import (
    Channel,
    EmailChannel,
    NotificationSettings,
    QuietHours,
    StaleSettings,
    WebhookChannel,
)
from stocktool_stock.domain.notifications import Notification

from tests.fakes.notification_channels import FakeDeliveries, FakeNotificationSettings
from tests.fakes.sealing import a_sealer

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
ME, OTHER = OwnerId("usr_me"), OwnerId("usr_other")
CHOSEN = NotificationSettings(
    ME,
    EmailChannel("ada@example.com", enabled=True, confirmed=False, code="12345678", code_expires_at=NOW, guesses=2),
    WebhookChannel("https://example.com/hook", "whsec_c2VjcmV0", enabled=False),
    QuietHours(time(22), time(7, 30), "Europe/Zurich"),
    kinds=("alert",),
    version=1,
    codes_day="2026-01-05",
    codes_sent=1,
)
BUSY = Outcome(delivered=False, reason="answered 503", retry=True, status=503, wait=timedelta(seconds=30))


def a_key(key: str = "k", body: str = "b") -> IdempotencyKey:
    return IdempotencyKey(ME, "PUT", "/notification-settings", key, body)


def a_notification(owner: OwnerId = ME) -> Notification:
    stamp = int(NOW.timestamp() * 1000)
    return Notification(new_ulid(stamp), owner, "alert", "Apple <is> dear & more", NOW, data={"alert_id": "alr_1"})


def a_delivery(owner: OwnerId = ME) -> Delivery:
    notification_id = new_ulid(int(NOW.timestamp() * 1000))
    return first_delivery(f"dlv_{notification_id}", owner, notification_id, Channel.WEBHOOK, now=NOW, due=NOW)


class SettingsContract:
    """What every NotificationSettingsStore promises; subclass and provide `store`."""

    async def test_settings_are_read_as_they_were_kept(self, store: NotificationSettingsStore) -> None:
        assert await store.get(ME) == NotificationSettings(ME)
        await store.put(CHOSEN, shown=True, confirm=False, key=None, actor=ME)
        assert await store.get(ME) == CHOSEN
        assert await store.get(OTHER) == NotificationSettings(OTHER)
        bare = NotificationSettings(ME, kinds=(), version=2)
        await store.put(bare, shown=False, confirm=False, key=None, actor=ME)
        assert await store.get(ME) == bare

    async def test_change_of_an_old_version_is_refused(self, store: NotificationSettingsStore) -> None:
        await store.put(CHOSEN, shown=False, confirm=False, key=None, actor=ME)
        for version in (1, 3):
            with pytest.raises(StaleSettings):
                await store.put(replace(CHOSEN, version=version), shown=False, confirm=False, key=None, actor=ME)

    async def test_the_same_request_gets_the_same_answer(self, store: NotificationSettingsStore) -> None:
        first = await store.put(CHOSEN, shown=True, confirm=False, key=a_key(), actor=ME)
        assert await store.earlier(a_key()) == first == (CHOSEN, True)
        assert await store.earlier(a_key("another")) is None
        assert await store.put(replace(CHOSEN, version=2), shown=False, confirm=False, key=a_key(), actor=ME) == first
        with pytest.raises(IdempotencyKeyReused):
            await store.earlier(a_key(body="other"))

    async def test_test_is_sent_once_per_request(self, store: NotificationSettingsStore) -> None:
        first = await store.send(a_notification(), a_key("t"))
        assert await store.send(a_notification(), a_key("t")) == first


class DeliveryContract:
    """What every DeliveryStore promises; subclass and provide `store` and `clock`."""

    async def test_delivery_is_opened_once(self, store: DeliveryStore) -> None:
        delivery = a_delivery()
        assert await store.open(delivery)
        assert not await store.open(replace(delivery, id="another"))
        assert await store.find(delivery.notification_id, Channel.WEBHOOK) == delivery
        assert await store.find(delivery.notification_id, Channel.EMAIL) is None

    async def test_attempt_belongs_to_one_worker_until_its_claim_ends(
        self, store: DeliveryStore, clock: FakeClock
    ) -> None:
        delivery = a_delivery()
        await store.open(delivery)
        until = NOW + timedelta(seconds=60)
        claims = await asyncio.gather(*(store.claim(delivery, until) for _ in range(4)))
        assert sorted(claims) == [False, False, False, True]
        clock.advance(60)
        assert await store.claim(delivery, until + timedelta(seconds=60))

    async def test_attempt_is_recorded_once_and_the_next_can_be_claimed(self, store: DeliveryStore) -> None:
        delivery = a_delivery()
        await store.open(delivery)
        await store.claim(delivery, NOW + timedelta(seconds=60))
        after = delivery.after(BUSY, NOW, 0.5)
        assert await store.record(after, None)
        assert not await store.record(after, None)
        found = await store.find(delivery.notification_id, Channel.WEBHOOK)
        assert found == after
        assert not await store.claim(delivery, NOW + timedelta(seconds=60))  # as it was before the attempt
        assert await store.claim(after, NOW + timedelta(seconds=60))

    async def test_finished_delivery_is_closed(self, store: DeliveryStore) -> None:
        delivery = a_delivery()
        await store.open(delivery)
        done = delivery.after(Outcome(delivered=True, reason="answered 200", status=200), NOW, 0)
        assert await store.record(done, None)
        found = await store.find(delivery.notification_id, Channel.WEBHOOK)
        assert found is not None
        assert (found.state, found.next_try_at) == (DeliveryState.DELIVERED, None)
        assert not await store.claim(found, NOW + timedelta(seconds=60))

    async def test_deliveries_are_their_owners(self, store: DeliveryStore) -> None:
        delivery = a_delivery()
        await store.open(delivery)
        assert list(await store.of(ME, delivery.notification_id)) == [delivery]
        assert list(await store.of(OTHER, delivery.notification_id)) == []


class TestFakeSettings(SettingsContract):
    @pytest.fixture
    def store(self) -> NotificationSettingsStore:
        return FakeNotificationSettings()


class TestFakeDeliveries(DeliveryContract):
    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock(NOW)

    @pytest.fixture
    def store(self, clock: FakeClock) -> DeliveryStore:
        return FakeDeliveries(clock)


@pytest.fixture
async def aws(emulator: EmulatedAws) -> AsyncIterator[AwsClients]:
    clients = emulated(emulator.endpoint_url)
    yield clients
    clients.close()


@pytest.fixture
async def table(aws: AwsClients) -> AsyncIterator[Table]:
    async with own_table(aws) as table:
        yield table


class TestDynamoDBSettings(SettingsContract):
    @pytest.fixture
    def store(self, table: Table) -> NotificationSettingsStore:
        sealer = a_sealer(table.aws, table.name)
        return DynamoDBNotificationSettings(table, "stocktool-audit", Outbox(table.name), FakeClock(NOW), sealer)

    async def test_the_secret_is_nowhere_in_the_table(self, store: NotificationSettingsStore, table: Table) -> None:
        webhook = WebhookChannel("https://hooks.example.com/", "whsec_c2VjcmV0")
        key = IdempotencyKey(ME, "put", "", "once", "digest")
        wanted = NotificationSettings(ME, webhook=webhook, version=1)
        for _ in range(2):
            kept, _ = await store.put(wanted, shown=True, confirm=False, key=key, actor=ME)
            assert kept == wanted
        assert await store.get(ME) == wanted
        items, _ = await table.scan()
        assert len(items) > 1
        assert "c2VjcmV0" not in repr(items)
        assert repr(items).count("sealed:key_") == 2  # the settings, and the answer to a repetition

    async def test_code_is_asked_for_without_being_in_the_message(
        self, store: NotificationSettingsStore, table: Table
    ) -> None:
        await store.put(CHOSEN, shown=False, confirm=True, key=None, actor=ME)
        (row,), _ = await table.query(Key("pk").eq("O#0"))
        body = orjson.loads(row["body"])
        assert (body["type"], body["owner"]) == ("email.confirmation", ME)
        assert "12345678" not in row["body"]


class TestDynamoDBDeliveries(DeliveryContract):
    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock(NOW)

    @pytest.fixture
    def store(self, table: Table, clock: FakeClock) -> DeliveryStore:
        return DynamoDBDeliveries(table, clock)

    async def test_giving_up_is_told_in_the_inbox(self, store: DeliveryStore, table: Table, clock: FakeClock) -> None:
        delivery = a_delivery()
        await store.open(delivery)
        failed = delivery.after(Outcome(delivered=False, reason="answered 410", status=410), NOW, 0)
        notice = replace(a_notification(), type="delivery")
        assert await store.record(failed, notice)
        assert not await store.record(failed, replace(notice, id=new_ulid()))
        rows = (await DynamoDBInbox(table, clock).list(ME, PageRequest())).items
        assert [row.id for row in rows] == [notice.id]


async def test_mail_arrives_in_both_forms_with_no_markup_of_others(aws: AwsClients, emulator: EmulatedAws) -> None:
    address = f"ada-{new_ulid()}@example.com"
    settings = replace(CHOSEN, email=EmailChannel(address, confirmed=True))
    mail = SesEmail(aws, "stocktool@stocktool.local", "https://stocktool.example/")
    outcome = await mail.send(a_delivery(), a_notification(), settings)
    assert (outcome.delivered, outcome.reason) == (True, "handed to the mail service")
    assert (await mail.send_code(address, "12345678")).delivered
    first, second = await asyncio.to_thread(mails_to, emulator.endpoint_url, address)
    assert first["Subject"] == "Apple <is> dear & more"
    assert first["BodyText"].startswith("Apple <is> dear & more\n\n2026-01-05 12:00 UTC\n\n")
    assert "<p>Apple &lt;is&gt; dear &amp; more</p>" in first["BodyHtml"]
    assert "Turn it off there at any time: https://stocktool.example/settings" in first["BodyText"]
    assert "12345678" in second["BodyText"]


def mails_to(endpoint_url: str, address: str) -> list[dict[str, Any]]:
    """What the emulator's SES sent to an address."""
    with urllib.request.urlopen(f"{endpoint_url}/_ministack/ses/messages", timeout=10) as answer:
        found = json.load(answer)
    listed: list[dict[str, Any]] = []
    pending: list[Any] = [found]
    while pending:
        each = pending.pop(0)
        if isinstance(each, dict) and "BodyText" in each:
            listed.append(each)
        elif isinstance(each, dict):
            pending += each.values()
        elif isinstance(each, list):
            pending += each
    return [each for each in listed if address in each["To"]]


@pytest.mark.parametrize(
    ("code", "retry"),
    [("TooManyRequestsException", True), ("MessageRejected", False), ("AccountSuspendedException", False)],
)
async def test_mail_that_is_refused_is_tried_again_only_when_that_can_help(code: str, retry: bool) -> None:
    class Refusing(AwsClients):
        async def call(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
            error = ClientError({"Error": {"Code": code, "Message": "no"}}, operation)
            raise from_botocore(service, operation, error)

    settings = replace(CHOSEN, email=EmailChannel("ada@example.com", confirmed=True))
    outcome = await SesEmail(Refusing(), "from@example.com").send(a_delivery(), a_notification(), settings)
    assert (outcome.delivered, outcome.retry) == (False, retry)
    assert code in outcome.reason
