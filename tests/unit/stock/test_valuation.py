"""Values on a day and day by day, on the price basis of DESIGN section 13. Expected values are worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from stocktool_kit.core.money import Money
from stocktool_stock.domain.allocation import AllocationBy, Kind, allocate
from stocktool_stock.domain.bars import Bars
from stocktool_stock.domain.bookkeeping import keep_book
from stocktool_stock.domain.daily import DailyValuer, DailyValues, grid
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.instruments import Instrument
from stocktool_stock.domain.ledger import Entry, Ledger
from stocktool_stock.domain.portfolio import Portfolio
from stocktool_stock.domain.rates import RateTable
from stocktool_stock.domain.returns import daily_returns, time_weighted_return
from stocktool_stock.domain.valuation import Valuation, value_book

from tests.factories.stock import a_portfolio, a_rate_table, an_entry, day, some_bars

# Closes of AAPL from the bundled data (adjusted for the split 4 for 1 of 2020-08-31).
AAPL = some_bars(
    "AAPL",
    {"2019-12-31": 71.1721, "2020-08-28": 121.833, "2020-08-31": 125.965, "2024-11-29": 237.33},
    splits=[("2020-08-31", "4")],
)


def value(
    entries: list[Entry],
    bars: dict[str, Bars],
    on: str,
    *,
    portfolio: Portfolio | None = None,
    rates: RateTable | None = None,
) -> Valuation:
    portfolio, rates = portfolio or a_portfolio(), rates or a_rate_table()
    book = keep_book(Ledger(entries).standing, portfolio, rates, until=day(on))
    return value_book(book, bars, rates, as_of=day(on))


def daily(
    entries: list[Entry],
    bars: dict[str, Bars],
    start: str,
    end: str,
    *,
    portfolio: Portfolio | None = None,
    rates: RateTable | None = None,
    fx: dict[str, list[float]] | None = None,
) -> DailyValues:
    rates = rates or a_rate_table()
    book = keep_book(Ledger(entries).standing, portfolio or a_portfolio(), rates)
    days = grid(list(bars.values()), day(start), day(end), [flow.day for flow in book.flows])
    columns = {code: np.array(values) for code, values in (fx or {}).items()}
    return DailyValuer(book, days, bars, columns, rates).values()


BEFORE_THE_SPLIT = [
    an_entry("deposit", "2019-12-31", amount="3000"),
    an_entry("buy", "2019-12-31", "AAPL", quantity="10", price="284.6884"),  # as traded: 71.1721 * 4
    an_entry("split", "2020-08-31", "AAPL", ratio="4"),
]


@pytest.mark.parametrize(
    ("on", "quantity", "price", "market_value"),
    [
        ("2019-12-31", "10", "284.6884", "2846.884"),  # 10 * 284.6884
        ("2020-08-28", "10", "487.332", "4873.32"),  # the last day before: 10 * 121.833 * 4
        ("2020-08-31", "40", "125.965", "5038.6"),  # 40 * 125.965
        ("2024-11-29", "40", "237.33", "9493.2"),  # 40 * 237.33
    ],
)
def test_a_purchase_before_a_split_has_the_value_it_had(on: str, quantity: str, price: str, market_value: str) -> None:
    valuation = value(BEFORE_THE_SPLIT, {"AAPL": AAPL}, on)
    [holding] = valuation.holdings
    assert holding.quantity == Decimal(quantity)
    assert holding.price is not None
    assert holding.price.price == Money(Decimal(price), "USD")
    assert holding.market_value == Money(Decimal(market_value), "USD")
    assert holding.cost_basis == Money(Decimal("2846.884"), "USD")
    assert valuation.total == Money(Decimal(market_value) + Decimal("153.116"), "USD")
    assert valuation.unbooked_splits == ()


def test_the_split_day_itself_is_no_return() -> None:
    series = daily(BEFORE_THE_SPLIT, {"AAPL": AAPL}, "2019-12-31", "2024-11-29")
    assert series.values.tolist() == pytest.approx([3000.0, 5026.436, 5191.716, 9646.316], rel=1e-12)
    twr = time_weighted_return(daily_returns(series.values, series.flows))
    assert twr == pytest.approx(9646.316 / 3000 - 1, rel=1e-12)


def test_a_split_booked_some_days_late_moves_no_value() -> None:
    bars = some_bars(
        "X", {"2024-01-02": 50, "2024-01-03": 50, "2024-01-04": 50, "2024-01-05": 50}, splits=[("2024-01-03", "2")]
    )
    entries = [
        an_entry("buy", "2024-01-02", "X", quantity="1", price="100"),
        an_entry("split", "2024-01-05", "X", ratio="2"),
    ]
    assert daily(entries, {"X": bars}, "2024-01-02", "2024-01-05").values.tolist() == [100, 100, 100, 100]
    assert value(entries, {"X": bars}, "2024-01-04").total.amount == 100


def test_a_split_the_ledger_lacks_is_offered() -> None:
    entries = [an_entry("buy", "2019-12-31", "AAPL", quantity="10", price="284.6884")]
    valuation = value(entries, {"AAPL": AAPL}, "2024-11-29")
    [(symbol, split)] = valuation.unbooked_splits
    assert (symbol, split.ex_date, split.ratio) == ("AAPL", day("2020-08-31"), 4)
    assert valuation.holdings[0].quantity == 10  # offered, not guessed
    assert "has not booked it" in valuation.warnings[0]
    assert value(entries, {"AAPL": AAPL}, "2020-08-28").unbooked_splits == ()
    bought_after = [an_entry("buy", "2020-08-31", "AAPL", quantity="1", price="125")]
    assert value(bought_after, {"AAPL": AAPL}, "2024-11-29").unbooked_splits == ()


def test_gain_is_price_effect_plus_currency_effect() -> None:
    portfolio = a_portfolio(base_currency="EUR", accounts={"acc_1": "USD"})
    rates = a_rate_table("EUR", {("USD", "2024-01-02"): "0.9", ("USD", "2024-06-03"): "0.95"})
    bars = {"X": some_bars("X", {"2024-01-02": 100, "2024-06-03": 120})}
    valuation = value(
        [an_entry("buy", "2024-01-02", "X", quantity="10", price="100")],
        bars,
        "2024-06-03",
        portfolio=portfolio,
        rates=rates,
    )
    [holding] = valuation.holdings
    assert holding.cost_basis.amount == 900  # 1000 * 0.9
    assert holding.market_value == Money(Decimal(1140), "EUR")  # 1200 * 0.95
    assert holding.unrealised == Money(Decimal(240), "EUR")
    assert holding.price_effect == Money(Decimal(190), "EUR")  # 200 * 0.95
    assert holding.currency_effect == Money(Decimal(50), "EUR")  # 1000 * 0.05
    assert holding.unrealised_return == pytest.approx(240 / 900)


def test_a_name_without_bars_is_valued_at_its_last_trade_and_says_so() -> None:
    entries = [
        an_entry("buy", "2024-01-02", "HOUSE", quantity="2", price="100"),
        an_entry("split", "2024-02-01", "HOUSE", ratio="2"),
    ]
    valuation = value(entries, {}, "2024-03-01")
    [holding] = valuation.holdings
    assert holding.market_value == Money(Decimal(200), "USD")  # 4 shares at 50
    assert holding.price is not None
    assert holding.price.stale
    assert valuation.stale_prices == 1
    assert valuation.prices_as_of == day("2024-01-02")
    assert daily(entries, {}, "2024-01-02", "2024-03-01").values.tolist() == [200, 200]


def test_a_gift_without_any_price_is_left_out_and_named() -> None:
    valuation = value([an_entry("opening", "2024-01-02", "X", quantity="2", price="0")], {}, "2024-03-01")
    assert valuation.unpriced == ("X",)
    assert valuation.total.amount == 0
    assert isinstance(valuation.holdings[0].unrealised_return, Undefined)


def test_a_missing_close_carries_the_last_one_forward_and_is_stale() -> None:
    bars = {"X": some_bars("X", {"2024-01-02": 100, "2024-01-03": float("nan")})}
    [holding] = value([an_entry("buy", "2024-01-02", "X", quantity="1", price="100")], bars, "2024-01-03").holdings
    assert holding.price is not None
    assert (holding.price.day, holding.price.stale) == (day("2024-01-02"), True)


def test_a_purchase_before_the_first_bar_is_valued_at_its_price_until_then() -> None:
    bars = {"X": some_bars("X", {"2024-01-04": 60, "2024-01-05": 66}), "Y": some_bars("Y", {"2024-01-03": 1})}
    series = daily([an_entry("buy", "2024-01-02", "X", quantity="1", price="50")], bars, "2024-01-02", "2024-01-05")
    assert series.values.tolist() == [50, 50, 60, 66]


def test_flows_on_days_without_trading_count_on_the_next() -> None:
    bars = {"X": some_bars("X", {"2024-01-05": 100, "2024-01-08": 110})}  # Friday and Monday
    entries = [
        an_entry("deposit", "2024-01-05", amount="100"),
        an_entry("buy", "2024-01-05", "X", quantity="1", price="100"),
        an_entry("deposit", "2024-01-06", amount="50"),
    ]
    series = daily(entries, bars, "2024-01-05", "2024-01-08")
    assert series.days.tolist() == [day("2024-01-05"), day("2024-01-08")]
    assert series.values.tolist() == [100, 160]
    assert series.flows.tolist() == [100, 50]
    assert daily_returns(series.values, series.flows).tolist() == pytest.approx([0.1])


def test_a_flow_after_the_last_trading_day_gets_a_day_of_its_own() -> None:
    bars = {"X": some_bars("X", {"2024-01-05": 100})}
    entries = [an_entry("deposit", "2024-01-05", amount="100"), an_entry("deposit", "2024-01-06", amount="50")]
    series = daily(entries, bars, "2024-01-04", "2024-01-07")
    assert series.values.tolist() == [0, 100, 150]
    assert daily_returns(series.values, series.flows)[1] == 0


def test_transferred_shares_count_at_the_days_price() -> None:
    bars = {"X": some_bars("X", {"2024-01-02": 100, "2024-01-03": 100, "2024-01-04": 110})}
    entries = [
        an_entry("deposit", "2024-01-02", amount="100"),
        an_entry("transfer_in", "2024-01-03", "X", quantity="1", amount="20"),
    ]
    series = daily(entries, bars, "2024-01-02", "2024-01-04")
    assert series.flows.tolist() == [100, 100, 0]
    assert daily_returns(series.values, series.flows).tolist() == pytest.approx([0.0, 0.05])


def test_foreign_cash_and_shares_are_valued_at_each_days_rate() -> None:
    portfolio = a_portfolio(base_currency="EUR", accounts={"acc_1": "USD"})
    rates = a_rate_table("EUR", {("USD", "2024-01-02"): "0.9"})
    bars = {"X": some_bars("X", {"2024-01-02": 100, "2024-01-03": 110})}
    entries = [
        an_entry("deposit", "2024-01-02", amount="150"),
        an_entry("buy", "2024-01-02", "X", quantity="1", price="100"),
    ]
    series = daily(entries, bars, "2024-01-02", "2024-01-03", portfolio=portfolio, rates=rates, fx={"USD": [0.9, 0.95]})
    assert series.values.tolist() == pytest.approx([150 * 0.9, 160 * 0.95], rel=1e-15)


def test_negative_cash_is_flagged() -> None:
    entries = [
        an_entry("deposit", "2024-01-02", amount="10"),
        an_entry("buy", "2024-01-02", "X", quantity="1", price="100"),
    ]
    valuation = value(entries, {"X": some_bars("X", {"2024-01-02": 100})}, "2024-01-02")
    assert valuation.cash == (Money(Decimal(-90), "USD"),)
    assert valuation.warnings == ("cash of account Account acc_1 is negative: -90 USD",)


def test_slices_sum_to_one_by_every_key() -> None:
    portfolio = a_portfolio(accounts={"acc_1": "USD", "acc_2": "EUR"})
    rates = a_rate_table("USD", {("EUR", "2024-01-02"): "1.1"})
    entries = [
        an_entry("deposit", "2024-01-02", amount="1000"),
        an_entry("buy", "2024-01-02", "A", quantity="3", price="100"),
        an_entry("buy", "2024-01-02", "B", quantity="1", price="200"),
        an_entry("deposit", "2024-01-02", amount="100", currency="EUR", account_id="acc_2"),
    ]
    bars = {name: some_bars(name, {"2024-01-02": close}) for name, close in (("A", 100), ("B", 200))}
    valuation = value(entries, bars, "2024-01-02", portfolio=portfolio, rates=rates)
    assert valuation.total.amount == 1110
    expected = {
        AllocationBy.SYMBOL: {"cash": 610, "A": 300, "B": 200},
        AllocationBy.HOLDING: {"cash": 610, "A": 300, "B": 200},
        AllocationBy.SECTOR: {"cash": 610, "Technology": 300, "unknown": 200},
        AllocationBy.CLASS: {"cash": 610, "equity": 300, "unknown": 200},
        AllocationBy.COUNTRY: {"cash": 610, "United States": 300, "unknown": 200},
        AllocationBy.CURRENCY: {"USD": 1000, "EUR": 110},
        AllocationBy.ACCOUNT: {"acc_1": 1000, "acc_2": 110},
    }
    for by, values in expected.items():
        slices = allocate(valuation, by, portfolio, {"A": Kind("Technology", "equity", "United States")})
        assert not isinstance(slices, Undefined)
        assert {s.key: s.value.amount for s in slices} == values
        assert sum(s.weight for s in slices) == pytest.approx(1.0, abs=1e-12)
        assert [s.weight for s in slices] == sorted((s.weight for s in slices), reverse=True)


def test_a_fund_is_a_slice_of_its_own_among_sectors_and_countries() -> None:
    fund = Kind.of(Instrument("SPY", type="ETF", country="United States"))
    assert fund == Kind("funds", "fund", "funds")
    assert Kind.of(Instrument("X", type="EQUITY", sector="Energy")) == Kind("Energy", "equity", "")
    assert Kind.of(Instrument("X")) == Kind()
    # What an owner tells of an instrument of theirs goes before that.
    assert Kind.told(Instrument("CUSTOM:F", type="fund", country="Spain")) == Kind("funds", "fund", "Spain")
    assert Kind.told(Instrument("CUSTOM:H", type="Real estate", sector="Housing")) == Kind("Housing", "real estate")


def test_nothing_held_has_no_slices() -> None:
    valuation = value([], {}, "2024-01-02")
    assert allocate(valuation, AllocationBy.SECTOR, a_portfolio(), {}) == Undefined(
        "the portfolio's total is not above zero"
    )
