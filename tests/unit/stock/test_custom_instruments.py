"""Own instruments: what may be said of them, their prices as bars, and their writes on fakes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.testing.clock import FakeClock
from stocktool_stock.application.custom_instruments import CustomInstruments, InstrumentChange
from stocktool_stock.application.portfolio_reader import PortfolioReader
from stocktool_stock.application.portfolios import CreatePortfolio
from stocktool_stock.application.read_kinds import read_kinds
from stocktool_stock.application.transactions import DeleteTransaction, RecordTransactions
from stocktool_stock.domain.allocation import Kind
from stocktool_stock.domain.custom_instruments import (
    MAX_INSTRUMENTS,
    MAX_PRICES,
    CustomInstrument,
    InstrumentExists,
    InstrumentInUse,
    InstrumentNotFound,
    check_instrument,
    manual_bars,
    read_custom_symbol,
    read_prices,
)
from stocktool_stock.domain.daily import grid
from stocktool_stock.domain.instruments import Instrument
from stocktool_stock.domain.ledger import Draft
from stocktool_stock.domain.portfolio import Portfolio, StaleVersion

from tests.factories.stock import day, some_bars
from tests.fakes.stock_portfolios import FakeBars, FakeMarket, FakePortfolios, FakeRates

CALLER = Caller("usr_1", (OwnerId("usr_1"),))
TODAY = day("2024-11-29")
HOUSE = CustomInstrument("CUSTOM:HOUSE", "House", "EUR", "real estate")
FUND = replace(
    HOUSE, symbol="CUSTOM:FUND", prices=((day("2024-01-02"), Decimal("10.5")), (day("2024-04-01"), Decimal(11)))
)


def test_a_symbol_of_ones_own_begins_with_custom() -> None:
    assert read_custom_symbol(" custom:my-house ", "/symbol") == "CUSTOM:MY-HOUSE"
    for text in ("AAPL", "custom:", "custom:a b", "CUSTOM:" + "X" * 26):
        with pytest.raises(InvalidArgument):
            read_custom_symbol(text, "/symbol")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": "  "}, "/name"),
        ({"name": "x" * 81}, "/name"),
        ({"sector": "a\nb"}, "/sector"),
        ({"currency": "XXX"}, "/currency"),
        ({"stale_after": 0}, "/stale_after_days"),
    ],
)
def test_what_cannot_be_taken_is_named(change: dict[str, object], pointer: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        check_instrument(replace(HOUSE, **change), {"EUR"})  # type: ignore[arg-type]
    assert [violation.pointer for violation in caught.value.violations] == [pointer]


def test_prices_that_cannot_be_taken_are_named() -> None:
    rows = [(day("2024-12-01"), "1"), (day("2024-01-02"), "x"), (day("2024-01-03"), "-1"), (day("2024-01-04"), "1")]
    with pytest.raises(InvalidArgument) as caught:
        read_prices([*rows, rows[3]], TODAY)
    assert [v.pointer for v in caught.value.violations] == [
        "/prices/0/date",
        "/prices/1/price",
        "/prices/2/price",
        "/prices/4/date",
    ]


def test_prices_are_set_by_day_and_bounded() -> None:
    priced = FUND.priced({day("2024-04-01"): Decimal(12), day("2023-12-29"): Decimal(9)})
    assert [str(price) for _, price in priced.prices] == ["9", "10.5", "12"]
    assert [str(d) for d, _ in priced.unpriced(day("2024-01-01"), day("2024-03-31")).prices] == [
        "2023-12-29",
        "2024-04-01",
    ]
    many = {TODAY - timedelta(days=n): Decimal(1) for n in range(MAX_PRICES + 1)}
    with pytest.raises(InvalidArgument):
        HOUSE.priced(many)


@pytest.mark.parametrize(
    ("until", "closes", "stale"),
    [
        ("2024-01-01", None, None),
        ("2024-03-31", [10.5], False),
        ("2024-04-03", [10.5, 11], False),
        ("2024-07-02", [10.5, 11], False),  # 92 days
        ("2024-07-03", [10.5, 11], True),
    ],
)
def test_the_last_price_holds_and_grows_stale(until: str, closes: list[float] | None, *, stale: bool | None) -> None:
    bars = manual_bars(FUND, day(until))
    assert (None if bars is None else bars.close.tolist()) == closes
    assert (None if bars is None else bars.stale) == stale
    if bars is not None:
        assert bars.source == "manual"
        assert bars.as_of.date() == (day("2024-01-02") if len(bars) == 1 else day("2024-04-01"))


def test_prices_by_hand_make_no_trading_days() -> None:
    """New Year's Eve of 2023 was a Sunday: such a price counts on the next day that trades."""
    market = some_bars("X", {"2023-12-28": 1, "2023-12-29": 1, "2024-01-02": 1})
    house = manual_bars(HOUSE.priced({day("2023-12-31"): Decimal(1), day("2024-01-06"): Decimal(2)}), day("2024-02-01"))
    assert house is not None
    both = grid([market, house], day("2023-12-28"), day("2024-02-01"))
    assert np.datetime_as_string(both).tolist() == ["2023-12-28", "2023-12-29", "2024-01-02", "2024-01-06"]
    alone = grid([house], day("2023-12-28"), day("2024-02-01"))
    assert np.datetime_as_string(alone).tolist() == ["2023-12-28", "2023-12-31", "2024-01-06", "2024-02-01"]


