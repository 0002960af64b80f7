"""Each tool, driven through the loop that runs it for a model, with services that answer every call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pool import Default
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.struct_pb2 import Struct
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from stocktool_chat.adapters import telemetry_observer, web_tools
from stocktool_chat.adapters.grpc_tools import TOOLS, GrpcToolbox
from stocktool_chat.adapters.kept_answers import KeptAnswers
from stocktool_chat.adapters.telemetry_observer import TelemetryObserver
from stocktool_chat.adapters.tool_session import Tool
from stocktool_chat.application.answer import Answerer, Progress
from stocktool_chat.application.live_turns import LiveTurn
from stocktool_chat.application.ports import ModelAnswer, ModelStep, ToolRequest
from stocktool_chat.application.turn_log import TurnLog
from stocktool_chat.application.web_search import WebPage
from stocktool_chat.domain.conversation import Claim
from stocktool_chat.domain.earlier_results import EarlierResults
from stocktool_chat.domain.pricing import Budget, Catalogue
from stocktool_chat.domain.proposals import Prepared
from stocktool_chat.domain.turn_view import TurnView
from stocktool_kit.core.caller import Caller, acting_as
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.metrics import Metrics

from tests.fakes.chat_store import FakeChatStore
from tests.unit.chat.test_answer import TURN, Market

ALL = (*TOOLS, *web_tools.TOOLS)
RULE = [{"kind": "price", "symbol": "AAPL", "above": "240"}]
ARGUMENTS: dict[str, dict[str, Any]] = {
    **{
        name: {"symbol": "AAPL"}
        for name in ("get_bars", "get_profile", "get_fundamentals", "get_earnings", "get_dividends", "list_news")
    },
    "get_quotes": {"symbols": ["AAPL"]},
    "get_indicators": {"symbol": "AAPL", "names": ["rsi"]},
    "compare_symbols": {"symbols": ["AAPL", "JPM"]},
    "search_instruments": {"query": "apple"},
    "explain_figure": {"figure": "twr"},
    "propose_transaction": {"type": "buy", "symbol": "AAPL", "quantity": "10"},
    "what_if": {"trades": [{"type": "buy", "symbol": "AAPL", "quantity": "1"}]},
    "optimise_portfolio": {"method": "hrp"},
    "propose_watch": {"conditions": RULE},
    "backtest_watch": {"conditions": RULE},
    "start_analysis": {"kind": "portfolio"},
    "search_documents": {"query": "rent"},
    "read_page": {"document_id": "doc_1", "page": 1},
    "calculate": {
        "expression": "2 * a",
        "operands": [{"name": "a", "result": "get_quotes", "path": "items[symbol=AAPL].price"}],
    },
    "web_search": {"query": "apple"},
}
ASKS_NOBODY = {"calculate"}


def fill(message: Message, depth: int = 0) -> Message:
    """Something in every field of an answer, and no page after it."""
    if isinstance(message, Struct):
        message.update({"total": 1.5})
        return message
    fields: Any = message.DESCRIPTOR.fields
    for field in fields:
        if field.name == "next_page_token" or (field.message_type and field.message_type.GetOptions().map_entry):
            continue
        nested = field.message_type is not None
        if field.is_repeated:
            for _ in range(1 if depth < 4 else 0):
                if nested:
                    fill(getattr(message, field.name).add(), depth + 1)
                else:
                    getattr(message, field.name).append(_scalar(field))
        elif nested:
            if (depth < 4 and field.containing_oneof is None) or field.message_type.name in ("Money", "Date"):
                fill(getattr(message, field.name), depth + 1)
        else:
            setattr(message, field.name, _scalar(field))
    return message


def _scalar(field: Any) -> Any:
    texts = {"symbol": "AAPL", "currency": "USD", "amount": "237.33", "time_zone": "America/New_York"}
    numbers = {"year": 2024, "month": 11, "day": 29, "nanos": 0, "seconds": 1_732_900_000}
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_STRING:
            return texts.get(field.name, "2") if field.type == FieldDescriptor.TYPE_STRING else b"2"
        case FieldDescriptor.CPPTYPE_BOOL:
            return True
        case FieldDescriptor.CPPTYPE_ENUM:
            return max(value.number for value in field.enum_type.values)
        case FieldDescriptor.CPPTYPE_DOUBLE | FieldDescriptor.CPPTYPE_FLOAT:
            return 0.5
        case _:
            return numbers.get(field.name, 1)


class Services:
    """A channel to services that answer each call with a full message, or not at all."""

    def __init__(self, *, silent: bool = False) -> None:
        self.silent = silent
        self.asked: list[str] = []

    def unary_unary(self, method: str, *_: Any, **__: Any) -> Callable[..., Awaitable[Message]]:
        service, name = method.strip("/").split("/")
        answer = GetMessageClass(Default().FindServiceByName(service).methods_by_name[name].output_type)

        async def call(_request: Message, **_options: Any) -> Message:
            self.asked.append(name)
            if self.silent:
                await asyncio.Event().wait()
            return fill(answer())

        return call

    unary_stream = stream_unary = stream_stream = unary_unary


class Web:
    """A search that finds a page, or nothing ever."""

    provider = "search.example"

    def __init__(self, services: Services) -> None:
        self._services = services

    async def search(self, query: str, limit: int) -> list[WebPage]:
        self._services.asked.append("search")
        if self._services.silent:
            await asyncio.Event().wait()
        return [WebPage("Title", "https://example.com", "Text", "2024-11-29")]


class OneCall:
    """A model that calls tools one after the other, then is done."""

    def __init__(self, *names: str) -> None:
        self._names = list(names)

    async def stream(self, _: ModelStep) -> Any:
        if not self._names:
            yield "Done."
            yield ModelAnswer([], [], 1, 1)
            return
        name = self._names.pop(0)
        call = ToolRequest(f"call_{len(self._names)}", name, json.dumps(ARGUMENTS.get(name, {})))
        yield ModelAnswer([], [call], 1, 1)


async def run(services: Services, *names: str, metrics: Metrics | None = None, seconds: float = 30.0) -> Progress:
    toolbox = GrpcToolbox(services, services, Web(services))  # type: ignore[arg-type]  # as much of a channel as stubs use
    answerer = Answerer(
        model=OneCall(*names),
        toolbox=toolbox,
        market=Market(),
        observer=TelemetryObserver(metrics or Metrics("chat"), frozenset(tool.name for tool in ALL)),
        budget=Budget(tool_seconds=seconds),
        catalogue=Catalogue({}, TURN.model),
    )
    claim = Claim(TURN.conversation_id, TURN.id, TURN.owner, fence=1, attempt=1, holder="pod")
    live = LiveTurn(TURN.conversation_id, TURN.id, TURN.owner)
    progress = Progress(TurnLog(FakeChatStore(), claim, live, TurnView()), claim, SystemClock(), TURN.model)
    with acting_as(Caller(TURN.owner, owners=(TURN.owner,))):
        await answerer(TURN, [], progress)
    return progress


def last_call(progress: Progress) -> Mapping[str, Any]:
    calls: Any = progress.log.view.summary()["tool_calls"]
    return dict(calls[-1])


def fields(tool: Tool) -> set[str]:
    """Names that a tool's result may have, by its declared type."""
    if issubclass(tool.gives, Message):
        return {*tool.gives.DESCRIPTOR.fields_by_name, *tool.besides}
    return {*tool.gives.__annotations__, *tool.besides}


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry_observer, "_tracer", provider.get_tracer("test"))
    return exporter


