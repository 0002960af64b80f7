"""What is understood of a question."""

from __future__ import annotations

import pytest
from stocktool_analyst.domain.question import Period, Topic, understand


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("How did I do this year against SPY, and how risky is it?", [Topic.PERFORMANCE, Topic.RISK]),
        ("What is my return since inception?", [Topic.PERFORMANCE]),
        ("How risky is my portfolio?", [Topic.RISK]),
        ("What do I hold?", [Topic.HOLDINGS]),
        ("What is my portfolio worth?", [Topic.HOLDINGS]),
        ("How am I allocated by currency?", [Topic.ALLOCATION]),
        ("Am I diversified?", [Topic.ALLOCATION]),
        ("What is the price of AAPL?", [Topic.QUOTE]),
        ("AAPL", [Topic.QUOTE]),
        ("What is the price of Apple?", [Topic.QUOTE]),
        ("Compare AAPL and JPM this year", [Topic.COMPARE]),
        ("AAPL vs JPM", [Topic.COMPARE]),
        ("How did AAPL do this year against SPY?", [Topic.COMPARE]),
        ("Show my latest transactions", [Topic.TRANSACTIONS]),
        ("Any news on AAPL?", [Topic.NEWS]),
        ("Is the market open?", [Topic.MARKET]),
        ("What do my documents say about cash flow?", [Topic.DOCUMENTS]),
        ("According to the memo, what was the return of 2020?", [Topic.DOCUMENTS]),
        ("Hello!", [Topic.GREETING]),
        ("help", [Topic.HELP]),
        ("What can you do?", [Topic.HELP]),
        ("Should I buy AAPL?", [Topic.ADVICE]),
        ("Will JPM go up next week?", [Topic.ADVICE]),
        ("Write me a poem about cats", []),
        ("", []),
    ],
)
def test_topics(text: str, topics: list[Topic]) -> None:
    assert list(understand(text).topics) == topics


@pytest.mark.parametrize(
    ("text", "benchmark", "symbols"),
    [
        ("How did I do this year against SPY?", "SPY", ()),
        ("Did I beat the market?", "SPY", ()),
        ("How did I perform versus the S&P 500?", "SPY", ()),
        ("My returns compared to MSFT since 2020", "MSFT", ()),
        ("Compare AAPL and JPM", "", ("AAPL", "JPM")),
        ("How is my TWR in USD?", "", ()),
    ],
)
def test_benchmark_and_symbols(text: str, benchmark: str, symbols: tuple[str, ...]) -> None:
    question = understand(text)
    assert (question.benchmark, question.symbols) == (benchmark, symbols)


@pytest.mark.parametrize(
    ("text", "period", "start", "end"),
    [
        ("my return this year", Period.YEAR_TO_DATE, "", ""),
        ("my return over the last 12 months", Period.ONE_YEAR, "", ""),
        ("my return overall", Period.SINCE_INCEPTION, "", ""),
        ("my return in 2023", None, "2023-01-01", "2023-12-31"),
        ("my return since 2021-06-30", None, "2021-06-30", ""),
        ("my return", None, "", ""),
    ],
)
def test_period(text: str, period: Period | None, start: str, end: str) -> None:
    question = understand(text)
    assert (question.period, question.start, question.end) == (period, start, end)


def test_company_is_taken_by_name_when_no_symbol_is_given() -> None:
    assert understand("What is the price of Bank of America?").names[0].startswith("Bank")
    assert understand("What is the price of Apple in January?").names == ("Apple",)
