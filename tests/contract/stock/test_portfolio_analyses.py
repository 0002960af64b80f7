"""Analyses: one effect, however often a worker tries. One contract for the fake and for DynamoDB."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.lease import LeaseHeld, Leases
from stocktool_kit.aws.outbox import Outbox, partition
from stocktool_kit.aws.table import ConditionFailed, Key, Table, Update
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId, new_id
from stocktool_kit.core.paging import PageRequest
from stocktool_stock.adapters.dynamodb_analyses import DynamoDBAnalyses
from stocktool_stock.adapters.s3_reports import S3Reports
from stocktool_stock.application.analysis_ports import AnalysisStore
from stocktool_stock.domain.analysis import (
    CANCELLED,
    Analysis,
    AnalysisEnded,
    AnalysisFinished,
    AnalysisKind,
    AnalysisNotFound,
    AnalysisState,
    Outcome,
    ReportFile,
)
from stocktool_stock.domain.portfolio import PortfolioId

from tests.fakes.analyses import FakeAnalyses

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


def an_analysis(**values: object) -> Analysis:
    owner, portfolio_id = OwnerId(new_id("usr")), PortfolioId(new_id("prt"))
    now = datetime(2026, 1, 2, tzinfo=UTC)
    made = Analysis(new_id("ana"), owner, portfolio_id, AnalysisKind.PORTFOLIO, AnalysisState.QUEUED, now)
    return replace(made, **values)  # type: ignore[arg-type]


class AnalysisStoreContract:
    """What every `AnalysisStore` promises."""

    async def test_a_started_analysis_is_the_same_for_the_same_request(self, store: AnalysisStore) -> None:
        first = an_analysis(kind=AnalysisKind.PROJECTION, parameters={"years": 5, "withdrawal": {"rate": "0.04"}})
        key = IdempotencyKey(first.owner, "POST", "/analyses", "k", "hash")
        assert await store.start(first, key, first.owner) == first
        again = await store.start(replace(first, id=new_id("ana")), key, first.owner)
        assert again.id == first.id
        read = await store.get(first.owner, first.id)
        assert (read.parameters, read.progress, read.current_step) == (first.parameters, 0, "")
        with pytest.raises(AnalysisNotFound):
            await store.get(OwnerId("usr_other"), first.id)

    async def test_a_finished_analysis_keeps_its_result_and_files_and_is_not_run_again(
        self, store: AnalysisStore
    ) -> None:
        analysis = an_analysis(kind=AnalysisKind.STATEMENT)
        await store.start(analysis, None, analysis.owner)
        file = ReportFile("reports/a", "a.pdf", "application/pdf", 12)
        async with store.claim(analysis.id) as claim:
            assert claim is not None
            await claim.step("holdings")
            running = await store.get(analysis.owner, analysis.id)
            assert (running.state, running.progress, running.current_step) == (
                AnalysisState.RUNNING,
                0.2,
                "performance",
            )
            await claim.finish(Outcome({"total": 1.5}, (file,)))
        done = await store.get(analysis.owner, analysis.id)
        assert (done.state, done.result, done.files, done.progress) == (AnalysisState.DONE, {"total": 1.5}, (file,), 1)
        assert (done.died, [step.name for step in done.steps]) == (0, ["holdings"])
        async with store.claim(analysis.id) as second:
            assert second is None

    async def test_a_large_result_comes_back_as_it_was(self, store: AnalysisStore) -> None:
        analysis = an_analysis()
        await store.start(analysis, None, analysis.owner)
        lots = [{"id": f"lot_{n}", "quantity": str(n * n)} for n in range(20_000)]
        async with store.claim(analysis.id) as claim:
            assert claim is not None
            await claim.finish(Outcome({"lots": lots}))
        assert (await store.get(analysis.owner, analysis.id)).result == {"lots": lots}

    async def test_a_failed_analysis_says_why(self, store: AnalysisStore) -> None:
        analysis = an_analysis()
        await store.start(analysis, None, analysis.owner)
        async with store.claim(analysis.id) as claim:
            assert claim is not None
            await claim.fail("PORTFOLIO_NOT_FOUND", "no such portfolio")
        failed = await store.get(analysis.owner, analysis.id)
        assert (failed.state, failed.error_reason) == (AnalysisState.FAILED, "PORTFOLIO_NOT_FOUND")
        assert failed.finished_at is not None

    async def test_a_run_that_ends_with_an_error_is_no_death(self, store: AnalysisStore) -> None:
        analysis = an_analysis()
        await store.start(analysis, None, analysis.owner)
        with pytest.raises(ValueError, match="later"):
            async with store.claim(analysis.id) as claim:
                assert claim is not None
                assert (await store.get(analysis.owner, analysis.id)).died == 1  # if it died now
                raise ValueError("later")
        assert (await store.get(analysis.owner, analysis.id)).died == 0

    async def test_a_portfolios_analyses_are_listed_newest_first_page_by_page(self, store: AnalysisStore) -> None:
        first = an_analysis()
        ids = sorted(new_id("ana") for _ in range(5))
        for each in ids:
            await store.start(replace(first, id=each), None, first.owner)
        await store.start(replace(first, id=new_id("ana"), portfolio_id=PortfolioId("prt_other")), None, first.owner)
        found: list[str] = []
        token = ""
        while True:
            page = await store.list(first.owner, first.portfolio_id, PageRequest(2, token))
            found += [analysis.id for analysis in page.items]
            token = page.next_page_token
            if not token:
                break
        assert found == ids[::-1]
        assert not (await store.list(OwnerId("usr_other"), first.portfolio_id, PageRequest(2))).items

    async def test_what_is_cancelled_ends_and_its_worker_stores_nothing(self, store: AnalysisStore) -> None:
        analysis = an_analysis()
        await store.start(analysis, None, analysis.owner)
        key = IdempotencyKey(analysis.owner, "POST", "/cancel", "k", "hash")
        async with store.claim(analysis.id) as claim:
            assert claim is not None
            with pytest.raises(AnalysisNotFound):
                await store.cancel(OwnerId("usr_other"), analysis.id, None, "usr_other")
            cancelled = await store.cancel(analysis.owner, analysis.id, key, analysis.owner)
            assert (cancelled.state, cancelled.error_reason) == (AnalysisState.FAILED, CANCELLED)
            with pytest.raises(AnalysisEnded):
                await claim.step("holdings")
            with pytest.raises(AnalysisEnded):
                await claim.finish(Outcome({}))
        for again in (key, None):
            assert (await store.cancel(analysis.owner, analysis.id, again, analysis.owner)).error_reason == CANCELLED
        assert (await store.get(analysis.owner, analysis.id)).result is None

    async def test_what_has_ended_cannot_be_cancelled(self, store: AnalysisStore) -> None:
        analysis = an_analysis()
        await store.start(analysis, None, analysis.owner)
        async with store.claim(analysis.id) as claim:
            assert claim is not None
            await claim.finish(Outcome({}))
        with pytest.raises(AnalysisFinished):
            await store.cancel(analysis.owner, analysis.id, None, analysis.owner)


class TestFake(AnalysisStoreContract):
    @pytest.fixture
    def store(self) -> FakeAnalyses:
        return FakeAnalyses()


class TestDynamoDB(AnalysisStoreContract):
    @pytest.fixture
    def store(self, table: Table) -> DynamoDBAnalyses:
        return a_store(table)


async def waiting(table: Table, word: str) -> list[str]:
    """Destinations of the outbox's rows that speak of a thing."""
    items, _ = await table.query(Key("pk").eq(partition(0)))
    return [item["destination"] for item in items if word in item["body"]]