def before(tool: Tool) -> tuple[str, ...]:
    return ("get_quotes",) if tool.name == "calculate" else ()


@pytest.mark.parametrize("tool", ALL, ids=lambda tool: tool.name)
async def test_each_tool_gives_what_it_declares_in_a_span_and_a_measured_time(
    tool: Tool, spans: InMemorySpanExporter
) -> None:
    metrics = Metrics("chat")
    progress = await run(Services(), *before(tool), tool.name, metrics=metrics)

    call = last_call(progress)
    assert (call["name"], call["ok"]) == (tool.name, True), call["summary"]
    result = progress.results[call["call_id"]]
    if issubclass(tool.gives, Prepared):
        assert set(result) == {"state", "proposal"}
        assert len(progress.log.view.summary()["proposals"]) == 1  # type: ignore[arg-type]  # a list of objects
    elif tool.gives is not Struct:  # a struct is what stock writes of it over HTTP
        assert set(result) - {"citation"} <= fields(tool)  # the loop numbers passages
        assert set(result) - {"portfolio"}
    assert [span.name for span in spans.get_finished_spans()][-1] == f"tool {tool.name}"
    measured = {
        sample.labels["tool"]: sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name.endswith("_count") and "tool" in sample.labels
    }
    assert measured[tool.name] == 1
    named = {dict(series.dimensions).get("Tool") for series in metrics.take() if series.name == "ToolExecTime"}
    assert tool.name in named


