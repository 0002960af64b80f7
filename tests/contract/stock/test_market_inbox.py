"""What every inbox promises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from stocktool_kit.core.ids import OwnerId, new_ulid
from stocktool_kit.core.paging import PageRequest
from stocktool_kit.testing.aws import emulated, own_table
from stocktool_kit.testing.clock import FakeClock
from stocktool_stock.adapters.dynamodb_inbox import DynamoDBInbox
from stocktool_stock.application.inbox import Inbox
from stocktool_stock.domain.notifications import Notification, NotificationNotFound

from tests.fakes.inbox import FakeInbox

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
ME, OTHER = OwnerId("usr_me"), OwnerId("usr_other")


def a_notification(days_ago: float = 0.0, owner: OwnerId = ME) -> Notification:
    when = NOW - timedelta(days=days_ago)
    stamp = int(when.timestamp() * 1000)
    return Notification(new_ulid(stamp), owner, "analysis", "Ready", when, data={"analysis_id": "ana_1"})


class InboxContract:
    """What every Inbox promises; subclass and provide `inbox`."""

    async def test_notification_is_kept_once_and_stays_as_it_is(self, inbox: Inbox) -> None:
        row = a_notification()
        assert await inbox.put(row)
        await inbox.mark_read(ME, row.id)
        assert not await inbox.put(row)
        (kept,) = (await inbox.list(ME, PageRequest())).items
        assert (kept.id, kept.read, kept.title, kept.data) == (row.id, True, "Ready", {"analysis_id": "ana_1"})

    async def test_pages_run_from_new_to_old_across_months(self, inbox: Inbox) -> None:
        rows = [a_notification(days) for days in (0, 1, 4, 5, 6, 35, 40, 70)]
        for row in reversed(rows):
            await inbox.put(row)
        await inbox.put(a_notification(owner=OTHER))
        seen: list[str] = []
        token, pages = "", 0
        while True:
            page = await inbox.list(ME, PageRequest(3, token))
            seen += [row.id for row in page.items]
            token, pages = page.next_page_token, pages + 1
            if not token:
                break
        assert seen == [row.id for row in rows]
        assert pages == 3

    async def test_what_came_after_is_given_oldest_first(self, inbox: Inbox) -> None:
        rows = [a_notification(days) for days in (40, 10, 2, 0)]
        for row in rows:
            await inbox.put(row)
        after = await inbox.after(ME, rows[0].id, 10)
        assert [row.id for row in after] == [row.id for row in rows[1:]]
        assert [row.id for row in await inbox.after(ME, "", 2)] == [row.id for row in rows[:2]]
        assert await inbox.after(ME, rows[-1].id, 10) == []

    @pytest.mark.parametrize("notification_id", ["", "nonsense", "7" * 26, "01jd" + "0" * 22])
    async def test_unknown_or_foreign_notification_is_not_found(self, inbox: Inbox, notification_id: str) -> None:
        foreign = a_notification(owner=OTHER)
        await inbox.put(foreign)
        for wanted in (notification_id or "x", foreign.id):
            with pytest.raises(NotificationNotFound):
                await inbox.mark_read(ME, wanted)

    async def test_unread_are_counted_and_marked_together(self, inbox: Inbox) -> None:
        rows = [a_notification(days) for days in (0, 1, 6, 40)]
        for row in rows:
            await inbox.put(row)
        await inbox.put(a_notification(owner=OTHER))
        await inbox.mark_read(ME, rows[1].id)
        assert (await inbox.unread(ME, 100), await inbox.unread(ME, 2)) == (3, 2)
        assert await inbox.mark_all_read(ME, 2) == 2
        assert [row.read for row in (await inbox.list(ME, PageRequest())).items] == [True, True, True, False]
        assert await inbox.mark_all_read(ME, 100) == 1
        assert (await inbox.unread(ME, 100), await inbox.unread(OTHER, 100)) == (0, 1)

    async def test_deleted_notification_is_gone_for_good(self, inbox: Inbox) -> None:
        rows = [a_notification(days) for days in (0, 0.1, 0.2, 0.3, 0.4, 40)]
        for row in rows:
            await inbox.put(row)
        assert await inbox.get(ME, rows[1].id) == rows[1]
        for row in rows[1:4]:
            await inbox.delete(ME, row.id)
        assert not await inbox.put(rows[1])  # its message came again
        # Pages are full though what lies between was deleted.
        page = await inbox.list(ME, PageRequest(2))
        assert [row.id for row in page.items] == [rows[0].id, rows[4].id]
        page = await inbox.list(ME, PageRequest(2, page.next_page_token))
        assert [row.id for row in page.items] == [rows[5].id]
        assert [row.id for row in await inbox.after(ME, rows[5].id, 2)] == [rows[4].id, rows[0].id]
        for gone in (inbox.get(ME, rows[1].id), inbox.delete(ME, rows[1].id), inbox.mark_read(ME, rows[1].id)):
            with pytest.raises(NotificationNotFound):
                await gone
        with pytest.raises(NotificationNotFound):
            await inbox.get(OTHER, rows[0].id)
        assert await inbox.unread(ME, 100) == 3


class TestFake(InboxContract):
    @pytest.fixture
    def inbox(self) -> Inbox:
        return FakeInbox()


class TestDynamoDB(InboxContract):
    @pytest.fixture
    async def inbox(self, emulator: EmulatedAws) -> AsyncIterator[Inbox]:
        aws = emulated(emulator.endpoint_url)
        async with own_table(aws) as table:
            yield DynamoDBInbox(table, FakeClock(NOW))
        aws.close()

    async def test_expired_rows_are_not_shown(self, emulator: EmulatedAws) -> None:
        aws = emulated(emulator.endpoint_url)
        async with own_table(aws) as table:
            inbox = DynamoDBInbox(table, FakeClock(NOW))
            await inbox.put(a_notification(91))
            assert (await inbox.list(ME, PageRequest())).items == []
            assert await inbox.after(ME, "", 10) == []
        aws.close()