async def test_the_message_goes_with_the_start_and_one_notification_with_the_end(table: Table) -> None:
    store, analysis = a_store(table), an_analysis()
    key = IdempotencyKey(analysis.owner, "POST", "/analyses", "k", "hash")
    for _ in range(2):
        await store.start(analysis, key, analysis.owner)
    assert await waiting(table, analysis.id) == ["analysis-queue"]
    async with store.claim(analysis.id) as claim:
        assert claim is not None
        await claim.finish(Outcome({}))
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
            await claim.finish(Outcome({"total": 1}))
    assert (await store.get(analysis.owner, analysis.id)).result is None
    assert "notifications" not in await waiting(table, analysis.id)


async def test_cancelling_and_finishing_at_once_have_one_outcome(table: Table) -> None:
    store, analysis = a_store(table), an_analysis()
    await store.start(analysis, None, analysis.owner)
    async with store.claim(analysis.id) as claim:
        assert claim is not None
        cancel = store.cancel(analysis.owner, analysis.id, None, analysis.owner)
        ended, cancelled = await asyncio.gather(claim.finish(Outcome({})), cancel, return_exceptions=True)
    after = await store.get(analysis.owner, analysis.id)
    won = [each for each in (ended, cancelled) if not isinstance(each, BaseException)]
    assert len(won) == 1
    assert (after.state is AnalysisState.DONE) == isinstance(cancelled, BaseException)


async def test_a_token_of_another_list_is_refused(table: Table) -> None:
    store, first = a_store(table), an_analysis()
    for _ in range(2):
        await store.start(replace(first, id=new_id("ana")), None, first.owner)
    token = (await store.list(first.owner, first.portfolio_id, PageRequest(1))).next_page_token
    with pytest.raises(InvalidArgument):
        await store.list(first.owner, PortfolioId("prt_other"), PageRequest(1, token))


async def test_a_report_is_fetched_as_an_attachment_by_the_analysis_that_wrote_it(emulator: EmulatedAws) -> None:
    aws, analysis = AwsClients(), an_analysis()
    reports = S3Reports(Bucket(aws, "stocktool-knowledge", emulator.endpoint_url))
    first = await reports.put(analysis, "statement é.pdf", b"first", "application/pdf")
    await reports.put(analysis, "statement é.pdf", b"second", "application/pdf")
    link = await reports.link(first)
    async with httpx.AsyncClient() as http:
        answer = await http.get(link.url)
        tampered = await http.get(link.url.replace(analysis.id, "ana_other"))
    assert (answer.content, answer.headers["content-type"]) == (b"first", "application/pdf")
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''statement%20%C3%A9.pdf"
    assert tampered.status_code == 403
    left = link.expires_at - datetime.now(UTC)
    assert timedelta(minutes=8) < left <= timedelta(minutes=10)
    assert first.key.startswith(f"reports/{analysis.owner}/{analysis.id}/")
    aws.close()
