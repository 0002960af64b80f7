"""What a document is, and what a question says besides its topic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_rag.adapters.reference_data import accounting_lexicon, known_companies
from stocktool_rag.domain.asking import NEXT_YEAR, SAME_COMPANY, SAME_QUARTER, SAME_YEAR, favour, understand
from stocktool_rag.domain.documents import DocumentId
from stocktool_rag.domain.headings import page_headings
from stocktool_rag.domain.lexicon import Lexicon
from stocktool_rag.domain.pages import PageText, title_of
from stocktool_rag.domain.profile import Companies, Profile, core_name, describe

KNOWN = Companies({"NWH": "Northwind Harbor", "ORB": "Orbital Foods", "AMG": "Amber Glass", "AMR": "Amber Rail"})
COVER = """UNITED STATES SECURITIES AND EXCHANGE COMMISSION
FORM 10-K
For the fiscal year ended September 30, 2022
NORTHWIND HARBOR CORPORATION
(Exact name of registrant as specified in its charter)
Northwind Harbor Corporation ("Northwind" or the "Company")"""


def of(name: str, *texts: str) -> Profile:
    return describe(name, [PageText(number, text) for number, text in enumerate(texts, start=1)], KNOWN)


def test_a_filing_is_known_by_its_cover() -> None:
    profile = of("scan0001.pdf", COVER)
    assert (profile.company, profile.ticker, profile.years, profile.form) == (
        "Northwind Harbor Corporation",
        "NWH",
        (2022,),
        "10-K",
    )
    assert profile.aliases == ("northwind harbor", "northwind")
    assert profile.header == "Northwind Harbor Corporation \u00b7 fiscal year 2022 \u00b7 10-K"


@pytest.mark.parametrize(
    ("name", "company", "years", "quarter", "form"),
    [
        ("ORBITALFOODS_2019_10K.pdf", "Orbital Foods", (2019,), None, "10-K"),
        ("Orbital Foods 2021Q3 10Q.pdf", "Orbital Foods", (2021,), 3, "10-Q"),
        ("orbital-foods-annual-report-2020.pdf", "Orbital Foods", (2020,), None, "annual report"),
        ("holiday notes 1999.txt", "", (1999,), None, ""),
    ],
)
def test_a_file_name_tells_what_it_can(
    name: str, company: str, years: tuple[int, ...], quarter: int | None, form: str
) -> None:
    profile = of(name, "Some words.")
    assert (profile.company, profile.years, profile.quarter) == (company, years, quarter)
    assert profile.form == form


def test_a_year_that_ends_in_january_is_counted_by_either_year() -> None:
    text = "Amber Glass, Inc.\n(Exact name of registrant)\nFor the fiscal year ended January 28, 2023"
    assert of("a.pdf", text).years == (2023, 2022)


def test_a_quarter_is_known_by_the_period_it_ends() -> None:
    text = "Amber Glass, Inc.\n(Exact name of registrant)\nFor the quarterly period ended June 30, 2023"
    profile = of("a.pdf", text)
    assert (profile.years, profile.quarter) == ((2023,), 2)
    assert profile.header.startswith("Amber Glass, Inc. \u00b7 Q2 2023")


def test_a_text_of_nobody_keeps_its_title() -> None:
    profile = of(
        "mountain_cheese.txt", "Cheese ripens in caves. The fiscal year 2019 was mentioned in the annual report."
    )
    assert (profile.company, profile.years, profile.form, profile.header) == ("", (), "", "mountain cheese")


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("Amber Glass, Inc.", "amber glass"),
        ("AMBER GLASS HOLDINGS LTD", "amber glass"),
        ("Smith & Sons Co.", "smith & sons"),
        ("Company", "company"),
        ("The Amber Glass Company", "amber glass"),
        ("Amber.com, Inc.", "amber"),
    ],
)
def test_legal_forms_are_no_part_of_a_name(name: str, core: str) -> None:
    assert core_name(name) == core


def test_questions_name_years_quarters_forms_and_dates() -> None:
    lexicon = Lexicon({})
    asked = understand(
        "In Q2 of FY2022 and FY21, per the 10-Q of 3 March 2022 or 2022-04-05, how much of $2019?", lexicon
    )
    assert asked.years == (2022, 2021)
    assert (asked.quarter, asked.form) == (2, "10-Q")
    assert asked.dates == ("april 5 2022", "march 3 2022")
    assert understand("What is an option?", lexicon).years == ()


def test_profiles_favour_the_named_company_and_period() -> None:
    profiles = {
        DocumentId("a21"): Profile(company="Amber Glass, Inc.", ticker="AMG", aliases=("amber glass",), years=(2021,)),
        DocumentId("a22"): Profile(company="Amber Glass, Inc.", ticker="AMG", aliases=("amber glass",), years=(2022,)),
        DocumentId("q22"): Profile(
            company="Amber Glass", aliases=("amber glass",), years=(2022,), quarter=2, form="10-Q"
        ),
        DocumentId("o21"): Profile(company="Orbital Foods", ticker="ORB", aliases=("orbital foods",), years=(2021,)),
        DocumentId("x"): Profile(title="Amber"),
    }

    def boosts(question: str) -> dict[str, float]:
        return {each: round(boost, 4) for each, boost in favour(understand(question, Lexicon({})), profiles).items()}

    same, year, near = SAME_COMPANY, SAME_COMPANY + SAME_YEAR, round(SAME_COMPANY + NEXT_YEAR, 4)
    assert boosts("What were Amber Glass's sales in 2021?") == {
        "a21": year,
        "a22": near,
        "q22": near,
    }
    assert boosts("AMBER GLASS sales in Q2 2022")["q22"] == year + SAME_QUARTER
    assert boosts("ORB sales") == {"o21": same}
    assert boosts("orb sales") == {}
    assert boosts("sales in 2021") == {"a21": SAME_YEAR, "o21": SAME_YEAR, "a22": NEXT_YEAR, "q22": NEXT_YEAR}
    assert boosts("the price of amber") == {}


def test_a_first_word_alone_tells_a_company_only_where_no_other_has_it() -> None:
    assert KNOWN.is_telling("orbital")
    assert not KNOWN.is_telling("amber")


def test_a_long_name_is_known_by_its_beginning() -> None:
    cover = "Cedar Point Shipping International Corp.\n(Exact name of registrant)"
    assert of("a.pdf", cover).aliases == ("cedar point shipping international", "cedar point", "cedar")
    cover = "Amber Glass Works Ltd.\n(Exact name of registrant)"
    assert of("a.pdf", cover).aliases == ("amber glass works", "amber glass")


def test_running_lines_head_no_page() -> None:
    pages = [
        PageText(n, f"Acme Annual Report {n}\n{head}\nSome words about it.", "Acme Annual Report")
        for n, head in enumerate(
            ("Item 1. Business", "Our Harbours", "CASH FLOWS", "nothing that heads", "Item 2. Sites"), 1
        )
    ]
    assert page_headings(pages) == [
        "Item 1. Business",
        "Item 1. Business \u00b7 Our Harbours",
        "Item 1. Business \u00b7 CASH FLOWS",
        "Item 1. Business \u00b7 nothing that heads",
        "Item 2. Sites",
    ]
    assert page_headings([PageText(1, "One\ntext", "One")]) == ["One"]


@given(st.lists(st.text(max_size=400), max_size=5), st.text(max_size=60), st.text(max_size=200))
def test_any_text_has_a_profile_and_any_question_is_understood(texts: list[str], name: str, question: str) -> None:
    pages = [PageText(number, text, title_of(text)) for number, text in enumerate(texts, start=1)]
    profile = describe(name, pages, KNOWN)
    assert len(page_headings(pages)) == len(pages)
    assert all(
        boost > 0 for boost in favour(understand(question, accounting_lexicon()), {DocumentId("d"): profile}).values()
    )


def test_the_lexicon_says_what_reports_say() -> None:
    said = accounting_lexicon().expand("How high was capex against D&A?")
    assert "purchases of property plant and equipment" in said
    assert "depreciation and amortization" in said
    assert accounting_lexicon().expand("Where is the harbour?") == {}


def test_companies_are_found_by_any_spelling() -> None:
    companies = known_companies()
    assert companies.find("AMERICANEXPRESS") == ("AXP", "American Express")
    assert companies.find("JOHNSON_JOHNSON") == ("JNJ", "Johnson & Johnson")
    assert companies.find("Nobody at all") is None
