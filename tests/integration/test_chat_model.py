"""The model's adapter over a socket: a stream ends with its reader and leaves nothing to the garbage collector."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr
from stocktool_chat.adapters.model_routes import Endpoint, ModelRoutes, Route
from stocktool_chat.adapters.openai_model import open_model
from stocktool_chat.application.ports import ModelAnswer, ModelStep
from stocktool_chat.domain.errors import (
    AnswerCutOff,
    ModelRateLimited,
    ModelRejected,
    ModelStreamDropped,
    ModelTimedOut,
)

from tests.eventually import eventually
from tests.fakes.chat_model import End, Garble, Hang, Refuse, Say, Silent, Step, scripted_model

STEP = ModelStep(model="any", instructions="", input=[], tools=[], cache_key="", may_call_tools=True)


@contextmanager
def abandoned() -> Iterator[list[str]]:
    """The asynchronous generators that were collected while suspended."""
    hooks = sys.get_asyncgen_hooks()
    found: list[str] = []

    def finalizer(generator: AsyncGenerator[Any, Any]) -> None:
        found.append(str(generator))
        if hooks.finalizer is not None:
            hooks.finalizer(generator)

    sys.set_asyncgen_hooks(finalizer=finalizer)
    try:
        yield found
    finally:
        sys.set_asyncgen_hooks(*hooks)


async def read(
    step: Step,
    monkeypatch: pytest.MonkeyPatch,
    pieces: int | None,
    *,
    then: Sequence[Step] = (),
    silence_seconds: float = 5,
    retries: int = 0,
) -> list[str | ModelAnswer]:
    """A scripted stream's pieces: the first few, or all with their end."""
    async with scripted_model(step, *then) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "test")
        model = open_model(ModelRoutes(silence_seconds=silence_seconds, retries=retries))
        found: list[str | ModelAnswer] = []
        try:
            async with aclosing(model.stream(STEP)) as stream:
                async for piece in stream:
                    found.append(piece)
                    if len(found) == pieces:
                        break
            if isinstance(step, Hang):
                await eventually(lambda: server.left == 1)
        finally:
            await model.close()
    return found


@pytest.mark.parametrize(
    ("step", "pieces"),
    [(Say(["One ", "two."]), None), (Say(["One ", "two."]), 3), (Say(["One ", "two."]), 1), (Hang("So far"), 1)],
    ids=["to the end", "to the answer", "left between pieces", "left while the model thinks"],
)
async def test_a_stream_leaves_nothing_suspended(
    step: Step, pieces: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with abandoned() as found:
        read_pieces = await read(step, monkeypatch, pieces)
    assert len(read_pieces) == (pieces or 3)
    assert found == []


async def test_a_stream_that_ends_in_an_error_leaves_nothing_suspended(monkeypatch: pytest.MonkeyPatch) -> None:
    step = End("response.incomplete", {"incomplete_details": {"reason": "max_output_tokens"}}, text="So far")
    with abandoned() as found, pytest.raises(AnswerCutOff):
        await read(step, monkeypatch, None)
    assert found == []


@pytest.mark.parametrize("step", [Silent(), Hang(), Hang("So far")], ids=["no headers", "no text", "after text"])
async def test_silence_ends_with_the_time_it_may_last(step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    with abandoned() as found, pytest.raises(ModelTimedOut):
        await read(step, monkeypatch, None, silence_seconds=0.2)
    assert found == []


async def test_an_unreadable_event_ends_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelStreamDropped, match="unreadable"):
        await read(Garble("So far"), monkeypatch, None)


async def test_a_refusal_says_when_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    for given, seconds in (("7", 7.0), ("99999", 3600.0), ("soon", 1.0), ("-3", 0.0)):
        with pytest.raises(ModelRateLimited) as refused:
            await read(Refuse(429, {"retry-after": given}), monkeypatch, None)
        assert refused.value.retry_after_seconds == seconds


async def test_a_refused_call_is_repeated_as_often_as_set(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = await read(Refuse(500, {"retry-after": "0"}), monkeypatch, None, then=[Say(["Fine."])], retries=1)
    assert pieces[0] == "Fine."


async def test_models_are_asked_where_they_are_and_as_they_are_called_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    async with scripted_model(Say(["Fine."])) as server:
        origin = server.base_url.removesuffix("/v1")
        model = open_model(
            ModelRoutes(
                silence_seconds=5,
                retries=0,
                routes={"best": Route("azure", "gpt-x-eu"), "own": Route("lan", "own")},
                endpoints={
                    "azure": Endpoint(f"{origin}/openai/v1/", SecretStr("secret"), "preview"),
                    "lan": Endpoint(f"{origin}/v1", SecretStr("other")),
                },
            )
        )
        try:
            for name in ("best", "own"):
                async with aclosing(model.stream(replace(STEP, model=name))) as stream:
                    assert await anext(stream) == "Fine."
            with pytest.raises(ModelRejected, match="API key is missing"):
                async with aclosing(model.stream(STEP)) as stream:
                    await anext(stream)
        finally:
            await model.close()
    assert server.addresses == ["/openai/v1/responses?api-version=preview", "/v1/responses"]
    assert [request["model"] for request in server.requests] == ["gpt-x-eu", "own"]
    assert server.headers[0]["api-key"] == "secret"
    assert "authorization" not in server.headers[0]
    assert server.headers[1]["authorization"] == "Bearer other"


async def test_an_answer_whose_body_does_not_end_is_given_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = asyncio.Event()
    with abandoned() as found:
        pieces = await read(Say(["One."], linger=gate), monkeypatch, None)
    assert pieces[0] == "One."
    assert isinstance(pieces[1], ModelAnswer)
    assert not gate.is_set()
    assert found == []
