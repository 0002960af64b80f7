"""The bundled prices as their file has them, read without the service or the stand-in."""

from __future__ import annotations

import csv
import gzip
from decimal import Decimal
from importlib.resources import files


def rows(first: str = "", last: str = "9999") -> list[dict[str, str]]:
    """Rows of `closes.csv.gz` from a day to a day, both included: `date`, and a text by symbol, empty when unknown."""
    with gzip.open(str(files("stocktool_market") / "data" / "closes.csv.gz"), "rt") as file:
        return [row for row in csv.DictReader(file) if first <= row["date"] <= last]


def closes(symbol: str) -> dict[str, Decimal]:
    """Closes of a symbol by day."""
    return {row["date"]: Decimal(row[symbol]) for row in rows() if row[symbol]}
