"""Figures are found with their unit, rounding and sign; what only looks like a figure is not."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_chat.domain.figures import Sign, Unit, find_figures

FOUND = [
    ("It is worth $1,234.56 today", "$1,234.56", Unit.MONEY, "1234.56", "0.01", "USD"),
    ("worth US$5", "US$5", Unit.MONEY, "5", "1", "USD"),
    ("USD 1,000 in cash", "USD 1,000", Unit.MONEY, "1000", "1", "USD"),
    ("1,000.50 EUR in cash", "1,000.50 EUR", Unit.MONEY, "1000.50", "0.01", "EUR"),
    ("€12.3k in cash", "€12.3k", Unit.MONEY, "12300", "100", "EUR"),
    ("1.234,56 €", "1.234,56 €", Unit.MONEY, "1234.56", "0.01", "EUR"),
    ("revenue of $391.0 billion", "$391.0 billion", Unit.MONEY, "391000000000", "100000000", "USD"),
    ("about $12 thousand", "$12 thousand", Unit.MONEY, "12000", "1000", "USD"),
    ("about $12,000", "$12,000", Unit.MONEY, "12000", "1000", "USD"),
    ("exactly $12,000", "$12,000", Unit.MONEY, "12000", "1", "USD"),
    ("12 dollars a share", "12 dollars", Unit.MONEY, "12", "1", "USD"),
    ("¥1,500", "¥1,500", Unit.MONEY, "1500", "1", "JPY"),
    ("a return of 12.3 %", "12.3 %", Unit.PERCENT, "0.123", "0.001", ""),
    ("a return of 12.3%.", "12.3%", Unit.PERCENT, "0.123", "0.001", ""),
    ("5 percent", "5 percent", Unit.PERCENT, "0.05", "0.01", ""),
    ("3.2 percentage points", "3.2 percentage points", Unit.PERCENT, "0.032", "0.001", ""),
    ("25 bps", "25 bps", Unit.PERCENT, "0.0025", "0.0001", ""),
    ("10.5 shares", "10.5", Unit.PLAIN, "10.5", "0.1", ""),
    ("a beta of 1.12", "1.12", Unit.PLAIN, "1.12", "0.01", ""),
    ("1.5x leverage", "1.5x", Unit.PLAIN, "1.5", "0.1", ""),
    ("2,024 shares", "2,024", Unit.PLAIN, "2024", "1", ""),
]


@pytest.mark.parametrize("case", FOUND)
def test_figure_is_read_with_its_unit_and_rounding(case: tuple[str, str, Unit, str, str, str]) -> None:
    text, written, unit, value, quantum, currency = case
    (figure,) = find_figures(text)

    assert (figure.text, figure.unit, figure.currency) == (written, unit, currency)
    assert (figure.value, figure.quantum) == (Decimal(value), Decimal(quantum))
    assert text[figure.start : figure.end] == written


SIGNS = [
    ("it returned -12.3 %", Sign.MINUS),
    ("it returned \u221212.3 %", Sign.MINUS),
    ("a result of -$500", Sign.MINUS),
    ("a result of $-500", Sign.MINUS),
    ("a result of ($500)", Sign.MINUS),
    ("it returned +3 %", Sign.PLUS),
    ("it fell 12.3 %", Sign.DOWN),
    ("it is down by about 12.3 %", Sign.DOWN),
    ("a 12.3 % loss", Sign.DOWN),
    ("it rose 12.3 %", Sign.UP),
    ("AAPL fell while MSFT stands at 12.3 %", Sign.NONE),
    ("It fell. Its weight is 12.3 %", Sign.NONE),
    ("it fell by $500 (12.3 %)", Sign.DOWN),
    ("weight: 12.3 %", Sign.NONE),
    ("it fell 3 % to $237.33", Sign.NONE),
    ("it is up from $8,000", Sign.NONE),
    ("after a loss of 5 % it is valued $9,493", Sign.NONE),
    ("it fell $500, or 3 %", Sign.DOWN),
    ("AAPL fell 3 %, MSFT 5 %", Sign.DOWN),
    ("the gain is **$500**", Sign.UP),
    ("total - 12.3 %", Sign.NONE),
]


@pytest.mark.parametrize(("text", "sign"), SIGNS)
def test_sign_comes_from_a_mark_or_the_nearest_word(text: str, sign: Sign) -> None:
    assert find_figures(text)[-1].sign is sign


NO_FIGURES = [
    "on 2024-11-29 at 16:00",
    "since 29 November 2024",
    "on Nov 29, 2024",
    "in 2024",
    "from 2019 to 2024",
    "2019-2024",
    "the S&P 500 and the Russell 2000",
    "in Q3 of FY2024 the 10-K said",
    "see [1] and [2, 3]",
    "1. first\n2. second",
    "on page 12",
    "the 52-week range",
    "at the 95 % confidence level",
    "95% VaR",
    "COVID19",
    "the 3rd time",
    "2024年11月29日",
]


@pytest.mark.parametrize("text", NO_FIGURES)
def test_dates_names_and_marks_are_no_figures(text: str) -> None:
    assert find_figures(text) == []


def test_a_range_is_two_figures_without_a_minus() -> None:
    low, high = find_figures("between $10-$20")
    assert (low.signed, high.signed) == (Decimal(10), Decimal(20))


@given(st.integers(0, 10**12), st.integers(0, 4))
def test_every_printed_amount_is_read_back(cents: int, decimals: int) -> None:
    value = Decimal(cents).scaleb(-decimals)
    (figure,) = find_figures(f"worth ${value:,.{decimals}f}!")
    assert figure.value == value
    assert figure.quantum == Decimal(1).scaleb(-decimals)


@given(st.text(max_size=200))
def test_spans_point_at_the_text(text: str) -> None:
    for figure in find_figures(text):
        assert text[figure.start : figure.end] == figure.text
        assert figure.value >= 0
