"""What every store of alerts promises, and that two evaluators fire once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING

import orjson
import pytest
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.idempotency import IdempotencyKeyReused
from stocktool_kit.aws.outbox import Outbox
from stocktool_kit.aws.table import Key, Table, Update
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import new_ulid
from stocktool_kit.core.paging import PageRequest
from stocktool_kit.testing.aws import emulated, own_table
from stocktool_kit.testing.clock import FakeClock
from stocktool_stock.adapters.dynamodb_alerts import DynamoDBAlerts
from stocktool_stock.application.alert_facts import GatherFacts
from stocktool_stock.application.alert_ports import AlertStore
from stocktool_stock.application.evaluate_alerts import EvaluateAlerts
from stocktool_stock.domain.alert_rule_reader import read_rule
from stocktool_stock.domain.alerts import MOST_ALERTS, AlertNotFound, Decision, StaleAlert, TooManyAlerts
from stocktool_stock.domain.notifications import Notification
from stocktool_stock.domain.quotes import QuoteBatch
from stocktool_stock.worker.notify import notification_of

from tests.factories.alerts import ABOVE_240, ME, NOW, OTHER, an_alert
from tests.factories.market import a_quote
from tests.fakes.alerts import FakeAlerts, FakeEarnings, FakePortfolioDays
from tests.fakes.stock_portfolios import FakeBars, FakeMarket

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.conftest import EmulatedAws

MICROSOFT = {"kind": "price", "symbol": "MSFT", "below": "400"}
DRAWDOWN = {"kind": "drawdown", "portfolio_id": "prt_1", "days": 30, "above": 0.1}
LATER = NOW + timedelta(hours=2)


def a_key(key: str = "k", body: str = "b") -> IdempotencyKey:
    return IdempotencyKey(ME, "POST", "/alerts", key, body)


def a_notification() -> Notification:
    return Notification(new_ulid(), ME, "alert", "Apple: AAPL is above 240", NOW, data={"alert_id": "alr_1"})


async def about(store: AlertStore, *symbols: str, portfolios: bool = False) -> set[str]:
    return {alert.id async for group in store.concerning(symbols, portfolios=portfolios) for alert in group}


class AlertContract:
    """What every AlertStore promises; subclass and provide `store`."""

    async def test_alert_is_read_as_it_was_kept_and_by_its_owner_alone(self, store: AlertStore) -> None:
        rule = {"kind": "any", "of": [ABOVE_240, {"kind": "not", "of": DRAWDOWN}]}
        alert = an_alert(rule, repeat=True, margin=0.025, expires_at=LATER, snoozed_until=NOW)
        assert await store.create(alert, None, ME) == alert
        assert await store.get(ME, alert.id) == alert
        assert list((await store.list(ME, PageRequest())).items) == [alert]
        with pytest.raises(AlertNotFound):
            await store.get(OTHER, alert.id)

    async def test_alerts_are_found_by_their_symbols_each_once(self, store: AlertStore) -> None:
        both = await store.create(an_alert({"kind": "any", "of": [ABOVE_240, MICROSOFT]}), None, ME)
        apple = await store.create(an_alert(owner=OTHER), None, OTHER)
        whole = await store.create(an_alert(DRAWDOWN), None, ME)
        assert await about(store, "AAPL", "MSFT") == {both.id, apple.id}
        assert await about(store, "MSFT") == {both.id}
        assert await about(store, "JPM") == set()
        assert await about(store, portfolios=True) == {whole.id}

    async def test_changed_rule_moves_to_its_new_symbols(self, store: AlertStore) -> None:
        first = await store.create(an_alert(), None, ME)
        after = an_alert(MICROSOFT, id=first.id, version=2, turn=2)
        await store.replace(first, after, None, ME)
        assert await about(store, "AAPL") == set()
        assert await about(store, "MSFT") == {first.id}
        await store.delete(after, None, ME)
        assert await about(store, "MSFT") == set()

    async def test_change_of_an_old_version_or_turn_is_refused(self, store: AlertStore) -> None:
        first = await store.create(an_alert(), None, ME)
        fired = first.after(Decision.FIRE, NOW)
        assert await store.advance(first, fired, None)
        with pytest.raises(StaleAlert):
            await store.replace(first, first.snoozed(LATER, NOW), None, ME)
        snoozed = await store.replace(fired, fired.snoozed(LATER, NOW), None, ME)
        assert not await store.advance(fired, fired.after(Decision.REARM, NOW), None)
        assert await store.get(ME, first.id) == snoozed
        with pytest.raises(StaleAlert):
            await store.delete(first, None, ME)

    async def test_state_advances_once(self, store: AlertStore) -> None:
        first = await store.create(an_alert(), None, ME)
        fired = first.after(Decision.FIRE, NOW)
        assert await store.advance(first, fired, a_notification())
        assert not await store.advance(first, fired, a_notification())
        kept = await store.get(ME, first.id)
        assert (kept.armed, kept.fired_count, kept.fired_at, kept.turn) == (False, 1, NOW, 2)
        assert await store.advance(kept, kept.after(Decision.REARM, LATER), None)
        assert (await store.get(ME, first.id)).armed

    async def test_the_same_request_makes_one_alert(self, store: AlertStore) -> None:
        first, again = await store.create(an_alert(), a_key(), ME), await store.create(an_alert(), a_key(), ME)
        assert first == again
        assert await about(store, "AAPL") == {first.id}
        with pytest.raises(IdempotencyKeyReused):
            await store.create(an_alert(), a_key(body="other"), ME)
        await store.delete(first, a_key("delete"), ME)
        assert await store.was_done(a_key("delete"))


class TestFake(AlertContract):
    @pytest.fixture
    def store(self) -> AlertStore:
        return FakeAlerts()

    async def test_number_of_alerts_is_bounded(self, store: AlertStore) -> None:
        for _ in range(MOST_ALERTS):
            await store.create(an_alert(), None, ME)
        with pytest.raises(TooManyAlerts):
            await store.create(an_alert(), None, ME)


class TestDynamoDB(AlertContract):
    @pytest.fixture
    async def aws(self, emulator: EmulatedAws) -> AsyncIterator[AwsClients]:
        clients = emulated(emulator.endpoint_url)
        yield clients
        clients.close()

    @pytest.fixture
    async def table(self, aws: AwsClients) -> AsyncIterator[Table]:
        async with own_table(aws) as table:
            yield table

    @pytest.fixture
    def store(self, table: Table) -> DynamoDBAlerts:
        return DynamoDBAlerts(table, "stocktool-audit", Outbox(table.name), FakeClock(NOW))

    async def test_number_of_alerts_is_bounded(self, store: AlertStore, table: Table) -> None:
        await store.create(an_alert(), None, ME)
        await table.put({"pk": f"U#{ME}", "sk": "Q#AL#", "count": MOST_ALERTS})
        with pytest.raises(TooManyAlerts):
            await store.create(an_alert(), None, ME)

    async def test_two_evaluators_at_the_same_moment_fire_once(self, store: DynamoDBAlerts, table: Table) -> None:
        for _ in range(5):
            await store.create(an_alert(), None, ME)
        gather = GatherFacts(
            _Quotes(), FakeBars({}), FakePortfolioDays(), FakeEarnings(), FakeMarket(a_quote().as_of.date())
        )
        evaluators = [EvaluateAlerts(store, gather, FakeClock(NOW)) for _ in range(3)]
        done = await asyncio.gather(*(evaluate(["AAPL"]) for evaluate in evaluators))
        assert sum(each.fired for each in done) == 5
        rows, _ = await table.query(Key("pk").eq("O#0"))
        told = [notification_of(orjson.loads(row["body"])) for row in rows]
        assert len(told) == len({each.data["alert_id"] for each in told}) == 5
        assert {each.type for each in told} == {"alert"}
        assert told[0].title == "Apple: AAPL is above 240 (now 241.00)"
        assert (await evaluators[0](["AAPL"])).fired == 0

    async def test_alert_changed_between_reading_and_firing_stays_as_its_owner_wants(
        self, store: DynamoDBAlerts, table: Table
    ) -> None:
        first = await store.create(an_alert(), None, ME)
        changed = an_alert(id=first.id, version=2, turn=2, rule=MICROSOFT)
        await store.replace(first, changed, None, ME)
        assert not await store.advance(first, first.after(Decision.FIRE, NOW), a_notification())
        assert (await store.get(ME, first.id)).rule == read_rule(MICROSOFT)
        assert (await table.query(Key("pk").eq("O#0")))[0] == []

    async def test_alert_that_cannot_be_read_keeps_no_other_from_firing(
        self, store: DynamoDBAlerts, table: Table
    ) -> None:
        broken, whole = [await store.create(an_alert(), None, ME) for _ in range(2)]
        key = {"pk": f"U#{ME}", "sk": f"AL#{broken.id}"}
        await table.update(Update(key, put={"rule": '{"kind": "of another version"}'}))
        assert await about(store, "AAPL") == {whole.id}


class _Quotes:
    async def quotes(self, symbols: Sequence[str]) -> QuoteBatch:
        found = a_quote(price="241.00")
        return QuoteBatch([found], [], found.as_of)
