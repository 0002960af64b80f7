"""The analyst's wire, read by the official client over a real socket."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from openai import AsyncOpenAI
from openai.types.responses import FunctionToolParam, ResponseFunctionToolCall, ResponseInputParam
from stocktool_analyst.bootstrap import build
from stocktool_analyst.settings import Settings
from stocktool_kit.http.server import HttpServer

QUOTES: FunctionToolParam = {
    "type": "function",
    "name": "get_quotes",
    "description": "Prices.",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"symbols": {"type": "array", "items": {"type": "string"}}},
        "required": ["symbols"],
        "additionalProperties": False,
    },
}
PRICE = {"items": [{"symbol": "AAPL", "price": {"amount": "237.33", "currency": "USD"}, "as_of": "2024-11-29"}]}


@pytest.fixture
async def url() -> AsyncIterator[str]:
    server = HttpServer(build(Settings(words_per_second=0)), "127.0.0.1", 0, drain_seconds=1)
    await server.start()
    yield f"http://127.0.0.1:{server.port}/v1"
    await server.stop()


@pytest.fixture
async def client(url: str) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=url, api_key="offline") as opened:
        yield opened


async def test_tool_loop_streams_to_an_answer(client: AsyncOpenAI) -> None:
    items: ResponseInputParam = [{"role": "user", "content": "What is the price of AAPL?"}]
    async with client.responses.stream(model="offline-analyst", input=items, tools=[QUOTES], store=False) as stream:
        first = await stream.get_final_response()
    call = first.output[0]
    assert isinstance(call, ResponseFunctionToolCall)
    assert (call.name, json.loads(call.arguments)) == ("get_quotes", {"symbols": ["AAPL"]})

    items += [
        {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments},
        {"type": "function_call_output", "call_id": call.call_id, "output": json.dumps(PRICE)},
    ]
    heard = ""
    async with client.responses.stream(model="offline-analyst", input=items, tools=[QUOTES], store=False) as stream:
        async for event in stream:
            if event.type == "response.output_text.delta":
                heard += event.delta
        final = await stream.get_final_response()
    assert "$237.33" in heard
    assert final.output_text == heard
    assert final.usage is not None
    assert final.usage.total_tokens == final.usage.input_tokens + final.usage.output_tokens


async def test_answer_without_a_stream_is_the_same_text(client: AsyncOpenAI) -> None:
    answer = await client.responses.create(model="offline-analyst", input="help")
    assert answer.status == "completed"
    assert "offline analyst" in answer.output_text


async def test_no_tool_is_called_when_the_request_forbids_it(client: AsyncOpenAI) -> None:
    answer = await client.responses.create(
        model="offline-analyst", input="What is the price of AAPL?", tools=[QUOTES], tool_choice="none"
    )
    assert [item.type for item in answer.output] == ["message"]


async def test_input_tokens_grow_with_the_input(client: AsyncOpenAI) -> None:
    short, long = [
        await client.responses.input_tokens.count(model="offline-analyst", input=text)
        for text in ("help", "help " * 99)
    ]
    assert 0 < short.input_tokens < long.input_tokens


async def test_models_are_listed(client: AsyncOpenAI) -> None:
    assert [model.id async for model in client.models.list()] == ["offline-analyst"]


async def test_bad_request_is_an_error_body(url: str) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.post(f"{url}/responses", content=b'{"input": 5}')
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