class Kit:
    """The use cases over one store."""

    def __init__(self) -> None:
        self.store = FakePortfolios()
        rates, market, clock = FakeRates(), FakeMarket(TODAY), FakeClock(datetime(2026, 1, 1, tzinfo=UTC))
        self.use = CustomInstruments(self.store, self.store, rates, market)
        self.record = RecordTransactions(self.store, self.store, rates, market, clock)
        self.delete = DeleteTransaction(self.store, rates, clock)
        self.create = CreatePortfolio(self.store, rates, clock)
        self.reader = PortfolioReader(self.store, FakeBars({}), rates, market, self.store)
        self.portfolio: Portfolio | None = None

    async def opened(self) -> Portfolio:
        return await self.create(CALLER, name="P", base_currency="EUR")


@pytest.fixture
def kit() -> Kit:
    return Kit()


async def test_a_repeated_request_makes_one_and_a_second_one_is_refused(kit: Kit) -> None:
    portfolio = await kit.opened()
    key = IdempotencyKey(OwnerId("usr_1"), "POST", "/instruments", "key", "a")
    first = await kit.use.create(CALLER, portfolio.id, HOUSE, key=key)
    assert await kit.use.create(CALLER, portfolio.id, HOUSE, key=key) == first
    with pytest.raises(InstrumentExists):
        await kit.use.create(CALLER, portfolio.id, HOUSE)
    assert [write.action for write in kit.store.history[portfolio.id]] == ["portfolio.created", "instrument.created"]


async def test_a_portfolio_has_room_for_a_hundred(kit: Kit) -> None:
    portfolio = await kit.opened()
    for n in range(MAX_INSTRUMENTS):
        await kit.use.create(CALLER, portfolio.id, replace(HOUSE, symbol=f"CUSTOM:{n}"))
    with pytest.raises(InvalidArgument):
        await kit.use.create(CALLER, portfolio.id, HOUSE)


async def test_the_same_price_again_is_no_write(kit: Kit) -> None:
    portfolio = await kit.opened()
    await kit.use.create(CALLER, portfolio.id, HOUSE)
    rows = [(day("2024-01-02"), "100")]
    await kit.use.set_prices(CALLER, portfolio.id, "custom:house", rows)
    await kit.use.set_prices(CALLER, portfolio.id, "custom:house", [(day("2024-01-02"), "100.00")])
    assert (await kit.store.get(OwnerId("usr_1"), portfolio.id)).version == 3
    with pytest.raises(InstrumentNotFound):
        await kit.use.set_prices(CALLER, portfolio.id, "custom:other", rows)


