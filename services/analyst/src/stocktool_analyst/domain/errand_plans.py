"""The calls an errand needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from stocktool_analyst.domain.ask import Ask
from stocktool_analyst.domain.errands import Condition
from stocktool_analyst.domain.results import error_of, output_of
from stocktool_analyst.domain.tools import Json, Result
from stocktool_analyst.domain.topics import Topic

_Wanted: TypeAlias = Iterator[tuple[str, dict[str, Json]]]

TOOLS: Mapping[Topic, str] = {
    Topic.INDICATORS: "get_indicators",
    Topic.OVERVIEW: "get_market_overview",
    Topic.PROJECT: "project_portfolio",
    Topic.WATCHES: "list_watches",
    Topic.WATCH: "propose_watch",
    Topic.BACKTEST: "backtest_watch",
    Topic.ANALYSE: "start_analysis",
    Topic.ANALYSIS: "read_analysis",
    Topic.CALCULATE: "calculate",
    Topic.WEB: "web_search",
}


def _overview(ask: Ask, _: Sequence[Result]) -> _Wanted:
    yield "get_market_overview", {"limit": ask.count}


def _outlook(ask: Ask, _: Sequence[Result]) -> _Wanted:
    plan = ask.outlook
    if plan is not None:
        yield (
            "project_portfolio",
            {
                "portfolio": ask.portfolio or None,
                "years": plan.years,
                "saving_monthly": plan.saving or None,
                "withdrawal_monthly": plan.withdrawal or None,
                "withdrawal_rate": plan.rate,
                "withdrawal_start_years": plan.start,
                "inflation": plan.inflation,
            },
        )


def _watched(ask: Ask, _: Sequence[Result]) -> _Wanted:
    watch = ask.watch
    if watch is None:
        return
    rule: dict[str, Json] = {
        "portfolio": ask.portfolio or None,
        "conditions": [_condition(each) for each in watch.conditions],
        "join": "any" if watch.any_of else None,
    }
    if ask.topic is Topic.WATCH:
        yield "propose_watch", {**rule, "repeat": watch.repeat or None}
    else:
        yield "backtest_watch", rule


def _condition(condition: Condition) -> dict[str, Json]:
    return {
        "kind": condition.kind,
        "symbol": condition.symbol or None,
        "above": condition.above or None,
        "below": condition.below or None,
        "days": condition.days,
        "hours": condition.hours,
    }


def _watches(_: Ask, __: Sequence[Result]) -> _Wanted:
    yield "list_watches", {}


def _started(ask: Ask, _: Sequence[Result]) -> _Wanted:
    job = ask.job
    if job is not None:
        yield (
            "start_analysis",
            {
                "portfolio": ask.portfolio or None,
                "kind": job.kind,
                "method": job.method or None,
                "year": job.year,
                "years": job.years,
            },
        )


def _read(ask: Ask, _: Sequence[Result]) -> _Wanted:
    yield "read_analysis", {"portfolio": ask.portfolio or None, "analysis_id": (ask.job.id if ask.job else "") or None}


def _computed(ask: Ask, done: Sequence[Result]) -> _Wanted:
    figure = ask.reckoning
    if figure is None:
        return
    if figure.tool == "get_quotes":
        yield "get_quotes", {"symbols": list(ask.symbols)}
    else:
        yield figure.tool, {"portfolio": ask.portfolio or None}
    source = output_of(done, figure.tool)
    if source and not error_of(source):
        operands: list[Json] = [{"name": name, "result": figure.tool, "path": path} for name, path in figure.operands]
        yield "calculate", {"expression": figure.expression, "operands": operands}


def _searched(ask: Ask, _: Sequence[Result]) -> _Wanted:
    yield "web_search", {"query": ask.query}


PLANNERS: Mapping[Topic, Callable[[Ask, Sequence[Result]], _Wanted]] = {
    Topic.OVERVIEW: _overview,
    Topic.PROJECT: _outlook,
    Topic.WATCHES: _watches,
    Topic.WATCH: _watched,
    Topic.BACKTEST: _watched,
    Topic.ANALYSE: _started,
    Topic.ANALYSIS: _read,
    Topic.CALCULATE: _computed,
    Topic.WEB: _searched,
}
