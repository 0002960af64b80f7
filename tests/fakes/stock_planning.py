"""Planning over portfolios in memory: what is kept beside them, and the use cases and routes over fakes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
from fastapi import FastAPI
from stocktool_kit.aws.idempotency import IdempotencyKeyReused
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest
from stocktool_kit.http import problem
from stocktool_kit.testing.clock import FakeClock
from stocktool_stock.adapters.threads import Threads
from stocktool_stock.application.optimise_portfolio import OptimisePortfolio
from stocktool_stock.application.planning_uses import PlanningUses
from stocktool_stock.application.portfolio_picture import ReadPicture
from stocktool_stock.application.portfolio_plans import KeepTargets, KeepThresholds, PlanName
from stocktool_stock.application.portfolio_reader import PortfolioReader
from stocktool_stock.application.ports import Change
from stocktool_stock.application.rebalance_portfolio import RebalancePortfolio
from stocktool_stock.application.records import Record
from stocktool_stock.application.store_what_if import StoreWhatIf
from stocktool_stock.application.what_if import WhatIf
from stocktool_stock.application.xray_portfolio import XRayPortfolio
from stocktool_stock.domain.bars import Bars
from stocktool_stock.domain.instruments import Instrument
from stocktool_stock.domain.ledger import Entry
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.quotes import SymbolNotFound
from stocktool_stock.domain.targets import StaleTargets
from stocktool_stock.http.routers import described

from tests.factories.stock import an_entry, day, some_bars
from tests.fakes.stock_portfolios import FakeBars, FakeImports, FakeMarket, FakePortfolios, FakeRates

CALLER = Caller("usr_1", (OwnerId("usr_1"),))
Json = dict[str, Any]


@dataclass
class FakePlans:
    """A `PlanStore` in memory."""

    portfolios: FakePortfolios
    rows: dict[tuple[str, PlanName], Record] = field(default_factory=dict)
    answers: dict[str, tuple[str, Record]] = field(default_factory=dict)

    async def get(self, portfolio_id: PortfolioId, name: PlanName) -> Record | None:
        return self.rows.get((portfolio_id, name))

    async def put(
        self,
        portfolio: Portfolio,
        name: PlanName,
        record: Record,
        *,
        expected_version: int,
        actor: str,
        key: IdempotencyKey | None,
    ) -> Record:
        earlier = await self.earlier(key)
        if earlier is not None:
            return earlier
        self._check(portfolio, name, expected_version)
        self.rows[portfolio.id, name] = record
        self._answer(key, record)
        return record

    async def delete(
        self, portfolio: Portfolio, name: PlanName, *, expected_version: int, actor: str, key: IdempotencyKey | None
    ) -> None:
        if await self.earlier(key) is not None:
            return
        self._check(portfolio, name, expected_version)
        del self.rows[portfolio.id, name]
        self._answer(key, {})

    async def earlier(self, key: IdempotencyKey | None) -> Record | None:
        found = None if key is None else self.answers.get(key.record_id)
        if key is None or found is None:
            return None
        if found[0] != key.body_hash:
            raise IdempotencyKeyReused("this Idempotency-Key was used for another request")
        return found[1]

    def _check(self, portfolio: Portfolio, name: PlanName, expected_version: int) -> None:
        head = self.portfolios.heads.get(portfolio.id)
        found = self.rows.get((portfolio.id, name), {"version": 0})["version"]
        if head is None or head.owner != portfolio.owner or found != expected_version:
            raise StaleTargets("it was changed meanwhile")

    def _answer(self, key: IdempotencyKey | None, record: Record) -> None:
        if key is not None:
            self.answers[key.record_id] = (key.body_hash, record)


@dataclass
class FakeInstruments:
    """Profiles of some symbols."""

    profiles: Mapping[str, Instrument]

    async def instrument(self, symbol: str) -> Instrument:
        if symbol not in self.profiles:
            raise SymbolNotFound(symbol)
        return self.profiles[symbol]

    async def search(self, query: str, page: PageRequest) -> Page[Instrument]:
        return Page([], "")


@dataclass
class Planning:
    """The use cases over one store, and what stands in it."""

    store: FakePortfolios
    uses: PlanningUses
    pictures: ReadPicture
    reader: PortfolioReader
    plans: FakePlans

    async def keep(self, portfolio: Portfolio, entries: Sequence[Entry]) -> Portfolio:
        """Put a portfolio with a ledger into the store."""
        numbered = [replace(entry, sequence=index) for index, entry in enumerate(entries, start=1)]
        head = replace(portfolio, last_sequence=len(numbered))
        await self.store.commit(Change(head, 0, head.owner, "portfolio.created", {}, entries=numbered))
        return head


def planning(
    bars: Mapping[str, Bars],
    profiles: Mapping[str, Instrument] | None = None,
    *,
    today: str = "2024-11-29",
    rates: FakeRates | None = None,
    benchmark: str = "",
) -> Planning:
    """Planning over prices and profiles, on a day."""
    store, clock = FakePortfolios(), FakeClock(datetime(2026, 1, 1, tzinfo=UTC))
    fx = rates or FakeRates()
    instruments = FakeInstruments(profiles or {})
    reader = PortfolioReader(store, FakeBars(bars), fx, FakeMarket(day(today)))
    plans = FakePlans(store)
    targets, thresholds = KeepTargets(store, plans, clock), KeepThresholds(store, plans, clock)
    pictures = ReadPicture(reader, instruments, fx, clock)
    rebalance = RebalancePortfolio(pictures, targets)
    what_if = WhatIf(pictures, fx, clock)
    uses = PlanningUses(
        targets=targets,
        thresholds=thresholds,
        rebalance=rebalance,
        optimise=OptimisePortfolio(pictures, rebalance, Threads()),
        what_if=what_if,
        store_what_if=StoreWhatIf(store, FakeImports(store), store, what_if, clock),
        xray=XRayPortfolio(pictures, reader, targets, thresholds, benchmark),
    )
    return Planning(store, uses, pictures, reader, plans)


def walk(symbol: str, *, last: float, seed: int, days: int = 300, drift: float = 0.0, scale: float = 0.01) -> Bars:
    """Business days of a seeded random walk that ends on 2024-11-29 at a price; currency USD."""
    steps = np.random.default_rng(seed).normal(drift, scale, days)
    path = np.exp(np.cumsum(steps) - np.sum(steps)) * last
    on = np.busday_offset("2024-11-29", np.arange(-days + 1, 1), roll="backward")
    return some_bars(symbol, {str(d): round(float(p), 4) for d, p in zip(on, path, strict=True)})


class _Anyone:
    """Takes any token for one with the scopes it spells."""

    async def verify(self, token: str) -> Caller:
        return Caller("usr_1", (OwnerId("usr_1"),), scopes=frozenset(token.split(",")))


@cache
def _app() -> FastAPI:
    """All routes, made once: that takes longer than most tests."""
    app = described()
    problem.install(app)
    app.state.verifier = _Anyone()
    return app


@asynccontextmanager
async def planning_client(
    uses: PlanningUses, scopes: str = "portfolio.read,portfolio.write"
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the planning routes over these use cases, in the same process."""
    app = _app()
    app.state.portfolios = SimpleNamespace(planning=uses)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://stock/api/stock/v1/portfolios/prt_1",
        headers={"authorization": f"Bearer {scopes}"},
    ) as http:
        yield http


