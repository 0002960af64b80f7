"""What a receipt tells beside its status: the operation and operands, the words of a document, the trail."""

from __future__ import annotations

import pytest
from stocktool_chat.domain.events import receipt
from stocktool_chat.domain.receipts import Operand, Receipt, Status, match_receipts

from tests.labelled_answers import evidence, result


def receipts_of(text: str, *names: str) -> list[Receipt]:
    return match_receipts(text, [evidence(name) for name in names])


OPERATIONS = [
    ("AAPL and SPY together: $103,576.95.", "sum", ("$.items[1].market_value", "$.items[0].market_value")),
    (
        "AAPL is worth $17,747.40 more than JPM.",
        "difference",
        ("$.items[1].market_value", "$.items[2].market_value"),
    ),
    ("SPY more than doubled.", "ratio", ("$.items[0].market_value", "$.items[0].cost_basis")),
    ("You paid $36.02 per share of AAPL.", "per unit", ("$.items[1].cost_basis", "$.items[1].quantity")),
    ("You own nine securities.", "count", ("count($.items)",)),
]


@pytest.mark.parametrize(("text", "operation", "paths"), OPERATIONS)
def test_a_derived_figure_names_its_operation_and_its_operands(
    text: str, operation: str, paths: tuple[str, ...]
) -> None:
    (found,) = receipts_of(text, "holdings")

    assert (found.status, found.operation) == (Status.DERIVED, operation)
    assert found.operands == tuple(Operand("holdings", path) for path in paths)
    assert found.call_id == "holdings"


def test_operands_may_come_from_several_calls() -> None:
    text = "The gain of 2024 was $10,423.27 above that of 2023."
    found = next(each for each in receipts_of(text, "performance_2024", "performance_2023") if "$" in each.value)

    assert found.operation == "difference"
    assert found.operands == (Operand("performance_2024", "$.gain"), Operand("performance_2023", "$.gain"))


def test_a_figure_of_a_document_cites_document_page_and_words_that_stand_there() -> None:
    (found, _) = receipts_of("The deposit is 4,350 euros, and rent rises by 2.5 % each January.", "lease")

    assert found.source is not None
    assert (found.source.document_id, found.source.page) == ("doc_lease", 2)
    hits = result("lease")["hits"]
    assert isinstance(hits, list)
    assert found.source.quote in hits[0]["text"]
    assert "4,350 euros" in found.source.quote
    assert found.trail is None


def test_a_figure_of_the_portfolio_knows_its_trail() -> None:
    (found,) = receipts_of("Your portfolio is worth $214,794.53.", "holdings")

    assert found.trail is not None
    assert (found.trail.figure, found.trail.query) == ("market_value", {"as_of": "2024-11-29"})
    assert found.source is None


def test_the_event_has_every_field_whatever_the_status() -> None:
    unmatched = receipt(receipts_of("Your portfolio is worth $1.", "holdings")[0])
    matched = receipt(receipts_of("Your portfolio is worth $214,794.53.", "holdings")[0])

    assert unmatched.data.keys() == matched.data.keys()
    assert unmatched.data["trail"] is None
    assert matched.data["operands"] == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("In 2023 you returned 26.71 %.", ("performance_2024",)),
        ("TSLA is worth $42,719.40.", ("holdings",)),
        ("Your Sharpe ratio is 3.69.", ("risk_2024",)),
        ("After the sale you would hold 180 AAPL.", ("what_if",)),
        ("On 7 October 2024 AAPL closed at $225.52.", ("bars_october",)),
    ],
)
def test_right_digits_alone_are_not_enough(text: str, names: tuple[str, ...]) -> None:
    figures = [each for each in receipts_of(text, *names) if any(mark in each.value for mark in ("$", "%", ".", "180"))]
    assert [each.status for each in figures] == [Status.UNMATCHED]