@pytest.mark.parametrize("tool", [tool for tool in ALL if tool.name not in ASKS_NOBODY], ids=lambda tool: tool.name)
async def test_no_tool_waits_longer_than_it_may(tool: Tool, spans: InMemorySpanExporter) -> None:
    services = Services(silent=True)
    progress = await run(services, tool.name, seconds=0.02)
    call = last_call(progress)
    assert call["ok"] is False
    error: Any = progress.results[call["call_id"]]["error"]
    assert error["reason"] == "DEADLINE_EXCEEDED"
    assert services.asked, "it asked somebody"
    assert [span.name for span in spans.get_finished_spans()] == [f"tool {tool.name}"]


@pytest.mark.parametrize("tool", ALL, ids=lambda tool: tool.name)
async def test_the_same_call_twice_in_a_turn_asks_once_where_that_is_safe(tool: Tool) -> None:
    once, twice = Services(), Services()
    await run(once, *before(tool), tool.name)
    await run(twice, *before(tool), tool.name, tool.name)
    if tool.name not in ASKS_NOBODY:
        assert (len(twice.asked) == len(once.asked)) == tool.cached


def test_what_writes_starts_or_changes_by_itself_is_not_answered_from_memory() -> None:
    uncached = {"propose_transaction", "propose_watch", "start_analysis", "read_analysis", "calculate"}
    assert {tool.name for tool in ALL if not tool.cached} == uncached
    # Kept beyond a turn are facts of the market alone: nothing of a portfolio, a document or a watch, no last price.
    assert {tool.name for tool in ALL if tool.kept} == {
        *("get_bars", "get_indicators", "compare_symbols", "search_instruments", "get_profile", "get_fundamentals"),
        *("get_earnings", "get_dividends", "list_news"),
    }


def test_kept_answers_end_belong_to_one_user_and_are_bounded() -> None:
    now = [0.0]
    kept = KeptAnswers(30, most=2, now=lambda: now[0])
    mine, theirs = (TURN.owner, "get_bars", "{}"), ("usr_2", "get_bars", "{}")
    kept.put(mine, {"close": 1})  # an id is text
    assert kept.get(mine) == {"close": 1}
    assert kept.get(theirs) is None  # type: ignore[arg-type]
    now[0] = 29.9
    assert kept.get(mine) == {"close": 1}
    now[0] = 30.0
    assert kept.get(mine) is None
    for name in ("a", "b"):
        kept.put((TURN.owner, name, ""), {"name": name})
    assert kept.get((TURN.owner, "a", "")) == {"name": "a"}
    kept.put((TURN.owner, "c", ""), {"name": "c"})
    assert kept.get((TURN.owner, "b", "")) is None, "the one used longest ago goes"
    kept.put((TURN.owner, "big", ""), {"text": "x" * 70_000})
    assert kept.get((TURN.owner, "big", "")) is None
    none = KeptAnswers(0)
    none.put(mine, {"close": 1})
    assert none.get(mine) is None


async def test_facts_of_the_market_are_told_again_to_the_same_user_in_the_next_turn() -> None:
    services = Services()
    toolbox = GrpcToolbox(services, services, None, KeptAnswers(30))  # type: ignore[arg-type]

    async def asked(owner: str, tool: str) -> int:
        services.asked.clear()
        session = toolbox.session(TURN.id, EarlierResults())
        with acting_as(Caller(owner, owners=(OwnerId(owner),))):
            await session.call(tool, ARGUMENTS.get(tool, {}))
        return len(services.asked)

    assert [await asked("usr_1", "get_bars"), await asked("usr_1", "get_bars")] == [1, 0]
    assert await asked("usr_2", "get_bars") == 1
    assert [await asked("usr_1", "get_quotes"), await asked("usr_1", "get_quotes")] == [1, 1]


async def test_twins_side_by_side_ask_once() -> None:
    services = Services()
    session = GrpcToolbox(services, services).session(  # type: ignore[arg-type]
        TURN.id, EarlierResults()
    )
    with acting_as(Caller(TURN.owner, owners=(TURN.owner,))):
        first, second = await asyncio.gather(*(session.call("get_quotes", {"symbols": ["AAPL"]}) for _ in range(2)))
    assert first == second
    assert services.asked == ["GetQuotes"]
