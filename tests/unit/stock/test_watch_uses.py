"""Use cases of watchlists, alerts and notification settings over fakes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.errors import InvalidArgument, RateLimited
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.testing.clock import FakeClock
from stocktool_stock.application.alert_facts import GatherFacts
from stocktool_stock.application.alerts import KeepAlerts
from stocktool_stock.application.evaluate_alerts import EvaluateAlerts, Evaluation
from stocktool_stock.application.notification_settings import (
    MOST_CODES_A_DAY,
    ChooseNotifications,
    CodeRefused,
    Wanted,
)
from stocktool_stock.application.watchlists import KeepWatchlists
from stocktool_stock.domain.alerts import Alert, AlertStatus, Decision, StaleAlert
from stocktool_stock.domain.notification_settings import MOST_GUESSES
from stocktool_stock.domain.quotes import QuoteBatch
from stocktool_stock.domain.watchlists import MOST_SYMBOLS, StaleWatchlist

from tests.factories.alerts import ABOVE_240
from tests.factories.market import a_quote
from tests.fakes.alerts import FakeAlerts, FakeEarnings, FakePortfolioDays
from tests.fakes.notification_channels import FakeNotificationSettings
from tests.fakes.stock_portfolios import FakeBars, FakeMarket, FakePortfolios
from tests.fakes.watchlists import FakeWatchlists

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
ME = OwnerId("usr_me")
CALLER = Caller("usr_me", owners=(ME,))


class _Quotes:
    def __init__(self, price: str) -> None:
        self.price = price

    async def quotes(self, symbols: Any) -> QuoteBatch:
        return QuoteBatch([a_quote(price=self.price)], [], NOW)


class Alerts:
    """Everything about alerts over fakes."""

    def __init__(self, store: FakeAlerts | None = None) -> None:
        self.store, self.clock, self.quotes = store or FakeAlerts(), FakeClock(NOW), _Quotes("241")
        gather = GatherFacts(
            *(self.quotes, FakeBars({}), FakePortfolioDays(), FakeEarnings(), FakeMarket(date(2026, 1, 5)))
        )
        self.keep = KeepAlerts(self.store, FakePortfolios(), gather, self.clock)
        self.evaluate = EvaluateAlerts(self.store, gather, self.clock)


async def test_repeating_alert_tells_each_crossing_and_no_noise() -> None:
    alerts = Alerts()
    await alerts.keep.create(CALLER, name="Apple", rule=ABOVE_240, repeat=True)
    done = []
    for price in ("239", "241", "239", "241", "237", "241"):
        alerts.quotes.price = price
        done.append(await alerts.evaluate(["AAPL"]))
    fired, rearmed, nothing = Evaluation(1, fired=1), Evaluation(1, rearmed=1), Evaluation(1)
    assert done == [nothing, fired, nothing, nothing, rearmed, fired]
    assert [told.title for told in alerts.store.told] == ["Apple: AAPL is above 240 (now 241)"] * 2


async def test_alert_that_is_over_is_not_even_measured() -> None:
    alerts = Alerts()
    one = await alerts.keep.create(CALLER, name="Apple", rule=ABOVE_240)
    await alerts.keep.change(CALLER, one.id, {"enabled": False})
    assert await alerts.evaluate(["AAPL"]) == Evaluation()
    await alerts.keep.change(CALLER, one.id, {"enabled": True, "expires_at": NOW + timedelta(hours=1)})
    alerts.clock.advance(3600)
    assert await alerts.evaluate(["AAPL"]) == Evaluation()
    assert alerts.store.told == []


async def test_fired_alert_is_armed_by_a_new_rule_and_not_by_a_new_name() -> None:
    alerts = Alerts()
    one = await alerts.keep.create(CALLER, name="Apple", rule=ABOVE_240)
    await alerts.evaluate(["AAPL"])
    named = await alerts.keep.change(CALLER, one.id, {"name": "Again"})
    assert named.status(NOW) is AlertStatus.FIRED
    ruled = await alerts.keep.change(CALLER, one.id, {"rule": ABOVE_240 | {"above": "300"}})
    assert ruled.status(NOW) is AlertStatus.ARMED


class _Busy(FakeAlerts):
    """Fires an alert between a user's reading and writing, once."""

    async def get(self, owner: OwnerId, alert_id: str) -> Alert:
        found = await super().get(owner, alert_id)
        if found.fired_count == 0:
            self.alerts[alert_id] = found.after(Decision.FIRE, NOW)
        return found


async def test_change_that_meets_a_firing_is_made_anew_and_loses_neither() -> None:
    alerts = Alerts(_Busy())
    one = await alerts.keep.create(CALLER, name="Apple", rule=ABOVE_240)
    changed = await alerts.keep.change(CALLER, one.id, {"name": "Again"}, version=1)
    assert (changed.name, changed.version, changed.fired_count, changed.armed) == ("Again", 2, 1, False)
    with pytest.raises(StaleAlert):
        await alerts.keep.change(CALLER, one.id, {"name": "Lost"}, version=1)