# 20 A = 4000, 50 B = 2500, cash 10000 - 1000 - 1500 - 2000 = 5500: 12000 in all.
ENTRIES = [
    an_entry("deposit", "2024-01-02", amount="10000"),
    an_entry("buy", "2024-01-02", "A", quantity="10", price="100"),
    an_entry("buy", "2024-06-03", "A", quantity="10", price="150"),
    an_entry("buy", "2024-06-03", "B", quantity="50", price="40"),
]
PROFILES = {
    "A": Instrument("A", type="EQUITY", sector="Energy", country="United States"),
    "B": Instrument("B", type="ETF"),
    "C": Instrument("C", type="EQUITY", sector="Utilities", country="Canada"),
}


def bars() -> dict[str, Bars]:
    """A, B and C, and SPY to compare with."""
    return {
        "A": walk("A", last=200.0, seed=1),
        "B": walk("B", last=50.0, seed=2),
        "C": walk("C", last=25.0, seed=3),
        "SPY": walk("SPY", last=500.0, seed=4),
    }


async def answered(client: httpx.AsyncClient, method: str, path: str, body: Any = None, **more: Any) -> Json:
    """The body of an answer that must be 200."""
    answer = await client.request(method, path, json=body, **more)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def refused(client: httpx.AsyncClient, method: str, path: str, body: Any = None, **more: Any) -> Json:
    """The body of an answer with its status."""
    answer = await client.request(method, path, json=body, **more)
    found: Json = answer.json()
    return {"status": answer.status_code, **found}
