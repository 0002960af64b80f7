"""What every `PortfolioStore` promises, on the fake and on DynamoDB."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.idempotency import IdempotencyKeyReused
from stocktool_kit.aws.table import Table
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId, new_id
from stocktool_kit.core.paging import PageRequest
from stocktool_stock.adapters.dynamodb_portfolios import MOST_TOLD, DynamoDBPortfolios
from stocktool_stock.application.ports import Change, PortfolioStore
from stocktool_stock.application.records import portfolio_record
from stocktool_stock.domain.ledger import Entry, Reversal
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId, PortfolioNotFound, StaleVersion

from tests.factories.stock import a_portfolio, an_entry
from tests.fakes.audit import audited
from tests.fakes.stock_portfolios import FakePortfolios

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def a_new_portfolio(owner: OwnerId) -> Portfolio:
    return replace(a_portfolio(owner=owner), id=PortfolioId(new_id("prt")))


def creation(portfolio: Portfolio, key: IdempotencyKey | None = None) -> Change:
    return Change(portfolio, 0, portfolio.owner, "portfolio.created", portfolio_record(portfolio), key)


def appending(portfolio: Portfolio, *entries: Entry, key: IdempotencyKey | None = None) -> Change:
    numbered = [replace(e, sequence=portfolio.last_sequence + 1 + i) for i, e in enumerate(entries)]
    after = replace(portfolio, version=portfolio.version + 1, last_sequence=portfolio.last_sequence + len(entries))
    answer = {"version": after.version}
    return Change(after, portfolio.version, portfolio.owner, "transactions.recorded", answer, key, entries=numbered)


def a_key(owner: OwnerId, body: str = "a") -> IdempotencyKey:
    return IdempotencyKey(owner, "POST", "/portfolios", "key", body)


class PortfolioStoreContract:
    """Subclass and provide `store`."""

    @pytest.fixture
    def owner(self) -> OwnerId:
        return OwnerId(new_id("usr"))

    async def test_what_was_created_is_read_and_listed(self, store: PortfolioStore, owner: OwnerId) -> None:
        portfolio = a_new_portfolio(owner)
        await store.commit(creation(portfolio))
        assert await store.get(owner, portfolio.id) == portfolio
        assert list((await store.list(owner, PageRequest())).items) == [portfolio]
        assert (await store.ledger(portfolio)).entries == []

    async def test_another_owners_portfolio_is_not_found(self, store: PortfolioStore, owner: OwnerId) -> None:
        portfolio = a_new_portfolio(owner)
        await store.commit(creation(portfolio))
        with pytest.raises(PortfolioNotFound):
            await store.get(OwnerId("usr_other"), portfolio.id)
        assert (await store.list(OwnerId("usr_other"), PageRequest())).items == []

    async def test_lists_go_page_by_page_oldest_first(self, store: PortfolioStore, owner: OwnerId) -> None:
        made = sorted((a_new_portfolio(owner) for _ in range(3)), key=lambda portfolio: portfolio.id)
        for portfolio in made:
            await store.commit(creation(portfolio))
        first = await store.list(owner, PageRequest(2))
        second = await store.list(owner, PageRequest(2, first.next_page_token))
        assert [*first.items, *second.items] == made

    async def test_entries_come_back_digit_by_digit(self, store: PortfolioStore, owner: OwnerId) -> None:
        portfolio = a_new_portfolio(owner)
        await store.commit(creation(portfolio))
        entries = [
            an_entry(
                "buy", "2024-01-02", "AAPL", quantity="123456789012345678901234.000000000001", price="0.1", fee="1"
            ),
            an_entry("split", "2024-01-03", "AAPL", ratio="1/3", account_id=""),
            an_entry("dividend", "2024-01-04", "AAPL", amount_per_share="0.25", tax="0.01", fx_rate="0.912345678901"),
        ]
        change = appending(portfolio, *entries)
        await store.commit(change)
        assert list((await store.ledger(change.portfolio)).entries) == list(change.entries)
        assert (await store.get(owner, portfolio.id)).last_sequence == 3

    async def test_ninety_entries_go_in_at_once(self, store: PortfolioStore, owner: OwnerId) -> None:
        portfolio = a_new_portfolio(owner)
        await store.commit(creation(portfolio))
        change = appending(portfolio, *[an_entry("deposit", "2024-01-02", amount="1")] * 90, key=a_key(owner))
        await store.commit(change)
        assert len((await store.ledger(change.portfolio)).entries) == 90

    async def test_a_head_reads_the_ledger_it_belongs_to(self, store: PortfolioStore, owner: OwnerId) -> None:
        portfolio = a_new_portfolio(owner)
        await store.commit(creation(portfolio))
        first = appending(portfolio, an_entry("deposit", "2024-01-02", amount="1"))
        await store.commit(first)
        await store.commit(appending(first.portfolio, an_entry("deposit", "2024-01-02", amount="2")))
        assert (await store.ledger(first.portfolio)).entries == first.entries

    async def test_a_stale_version_writes_nothing(self, store: PortfolioStore, owner: OwnerId) -> None:
        portfolio = a_new_portfolio(owner)
        await store.commit(creation(portfolio))
        await store.commit(appending(portfolio, an_entry("deposit", "2024-01-02", amount="1")))
        with pytest.raises(StaleVersion):
            await store.commit(appending(portfolio, an_entry("deposit", "2024-01-02", amount="2")))
        assert len((await store.ledger(await store.get(owner, portfolio.id))).entries) == 1

    async def test_a_reversed_entry_does_not_stand(self, store: PortfolioStore, owner: OwnerId) -> None:
        portfolio = a_new_portfolio(owner)
        await store.commit(creation(portfolio))
        change = appending(portfolio, an_entry("deposit", "2024-01-02", amount="1"))
        await store.commit(change)
        reversal = Reversal("txn_r", 2, change.entries[0].id, NOW)
        after = replace(change.portfolio, version=3, last_sequence=2)
        await store.commit(Change(after, 2, owner, "transaction.reversed", {}, reversals=[reversal]))
        ledger = await store.ledger(after)
        assert ledger.standing == ()
        assert ledger.entries[0].reversed_by == "txn_r"

    async def test_a_repeated_request_gets_the_first_answer(self, store: PortfolioStore, owner: OwnerId) -> None:
        key = a_key(owner)
        first, second = a_new_portfolio(owner), a_new_portfolio(owner)
        assert await store.earlier(key) is None
        answer = await store.commit(creation(first, key))
        assert await store.commit(creation(second, key)) == answer
        assert await store.earlier(key) == answer
        assert len((await store.list(owner, PageRequest())).items) == 1
        with pytest.raises(IdempotencyKeyReused):
            await store.commit(creation(second, a_key(owner, "b")))

    async def test_a_deleted_portfolio_is_gone_with_its_ledger(self, store: PortfolioStore, owner: OwnerId) -> None:
        portfolio = a_new_portfolio(owner)
        await store.commit(creation(portfolio))
        change = appending(portfolio, *[an_entry("deposit", "2024-01-02", amount="1")] * 30)
        await store.commit(change)
        with pytest.raises(StaleVersion):
            await store.commit(Change(portfolio, 1, owner, "portfolio.deleted", {}, deletes=True))
        await store.commit(Change(change.portfolio, 2, owner, "portfolio.deleted", {}, deletes=True))
        with pytest.raises(PortfolioNotFound):
            await store.get(owner, portfolio.id)
        assert (await store.list(owner, PageRequest())).items == []
        assert (await store.ledger(change.portfolio)).entries == []
        with pytest.raises(StaleVersion):
            await store.commit(appending(change.portfolio, an_entry("deposit", "2024-01-02", amount="1")))


class TestFake(PortfolioStoreContract):
    @pytest.fixture
    def store(self) -> PortfolioStore:
        return FakePortfolios()


class TestDynamoDB(PortfolioStoreContract):
    @pytest.fixture
    async def aws(self, emulator: EmulatedAws) -> AsyncIterator[AwsClients]:
        clients = AwsClients()
        yield clients
        clients.close()

    @pytest.fixture
    def store(self, aws: AwsClients) -> PortfolioStore:
        return DynamoDBPortfolios(Table(aws, "stocktool-portfolios"), "stocktool-audit", SystemClock())

    async def test_every_write_leaves_one_audit_entry(
        self, store: PortfolioStore, owner: OwnerId, aws: AwsClients
    ) -> None:
        portfolio = a_new_portfolio(owner)
        await store.commit(creation(portfolio))
        await store.commit(appending(portfolio, an_entry("deposit", "2024-01-02", amount="1")))
        found = await audited(aws, portfolio.id, SystemClock().now())
        assert sorted(each["action"] for each in found) == ["portfolio.created", "transactions.recorded"]

    async def test_the_audit_shows_what_was_taken_back(
        self, store: PortfolioStore, owner: OwnerId, aws: AwsClients
    ) -> None:
        portfolio = a_new_portfolio(owner)
        await store.commit(creation(portfolio))
        buy = an_entry("buy", "2024-01-02", symbol="AAPL", quantity="10", price="172.5", fee="4.95")
        change = appending(portfolio, buy, *[an_entry("deposit", "2024-01-02", amount="1")] * MOST_TOLD)
        await store.commit(change)
        after = replace(change.portfolio, version=3, last_sequence=change.portfolio.last_sequence + 1)
        reversal = Reversal("txn_r", after.last_sequence, change.entries[0].id, NOW)
        gone = Change(
            after, 2, owner, "transaction.reversed", {}, reversals=[reversal], detail={"count": 51}, was=change.entries
        )
        await store.commit(gone)
        (told,) = [
            each["detail"]
            for each in await audited(aws, portfolio.id, SystemClock().now())
            if each["action"] == "transaction.reversed"
        ]
        assert (told["count"], len(told["was"])) == (51, MOST_TOLD)
        names = ("type", "day", "symbol", "quantity", "price", "fee", "currency", "gross")
        assert [told["was"][0][name] for name in names] == [
            *("buy", "2024-01-02", "AAPL", "10", "172.5", "4.95", "USD", "1725")
        ]
