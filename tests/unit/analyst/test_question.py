"""What is understood of a question."""

from __future__ import annotations

import pytest
from stocktool_analyst.domain.question import Topic, understand
from stocktool_analyst.domain.relative_spans import settled
from stocktool_analyst.domain.spans import Period, Span, read_span

TODAY = "2024-11-29"


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("Hello!", [Topic.GREETING]),
        ("Thanks a lot", [Topic.THANKS]),
        ("What can you do?", [Topic.HELP]),
        ("According to the memo, what was the return of 2020?", [Topic.DOCUMENTS]),
        ("How did AAPL do this year against SPY?", [Topic.COMPARE]),
        ("", []),
    ],
)
def test_topics(text: str, topics: list[Topic]) -> None:
    assert list(understand(text).topics) == topics


@pytest.mark.parametrize(
    ("words", "span"),
    [
        ("this year", Span(period=Period.YEAR_TO_DATE)),
        ("over the last 12 months", Span(period=Period.ONE_YEAR)),
        ("since inception", Span(period=Period.SINCE_INCEPTION)),
        ("in march 2023", Span("2023-03-01", "2023-03-31")),
        ("in may", Span("2024-05-01", "2024-05-31")),
        ("in december", Span("2023-12-01", "2023-12-31")),
        ("last quarter", Span("2024-07-01", "2024-09-30")),
        ("last month", Span("2024-10-01", "2024-10-31")),
        ("last week", Span("2024-11-18", "2024-11-24")),
        ("this quarter", Span("2024-10-01", "2024-11-29")),
        ("last year", Span("2023-01-01", "2023-12-31")),
        ("past 3 months", Span("2024-08-29", "2024-11-29")),
        ("q3 2023", Span("2023-07-01", "2023-09-30")),
        ("second half of 2022", Span("2022-07-01", "2022-12-31")),
        ("between march and june 2023", Span("2023-03-01", "2023-06-30")),
        ("from 2020 to 2022", Span("2020-01-01", "2022-12-31")),
        ("since 2021-06-30", Span("2021-06-30", "")),
        ("until june 2022", Span("", "2022-06-30")),
        ("on november 20, 2024", Span("2024-11-20", "2024-11-20")),
        ("since last summer", Span(vague="since last summer")),
        ("may i ask", Span()),
        ("on 2023-02-31", Span()),
    ],
)
def test_ranges_of_days(words: str, span: Span) -> None:
    assert read_span(words, TODAY) == span


def test_vague_words_are_told() -> None:
    assert understand("How did I do since last summer?", TODAY).vague == "since last summer"


def test_company_is_taken_by_name_when_no_symbol_is_given() -> None:
    assert understand("What is the price of Zyx Widgets?").asks[0].names == ("Zyx Widgets",)
    assert understand("What is the price of Apple in January?", TODAY).asks[0].symbols == ("AAPL",)
    assert understand("price of Microsfot").asks[0].symbols == ("MSFT",)


@pytest.mark.parametrize(
    ("before", "words", "span"),
    [
        (Span("2023-01-01", "2023-06-30"), "and the year before?", Span("2022-01-01", "2022-06-30")),
        (Span("2024-10-01", TODAY), "the quarter before", Span("2024-07-01", "2024-09-30")),
        (Span("2023-01-01", "2023-01-31"), "a month earlier", Span("2022-12-01", "2022-12-31")),
        (Span("2023-05-15", "2023-05-31"), "the month after", Span("2023-06-15", "2023-06-30")),
        (Span("2021-06-30"), "the year before that", Span("2020-01-01", "2020-12-31")),
        (Span("2024-02-29", "2024-02-29"), "the year before", Span("2023-02-28", "2023-02-28")),
        (Span(period=Period.SINCE_INCEPTION), "the year before", Span("2023-01-01", "2023-12-31")),
        (None, "the year before", Span("2023-01-01", "2023-12-31")),
        (Span("2023-01-01", "2023-12-31"), "last year", Span("2023-01-01", "2023-12-31")),
    ],
)
def test_a_range_counts_from_the_one_asked_about_before(before: Span | None, words: str, span: Span) -> None:
    assert settled(read_span(words, TODAY), before, TODAY) == span


def test_a_range_that_counts_from_nothing_known_is_none() -> None:
    assert not settled(read_span("the year before", ""), None, "")