async def test_watchlist_change_is_made_once_per_request() -> None:
    lists = KeepWatchlists(FakeWatchlists(), _Quotes("1"), FakeClock(NOW))
    one = await lists.create(CALLER, name=" Tech ", symbols=["aapl", "AAPL"])
    assert (one.name, one.symbols) == ("Tech", ("AAPL",))
    key = IdempotencyKey(ME, "PATCH", "/watchlists/1", "k", "b")
    changed = [await lists.change(CALLER, one.id, symbols=["MSFT"], key=key) for _ in range(2)]
    assert [each.version for each in changed] == [2, 2]
    with pytest.raises(StaleWatchlist):
        await lists.change(CALLER, one.id, name="Lost", version=1)
    for bad in ({"name": ""}, {"symbols": [f"S{number}" for number in range(MOST_SYMBOLS + 1)]}, {"symbols": ["a b"]}):
        with pytest.raises(InvalidArgument):
            await lists.change(CALLER, one.id, **bad)


def wanted(**changes: Any) -> Wanted:
    nothing = Wanted(
        email=False,
        email_address=None,
        webhook_url=None,
        webhook_enabled=True,
        new_secret=False,
        quiet_hours=None,
        kinds=("alert",),
    )
    return replace(nothing, **changes)


@pytest.fixture
def store() -> FakeNotificationSettings:
    return FakeNotificationSettings()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def choose(store: FakeNotificationSettings, clock: FakeClock) -> ChooseNotifications:
    return ChooseNotifications(store, clock)


async def test_secret_is_shown_when_it_is_made_and_belongs_to_its_url(choose: ChooseNotifications) -> None:
    here, there = "https://example.com/a", "https://example.com/b"
    found = []
    for request in (
        wanted(webhook_url=here),
        wanted(webhook_url=here, webhook_enabled=False),
        wanted(webhook_url=here, new_secret=True),
        wanted(webhook_url=there),
    ):
        settings, shown = await choose.put(CALLER, request)
        assert settings.webhook is not None
        found.append((settings.webhook.secret, shown))
    secrets, shown_ones = zip(*found, strict=True)
    assert shown_ones == (True, False, True, True)
    assert secrets[0] == secrets[1]
    assert len(set(secrets)) == 3
    assert await choose.put(CALLER, wanted()) == (replace(settings, webhook=None, version=5), False)


async def test_address_is_used_once_it_is_confirmed_and_a_new_one_anew(
    choose: ChooseNotifications, store: FakeNotificationSettings
) -> None:
    settings, _ = await choose.put(CALLER, wanted(email=True, email_address="ada@example.com"))
    assert settings.channels("alert") == []
    again, _ = await choose.put(CALLER, wanted(email=True))
    assert again.email == settings.email  # the code that is under way still holds
    assert len(store.codes_for) == 1
    assert settings.email is not None
    confirmed = await choose.confirm(CALLER, f" {settings.email.code} ")
    assert confirmed.channels("alert") == ["email"]
    silent, _ = await choose.put(CALLER, wanted())
    assert silent.channels("alert") == []
    loud, _ = await choose.put(CALLER, wanted(email=True))
    assert loud.channels("alert") == ["email"]  # turned off and on, the address stays confirmed
    moved, _ = await choose.put(CALLER, wanted(email=True, email_address="eve@example.com"))
    assert moved.channels("alert") == []
    assert len(store.codes_for) == 2


async def test_code_can_be_guessed_at_a_few_times_and_for_a_while(
    choose: ChooseNotifications, clock: FakeClock
) -> None:
    settings, _ = await choose.put(CALLER, wanted(email=True, email_address="ada@example.com"))
    assert settings.email is not None
    code = settings.email.code
    for _ in range(MOST_GUESSES):
        with pytest.raises(CodeRefused):
            await choose.confirm(CALLER, "wrong")
    with pytest.raises(CodeRefused):
        await choose.confirm(CALLER, code)
    settings, _ = await choose.put(CALLER, wanted(email=True))
    assert settings.email is not None
    assert settings.email.code not in {"", code}
    clock.advance(30 * 60)
    with pytest.raises(CodeRefused):
        await choose.confirm(CALLER, settings.email.code)


async def test_codes_of_a_day_are_bounded(
    choose: ChooseNotifications, store: FakeNotificationSettings, clock: FakeClock
) -> None:
    for number in range(MOST_CODES_A_DAY):
        await choose.put(CALLER, wanted(email=True, email_address=f"ada{number}@example.com"))
    with pytest.raises(RateLimited):
        await choose.put(CALLER, wanted(email=True, email_address="one@more.com"))
    assert len(store.codes_for) == MOST_CODES_A_DAY
    clock.advance(24 * 3600)
    await choose.put(CALLER, wanted(email=True, email_address="one@more.com"))


async def test_email_without_an_address_is_refused(choose: ChooseNotifications) -> None:
    with pytest.raises(InvalidArgument):
        await choose.put(CALLER, wanted(email=True))
