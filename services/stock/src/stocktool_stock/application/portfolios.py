"""Portfolios without their ledgers: create, list, read, change, delete."""

from __future__ import annotations

from collections.abc import Sequence

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.once import once
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_stock.application.market_ports import FxRates
from stocktool_stock.application.ports import Change, PortfolioStore
from stocktool_stock.application.records import Record, portfolio_of, portfolio_record
from stocktool_stock.domain.lots import CostMethod
from stocktool_stock.domain.portfolio import (
    NewAccount,
    Portfolio,
    PortfolioId,
    StaleVersion,
    open_accounts,
    open_portfolio,
    read_name,
)


class CreatePortfolio:
    """Makes a portfolio, once per request."""

    def __init__(self, store: PortfolioStore, rates: FxRates, clock: Clock) -> None:
        self._store = store
        self._rates = rates
        self._clock = clock

    async def __call__(
        self,
        caller: Caller,
        *,
        name: str,
        base_currency: str,
        accounts: Sequence[NewAccount] = (),
        cost_method: CostMethod = CostMethod.FIFO,
        key: IdempotencyKey | None = None,
    ) -> Portfolio:
        """Make it; without accounts it gets one in the base currency.

        Raises:
            InvalidArgument: Something cannot be taken; each violation names its place.
        """
        portfolio = open_portfolio(
            caller.owner,
            name=name,
            base_currency=base_currency,
            accounts=accounts,
            cost_method=cost_method,
            known_currencies=await self._rates.currencies(),
            at=self._clock.now(),
        )
        record = portfolio_record(portfolio)
        change = Change(portfolio, 0, caller.subject, "portfolio.created", record, key)
        return portfolio_of(await self._store.commit(change))


class ReadPortfolios:
    """Reads heads of the caller's portfolios."""

    def __init__(self, store: PortfolioStore) -> None:
        self._store = store

    async def get(self, caller: Caller, portfolio_id: PortfolioId) -> Portfolio:
        """One portfolio.

        Raises:
            PortfolioNotFound: None by this id is the caller's.
        """
        return await self._store.get(caller.owner, portfolio_id)

    async def list(self, caller: Caller, page: PageRequest) -> Page[Portfolio]:
        """All of the caller's, oldest first."""
        return await self._store.list(caller.owner, page)


class UpdatePortfolio:
    """Changes name, cost method or accounts."""

    def __init__(self, store: PortfolioStore, rates: FxRates) -> None:
        self._store = store
        self._rates = rates

    async def __call__(
        self,
        caller: Caller,
        portfolio_id: PortfolioId,
        *,
        name: str | None = None,
        cost_method: CostMethod | None = None,
        add_accounts: Sequence[NewAccount] = (),
        version: int | None = None,
        key: IdempotencyKey | None = None,
    ) -> Portfolio:
        """Change it; `version` is the one the caller read, None to change whatever is newest.

        Raises:
            StaleVersion: The version is not the newest.
            InvalidArgument: Something cannot be taken.
        """
        name = None if name is None else read_name(name, "/name")
        added = open_accounts(add_accounts, await self._rates.currencies(), "/add_accounts")

        async def attempt() -> Record:
            before = await self._store.get(caller.owner, portfolio_id)
            if version is not None and version != before.version:
                raise StaleVersion(
                    "the portfolio was changed since it was read; read it again", expected=version, found=before.version
                )
            after = before.changed(name=name, cost_method=cost_method, add=added)
            record = portfolio_record(after)
            return await self._store.commit(
                Change(after, before.version, caller.subject, "portfolio.updated", record, key)
            )

        return portfolio_of(await once(lambda: self._store.earlier(key), attempt, stale=StaleVersion, version=version))


class DeletePortfolio:
    """Deletes a portfolio with its ledger."""

    def __init__(self, store: PortfolioStore) -> None:
        self._store = store

    async def __call__(self, caller: Caller, portfolio_id: PortfolioId, *, key: IdempotencyKey | None = None) -> None:
        """Delete it, once per request.

        Raises:
            PortfolioNotFound: None by this id is the caller's.
        """

        async def attempt() -> Record:
            portfolio = await self._store.get(caller.owner, portfolio_id)
            return await self._store.commit(
                Change(portfolio, portfolio.version, caller.subject, "portfolio.deleted", {}, key, deletes=True)
            )

        await once(lambda: self._store.earlier(key), attempt, stale=StaleVersion)
