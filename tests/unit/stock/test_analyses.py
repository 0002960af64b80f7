"""Running analyses: what is tried again, what ends, and what is given up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from stocktool_kit.aws.consumer import Message
from stocktool_kit.aws.lease import LeaseHeld
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.errors import FailedPrecondition, InvalidArgument, Unavailable
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.testing.clock import FakeClock
from stocktool_stock.adapters.analysis_items import packed_result
from stocktool_stock.application.analyses import MAX_OPEN, StartAnalysis
from stocktool_stock.application.analysis_ports import TellStep
from stocktool_stock.application.run_analysis import MAX_DEATHS, RunAnalysis
from stocktool_stock.domain.analysis import (
    STEPS,
    Analysis,
    AnalysisKind,
    AnalysisPoisoned,
    AnalysisState,
    Outcome,
    TooManyAnalyses,
)
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.http.analysis_models import PARAMETERS, stored_parameters
from stocktool_stock.http.analysis_results import WIRE
from stocktool_stock.worker.analysis import LAST_ATTEMPT, AnalysisHandler

from tests.factories.stock import a_portfolio
from tests.fakes.analyses import NOW, FakeAnalyses, FakeHints
from tests.fakes.stock_portfolios import FakePortfolios

OWNER = OwnerId("usr_1")


@dataclass
class Work:
    """Does what it is told, run by run; then it is done."""

    errors: list[Exception] = field(default_factory=list)
    runs: int = 0

    async def __call__(self, analysis: Analysis, tell: TellStep) -> Outcome:
        self.runs += 1
        await tell("holdings")
        if self.errors:
            raise self.errors.pop(0)
        return Outcome({"run": self.runs})


@pytest.fixture
def store() -> FakeAnalyses:
    made = Analysis("ana_1", OWNER, PortfolioId("prt_1"), AnalysisKind.PORTFOLIO, AnalysisState.QUEUED, NOW)
    return FakeAnalyses({"ana_1": made})


def a_handler(store: FakeAnalyses, work: Work, hints: FakeHints | None = None) -> AnalysisHandler:
    return AnalysisHandler(RunAnalysis(store, {AnalysisKind.PORTFOLIO: work}, hints or FakeHints()))


def delivered(receive_count: int = 1, **body: object) -> Message:
    sent_at = datetime(2026, 1, 2, tzinfo=UTC)
    return Message("m", body or {"analysis_id": "ana_1"}, {}, "receipt", receive_count, sent_at)


async def test_an_error_that_may_pass_is_tried_again_and_the_result_told_once(store: FakeAnalyses) -> None:
    work = Work([Unavailable("not now"), LeaseHeld("busy")])
    handler = a_handler(store, work)
    for attempt in (1, 2):
        with pytest.raises((Unavailable, LeaseHeld)):
            await handler(delivered(attempt))
        assert (store.rows["ana_1"].state, store.rows["ana_1"].died) == (AnalysisState.RUNNING, 0)
    for attempt in (3, 4):
        await handler(delivered(attempt))
    assert (store.rows["ana_1"].result, work.runs, store.told) == ({"run": 3}, 3, ["ana_1"])


async def test_sockets_are_told_how_far_it_is(store: FakeAnalyses) -> None:
    hints = FakeHints()
    await a_handler(store, Work(), hints)(delivered())
    assert [(kind, told["job_id"], told["current_step"], told["progress"]) for kind, told in hints.sent] == [
        ("job", "ana_1", "holdings", 0),
        ("job", "ana_1", "performance", 0.25),
    ]


async def test_the_last_delivery_ends_it_and_an_error_of_the_request_at_once(store: FakeAnalyses) -> None:
    await a_handler(store, Work([Unavailable("the market is away")]))(delivered(LAST_ATTEMPT))
    ended = store.rows["ana_1"]
    assert (ended.state, ended.error_reason, ended.error_message) == (
        AnalysisState.FAILED, "UNAVAILABLE", "the market is away",
    )  # fmt: skip
    store.rows["ana_1"] = replace(ended, state=AnalysisState.QUEUED)
    await a_handler(store, Work([FailedPrecondition("nothing there")]))(delivered())
    assert store.rows["ana_1"].error_reason == "FAILED_PRECONDITION"


async def test_a_fault_of_ours_is_tried_again_and_at_last_shown_and_put_aside(store: FakeAnalyses) -> None:
    handler = a_handler(store, Work([ZeroDivisionError()] * LAST_ATTEMPT))
    for attempt in range(1, LAST_ATTEMPT):
        with pytest.raises(ZeroDivisionError):
            await handler(delivered(attempt))
        assert store.rows["ana_1"].state is AnalysisState.RUNNING
    with pytest.raises(AnalysisPoisoned):  # which the consumer moves to the dead letters at once
        await handler(delivered(LAST_ATTEMPT))
    assert (store.rows["ana_1"].state, store.rows["ana_1"].error_reason) == (AnalysisState.FAILED, "INTERNAL")
    assert "ZeroDivision" not in store.rows["ana_1"].error_message
    assert isinstance(AnalysisPoisoned(""), InvalidArgument)


async def test_what_kills_its_workers_is_given_up_and_put_aside(store: FakeAnalyses) -> None:
    work = Work()
    store.rows["ana_1"] = replace(store.rows["ana_1"], died=MAX_DEATHS)
    with pytest.raises(AnalysisPoisoned):
        await a_handler(store, work)(delivered())
    assert (store.rows["ana_1"].error_reason, work.runs, store.told) == ("WORKER_DIED", 0, ["ana_1"])
    await a_handler(store, work)(delivered())  # redriven by an operator: nothing happens
    assert (work.runs, store.told) == (0, ["ana_1"])


async def test_one_that_is_cancelled_while_it_runs_stops_and_is_not_told(store: FakeAnalyses) -> None:
    class Cancelled(Work):
        async def __call__(self, analysis: Analysis, tell: TellStep) -> Outcome:
            await store.cancel(OWNER, "ana_1", None, "usr_1")
            return await super().__call__(analysis, tell)

    work = Cancelled()
    await a_handler(store, work)(delivered())
    assert (store.rows["ana_1"].error_reason, store.told) == ("CANCELLED", [])


async def test_a_message_that_names_no_analysis_is_refused(store: FakeAnalyses) -> None:
    for body in ({"x": 1}, {"analysis_id": 7}):
        with pytest.raises(InvalidArgument):
            await a_handler(store, Work())(delivered(1, **body))
    await a_handler(store, Work())(delivered(1, analysis_id="ana_gone"))


async def test_a_portfolio_has_only_so_many_analyses_open_at_a_time() -> None:
    store, portfolios = FakeAnalyses(), FakePortfolios()
    portfolio = a_portfolio()
    portfolios.heads[portfolio.id] = portfolio
    start = StartAnalysis(portfolios, store, FakeClock(NOW))
    caller = Caller(OWNER, (OWNER,))
    queued = [await start(caller, portfolio.id, AnalysisKind.STATEMENT) for _ in range(MAX_OPEN)]
    with pytest.raises(TooManyAnalyses):
        await start(caller, portfolio.id, AnalysisKind.STATEMENT)
    await store.cancel(OWNER, queued[3].id, None, OWNER)
    assert (await start(caller, portfolio.id, AnalysisKind.STATEMENT)).state is AnalysisState.QUEUED


def test_every_kind_has_steps_and_parameters_that_are_read_back() -> None:
    assert set(STEPS) == set(PARAMETERS) == set(AnalysisKind)
    kept = stored_parameters(AnalysisKind.PROJECTION, {"years": 7, "withdrawal": {"amount": "12.5", "start": 2}})
    request = WIRE.read_projection(kept)
    assert request.withdrawals is not None
    assert (request.years, request.withdrawals.monthly, request.withdrawals.start_month) == (7, 12.5, 24)
    assert str(WIRE.read_tax_lots(stored_parameters(AnalysisKind.TAX_LOTS, {"year": 2024})).end) == "2024-12-31"
    asked = {"method": "hrp", "bounds": {"AAPL": [0, 0.3]}, "cash_weight": 0.05}
    task = WIRE.read_optimisation(stored_parameters(AnalysisKind.OPTIMISATION, asked))
    assert (task.method, task.bounds, task.cash_weight) == ("hrp", {"AAPL": (0, 0.3)}, Decimal("0.05"))


@pytest.mark.parametrize(
    ("kind", "parameters", "pointer"),
    [
        ("portfolio", {"years": 3}, "/parameters/years"),
        ("projection", {"years": 61}, "/parameters/years"),
        ("projection", {"years": 5, "withdrawal": {"rate": 0.04, "start": 5}}, "/parameters"),
        ("projection", {"withdrawal": {"rate": 0.04, "amount": 5}}, "/parameters/withdrawal"),
        ("projection", {"withdrawal": {}}, "/parameters/withdrawal"),
        ("projection", {"paths": 1e9}, "/parameters/paths"),
        ("projection", {"drift": "nan"}, "/parameters/drift"),
        ("optimisation", {"method": "luck"}, "/parameters/method"),
        ("statement", {"year": 2024, "end": "2024-05-01"}, "/parameters"),
        ("statement", {"start": "2024-05-02", "end": "2024-05-01"}, "/parameters"),
        ("tax_lots", {"long_after_days": -1}, "/parameters/long_after_days"),
    ],
)
def test_wrong_parameters_are_named(kind: str, parameters: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        stored_parameters(AnalysisKind(kind), parameters)
    assert [violation.pointer for violation in caught.value.violations] == [pointer]


def test_a_result_beyond_all_measure_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        packed_result({"noise": Random(1).randbytes(700_000).hex()})
