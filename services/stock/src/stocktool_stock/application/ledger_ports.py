"""What the writes of a portfolio leave behind beside its ledger: their history, and instruments of the user's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from stocktool_kit.core.paging import Page, PageRequest

from stocktool_stock.domain.custom_instruments import CustomInstrument
from stocktool_stock.domain.portfolio import PortfolioId


@dataclass(frozen=True, slots=True)
class Write:
    """One write to a portfolio.

    Attributes:
        version: What the portfolio's version became.
        first_sequence: Sequence of the first row it added to the ledger, `last_sequence` that of the last; a write that
            added none has the first one higher.
        about: What was changed where it is no part of the ledger: a symbol.
        detail: As in the audit.
    """

    version: int
    at: datetime
    actor: str
    action: str
    first_sequence: int
    last_sequence: int
    about: str = ""
    detail: Mapping[str, str | int] = field(default_factory=dict)


class WriteHistory(Protocol):
    """The writes of portfolios; the caller has shown by `PortfolioStore.get` that it may read them."""

    async def writes(self, portfolio_id: PortfolioId, page: PageRequest) -> Page[Write]:
        """List them, newest first."""
        ...


class InstrumentShelf(Protocol):
    """Instruments of a user's own by portfolio; `PortfolioStore.commit` writes them."""

    async def instruments(self, portfolio_id: PortfolioId) -> Sequence[CustomInstrument]:
        """All of a portfolio, by symbol."""
        ...

    async def instrument(self, portfolio_id: PortfolioId, symbol: str) -> CustomInstrument:
        """One of them.

        Raises:
            InstrumentNotFound: None by this symbol is there.
        """
        ...
