"""Exchanges other than New York's, whose sessions no rule here tells."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stocktool_kit.core.errors import InvalidArgument

from stocktool_stock.domain.calendar import Session

_MIC = re.compile(r"^[A-Z0-9]{4}$")


@dataclass(frozen=True, slots=True)
class ExchangeYear:
    """One calendar year of an exchange: its IANA zone, and its sessions, oldest first."""

    zone: str
    sessions: tuple[Session, ...]


def parse_mic(text: str) -> str:
    """Read a market identifier code (ISO 10383); lower case is raised.

    Raises:
        InvalidArgument: The text cannot be one.
    """
    mic = text.strip().upper()
    if not _MIC.match(mic):
        raise InvalidArgument.of("mic", "is no market identifier: four letters or digits, as in XNYS or XLON")
    return mic
