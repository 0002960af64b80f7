"""Analyses on DynamoDB: one effect, however often a worker tries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.lease import LeaseHeld, Leases
from stocktool_kit.aws.outbox import Outbox, partition
from stocktool_kit.aws.table import ConditionFailed, Key, Table, Update
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId, new_id
from stocktool_stock.adapters.dynamodb_analyses import DynamoDBAnalyses
from stocktool_stock.domain.analysis import Analysis, AnalysisKind, AnalysisNotFound, AnalysisState
from stocktool_stock.domain.portfolio import PortfolioId

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

TABLE = "stocktool-portfolios"


@pytest.fixture
async def table(emulator: EmulatedAws) -> AsyncIterator[Table]:
    aws = AwsClients()
    yield Table(aws, TABLE)
    aws.close()


def a_store(table: Table) -> DynamoDBAnalyses:
    """Each store is a worker of its own: its leases have their own holder."""
    return DynamoDBAnalyses(table, "stocktool-audit", Outbox(TABLE), Leases(table, SystemClock()), SystemClock())


def an_analysis() -> Analysis:
    owner, portfolio_id = OwnerId(new_id("usr")), PortfolioId(new_id("prt"))
    now = datetime(2026, 1, 2, tzinfo=UTC)
    return Analysis(new_id("ana"), owner, portfolio_id, AnalysisKind.PORTFOLIO, AnalysisState.QUEUED, now)


async def waiting(table: Table, word: str) -> list[str]:
    """Destinations of the outbox's rows that speak of a thing."""
    items, _ = await table.query(Key("pk").eq(partition(0)))
    return [item["destination"] for item in items if word in item["body"]]


async def test_a_started_analysis_is_queued_once_with_its_message(table: Table) -> None:
    store, first = a_store(table), an_analysis()
    key = IdempotencyKey(first.owner, "POST", "/analyses", "k", "hash")
    assert await store.start(first, key, first.owner) == first
    again = await store.start(replace(first, id=new_id("ana")), key, first.owner)
    assert again.id == first.id
    assert await waiting(table, first.id) == ["analysis-queue"]
    with pytest.raises(AnalysisNotFound):
        await store.get(OwnerId("usr_other"), first.id)


async def test_a_finished_analysis_has_its_result_and_one_notification_and_is_not_run_again(table: Table) -> None:
    store, analysis = a_store(table), an_analysis()
    await store.start(analysis, None, analysis.owner)
    async with store.claim(analysis.id) as claim:
        assert claim is not None
        assert (await store.get(analysis.owner, analysis.id)).state is AnalysisState.RUNNING
        await claim.step("holdings")
        await claim.finish({"total": 1.5})
    done = await store.get(analysis.owner, analysis.id)
    assert (done.state, done.result, [step.name for step in done.steps]) == (
        AnalysisState.DONE,
        {"total": 1.5},
        ["holdings"],
    )
    async with store.claim(analysis.id) as second:
        assert second is None
    assert sorted(await waiting(table, analysis.id)) == ["analysis-queue", "notifications"]


async def test_two_workers_never_hold_the_same_analysis(table: Table) -> None:
    analysis = an_analysis()
    await a_store(table).start(analysis, None, analysis.owner)
    async with a_store(table).claim(analysis.id):
        with pytest.raises(LeaseHeld):
            async with a_store(table).claim(analysis.id):
                pytest.fail("a second worker got in")


async def test_a_worker_that_lost_its_lease_stores_nothing(table: Table) -> None:
    store, analysis = a_store(table), an_analysis()
    await store.start(analysis, None, analysis.owner)
    async with store.claim(analysis.id) as claim:
        assert claim is not None
        # As if the worker had slept through its term and another one had taken over.
        key = {"pk": f"L#analysis#{analysis.id}", "sk": "lease"}
        await table.update(Update(key, put={"holder": "another"}, add={"fence": 1}))
        with pytest.raises(ConditionFailed):
            await claim.finish({"total": 1})
    assert (await store.get(analysis.owner, analysis.id)).result is None
    assert "notifications" not in await waiting(table, analysis.id)


async def test_a_failed_analysis_says_why(table: Table) -> None:
    store, analysis = a_store(table), an_analysis()
    await store.start(analysis, None, analysis.owner)
    async with store.claim(analysis.id) as claim:
        assert claim is not None
        await claim.fail("PORTFOLIO_NOT_FOUND", "no such portfolio")
    failed = await store.get(analysis.owner, analysis.id)
    assert (failed.state, failed.error_reason) == (AnalysisState.FAILED, "PORTFOLIO_NOT_FOUND")
    assert failed.finished_at is not None
