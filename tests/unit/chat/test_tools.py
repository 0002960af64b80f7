"""Schemas of tools, checks of their arguments, and protobuf answers as plain JSON."""

from __future__ import annotations

import math
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from stocktool.common.v1.money_pb2 import Money
from stocktool.stock.v1 import analytics_service_pb2 as analytics
from stocktool.stock.v1 import insights_pb2 as insights
from stocktool.stock.v1 import portfolio_service_pb2 as portfolio
from stocktool.stock.v1 import stock_service_pb2 as stock
from stocktool_chat.adapters import calculator_tools, watch_tools, web_tools
from stocktool_chat.adapters import tool_arguments as args
from stocktool_chat.adapters.grpc_tools import TOOLS
from stocktool_chat.adapters.proto_json import to_plain
from stocktool_chat.adapters.tool_session import Tool
from stocktool_kit.core.errors import InvalidArgument

NAMES = [
    "get_market_status",
    "get_quotes",
    "get_bars",
    "get_indicators",
    "get_market_overview",
    "compare_symbols",
    "search_instruments",
    "get_profile",
    "get_fundamentals",
    "get_earnings",
    "get_dividends",
    "get_movers",
    "list_news",
    "list_portfolios",
    "get_holdings",
    "get_performance",
    "get_risk",
    "get_allocation",
    "get_contribution",
    "get_income",
    "get_tax_lots",
    "explain_figure",
    "list_transactions",
    "propose_transaction",
    "get_xray",
    "what_if",
    "plan_rebalance",
    "optimise_portfolio",
    "project_portfolio",
    "list_watches",
    "propose_watch",
    "backtest_watch",
    "start_analysis",
    "read_analysis",
    "search_documents",
    "read_page",
    "calculate",
    "web_search",
]
ALL = (*TOOLS, *web_tools.TOOLS)


def objects(schema: Any) -> list[dict[str, Any]]:
    """Every object schema in a schema."""
    found = []
    if isinstance(schema, dict):
        found += [schema] if schema.get("type") == "object" else []
        found += [each for value in schema.values() for each in objects(value)]
    elif isinstance(schema, list):
        found += [each for value in schema for each in objects(value)]
    return found


def test_every_tool_has_a_strict_schema_without_the_user() -> None:
    definitions = [tool.definition() for tool in ALL]

    assert [definition.name for definition in definitions] == NAMES
    for definition in definitions:
        for schema in objects(definition.parameters):
            assert schema["additionalProperties"] is False
            assert schema["required"] == list(schema["properties"])
            assert not {"user", "owner", "owner_id", "subject", "user_id"} & set(schema["properties"])
        assert "$ref" not in str(definition.parameters)


def unbounded(schema: Any, place: str = "$") -> list[str]:
    """Places in a schema where a caller may send as much as they like."""
    if isinstance(schema, list):
        return [found for at, each in enumerate(schema) for found in unbounded(each, f"{place}[{at}]")]
    if not isinstance(schema, dict):
        return []
    bounds = {
        "string": {"maxLength", "pattern", "enum", "const", "format"},
        "array": {"maxItems"},
        "integer": {"maximum"},
        "number": {"maximum", "exclusiveMaximum"},
    }.get(str(schema.get("type")))
    own = [place] if bounds and not bounds & set(schema) else []
    return own + [found for name, each in schema.items() for found in unbounded(each, f"{place}.{name}")]


@pytest.mark.parametrize("tool", ALL, ids=lambda tool: tool.name)
def test_every_argument_is_bounded(tool: Tool) -> None:
    assert unbounded(tool.definition().parameters) == []


@pytest.mark.parametrize("tool", ALL, ids=lambda tool: tool.name)
def test_what_is_not_asked_for_is_refused(tool: Tool) -> None:
    for foreign in ("user_id", "owner", "__class__"):
        with pytest.raises(InvalidArgument) as refused:
            args.checked(tool.arguments, {foreign: "usr_2"})
        assert f"/{foreign}" in {violation.pointer for violation in refused.value.violations}


GOOD: list[tuple[type[args.Arguments], dict[str, Any]]] = [
    (args.Performance, {"portfolio": "", "start": None, "end": "2024-11-29", "period": None, "benchmark": "spy"}),
    (args.Performance, {}),
    (args.Symbols, {"symbols": ["aapl", "BRK-B", "^GSPC"]}),
    (args.Allocation, {"portfolio": None, "by": "currency"}),
]


@pytest.mark.parametrize(("model", "given"), GOOD)
def test_good_arguments_are_taken(model: type[args.Arguments], given: dict[str, Any]) -> None:
    read = args.checked(model, given)
    assert read.model_dump().get("symbols", ["AAPL"])[0] == "AAPL"
    assert read.model_dump().get("benchmark") in (None, "SPY")


