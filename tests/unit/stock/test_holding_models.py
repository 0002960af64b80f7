"""Bodies of holdings: what lots say, and that a body without models for each lot says the same."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.money import Money
from stocktool_stock.application.value_portfolio import HoldingsReport
from stocktool_stock.domain.holding_period import HoldingRule
from stocktool_stock.domain.lots import CostMethod, Lot
from stocktool_stock.domain.portfolio import Account, Portfolio, PortfolioId
from stocktool_stock.domain.valuation import Holding, PricePoint, Valuation
from stocktool_stock.http.holding_models import HoldingsModel, holdings_json

AS_OF = date(2024, 11, 29)


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


def a_report() -> HoldingsReport:
    lots = (
        Lot("txn_1", "acc_1", "SAP", date(2023, 11, 28), Decimal(3), Decimal(100), "EUR", Decimal("110.005")),
        Lot("txn_2", "acc_1", "SAP", date(2023, 11, 29), Decimal("0.50"), Decimal("60.10"), "EUR", Decimal("66.015")),
    )
    price = PricePoint(Money(Decimal("224.5"), "EUR"), AS_OF, False, "yahoo")
    holding = Holding("SAP", Decimal("3.50"), usd("176.02"), lots, price, usd("830"), usd("1.5"), 0.83)
    portfolio = Portfolio(
        id=PortfolioId("prt_1"),
        owner=OwnerId("usr_1"),
        name="Main",
        base_currency="USD",
        accounts=(Account("acc_1", "Main", "USD"),),
        cost_method=CostMethod.FIFO,
        created_at=datetime(2024, 1, 2, tzinfo=UTC),
    )
    valuation = Valuation(AS_OF, (holding,), (usd("170"),), usd("170"), usd("1000"), (), (), (), ())
    return HoldingsReport(portfolio, valuation, usd("0"), usd("0"), (), {"cost_method": "FIFO"})


def test_lots_say_price_cost_and_age() -> None:
    body: dict[str, Any] = orjson.loads(holdings_json(a_report()))
    first, second = body["items"][0]["lots"]
    assert first == {
        "id": "txn_1",
        "account_id": "acc_1",
        "date": "2023-11-28",
        "quantity": "3",
        "price": {"amount": "33.333333333333", "currency": "EUR"},  # 100 / 3
        "cost_basis": {"amount": "110.00", "currency": "USD"},  # half to even
        "days_held": 367,  # 2024 has a leap day
        "long_term": True,
    }
    assert (second["quantity"], second["price"]["amount"]) == ("0.5", "120.2")
    assert second["cost_basis"]["amount"] == "66.02"
    assert (second["days_held"], second["long_term"]) == (366, False)  # long-term from 30 November on


def test_both_ways_to_write_holdings_agree() -> None:
    report, rule = a_report(), HoldingRule(days=366)
    assert orjson.loads(holdings_json(report, rule)) == orjson.loads(HoldingsModel.of(report, rule).model_dump_json())


def test_holdings_without_lots_say_everything_else() -> None:
    whole: dict[str, Any] = orjson.loads(holdings_json(a_report()))
    bare = orjson.loads(HoldingsModel.of(a_report(), lots=False).model_dump_json())
    whole["items"][0]["lots"] = []
    assert bare == whole
