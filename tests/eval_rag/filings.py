"""Yearly filings of invented companies, from one set of pages in the wording of each, with figures of their own."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.eval_rag.corpus import Question, Text


@dataclass(frozen=True, slots=True)
class Company:
    """Who reports, and how it words what it says."""

    name: str
    short: str
    wording: int
    business: str
    goods: str
    town: str
    year_end: str


COMPANIES = (
    Company(
        "Halvard Marine Industries, Inc.",
        "Halvard Marine",
        0,
        "ship propellers and deck cranes",
        "propellers",
        "Bergen Point",
        "December 31",
    ),
    Company(
        "Quillfeather Foods Corporation",
        "Quillfeather",
        1,
        "breakfast cereals and frozen bread",
        "cereals",
        "Millbrook",
        "September 30",
    ),
    Company("Tessaly Semiconductor Corp.", "Tessaly", 2, "power chips for cars", "chips", "Redfern Valley", "June 30"),
    Company(
        "Corrigan & Vale Stores Company",
        "Corrigan & Vale",
        0,
        "department stores and an online shop",
        "apparel",
        "Ashgrove",
        "January 31",
    ),
    Company(
        "Ostmark Biologics Holdings Ltd.",
        "Ostmark",
        2,
        "vaccines and blood plasma therapies",
        "vaccines",
        "Lindenau",
        "December 31",
    ),
)
YEARS = (2021, 2022)


def _pages() -> dict[str, str]:
    """The pages of a filing; wordings parted by `|` within `[[ ]]`, each company uses its own."""
    source = (Path(__file__).parent / "texts/filings.txt").read_text("utf-8")
    parts = (part.partition("\n") for part in source.split("=== ")[1:])
    return {key: body.strip() for key, _, body in parts}


PAGES = _pages()

# What is asked of a page, in words that are mostly not its own. `{c}` is the company, `{y}` the year.
ASKED: Sequence[tuple[str, tuple[str, ...]]] = (
    ("How big was {c}'s workforce in {y}?", ("people",)),
    ("What is the FY{y} capital expenditure amount (in USD millions) for {c}?", ("cash", "liquidity")),
    ("How much did {c} spend on R&D in fiscal {y}?", ("income", "mdna_opex")),
    ("What was {c}'s top line in FY{y}?", ("income", "mdna_sales")),
    ("By how many percent did revenue of {c} grow in {y}, and was it volume or price?", ("mdna_sales",)),
    ("Why did the gross margin of {c} change in {y}?", ("mdna_margin",)),
    ("Did {c} cut jobs in {y}?", ("mdna_opex",)),
    ("What was the effective tax rate of {c} for {y}?", ("mdna_tax",)),
    ("Until when does the credit line of {c} run, according to its {y} 10-K?", ("liquidity",)),
    ("When does the debt of {c} fall due (FY{y})?", ("obligations",)),
    ("How exposed was {c} to currencies and interest rates in {y}?", ("market_risk",)),
    ("Who audited {c} for {y} and what was the critical matter?", ("auditor",)),
    ("What were {c}'s inventories at the end of fiscal {y}?", ("balance",)),
    ("What was the year-end FY{y} net PP&E of {c}?", ("balance",)),
    ("What was diluted EPS of {c} in {y}?", ("income",)),
    ("How much cash did operations of {c} bring in {y}?", ("cash", "liquidity")),
    ("How does {c} recognise revenue, per the {y} report?", ("note_revenue",)),
    ("What did {c} pay for the business it took over in {y}?", ("note_acquisition",)),
    ("Was goodwill of {c} impaired in {y}?", ("note_goodwill",)),
    ("Does {c} depend on one big customer (FY{y})?", ("note_segments",)),
    ("How underfunded is the pension plan of {c} in {y}?", ("note_pension",)),
    ("What happened at {c} after the end of {y}?", ("note_subsequent",)),
    ("Which lawsuit was {c} facing in {y}?", ("legal",)),
    ("How many shares did {c} buy back in {y} and at what price?", ("equity",)),
    ("Where is the main office of {c} and how many plants does it own ({y})?", ("properties",)),
    ("Was {c} hacked in {y}?", ("risk_cyber",)),
    ("How dependent was {c} on its suppliers in {y}?", ("risk_supply",)),
    ("What does {c} rent, and at what discount rate, in FY{y}?", ("note_lease",)),
    ("What are the products of {c} and who competes with it ({y} annual report)?", ("business",)),
    ("How much did rules and reporting on emissions cost {c} in {y}?", ("risk_law",)),
)
_ASKED_OF = 3  # companies each question is asked of


def filings() -> tuple[list[Text], list[Question]]:
    """The filings, and the questions with their pages."""
    numbers = {key: number for number, key in enumerate(PAGES, start=1)}
    texts = [
        Text("filings", _name(company, year), tuple(_page(company, year, key) for key in PAGES))
        for company in COMPANIES
        for year in YEARS
    ]
    questions = []
    for at, (form, keys) in enumerate(ASKED):
        for turn in range(_ASKED_OF):
            company = COMPANIES[(at + 2 * turn) % len(COMPANIES)]
            year = YEARS[(at + turn) % len(YEARS)]
            text = form.format(c=company.short, y=year)
            pages = frozenset(numbers[key] for key in keys)
            questions.append(Question("filings", text, _name(company, year), pages))
    return texts, questions


def _name(company: Company, year: int) -> str:
    """Some are named after what they are, some by a registry's number."""
    number = COMPANIES.index(company)
    if number % 2:
        return f"0000{number}17-{year}-{number * 7 + 11}.pdf"
    return f"{re.sub(r'[^A-Z]', '', company.short.upper())}_{year}_10K.pdf"


def _page(company: Company, year: int, key: str) -> str:
    figures = random.Random(f"{company.short}{year}{key}")
    own = random.Random(f"{company.short}{year}")
    worded = re.sub(r"\[\[(.*?)\]\]", lambda found: found[1].split("|")[company.wording], PAGES[key])
    values: dict[str, object] = {f"n{number}": figures.randint(100, 9_000) for number in range(1, 8)}
    values |= {"n8": figures.randint(12, 99), "n9": figures.randint(2, 40), "n3": figures.randint(100, 2_000)}
    values |= {f"p{number}": figures.randint(20, 400) / 10 for number in range(1, 5)}
    values |= {"rev": own.randint(3_000, 20_000), "rnd": own.randint(50, 900), "net": own.randint(100, 900)}
    values |= {"ocf": own.randint(200, 1_500), "capex": own.randint(60, 700), "d1": own.randint(40, 500) / 100}
    values |= {"d2": figures.randint(40, 500) / 100, "m1": figures.randint(20, 45) / 10}
    values |= {"year": year, "prior": year - 1, "end": year + (company.year_end == "January 31")}
    values |= {"later": year + 4, "old": year - 9, "name": company.name, "short": company.short}
    values |= {"business": company.business, "goods": company.goods, "town": company.town}
    text = worded.format(year_end=company.year_end, **values)
    return text if key == "cover" else f"{company.short} {year} Form 10-K\n{text}\nTable of Contents"
