"""Arithmetic over earlier figures: exact, in a small grammar, with units that must agree."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from stocktool_chat.adapters import calculator_tools as calculator
from stocktool_chat.adapters.tool_session import Session
from stocktool_chat.domain.calculation import CalculationRefused, Quantity, calculate
from stocktool_chat.domain.conversation import TurnId
from stocktool_chat.domain.earlier_results import EarlierResults, ResultNotFound
from stocktool_chat.domain.evidence import read_evidence
from stocktool_chat.domain.figures import Unit
from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.receipts import Status, match_receipts
from stocktool_chat.domain.tool_values import ToolValue
from stocktool_kit.core.errors import InvalidArgument


def money(value: str, currency: str = "USD") -> ToolValue:
    return ToolValue("call_1", "$.a", Unit.MONEY, Decimal(value), currency)


def number(value: str) -> ToolValue:
    return ToolValue("call_1", "$.n", Unit.PERCENT, Decimal(value))


OPERANDS = {"a": money("300.30"), "b": money("100.10"), "e": money("5", "EUR"), "r": number("0.1"), "z": number("0")}


@pytest.mark.parametrize(
    ("expression", "value", "currency"),
    [
        ("a + b", "400.40", "USD"),
        ("a - b * 2", "100.10", "USD"),
        ("a / b - 1", "2", ""),
        ("-(a - b)", "-200.20", "USD"),
        ("b * (1 + r) ** 2", "121.1210", "USD"),
        ("r + 0.2", "0.3", ""),  # binary floats would give 0.30000000000000004
        ("max(a, b) - min(a, b)", "200.20", "USD"),
        ("sum(a, b, a)", "700.70", "USD"),
        ("abs(b - a)", "200.20", "USD"),
        ("1 / 8", "0.125", ""),
        ("4 ** 0.5", "2", ""),
    ],
)
def test_what_is_computed(expression: str, value: str, currency: str) -> None:
    assert calculate(expression, OPERANDS) == Quantity(Decimal(value), currency)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("a + 1", "both sides must be of one currency"),
        ("a + e", "an amount in USD and an amount in EUR"),
        ("a * b", "two amounts"),
        ("1 / a", "a bare number and an amount in USD"),
        ("a / z", "divides by zero"),
        ("r / (r - r)", "divides by zero"),
        ("0 / 0", "no value"),
        ("(-1) ** 0.5", "no value"),
        ("9 ** 100 ** 2", "exponents up to 100"),
        ("(9 ** 100) ** 100", "beyond all bounds"),
        ("a ** 2", "bare numbers"),
        ("q", "'q' is not among the values given: a, b"),
        ("abs(a, b)", "abs takes one value"),
        ("a //", "no expression"),
        ("a // b", "operation is not known"),
        ("a < b", "no part of an expression"),
        ("__import__('os')", "no part of an expression"),
        ("a.__class__", "no part of an expression"),
        ("[a for a in b]", "no part of an expression"),
        ("(lambda: a)()", "no part of an expression"),
        ("max(*a)", "no part of an expression"),
        ("'x' * 9", "no part of an expression"),
        ("True + 1", "no part of an expression"),
        ("0x10", "'0x10' is no decimal number"),
        ("1j", "no part of an expression"),
        ("(" * 199, "no expression"),
        ("-" * 199 + "1" + "1", "longer than 200"),
        ("", "no expression"),
        ("a\x00", "no expression"),
    ],
)
def test_what_is_refused(expression: str, said: str) -> None:
    with pytest.raises(CalculationRefused, match=said):
        calculate(expression, OPERANDS)


HOLDINGS: JsonObject = {
    "total": {"amount": "24000.00", "currency": "USD"},
    "items": [
        {"symbol": "AAPL", "quantity": "40", "market_value": {"amount": "9493.20", "currency": "USD"}},
        {"symbol": "JPM", "quantity": "30", "market_value": {"amount": "7500.00", "currency": "USD"}},
    ],
}
AFTER: JsonObject = {"total": {"amount": "27000.00", "currency": "USD"}, "note": {"text": "about $5"}}


async def computed(expression: str, **operands: tuple[str, str]) -> Any:
    """The result of the tool over two calls of one tool and one of another."""
    earlier = EarlierResults()
    earlier.add("call_0", "get_holdings", {"error": {"reason": "UNAVAILABLE"}})
    earlier.add("call_1", "get_holdings", HOLDINGS)
    earlier.add("call_2", "what_if", AFTER)
    wanted = calculator.Calculation(
        expression=expression,
        operands=[calculator.Operand(name=name, result=result, path=path) for name, (result, path) in operands.items()],
    )
    services: Any = None  # a calculation asks nobody
    return await calculator.calculation(Session(services, TurnId("trn_1"), earlier), wanted)


async def test_a_result_names_the_place_of_every_figure() -> None:
    result = await computed("after / before - 1", after=("what_if", "$.total"), before=("get_holdings", "total.amount"))
    assert result == {
        "value": "0.125",
        "unit": "fraction",
        "calculation": {
            "expression": "after / before - 1",
            "operands": [
                {
                    "name": "after",
                    "tool": "what_if",
                    "call_id": "call_2",
                    "path": "$.total",
                    "value": {"amount": "27000.00", "currency": "USD"},
                },
                {
                    "name": "before",
                    "tool": "get_holdings",
                    "call_id": "call_1",
                    "path": "$.total",
                    "value": {"amount": "24000.00", "currency": "USD"},
                },
            ],
        },
    }


async def test_rows_are_found_by_symbol_and_counted() -> None:
    held = ("get_holdings#1", "items[symbol=JPM].market_value")
    assert (await computed("a * 2", a=held))["value"] == {"amount": "15000.00", "currency": "USD"}
    assert (await computed("a * 2", a=held))["symbol"] == "JPM"
    shares = await computed("a + b", a=("call_1", "items[0].quantity"), b=("call_1", "items[symbol=JPM].quantity"))
    assert (shares["quantity"], shares["unit"]) == ("70", "number")
    assert (await computed("total / n", total=("call_1", "total"), n=("call_1", "count(items)")))["value"] == {
        "amount": "12000.00",
        "currency": "USD",
    }


@pytest.mark.parametrize(
    ("result", "path", "error", "said"),
    [
        ("get_quotes", "total", ResultNotFound, "there are: get_holdings, what_if"),
        ("get_holdings#2", "total", ResultNotFound, "no earlier result"),
        ("get_holdings", "cash", InvalidArgument, r"no figure at 'cash'; there are: \$.total"),
        ("get_holdings", "items[symbol=XOM].quantity", InvalidArgument, "has the symbol XOM"),
        ("get_holdings", "items[9].quantity", InvalidArgument, "no figure"),
        ("what_if", "note.text", InvalidArgument, "no figure"),
    ],
)
async def test_what_cannot_be_taken_is_told_with_what_can(
    result: str, path: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        await computed("a", a=(result, path))


async def test_a_figure_of_the_calculator_is_derived_and_only_its_outcome_counts() -> None:
    result = await computed("after - before", after=("what_if", "total"), before=("get_holdings", "total"))
    evidence = [read_evidence("call_3", result)]
    found = match_receipts("You would gain $3,000.00, from $24,000.00.", evidence)
    assert [(each.value, each.status, each.call_id, each.path) for each in found] == [
        ("$3,000.00", Status.DERIVED, "call_3", "$.value"),
        ("$24,000.00", Status.UNMATCHED, None, None),
    ]
