"""What alerts need from outside."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_stock.domain.alerts import Alert
from stocktool_stock.domain.bars import Column, Days
from stocktool_stock.domain.notifications import Notification
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId


class AlertStore(Protocol):
    """Alerts by owner and by symbol. A write whose key came before changes nothing and gives the answer of then."""

    async def create(self, alert: Alert, key: IdempotencyKey | None, actor: str) -> Alert:
        """Keep a new alert.

        Raises:
            TooManyAlerts: The owner has as many as there may be.
            IdempotencyKeyReused: The key came with another request before.
        """
        ...

    async def get(self, owner: OwnerId, alert_id: str) -> Alert:
        """Read one.

        Raises:
            AlertNotFound: None by this id is the owner's.
        """
        ...

    async def list(self, owner: OwnerId, page: PageRequest) -> Page[Alert]:
        """List the owner's, oldest first."""
        ...

    async def replace(self, before: Alert, after: Alert, key: IdempotencyKey | None, actor: str) -> Alert:
        """Keep the next version.

        Raises:
            StaleAlert: Version or turn are no longer those of `before`.
        """
        ...

    async def delete(self, alert: Alert, key: IdempotencyKey | None, actor: str) -> None:
        """Delete an alert as it was read.

        Raises:
            StaleAlert: It was changed or deleted meanwhile.
        """
        ...

    async def earlier(self, key: IdempotencyKey | None) -> Alert | None:
        """The answer given to the same request within 24 hours, None for a new one."""
        ...

    async def was_done(self, key: IdempotencyKey | None) -> bool:
        """Whether the same request, one without an answer, was carried out within 24 hours."""
        ...

    def concerning(self, symbols: Sequence[str], *, portfolios: bool) -> AsyncIterator[Sequence[Alert]]:
        """Alerts about any of the symbols, and about portfolios if asked, each once, in groups of bounded size."""
        ...

    async def advance(self, before: Alert, after: Alert, notification: Notification | None) -> bool:
        """Keep a change of state and let its notification out, both or neither.

        Returns:
            False, and nothing is kept, when somebody changed the alert since `before` was read.
        """
        ...


class EarningsDates(Protocol):
    """When companies report."""

    async def dates(self, symbol: str) -> Sequence[date]:
        """Give the days known, past and coming, increasing; none when nothing is known."""
        ...


class PortfolioHeads(Protocol):
    """Whose portfolios are whose."""

    async def get(self, owner: OwnerId, portfolio_id: PortfolioId) -> Portfolio:
        """Read a head.

        Raises:
            PortfolioNotFound: None by this id belongs to the owner.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class PortfolioDays:
    """A portfolio at the closes of days.

    Attributes:
        days: The days, increasing.
        index: Time-weighted index, 1 on the first.
        weights: Share of the total by symbol, NaN where the total is not above zero.
    """

    days: Days
    index: Column
    weights: Mapping[str, Column]


class PortfolioHistory(Protocol):
    """Portfolios day by day."""

    async def days(
        self, owner: OwnerId, portfolio_id: PortfolioId, start: date, symbols: Sequence[str]
    ) -> PortfolioDays:
        """Give the days from `start` to the market's today, with the weights of symbols.

        Raises:
            PortfolioNotFound: None by this id is the owner's.
        """
        ...
