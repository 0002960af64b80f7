"""Figures are found with their unit, rounding and sign; what only looks like a figure is not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_chat.domain.dates import find_relative
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
    ("7 cents a share", "7 cents", Unit.MONEY, "0.07", "0.01", "USD"),
    ("1.3 points ahead", "1.3 points", Unit.PERCENT, "0.013", "0.001", ""),
    ("two hundred thousand dollars", "two hundred thousand dollars", Unit.MONEY, "200000", "100000", "USD"),
    ("時価総額は3.15兆ドル", "3.15兆ドル", Unit.MONEY, "3150000000000", "10000000000", "USD"),
    ("1.3ポイント上回った", "1.3ポイント", Unit.PERCENT, "0.013", "0.001", ""),
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
    ("it leaves you $398 in the red", Sign.DOWN),
    ("it is $2.40 or 1.02 % below the close", Sign.DOWN),
    ("it costs $532", Sign.COST),
    ("398ドルの含み損", Sign.DOWN),
    ("5,704ドルの利益", Sign.UP),
    ("現金は33,532ドルに増えます", Sign.NONE),
]


@pytest.mark.parametrize(("text", "sign"), SIGNS)
def test_sign_comes_from_a_mark_or_the_nearest_word(text: str, sign: Sign) -> None:
    assert find_figures(text)[-1].sign is sign


NO_FIGURES = [
    "at 16:00",
    "the S&P 500 and the Russell 2000",
    "the 10-K said",
    "see [1] and [2, 3]",
    "1. first\n2. second",
    "on page 12",
    "the 52-week range",
    "at the 95 % confidence level",
    "95% VaR",
    "COVID19",
    "the 3rd time",
    "one of them, a quarter later",
    "in the first half",
    "on one day in twenty",
    "twice a year",
    "May I ask?",
    'You could ask next: "How did I do in 2023?"',
    'I am not sure what you mean. You could ask "Rebalance to 60 % SPY and 40 % AAPL" or "Rebalance to equal weights".',
    'You could ask "Alert me when JPM is above 250" or "Record a deposit of 5,000 USD".',
    "「SPYを60%、AAPLを40%にリバランスして」または「5,000ドルの入金を記録して」のように聞いてみてください。",
    "次に聞けること\uff1a「2023年に250ドルを超えた日は\uff1f」",
    'Name a day, as in "since 2024-06-01".',
]


@pytest.mark.parametrize("text", NO_FIGURES)
def test_names_times_and_marks_are_no_figures(text: str) -> None:
    assert find_figures(text) == []


DATES = [
    ("on 2024-11-29 at 16:00", "2024-11-29", "2024-11-29", "2024-11-29"),
    ("at 2024-11-29T16:00:00Z", "2024-11-29T16:00:00Z", "2024-11-29", "2024-11-29"),
    ("since 29 November 2024", "29 November 2024", "2024-11-29", "2024-11-29"),
    ("on Nov 29, 2024", "Nov 29, 2024", "2024-11-29", "2024-11-29"),
    ("on the 3rd of June 2024.", "3rd of June 2024", "2024-06-03", "2024-06-03"),
    ("in February 2024", "February 2024", "2024-02-01", "2024-02-29"),
    ("in 2024.", "2024", "2024-01-01", "2024-12-31"),
    ("2019-2024", "2019-2024", "2019-01-01", "2024-12-31"),
    ("in Q3 2024", "Q3 2024", "2024-07-01", "2024-09-30"),
    ("the fourth quarter of 2023", "fourth quarter of 2023", "2023-10-01", "2023-12-31"),
    ("H1 2024", "H1 2024", "2024-01-01", "2024-06-30"),
    ("of FY2024", "FY2024", "2024-01-01", "2024-12-31"),
    ("2024\u5e7411\u670829\u65e5", "2024\u5e7411\u670829\u65e5", "2024-11-29", "2024-11-29"),
]


@pytest.mark.parametrize(("text", "written", "first", "last"), DATES)
def test_date_is_read_as_the_days_it_means(text: str, written: str, first: str, last: str) -> None:
    (figure,) = find_figures(text)

    assert (figure.text, figure.unit) == (written, Unit.DATE)
    assert figure.days is not None
    assert figure.days.first == date.fromisoformat(first).toordinal()
    assert figure.days.last == date.fromisoformat(last).toordinal()


@pytest.mark.parametrize(
    ("text", "day", "meant"),
    [
        ("in June", "2019-06-30", True),
        ("on 21 October", "2024-10-21", True),
        ("on 21 October", "2024-10-22", False),
        ("in Q3", "2021-08-01", True),
    ],
)
def test_a_date_without_a_year_is_of_any_year(text: str, day: str, meant: bool) -> None:
    (figure,) = find_figures(text)
    assert figure.days is not None
    assert figure.days.covers(date.fromisoformat(day).toordinal()) is meant


def test_a_month_takes_the_year_it_is_joined_to() -> None:
    first, last = find_figures("between January and November 2024")
    assert first.days is not None
    assert first.days.first == date(2024, 1, 1).toordinal()
    assert (first.text, last.text) == ("January", "November 2024")


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("so far this year", "2024-01-01", "2024-12-31"),
        ("last year", "2023-01-01", "2023-12-31"),
        ("year to date", "2024-01-01", "2024-12-31"),
        ("last month", "2024-10-01", "2024-10-31"),
        ("this quarter", "2024-10-01", "2024-12-31"),
        ("昨年のリターン", "2023-01-01", "2023-12-31"),
    ],
)
def test_spans_told_from_a_day_on_are_known(text: str, first: str, last: str) -> None:
    ((_, _, days),) = find_relative(text, date(2024, 11, 29))
    assert (days.first, days.last) == (date.fromisoformat(first).toordinal(), date.fromisoformat(last).toordinal())


def test_two_years_joined_by_a_word_are_two_dates() -> None:
    assert [figure.text for figure in find_figures("from 2019 to 2024")] == ["2019", "2024"]


WORDS = [
    ("it more than doubled", "doubled", Unit.MULTIPLE, "2", "over"),
    ("it nearly halved", "halved", Unit.MULTIPLE, "0.5", "near"),
    ("it tripled", "tripled", Unit.MULTIPLE, "3", ""),
    ("twice that of JPM", "twice", Unit.MULTIPLE, "2", ""),
    ("a quarter of it", "a quarter", Unit.PERCENT, "0.25", ""),
    ("almost three quarters of it", "three quarters", Unit.PERCENT, "0.75", "near"),
    ("just under half", "half", Unit.PERCENT, "0.5", "under"),
    ("five percent", "five percent", Unit.PERCENT, "0.05", ""),
    ("two million dollars", "two million dollars", Unit.MONEY, "2000000", ""),
    ("nine stocks", "nine", Unit.PLAIN, "9", ""),
]


@pytest.mark.parametrize(("text", "written", "unit", "value", "bound"), WORDS)
def test_words_are_figures(text: str, written: str, unit: Unit, value: str, bound: str) -> None:
    (figure,) = find_figures(text)
    assert (figure.text, figure.unit, figure.value, figure.bound) == (written, unit, Decimal(value), bound)


@pytest.mark.parametrize(
    ("text", "ratio", "stated"),
    [
        ("it doubled", "2.05", True),
        ("it doubled", "1.6", False),
        ("it more than doubled", "2.4", True),
        ("it more than doubled", "1.98", False),
        ("it nearly doubled", "1.85", True),
        ("it nearly doubled", "1.5", False),
    ],
)
def test_a_multiple_is_stated_within_what_its_word_allows(text: str, ratio: str, stated: bool) -> None:
    (figure,) = find_figures(text)
    assert figure.states(Decimal(ratio)) is stated


BRACKETS = [
    ("a result of ($500)", Sign.MINUS),
    ("| Gain |\n|---|\n| (500.25) |", Sign.MINUS),
    ("it is 5 % of the portfolio ($500)", Sign.NONE),
    ("financials (21.6 %)", Sign.NONE),
]


@pytest.mark.parametrize(("text", "sign"), BRACKETS)
def test_brackets_mean_minus_where_accountants_use_them(text: str, sign: Sign) -> None:
    assert find_figures(text)[-1].sign is sign


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
