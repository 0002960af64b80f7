"""What every `PlanStore` promises, on the fake and on DynamoDB."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.idempotency import IdempotencyKeyReused
from stocktool_kit.aws.table import Table
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId, new_id
from stocktool_stock.adapters.dynamodb_plans import DynamoDBPlans
from stocktool_stock.adapters.dynamodb_portfolios import DynamoDBPortfolios
from stocktool_stock.application.portfolio_plans import PlanName, PlanStore
from stocktool_stock.application.ports import Change, PortfolioStore
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.targets import StaleTargets

from tests.factories.stock import a_portfolio
from tests.fakes.stock_planning import FakePlans
from tests.fakes.stock_portfolios import FakePortfolios

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

FIRST = {"by": "holding", "weights": {"A": "0.4", "cash": "0.6"}, "version": 1}
SECOND = {"by": "sector", "weights": {"Energy": "1"}, "version": 2}


@dataclass
class Kept:
    """The store with a portfolio in it."""

    plans: PlanStore
    portfolios: PortfolioStore
    portfolio: Portfolio

    async def put(self, record: dict[str, object], expected: int, key: IdempotencyKey | None = None) -> object:
        return await self.plans.put(
            self.portfolio, PlanName.TARGETS, record, expected_version=expected, actor="usr_1", key=key
        )

    async def delete(self, expected: int, key: IdempotencyKey | None = None) -> None:
        await self.plans.delete(self.portfolio, PlanName.TARGETS, expected_version=expected, actor="usr_1", key=key)

    async def found(self) -> object:
        return await self.plans.get(self.portfolio.id, PlanName.TARGETS)


async def kept(plans: PlanStore, portfolios: PortfolioStore) -> Kept:
    portfolio = replace(a_portfolio(owner=OwnerId(new_id("usr"))), id=PortfolioId(new_id("prt")))
    await portfolios.commit(Change(portfolio, 0, portfolio.owner, "portfolio.created", {}))
    return Kept(plans, portfolios, portfolio)


def a_key(owner: str, body: str = "a") -> IdempotencyKey:
    return IdempotencyKey(owner, "PUT", "/targets", "key", body)


class PlanStoreContract:
    """Subclass and provide `kit`."""

    async def test_what_is_put_is_read_and_replaced(self, kit: Kept) -> None:
        assert await kit.found() is None
        assert await kit.put(FIRST, 0) == FIRST
        assert await kit.found() == FIRST
        await kit.put(SECOND, 1)
        assert await kit.found() == SECOND
        assert await kit.plans.get(kit.portfolio.id, PlanName.XRAY) is None

    async def test_a_version_that_is_not_the_newest_is_refused(self, kit: Kept) -> None:
        await kit.put(FIRST, 0)
        for expected in (0, 2):
            with pytest.raises(StaleTargets):
                await kit.put(SECOND, expected)
        with pytest.raises(StaleTargets):
            await kit.delete(2)
        assert await kit.found() == FIRST

    async def test_a_repeated_write_is_answered_and_not_done_again(self, kit: Kept) -> None:
        key = a_key(kit.portfolio.owner)
        await kit.put(FIRST, 0, key)
        await kit.put(SECOND, 1)
        assert await kit.put(FIRST, 0, key) == FIRST
        assert await kit.plans.earlier(key) == FIRST
        assert await kit.found() == SECOND
        with pytest.raises(IdempotencyKeyReused):
            await kit.plans.earlier(a_key(kit.portfolio.owner, "b"))

    async def test_what_is_deleted_is_gone_once(self, kit: Kept) -> None:
        await kit.put(FIRST, 0)
        key = a_key(kit.portfolio.owner)
        await kit.delete(1, key)
        assert await kit.found() is None
        await kit.put(FIRST, 0)
        await kit.delete(1, key)
        assert await kit.found() == FIRST

    async def test_a_portfolio_that_is_gone_takes_nothing(self, kit: Kept) -> None:
        gone = kit.portfolio
        await kit.portfolios.commit(Change(gone, 1, gone.owner, "portfolio.deleted", {}, deletes=True))
        with pytest.raises(StaleTargets):
            await kit.put(FIRST, 0)


class TestFake(PlanStoreContract):
    @pytest.fixture
    async def kit(self) -> Kept:
        portfolios = FakePortfolios()
        return await kept(FakePlans(portfolios), portfolios)


class TestDynamoDB(PlanStoreContract):
    @pytest.fixture
    async def kit(self, emulator: EmulatedAws) -> AsyncIterator[Kept]:
        aws = AwsClients()
        table = Table(aws, "stocktool-portfolios")
        plans = DynamoDBPlans(table, "stocktool-audit", SystemClock())
        yield await kept(plans, DynamoDBPortfolios(table, "stocktool-audit", SystemClock()))
        aws.close()