NULLS: list[tuple[type[args.Arguments], dict[str, Any]]] = [
    (args.WhatIf, {"portfolio": None, "trades": [{"type": "buy", "symbol": "AAPL", "quantity": "1"}]}),
    (args.Rebalance, {}),
    (args.NewTransaction, {"type": "deposit", "amount": "10"}),
    (args.Optimise, {"method": "hrp"}),
    (args.Bars, {"symbol": "AAPL"}),
    (args.Projection, {"years": 20, "saving_monthly": "500"}),
    (args.Indicators, {"symbol": "AAPL", "names": ["rsi"]}),
    (watch_tools.NewWatch, {"conditions": [{"kind": "price", "symbol": "AAPL", "above": "240"}]}),
    (watch_tools.Condition, {"kind": "drawdown", "above": "0.1", "days": 250}),
]


@pytest.mark.parametrize(("model", "given"), NULLS)
def test_null_and_absent_mean_the_same(model: type[args.Arguments], given: dict[str, Any]) -> None:
    nothing = {name: None for name, field in model.model_fields.items() if not field.is_required()}
    assert args.checked(model, nothing | given) == args.checked(model, given)


BAD: list[tuple[type[args.Arguments], dict[str, Any], str]] = [
    (args.Symbols, {"symbols": []}, "/symbols"),
    (args.Symbols, {"symbols": ["not a symbol"]}, "/symbols/0"),
    (args.Performance, {"start": "soon"}, "/start"),
    (args.Performance, {"user": "usr_2"}, "/user"),
    (args.ReadPage, {"document_id": "doc_1", "page": 0}, "/page"),
    (args.Indicators, {"symbol": "AAPL", "names": ["magic"]}, "/names/0"),
    (args.Projection, {"years": 61}, "/years"),
    (watch_tools.Rule, {"conditions": [{"kind": "price", "symbol": "AAPL", "above": "1e400"}]}, "/conditions/0/above"),
    (watch_tools.Rule, {"conditions": []}, "/conditions"),
    (calculator_tools.Calculation, {"expression": "a", "operands": []}, "/operands"),
]


@pytest.mark.parametrize(("model", "given", "pointer"), BAD)
def test_bad_arguments_name_their_field(model: type[args.Arguments], given: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        args.checked(model, given)
    assert refused.value.violations[0].pointer == pointer


def test_answers_have_the_forms_of_the_public_api() -> None:
    now = Timestamp()
    now.FromJsonString("2024-11-29T18:00:00Z")
    quote = stock.Quote(
        symbol="AAPL",
        price=Money(amount="237.33", currency="USD"),
        as_of=now,
        undefined={"change_fraction": "no close"},
    )
    assert to_plain(quote) == {
        "symbol": "AAPL",
        "price": {"amount": "237.33", "currency": "USD"},
        "change_fraction": None,
        "as_of": "2024-11-29T18:00:00Z",
        "age_seconds": 0,
        "stale": False,
        "undefined": {"change_fraction": "no close"},
    }


def test_a_struct_is_the_json_it_holds() -> None:
    body = {"rows": [{"key": "AAPL", "gain": {"amount": "12.50", "currency": "USD"}, "dates": []}], "count": 3}
    answer = insights.GetContributionResponse(contribution=ParseDict(body, Struct()))
    without = {"rows": [{"key": "AAPL", "gain": {"amount": "12.50", "currency": "USD"}}], "count": 3}
    assert to_plain(answer.contribution) == body
    assert to_plain(answer.contribution, drop=("dates",)) == without
    assert to_plain(answer) == {"contribution": body}


def test_dates_enums_lists_and_missing_figures() -> None:
    entry = portfolio.Transaction(
        id="txn_1", date=Date(year=2020, month=8, day=31), type=portfolio.TRANSACTION_TYPE_TRANSFER_IN, quantity="10"
    )
    plain = to_plain(entry, drop=("sequence", "reversed"))
    assert plain == {"id": "txn_1", "date": "2020-08-31", "type": "transfer_in", "quantity": "10"}

    by_sector = analytics.Allocation(by=analytics.ALLOCATION_BY_SECTOR, slices=[analytics.AllocationSlice(weight=0.25)])
    assert to_plain(by_sector)["by"] == "sector"
    assert to_plain(by_sector)["slices"] == [{"weight": 0.25}]

    bars = stock.GetBarsResponse(symbol="AAPL", close=[1.5, math.nan])
    assert to_plain(bars)["close"] == [1.5, None]