async def test_prices_set_at_once_are_all_kept(kit: Kit) -> None:
    portfolio = await kit.opened()
    await kit.use.create(CALLER, portfolio.id, HOUSE)
    commit, raced = kit.store.commit, False

    async def racing(change):  # type: ignore[no-untyped-def]
        nonlocal raced
        if not raced:
            raced = True
            await kit.use.set_prices(CALLER, portfolio.id, HOUSE.symbol, [(day("2024-01-03"), "2")])
        return await commit(change)

    kit.store.commit = racing  # type: ignore[method-assign]
    done = await kit.use.set_prices(CALLER, portfolio.id, HOUSE.symbol, [(day("2024-01-02"), "1")])
    assert [price for _, price in done.prices] == [1, 2]


async def test_one_in_the_ledger_stays_until_its_entries_are_taken_back(kit: Kit) -> None:
    portfolio = await kit.opened()
    buy = Draft("buy", day("2024-01-02"), symbol="CUSTOM:HOUSE", quantity="1", price="100")
    with pytest.raises(InvalidArgument) as caught:
        await kit.record(CALLER, portfolio.id, [buy])
    assert caught.value.violations[0].pointer == "/items/0/symbol"
    await kit.use.create(CALLER, portfolio.id, HOUSE)
    recorded = await kit.record(CALLER, portfolio.id, [buy])
    with pytest.raises(InstrumentInUse):
        await kit.use.delete(CALLER, portfolio.id, HOUSE.symbol)
    await kit.delete(CALLER, portfolio.id, recorded.entries[0].id)
    await kit.use.delete(CALLER, portfolio.id, HOUSE.symbol)
    assert list(await kit.use.list(CALLER, portfolio.id)) == []


async def test_a_change_keeps_what_it_does_not_name(kit: Kit) -> None:
    portfolio = await kit.opened()
    await kit.use.create(CALLER, portfolio.id, FUND)
    changed = await kit.use.update(CALLER, portfolio.id, FUND.symbol, InstrumentChange(sector="Energy"))
    assert changed == replace(FUND, sector="Energy")


async def test_material_brings_manual_prices_and_asks_no_source_for_them(kit: Kit) -> None:
    portfolio = await kit.opened()
    await kit.use.create(CALLER, portfolio.id, FUND)
    await kit.record(CALLER, portfolio.id, [Draft("buy", TODAY, symbol="custom:fund", quantity="2", price="10")])
    material = await kit.reader.material(OwnerId("usr_1"), portfolio.id, TODAY)
    assert (list(material.bars), dict(material.failures)) == (["CUSTOM:FUND"], {})  # FakeBars knows no symbol at all
    valuation, _ = await kit.reader.valuation(material, TODAY)
    assert (valuation.holdings[0].market_value.amount, valuation.stale_prices) == (22, 1)  # type: ignore[union-attr]


async def test_profiles_of_own_instruments_come_from_themselves() -> None:
    class Nobody:
        async def instrument(self, symbol: str) -> Instrument:
            raise AssertionError(symbol)

    kinds = await read_kinds(
        Nobody(), ["CUSTOM:HOUSE", "CUSTOM:GONE"], {"CUSTOM:HOUSE": replace(HOUSE, country="Italy")}
    )  # type: ignore[arg-type]
    assert kinds == {"CUSTOM:HOUSE": Kind("", "real estate", "Italy"), "CUSTOM:GONE": Kind()}


async def test_a_write_that_meets_others_too_often_says_so(kit: Kit) -> None:
    portfolio = await kit.opened()

    async def stale(change: object) -> None:
        raise StaleVersion("meanwhile")

    kit.store.commit = stale  # type: ignore[method-assign, assignment]
    with pytest.raises(StaleVersion):
        await kit.use.create(CALLER, portfolio.id, HOUSE)
