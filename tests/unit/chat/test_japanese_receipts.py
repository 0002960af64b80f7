"""Figures of Japanese answers: found between words without spaces, and matched by what those words mean."""

from __future__ import annotations

from typing import Any

import pytest
from stocktool_chat.domain.evidence import read_evidence
from stocktool_chat.domain.figures import find_figures
from stocktool_chat.domain.receipts import Status, match_receipts


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


RESULT: dict[str, Any] = {
    "start": "2023-12-29",
    "end": "2024-11-29",
    "twr": 0.2134,
    "trailing_yield": 0.0123,
    "metrics": {"sharpe": 1.04, "sortino": 1.52, "beta": 0.93, "volatility": 0.1812},
    "received": {"gross": usd("312.4"), "payments": 14},
    "items": [
        {"symbol": "AAPL", "quantity": "90", "weight": 0.42, "market_value": usd("21359.7")},
        {"symbol": "JPM", "quantity": "50", "weight": 0.31, "market_value": usd("12500")},
    ],
}


def told(text: str) -> list[tuple[str, Status]]:
    return [(each.value, each.status) for each in match_receipts(text, [read_evidence("c1", RESULT)])]


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("リターンは12.34%でした。", ["12.34%"]),
        ("評価額は$98,765.40です", ["$98,765.40"]),
        ("合計1,234.56ドルと3件", ["1,234.56ドル", "3"]),
        ("損失は-8.34%、利益は5.1%", ["-8.34%", "5.1%"]),
    ],
)
def test_figures_between_japanese_words_are_found(text: str, figures: list[str]) -> None:
    assert [each.text for each in find_figures(text)] == figures


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("時間加重リターンは21.34%でした。", "21.34%"),
        ("配当利回りは1.23%です。", "1.23%"),
        ("シャープレシオは1.04です。", "1.04"),
        ("ベータは 0.93 です。", "0.93"),
        ("支払いは14回です。", "14"),
        ("AAPLを90株保有しています。", "90"),
        ("AAPLの比率は42%です。", "42%"),
    ],
)
def test_figure_is_matched_by_what_is_said_of_it(text: str, value: str) -> None:
    assert told(text) == [(value, Status.MATCHED)]


@pytest.mark.parametrize(
    "text",
    [
        "シャープレシオは1.52です。",  # the Sortino ratio's digits
        "ベータは1.04です。",
        "ボラティリティは42%です。",
        "JPMを90株保有しています。",
    ],
)
def test_right_digits_of_something_else_are_not_matched(text: str) -> None:
    assert [status for _, status in told(text)] == [Status.UNMATCHED]
