"""`POST /analytics/ledger`: lots and gains of published examples, splits, gaps, currencies and flows by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_stock.domain.closes import Table
from stocktool_stock.domain.exact import exact
from stocktool_stock.domain.ledger import EntryType
from stocktool_stock.domain.ledger_report import LedgerReport, report_ledger
from stocktool_stock.domain.lots import CostMethod
from stocktool_stock.domain.stateless import GivenLedger, GivenTransaction

from tests.factories.stock import day
from tests.fakes.analytics_app import AnalyticsClient, analytics_client

Json = dict[str, Any]

DAYS = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]


@pytest.fixture
async def client() -> AsyncIterator[AnalyticsClient]:
    async with analytics_client() as opened:
        yield opened


def ledger(*transactions: Json, **more: Any) -> Json:
    return {"base_currency": "USD", "cost_method": "FIFO", "transactions": list(transactions)} | more


def entry(on: str, kind: str, symbol: str | None = None, **fields: Any) -> Json:
    return {"date": on, "type": kind} | ({"symbol": symbol} if symbol else {}) | fields


def prices(*dates: str, **series: list[Any]) -> Json:
    return {"dates": list(dates), "series": series}


def lots(found: Json) -> list[tuple[str, str, str]]:
    [holding] = found["holdings"]
    return [(lot["date"], lot["quantity"], lot["price"]) for lot in holding["lots"]]


async def test_the_fifo_example_of_irs_publication_550(client: AnalyticsClient) -> None:
    """Publication 550, "Basis of Investment Property", identifying stock: 50 shares given away, then 130 sold.

    The gift has a basis of 500; the sale one of 50 x 10 + 80 x 11 = 1380. (Its days and sale price are ours.)
    """
    found = await client.figures(
        "ledger",
        ledger(
            entry("2002-05-01", "buy", "XYZ", quantity=100, price=10),
            entry("2003-01-15", "buy", "XYZ", quantity=200, price=11),
            entry("2003-07-15", "transfer_out", "XYZ", quantity=50),
            entry("2005-12-15", "buy", "XYZ", quantity=100, price=9),
            entry("2008-04-15", "sell", "XYZ", quantity=130, price=12),
        ),
    )
    assert (found["cost_of_sales"], found["realised"]) == ("1380.00", "180.00")
    assert lots(found) == [("2003-01-15", "120", "11"), ("2005-12-15", "100", "9")]


@pytest.mark.parametrize(
    ("method", "cost", "left"),
    [
        # 100 at 10, 100 at 14, 100 at 12; 150 sold. FIFO 1000 + 50x14; LIFO 1200 + 50x14; HIFO 1400 + 50x12;
        # average 12 a share.
        ("FIFO", "1700.00", [("2024-01-03", "50", "14"), ("2024-01-04", "100", "12")]),
        ("LIFO", "1900.00", [("2024-01-02", "100", "10"), ("2024-01-03", "50", "14")]),
        ("HIFO", "2000.00", [("2024-01-02", "100", "10"), ("2024-01-04", "50", "12")]),
        ("AVERAGE", "1800.00", [("2024-01-03", "50", "12"), ("2024-01-04", "100", "12")]),
    ],
)
async def test_the_method_decides_which_lots_are_sold(
    client: AnalyticsClient, method: str, cost: str, left: list[tuple[str, str, str]]
) -> None:
    found = await client.figures(
        "ledger",
        ledger(
            entry("2024-01-02", "buy", "A", quantity=100, price=10),
            entry("2024-01-03", "buy", "A", quantity=100, price="14"),
            entry("2024-01-04", "buy", "A", quantity=100, price=12),
            entry("2024-01-05", "sell", "A", quantity=150, price=15),
            cost_method=method,
        ),
    )
    assert found["cost_of_sales"] == cost
    assert Decimal(found["realised"]) == 2250 - Decimal(cost)
    assert lots(found) == left


async def test_average_cost_moves_with_purchases_and_stays_with_sales(client: AnalyticsClient) -> None:
    """The moving average of the textbooks: 10 at 100, 10 at 110 -> 105; 5 sold; 15 at 120 -> (15x105 + 15x120) / 30."""
    found = await client.figures(
        "ledger",
        ledger(
            entry("2024-01-02", "buy", "A", quantity=10, price=100),
            entry("2024-01-03", "buy", "A", quantity=10, price=110),
            entry("2024-01-04", "sell", "A", quantity=5, price=130),
            entry("2024-01-05", "buy", "A", quantity=15, price=120),
            entry("2024-01-08", "sell", "A", quantity=10, price=125),
            cost_method="AVERAGE",
        ),
    )
    assert found["cost_of_sales"] == "1650.00"  # 5 x 105 + 10 x 112.50
    assert found["realised"] == "250.00"  # 5 x 25 + 10 x 12.50
    assert found["holdings"][0]["cost_basis"] == "2250.00"  # 20 x 112.50


async def test_average_cost_of_two_currencies_stays_with_each_lot(client: AnalyticsClient) -> None:
    """10 at 100 and 10 at 120 USD average 110; five go at 110, then lots of another currency keep all at their own."""
    found = await client.figures(
        "ledger",
        ledger(
            entry("2024-01-02", "buy", "A", quantity=10, price=100),
            entry("2024-01-03", "buy", "A", quantity=10, price=120),
            entry("2024-01-04", "sell", "A", quantity=5, price=130),
            entry("2024-01-05", "buy", "A", quantity=10, price=100, currency="EUR"),
            entry("2024-01-08", "sell", "A", quantity=15, price=130),
            cost_method="AVERAGE",
            currencies={"A": "USD"},
            fx={"dates": ["2024-01-02"], "series": {"EURUSD": [1.5]}},
        ),
    )
    assert found["cost_of_sales"] == "2200.00"
    assert lots(found) == [("2024-01-05", "10", "150")]


async def test_fees_belong_to_cost_and_lower_proceeds(client: AnalyticsClient) -> None:
    found = await client.figures(
        "ledger",
        ledger(
            entry("2024-01-02", "deposit", amount=5000),
            entry("2024-01-02", "buy", "A", quantity=10, price=100, fee=5),
            entry("2024-01-04", "sell", "A", quantity=4, price=120, fee="3", tax=2),
            entry("2024-01-05", "fee", amount=1),
            entry("2024-01-05", "tax", amount="0.5"),
            entry("2024-01-05", "interest", amount=2),
            prices=prices(*DAYS, A=[100, 110, 120, 130]),
        ),
    )
    # cost of four 402, proceeds 477; cash 5000 - 1005 + 475 - 1 - 0.5 + 2
    assert (found["realised"], found["fees"], found["taxes"], found["income"]) == ("75.00", "9.00", "2.50", "2.00")
    assert found["cash"] == "4470.50"
    assert found["holdings"][0]["cost_basis"] == "603.00"
    assert (found["value_end"], found["gain"]) == ("5250.50", "250.50")
    assert (found["net_flows"], found["warnings"]) == ("5000.00", [])


async def test_a_split_mid_holding_is_no_return_and_dividends_count_per_share_held(client: AnalyticsClient) -> None:
    found = await client.figures(
        "ledger",
        ledger(
            entry("2024-01-02", "buy", "A", quantity=10, price=100),
            entry("2024-01-04", "split", "A", ratio=4),
            entry("2024-01-05", "dividend", "A", amount="0.25"),
            prices=prices(*DAYS, A=[100, 104, "26.5", 27]),
        ),
    )
    assert lots(found) == [("2024-01-02", "40", "25")]
    assert (found["income"], found["cash"], found["value_end"]) == ("10.00", "10.00", "1090.00")
    assert found["twr"] == pytest.approx(0.09, rel=1e-12)
    assert found["price_return"] == pytest.approx(0.08, rel=1e-12)
    assert found["worst_daily_return"] == pytest.approx(1060 / 1040 - 1, rel=1e-12)
    assert found["n_returns"] == 3


async def test_a_gap_carries_the_last_close_over_a_split(client: AnalyticsClient) -> None:
    found = await client.figures(
        "ledger",
        ledger(
            entry("2024-01-02", "buy", "A", quantity=10, price=100),
            entry("2024-01-04", "split", "A", ratio="0.1"),
            prices=prices(*DAYS, A=[100, 104, None, None]),
        ),
    )
    [holding] = found["holdings"]
    assert (holding["quantity"], holding["market_value"]) == ("1", "1040.00")
    assert found["twr"] == pytest.approx(0.04, rel=1e-12)
    assert found["worst_daily_return"] == pytest.approx(0.0, abs=1e-12)


async def test_a_reverse_split_leaves_fractions_that_can_all_be_sold(client: AnalyticsClient) -> None:
    found = await client.figures(
        "ledger",
        ledger(
            entry("2024-01-02", "buy", "A", quantity=100, price=3),
            entry("2024-01-03", "split", "A", ratio=1 / 3),
            entry("2024-01-04", "sell", "A", quantity=100 / 3, price=12),
        ),
    )
    assert found["holdings"] == []
    assert Decimal(found["realised"]) == pytest.approx(Decimal(100), rel=Decimal("1e-12"))


async def test_price_effect_and_currency_effect_add_up(client: AnalyticsClient) -> None:
    """Ten at 100 EUR, 1.10 USD each; 110 EUR at 1.20: 10 % by price, 1.2 / 1.1 - 1 by the euro, the product besides."""
    found = await client.figures(
        "ledger",
        ledger(
            entry("2024-01-02", "buy", "SAP", quantity=10, price=100, currency="EUR"),
            currencies={"SAP": "EUR"},
            prices=prices(*DAYS, SAP=[100, 105, None, 110]),
            fx={"dates": ["2024-01-02", "2024-01-05"], "series": {"EURUSD": ["1.10", 1.2]}},
        ),
    )
    [holding] = found["holdings"]
    assert (holding["cost_basis"], holding["market_value"], holding["unrealised"]) == ("1100.00", "1320.00", "220.00")
    assert found["twr"] == pytest.approx(0.2, rel=1e-12)
    assert found["return_local"] == pytest.approx(0.1, rel=1e-12)
    assert found["return_fx"] == pytest.approx(1.2 / 1.1 - 1, rel=1e-12)
    assert found["return_interaction"] == pytest.approx(0.1 * (1.2 / 1.1 - 1), rel=1e-9)


async def test_rates_are_taken_from_the_inverse_or_a_third_currency(client: AnalyticsClient) -> None:
    days = ["2024-01-02", "2024-01-03"]
    found = await client.figures(
        "ledger",
        ledger(
            entry("2024-01-02", "buy", "US", quantity=1, price=110, currency="USD"),
            entry("2024-01-02", "buy", "UK", quantity=1, price=80, currency="GBP"),
            base_currency="EUR",
            prices=prices(*days, US=[110, 110], UK=[80, 80]),
            fx={"dates": days, "series": {"EURUSD": [1.1, 1.25], "GBPUSD": [1.375, 1.5]}},
        ),
    )
    values = {holding["symbol"]: holding for holding in found["holdings"]}
    assert values["US"]["cost_basis"] == "100.00"
    assert values["UK"]["cost_basis"] == "100.00"  # 80 x 1.375 / 1.1
    assert (values["US"]["market_value"], values["UK"]["market_value"]) == ("88.00", "96.00")


async def test_foreign_dividends_stay_in_their_currency_and_trades_convert(client: AnalyticsClient) -> None:
    days = ["2024-01-02", "2024-01-03", "2024-01-04"]
    found = await client.figures(
        "ledger",
        ledger(
            entry("2024-01-02", "deposit", amount=1100),
            entry("2024-01-02", "buy", "SAP", quantity=10, price=100),
            entry("2024-01-03", "dividend", "SAP", amount=2),
            entry("2024-01-04", "sell", "SAP", quantity=10, price=100),
            currencies={"SAP": "EUR"},
            prices=prices(*days, SAP=[100, 100, 100]),
            fx={"dates": days, "series": {"EURUSD": [1.1, 1.2, 1.25]}},
        ),
    )
    assert found["cash"] == "1275.00"  # 20 EUR and 1000 EUR, both at 1.25
    assert found["income"] == "24.00"  # at the day's 1.20
    assert found["realised"] == "150.00"  # 1000 x 1.25 - 1000 x 1.10
    assert found["gain"] == "175.00"
    total = found["return_local"] + found["return_fx"] + found["return_interaction"]
    assert total == pytest.approx(found["twr"], rel=1e-12)
    assert found["return_local"] == pytest.approx(0.02, rel=1e-12)
    assert found["return_fx"] == pytest.approx(1.25 / 1.1 - 1, rel=1e-12)


async def test_without_deposits_purchases_are_funded_on_their_day_and_spend_what_is_there(
    client: AnalyticsClient,
) -> None:
    found = await client.figures(
        "ledger",
        ledger(
            entry("2024-01-02", "buy", "A", quantity=10, price=100),
            entry("2024-01-03", "sell", "A", quantity=5, price=120),
            entry("2024-01-04", "buy", "B", quantity=10, price=80),
            prices=prices(*DAYS, A=[100, 120, 120, 132], B=[80, 80, 80, 80]),
        ),
    )
    assert found["net_flows"] == "1200.00"  # 1000, then the 200 that 600 of proceeds did not cover
    assert (found["cash"], found["value_end"], found["gain"]) == ("0.00", "1460.00", "260.00")
    assert found["twr"] == pytest.approx(1.2 * 1460 / 1400 - 1, rel=1e-12)
    assert found["warnings"] == ["the ledger has no deposits, so what purchases lacked counts as paid in on their day"]


async def test_transfers_keep_their_cost_and_flow_at_the_days_price(client: AnalyticsClient) -> None:
    found = await client.figures(
        "ledger",
        ledger(
            entry("2024-01-02", "transfer_in", "A", quantity=10, cost_basis=600),
            entry("2024-01-03", "transfer_in", "A", quantity=10),
            entry("2024-01-05", "transfer_out", "A", quantity=15),
            prices=prices(*DAYS, A=[100, 110, 110, 121]),
        ),
    )
    assert (found["realised"], found["cost_of_sales"]) == ("0.00", "0.00")
    assert lots(found) == [("2024-01-03", "5", "110")]
    assert found["net_flows"] == "285.00"  # 1000 + 1100 - 15 x 121
    assert found["gain"] == "320.00"  # 605 - 285
    assert found["twr"] == pytest.approx(0.21, rel=1e-12)


async def test_shares_transferred_before_a_split_of_the_day_count_after_it(client: AnalyticsClient) -> None:
    found = await client.figures(
        "ledger",
        ledger(
            entry("2024-01-02", "buy", "A", quantity=10, price=100),
            entry("2024-01-03", "transfer_in", "A", quantity=10, cost_basis=1000),
            entry("2024-01-03", "split", "A", ratio=2),
            prices=prices("2024-01-02", "2024-01-03", A=[100, 50]),
        ),
    )
    assert (found["net_flows"], found["value_end"]) == ("2000.00", "2000.00")
    assert found["twr"] == pytest.approx(0.0, abs=1e-12)


async def test_a_flow_on_a_day_without_prices_counts_on_its_own_day(client: AnalyticsClient) -> None:
    """Doubling mid-quarter at the unchanged price: the return is that of the price, 10 %."""
    found = await client.figures(
        "ledger",
        ledger(
            entry("2024-01-02", "buy", "A", quantity=1, price=100),
            entry("2024-02-15", "buy", "A", quantity=1, price=100),
            prices=prices("2024-01-02", "2024-03-29", A=[100, 110]),
        ),
    )
    assert found["twr"] == pytest.approx(0.1, rel=1e-12)
    assert found["n_returns"] == 1


async def test_a_range_begins_with_the_close_of_its_start(client: AnalyticsClient) -> None:
    body = ledger(
        entry("2024-01-02", "deposit", amount=2000),
        entry("2024-01-02", "buy", "A", quantity=10, price=90),
        entry("2024-01-03", "sell", "A", quantity=1, price=110, fee=1),
        entry("2024-01-04", "deposit", amount=500),
        entry("2024-01-05", "sell", "A", quantity=1, price=130, fee=2),
        prices=prices(*DAYS, A=[100, 110, 120, 130]),
        start="2024-01-03",
        end="2024-01-05",
    )
    found = await client.figures("ledger", body)
    assert (found["value_start"], found["net_flows"]) == ("2199.00", "500.00")  # 1209 in cash, nine at 110
    assert (found["value_end"], found["gain"]) == ("2877.00", "178.00")  # 1837 in cash, eight at 130
    assert (found["realised"], found["fees"], found["cost_of_sales"]) == ("38.00", "2.00", "90.00")
    assert found["twr"] == pytest.approx(2289 / 2199 * 2877 / 2789 - 1, rel=1e-12)
    assert found["n_returns"] == 2
    earlier = await client.figures("ledger", body | {"end": "2024-01-04"})
    assert (earlier["value_end"], earlier["realised"]) == ("2789.00", "0.00")


async def test_from_the_first_day_on_its_flows_count(client: AnalyticsClient) -> None:
    body = ledger(
        entry("2024-01-02", "deposit", amount=1000),
        entry("2024-01-02", "buy", "A", quantity=10, price=90),
        prices=prices("2023-12-29", *DAYS, A=[80, 100, 110, 120, 130]),
    )
    whole = await client.figures("ledger", body)
    assert (whole["net_flows"], whole["gain"], whole["n_returns"]) == ("1000.00", "400.00", 3)
    for start in ("2023-12-29", "2024-01-02"):
        found = await client.figures("ledger", body | {"start": start})
        assert {**found, "conventions": 0} == {**whole, "conventions": 0}


async def test_xirr_of_a_year_is_its_return(client: AnalyticsClient) -> None:
    found = await client.figures(
        "ledger",
        ledger(
            entry("2023-01-02", "buy", "A", quantity=10, price=100),
            prices=prices("2023-01-02", "2024-01-02", A=[100, 112.5]),
        ),
    )
    assert found["xirr"] == pytest.approx(0.125, rel=1e-10)


async def test_without_prices_what_needs_them_is_null_with_its_reason(client: AnalyticsClient) -> None:
    found = await client.figures("ledger", ledger(entry("2024-01-02", "buy", "A", quantity=10, price=100)))
    [holding] = found["holdings"]
    assert holding["market_value"] is holding["unrealised"] is None
    assert set(holding["undefined"]) == {"market_value", "unrealised"}
    for name in ("value_end", "gain", "twr", "xirr", "price_return", "return_fx"):
        assert found[name] is None
        assert found["undefined"][name] == "no price of A is given at or before 2024-01-02"
    assert (found["cash"], found["net_flows"]) == ("0.00", "1000.00")


async def test_a_name_without_its_first_close_yet_counts_at_its_last_trade(client: AnalyticsClient) -> None:
    found = await client.figures(
        "ledger",
        ledger(
            entry("2024-01-02", "buy", "A", quantity=10, price=100),
            prices=prices(*DAYS, A=[None, None, 110, 121]),
        ),
    )
    assert found["twr"] == pytest.approx(0.21, rel=1e-12)
    assert found["n_returns"] == 3


async def test_a_dividend_or_split_of_a_name_not_held_is_nothing(client: AnalyticsClient) -> None:
    found = await client.figures(
        "ledger",
        ledger(
            entry("2024-01-02", "dividend", "A", amount=1),
            entry("2024-01-02", "split", "A", ratio=2),
            entry("2024-01-03", "buy", "A", quantity=10, price=100),
            entry("2024-01-04", "sell", "A", quantity=10, price=100),
            entry("2024-01-05", "dividend", "A", amount=1),
        ),
    )
    assert (found["income"], found["cash"], found["realised"]) == ("0.00", "1000.00", "0.00")


@pytest.mark.parametrize("kind", ["sell", "transfer_out"])
async def test_more_than_is_held_is_refused_with_the_shortfall(client: AnalyticsClient, kind: str) -> None:
    sale = entry("2024-01-03", kind, "A", quantity="12.5", **({"price": 100} if kind == "sell" else {}))
    answer = await client.post("ledger", ledger(entry("2024-01-02", "buy", "A", quantity=10, price=100), sale))
    body = answer.json()
    assert (answer.status_code, body["reason"]) == (409, "SHORT_SALE")
    assert (body["metadata"]["shortfall"], body["metadata"]["symbol"]) == ("2.5", "A")
    assert "2.5 short" in body["detail"]


async def test_within_a_day_the_given_order_counts_and_days_are_sorted(client: AnalyticsClient) -> None:
    buy = entry("2024-01-03", "buy", "A", quantity=1, price=10)
    sell = entry("2024-01-03", "sell", "A", quantity=1, price=11)
    assert (await client.figures("ledger", ledger(buy, sell)))["realised"] == "1.00"
    assert (await client.post("ledger", ledger(sell, buy))).status_code == 409
    later = sell | {"date": "2024-01-04"}
    assert (await client.figures("ledger", ledger(later, buy)))["realised"] == "1.00"


async def test_wrong_fields_are_named(client: AnalyticsClient) -> None:
    good = entry("2024-01-02", "buy", "A", quantity=1, price=10)
    wrong = {
        "/transactions/1/quantity": good | {"quantity": -1},
        "/transactions/1/price": good | {"price": "-0.01"},
        "/transactions/1/ratio": good | {"ratio": 2},
        "/transactions/1/date": good | {"date": "2999-01-01"} | {"date": "2299-01-01"},
        "/transactions/1/currency": good | {"currency": "QQQ"},
        "/transactions/1/symbol": entry("2024-01-02", "sell", quantity=1, price=1),
        "/transactions/1/amount": entry("2024-01-02", "deposit"),
        "/transactions/1/type": entry("2024-01-02", "short", "A", quantity=1, price=1),
        "/transactions/1/cost_basis": entry("2024-01-02", "transfer_in", "Z", quantity=1),
        "/transactions/1/strike": good | {"strike": 1},
    }
    for pointer, transaction in wrong.items():
        assert await client.pointers("ledger", ledger(good, transaction)) == [pointer]
    for value in ("NaN", "Infinity", "1e30", True, "ten"):
        assert await client.pointers("ledger", ledger(good | {"quantity": value})) == ["/transactions/0/quantity"]


async def test_wrong_tables_are_named(client: AnalyticsClient) -> None:
    good = entry("2024-01-02", "buy", "A", quantity=1, price=10)
    table = prices(*DAYS, A=[1, 2, 3, 4])
    for pointer, wrong in {
        "/prices/dates/2": table | {"dates": [DAYS[0], DAYS[2], DAYS[1], DAYS[3]]},
        "/prices/series/A": table | {"series": {"A": [1, 2]}},
        "/prices/series/A~1B/1": table | {"series": {"A/B": [1, -2, 3, 4]}},
        "/prices/series/A/3": table | {"series": {"A": [1, 2, 3, "inf"]}},
    }.items():
        assert await client.pointers("ledger", ledger(good, prices=wrong)) == [pointer]
    fx = {"dates": DAYS, "series": {"EURUSD": [1, 1, 1, 0]}}
    assert await client.pointers("ledger", ledger(good, fx=fx)) == ["/fx/series/EURUSD/3"]
    assert await client.pointers("ledger", ledger(good, fx=prices(*DAYS, EUR=[1, 1, 1, 1]))) == ["/fx/series/EUR"]
    assert await client.pointers("ledger", ledger(good | {"currency": "EUR"})) == ["/transactions/0/currency"]
    assert await client.pointers("ledger", ledger(good, start="2024-01-04", end="2024-01-03")) == ["/start"]
    assert await client.pointers("ledger", ledger(good, base_currency="ABC")) == ["/base_currency"]


async def test_an_empty_ledger_is_worth_nothing_and_has_no_returns(client: AnalyticsClient) -> None:
    found = await client.figures("ledger", ledger())
    assert (found["value_end"], found["gain"], found["twr"], found["n_returns"]) == ("0.00", "0.00", None, 0)
    assert found["undefined"]["xirr"] == "the ledger has no transactions"


async def test_the_scope_is_needed() -> None:
    async with analytics_client("portfolio.read") as poor:
        assert (await poor.post("ledger", ledger())).status_code == 403


trades = st.lists(
    st.tuples(
        st.sampled_from(["buy", "sell", "split", "dividend", "deposit", "fee"]),
        st.integers(1, 400),
        st.sampled_from(["A", "B"]),
    ),
    min_size=1,
    max_size=25,
)


def _report(kinds: list[tuple[str, int, str]], method: CostMethod) -> tuple[LedgerReport, dict[str, Decimal]]:
    held: dict[str, Decimal] = {"A": Decimal(0), "B": Decimal(0)}
    given: list[GivenTransaction] = []
    for index, (kind, number, symbol) in enumerate(kinds):
        on, size = day(f"2024-01-{index + 1:02d}"), Decimal(number) / 4
        if kind == "buy":
            held[symbol] += size
            given.append(GivenTransaction(on, EntryType.BUY, symbol, quantity=size, price=Decimal(number), fee=size))
        elif kind == "sell" and held[symbol]:
            size = min(size, held[symbol])
            held[symbol] -= size
            given.append(GivenTransaction(on, EntryType.SELL, symbol, quantity=size, price=Decimal(7), fee=Decimal(1)))
        elif kind == "split":
            held[symbol] *= 2
            given.append(GivenTransaction(on, EntryType.SPLIT, symbol, ratio=Decimal(2)))
        elif kind == "dividend":
            given.append(GivenTransaction(on, EntryType.DIVIDEND, symbol, amount=Decimal("0.5")))
        elif kind in ("deposit", "fee"):
            given.append(GivenTransaction(on, EntryType(kind), amount=size))
    days = [day(f"2024-01-{number:02d}") for number in range(1, 32)]
    column = [Decimal(5 + number % 7) for number in range(31)]
    table = Table.of(days, {"A": column, "B": column[::-1]})
    return report_ledger(GivenLedger("USD", method, given, prices=table), day("2024-02-01")), held


@given(trades, st.sampled_from(list(CostMethod)))
def test_lots_sum_to_the_holding_and_the_parts_of_the_gain_to_the_whole(
    kinds: list[tuple[str, int, str]], method: CostMethod
) -> None:
    report, held = _report(kinds, method)
    with exact():
        _check(report, held, sum((Decimal(n) / 4 for kind, n, _ in kinds if kind == "fee"), Decimal(0)))


def _check(report: LedgerReport, held: dict[str, Decimal], charged: Decimal) -> None:
    assert {holding.symbol: holding.quantity for holding in report.holdings} == {s: q for s, q in held.items() if q}
    unrealised = Decimal(0)
    for holding in report.holdings:
        assert sum(lot.quantity for lot in holding.lots) == holding.quantity
        assert abs(sum(lot.base_cost for lot in holding.lots) - holding.cost_basis) < Decimal("1e-30")
        assert isinstance(holding.unrealised, Decimal)
        unrealised += holding.unrealised
    gain = report.amounts["gain"]
    assert isinstance(gain, Decimal)
    assert abs(gain - (report.realised + unrealised + report.income - charged)) < Decimal("1e-30")
