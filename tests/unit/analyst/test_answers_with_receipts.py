"""Answers of the analyst leave no figure without a source, as the chat service reads them."""

from __future__ import annotations

import pytest
from stocktool_analyst.domain.compose import compose
from stocktool_analyst.domain.question import understand
from stocktool_analyst.domain.tools import Call, JsonObject, Result
from stocktool_chat.domain.evidence import read_evidence
from stocktool_chat.domain.receipts import Status, match_receipts


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


def year(number: int, *values: str) -> JsonObject:
    return {
        "year": number,
        **{key: usd(value) for key, value in zip(("p05", "p25", "p50", "p75", "p95"), values, strict=True)},
    }


def side(cash: str, volatility: float) -> JsonObject:
    return {
        "as_of": "2024-11-29",
        "total": usd("95000.12"),
        "cash_value": usd(cash),
        "risk": {"volatility": volatility, "sharpe": 1.21},
    }


PROJECTION: JsonObject = {
    "as_of": "2024-11-29",
    "initial": usd("95000.00"),
    "paths": 5000,
    "fan": [
        year(0, *["95000.00"] * 5),
        year(30, "0.00", "0.00", "120000.55", "1200000.55", "12000000.55"),
    ],
    "drift": 0.1135,
    "volatility": 0.2011,
}
RISK: JsonObject = {"start": "2019-01-02", "end": "2024-11-29", "sharpe": 1.02, "sortino": 1.487}
SALE: JsonObject = {
    "symbol": "META",
    "quantity": "17.5",
    "acquired": "2020-01-02",
    "proceeds": usd("10050.60"),
    "gain": usd("6039.39"),
}
WHAT_IF: JsonObject = {
    "as_of": "2024-11-29",
    "trades": [{"type": "sell", "symbol": "META", "quantity": "17.5"}],
    "before": side("4000.10", 0.1811),
    "after": side("14050.70", 0.1702),
    "sales": [SALE],
    "gain": usd("6039.39"),
}


@pytest.mark.parametrize(
    ("question", "tool", "result", "shown"),
    [
        ("Would my money last 30 years if I withdraw 2,500 a month?", "project_portfolio", PROJECTION, "$0.00"),
        ("毎月2,500ドル引き出したら30年もつ?", "project_portfolio", PROJECTION, "$0.00"),
        ("What is a Sortino ratio?", "get_risk", RISK, "1.49"),
        ("ソルティノレシオとは?", "get_risk", RISK, "1.49"),
        ("What would change if I sold half of my META shares?", "what_if", WHAT_IF, "$6,039.39"),
        ("METAを半分売ったらどうなる?", "what_if", WHAT_IF, "$6,039.39"),
    ],
)
def test_every_figure_has_a_source(question: str, tool: str, result: JsonObject, shown: str) -> None:
    answer = compose(understand(question, "2024-11-29"), [], [Result(Call(tool, {}), result)])
    receipts = match_receipts(answer, [read_evidence("c1", result)])
    assert shown in [each.value for each in receipts]
    assert [each.value for each in receipts if each.status is Status.UNMATCHED] == []


@pytest.mark.parametrize(
    "question",
    [
        "Rebalance to 80 % SPY and 40 % AAPL",
        "Set up an alert",
        "Record a sale for me",
        "What if I sold something?",
        "SPYを80%、AAPLを40%にリバランスして",
        "アラートを設定して",
        "売却を記録して",
    ],
)
def test_figures_of_a_suggested_question_are_no_claims(question: str) -> None:
    asked = understand(question, "2024-11-29")
    assert asked.suggestions
    assert match_receipts(compose(asked, [], []), []) == []
