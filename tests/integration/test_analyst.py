"""The analyst's wire, read by the official client over a real socket."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from openai import AsyncOpenAI, BadRequestError, NotFoundError
from openai.types.chat import (
    ChatCompletionMessageFunctionToolCall,
    ChatCompletionMessageParam,
    ChatCompletionToolParam,
)
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


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("help", 1), ("help " * 99, 99), ("performance", 3), ("2024-11-29", 5), ("今年の成績は？", 7)],
)
async def test_tokens_are_counted_by_the_stated_rule(client: AsyncOpenAI, text: str, tokens: int) -> None:
    counted = await client.responses.input_tokens.count(model="offline-analyst", input=text)
    assert counted.input_tokens == tokens
    answer = await client.responses.create(model="offline-analyst", input=text)
    assert answer.usage is not None
    assert answer.usage.input_tokens == tokens


async def test_instructions_and_tools_count_as_input(client: AsyncOpenAI) -> None:
    bare = await client.responses.input_tokens.count(model="offline-analyst", input="help")
    told = await client.responses.input_tokens.count(
        model="offline-analyst", input="help", instructions="today is 2024-11-29", tools=[QUOTES]
    )
    assert told.input_tokens > bare.input_tokens + 7


async def test_day_of_the_instructions_is_today(client: AsyncOpenAI) -> None:
    bars: FunctionToolParam = {
        "type": "function",
        "name": "get_bars",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {name: {"type": "string"} for name in ("symbol", "start", "end")},
            "required": ["symbol"],
        },
    }
    answer = await client.responses.create(
        model="offline-analyst",
        instructions="The market's today is 2024-11-29.",
        input="Price history of AAPL last month",
        tools=[bars],
    )
    call = answer.output[0]
    assert isinstance(call, ResponseFunctionToolCall)
    assert json.loads(call.arguments) == {"symbol": "AAPL", "start": "2024-10-01", "end": "2024-10-31"}


async def test_models_are_listed(client: AsyncOpenAI) -> None:
    assert [model.id async for model in client.models.list()] == ["offline-analyst"]


async def test_a_model_is_found_by_name(client: AsyncOpenAI) -> None:
    assert (await client.models.retrieve("offline-analyst")).owned_by == "stocktool"
    with pytest.raises(NotFoundError) as refused:
        await client.models.retrieve("gpt-none")
    assert refused.value.code == "model_not_found"


@pytest.mark.parametrize(
    ("path", "body", "parameter"),
    [
        ("responses", b'{"input": 5}', "input.str"),
        ("responses", b"{", None),
        ("responses", b"[]", None),
        ("responses", b'{"input": "hi", "previous_response_id": "resp_1"}', "previous_response_id"),
        ("responses", b'{"input": "hi", "tools": [{"type": "function"}]}', "name"),
        ("responses/input_tokens", b'{"input": null}', "input.str"),
        ("chat/completions", b'{"messages": []}', "messages"),
        ("chat/completions", b'{"messages": [{"role": "king", "content": "hi"}]}', "messages.0.role"),
        ("chat/completions", b'{"messages": [{"role": "user", "content": "hi"}], "n": 2}', "n"),
        (
            "chat/completions",
            b'{"messages": [{"role": "user", "content": "hi"}], "tools": [{"type": "function"}]}',
            "function",
        ),
    ],
)
async def test_bad_request_names_its_parameter(url: str, path: str, body: bytes, parameter: str | None) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.post(f"{url}/{path}", content=body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", parameter)
    assert error["message"]


async def test_unknown_address_is_an_error_body(url: str) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.post(f"{url}/embeddings", json={})
        wrong_way = await http.get(f"{url}/chat/completions")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_url")
    assert (wrong_way.status_code, wrong_way.json()["error"]["type"]) == (405, "invalid_request_error")


async def test_sdk_raises_what_a_bad_request_says(client: AsyncOpenAI) -> None:
    with pytest.raises(BadRequestError, match="not stored here"):
        await client.responses.create(model="offline-analyst", input="hi", previous_response_id="resp_1")


CHAT_QUOTES: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "get_quotes",
        "strict": True,
        "parameters": QUOTES["parameters"] or {},
    },
}


async def test_completion_makes_a_round_trip_of_tools(client: AsyncOpenAI) -> None:
    messages: list[ChatCompletionMessageParam] = [
        {"role": "system", "content": "The market's today is 2024-11-29."},
        {"role": "user", "content": "What is the price of AAPL?"},
    ]
    first = await client.chat.completions.create(model="offline-analyst", messages=messages, tools=[CHAT_QUOTES])
    choice = first.choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    assert choice.message.tool_calls is not None
    call = choice.message.tool_calls[0]
    assert isinstance(call, ChatCompletionMessageFunctionToolCall)
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_quotes", {"symbols": ["AAPL"]})

    messages += [
        {
            "role": "assistant",
            "tool_calls": [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.function.name, "arguments": call.function.arguments},
                }
            ],
        },
        {"role": "tool", "tool_call_id": call.id, "content": json.dumps(PRICE)},
    ]
    second = await client.chat.completions.create(model="offline-analyst", messages=messages, tools=[CHAT_QUOTES])
    assert second.choices[0].finish_reason == "stop"
    assert second.choices[0].message.content is not None
    assert "**$237.33**" in second.choices[0].message.content
    assert second.usage is not None
    assert second.usage.total_tokens == second.usage.prompt_tokens + second.usage.completion_tokens


async def test_streamed_completion_is_the_finished_one(client: AsyncOpenAI) -> None:
    asked: list[ChatCompletionMessageParam] = [{"role": "user", "content": "ヘルプ"}]
    whole = await client.chat.completions.create(model="offline-analyst", messages=asked)
    stream = await client.chat.completions.create(
        model="offline-analyst", messages=asked, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert chunks[0].choices[0].delta.role == "assistant"
    said = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert said == whole.choices[0].message.content
    assert [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason] == ["stop"]
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert (chunks[-1].choices, chunks[-1].usage) == ([], whole.usage)


async def test_streamed_tool_calls_come_in_pieces_and_join(client: AsyncOpenAI) -> None:
    async with client.chat.completions.stream(
        model="offline-analyst",
        messages=[{"role": "user", "content": "prices of AAPL, JPM, XOM and SPY"}],
        tools=[CHAT_QUOTES],
    ) as stream:
        pieces = [event async for event in stream if event.type == "tool_calls.function.arguments.delta"]
        final = await stream.get_final_completion()
    assert len(pieces) > 1
    calls = final.choices[0].message.tool_calls
    assert calls is not None
    assert json.loads(calls[0].function.arguments) == {"symbols": ["AAPL", "JPM", "XOM", "SPY"]}
    assert final.choices[0].finish_reason == "tool_calls"


async def test_completion_without_permission_calls_no_tool(client: AsyncOpenAI) -> None:
    answer = await client.chat.completions.create(
        model="offline-analyst",
        messages=[{"role": "user", "content": "What is the price of AAPL?"}],
        tools=[CHAT_QUOTES],
        tool_choice="none",
    )
    assert answer.choices[0].message.tool_calls is None
    assert answer.choices[0].finish_reason == "stop"


async def test_both_endpoints_give_the_same_words(client: AsyncOpenAI) -> None:
    question = "What is the price of AAPL?"
    call = {"id": "c1", "name": "get_quotes", "arguments": '{"symbols": ["AAPL"]}'}
    items: ResponseInputParam = [
        {"role": "user", "content": question},
        {"type": "function_call", "call_id": call["id"], "name": call["name"], "arguments": call["arguments"]},
        {"type": "function_call_output", "call_id": call["id"], "output": json.dumps(PRICE)},
    ]
    messages: list[ChatCompletionMessageParam] = [
        {"role": "user", "content": question},
        {
            "role": "assistant",
            "tool_calls": [
                {
                    "id": call["id"],
                    "type": "function",
                    "function": {"name": call["name"], "arguments": call["arguments"]},
                }
            ],
        },
        {"role": "tool", "tool_call_id": call["id"], "content": json.dumps(PRICE)},
    ]
    response = await client.responses.create(model="offline-analyst", input=items, tools=[QUOTES])
    completion = await client.chat.completions.create(model="offline-analyst", messages=messages, tools=[CHAT_QUOTES])
    assert response.output_text == completion.choices[0].message.content
