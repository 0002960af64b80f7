"""The lists that come with the package: known companies and the lexicon of accounting terms."""

from __future__ import annotations

import csv
from importlib.resources import files

from stocktool_rag.domain.lexicon import Lexicon
from stocktool_rag.domain.profile import Companies

_DATA = files("stocktool_rag") / "data"


def known_companies() -> Companies:
    """Companies by symbol."""
    rows = csv.DictReader((_DATA / "companies.csv").read_text("utf-8").splitlines())
    return Companies({row["symbol"]: row["name"] for row in rows})


def accounting_lexicon() -> Lexicon:
    """Terms of questions with the phrases of answers."""
    return Lexicon.read((_DATA / "lexicon.csv").read_text("utf-8").splitlines())
