"""Requests of any shape over a socket: an answer or an error body, never a failure of the server."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stocktool_analyst.bootstrap import build
from stocktool_analyst.settings import Settings
from stocktool_kit.http.server import HttpServer

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
_SAID = st.sampled_from(
    [
        "How did I do this year against SPY?",
        "今年はSPYと比べてどうだった？",
        "What if I sold half my AAPL?",
        "Rebalance to equal weights",
        "アップルを10株売ってJPMを5株買ったら？",
        "Check my portfolio",
        "What is the price of Zyx Widgets?",
        "Read page 3 of the contract",
        "資料には何と書いてある？",
    ]
) | st.text(max_size=40)
_TOOL_NAMES = st.sampled_from(
    [
        "get_performance",
        "get_holdings",
        "get_quotes",
        "what_if",
        "plan_rebalance",
        "get_xray",
        "search_instruments",
        "search_documents",
        "read_page",
    ]
)
_SCHEMAS = st.fixed_dictionaries(
    {
        "type": st.just("object"),
        "properties": st.dictionaries(
            st.sampled_from(["period", "symbols", "benchmark", "portfolio", "start", "query", "trades"]),
            _JSON,
            max_size=4,
        )
        | _JSON,
        "required": st.just(["period"]) | _JSON,
    }
)
_OUTPUTS = _JSON.map(json.dumps) | st.sampled_from(
    [
        "",
        "{",
        "NaN",
        '{"items": "\\ud800"}',
        "[" * 5000,
        '{"items":' * 90 + "1" + "}" * 90,
        '{"error": {"reason": 5}}',
        "9" * 5000,
    ]
)
_ITEMS = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "developer", "assistant"]), "content": _SAID | _JSON})
    | st.fixed_dictionaries(
        {
            "type": st.just("function_call"),
            "call_id": st.sampled_from(["a", "b"]) | _JSON,
            "name": _TOOL_NAMES | _JSON,
            "arguments": _OUTPUTS,
        }
    )
    | st.fixed_dictionaries(
        {"type": st.just("function_call_output"), "call_id": st.sampled_from(["a", "b"]), "output": _OUTPUTS | _JSON}
    ),
    max_size=6,
)
_FLAGS = st.fixed_dictionaries(
    {"stream": st.booleans()}, optional={"tool_choice": st.sampled_from(["none", "auto"]) | _JSON}
)
_TOOLS = st.lists(
    st.fixed_dictionaries({"type": st.just("function"), "name": _TOOL_NAMES, "parameters": _SCHEMAS | _JSON}),
    max_size=5,
)
_RESPONSES = st.builds(
    lambda flags, asked, tools: {**flags, "input": asked, "tools": tools},
    _FLAGS,
    _SAID | _ITEMS | _JSON,
    _TOOLS | _JSON,
)
_CALLS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.sampled_from(["a", "b"]),
            "function": st.fixed_dictionaries({"name": _TOOL_NAMES, "arguments": _OUTPUTS}),
        }
    ),
    max_size=2,
)
_MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "system", "assistant", "tool"]), "content": _SAID | _OUTPUTS | _JSON},
        optional={"tool_calls": _CALLS | _JSON, "tool_call_id": st.sampled_from(["a", "b"])},
    ),
    max_size=6,
)
_COMPLETIONS = st.builds(
    lambda flags, asked, tools: {**flags, "messages": asked, "tools": tools},
    _FLAGS,
    _MESSAGES | _JSON,
    _TOOLS.map(lambda tools: [{"type": "function", "function": tool} for tool in tools]) | _JSON,
)
_ANY_TIME = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    """A client of a server on a thread of its own, since hypothesis calls a test without an event loop."""
    loop = asyncio.new_event_loop()
    server = HttpServer(build(Settings(words_per_second=0)), "127.0.0.1", 0, drain_seconds=1)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(30)
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}/v1", timeout=60) as client:
        yield client
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(30)
    loop.close()


def _answered(answer: httpx.Response) -> None:
    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 400:
        assert answer.json()["error"]["type"] == "invalid_request_error"
    elif answer.headers["content-type"].startswith("text/event-stream"):
        assert "response.completed" in answer.text or "[DONE]" in answer.text
    else:
        assert answer.json()["object"]


@_ANY_TIME
@given(body=_RESPONSES)
def test_responses(http: httpx.Client, body: dict[str, Any]) -> None:
    _answered(http.post("/responses", json=body))


@_ANY_TIME
@given(body=_COMPLETIONS)
def test_completions(http: httpx.Client, body: dict[str, Any]) -> None:
    _answered(http.post("/chat/completions", json=body))


@_ANY_TIME
@given(body=_RESPONSES)
def test_input_tokens(http: httpx.Client, body: dict[str, Any]) -> None:
    _answered(http.post("/responses/input_tokens", json=body))


@_ANY_TIME
@given(path=st.sampled_from(["responses", "responses/input_tokens", "chat/completions"]), body=st.binary(max_size=60))
def test_bytes(http: httpx.Client, path: str, body: bytes) -> None:
    _answered(http.post(f"/{path}", content=body))


@_ANY_TIME
@given(name=st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=20))
def test_models(http: httpx.Client, name: str) -> None:
    answer = http.get(f"/models/{name}")
    assert answer.status_code in (200, 404)
    assert ("error" in answer.json()) == (answer.status_code == 404)
