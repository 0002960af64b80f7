"""The model's adapter over a socket: a stream ends with its reader and leaves nothing to the garbage collector."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from typing import Any

import pytest
from stocktool_chat.adapters.openai_model import OpenAiModel, open_client
from stocktool_chat.application.ports import ModelAnswer, ModelStep
from stocktool_chat.domain.errors import AnswerCutOff

from tests.eventually import eventually
from tests.fakes.chat_model import End, Hang, Say, Step, scripted_model

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


async def read(step: Step, monkeypatch: pytest.MonkeyPatch, pieces: int | None) -> list[str | ModelAnswer]:
    """A scripted stream's pieces: the first few, or all with their end."""
    async with scripted_model(step) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "test")
        model = OpenAiModel(open_client(silence_seconds=5, retries=0))
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


async def test_an_answer_whose_body_does_not_end_is_given_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = asyncio.Event()
    with abandoned() as found:
        pieces = await read(Say(["One."], linger=gate), monkeypatch, None)
    assert pieces[0] == "One."
    assert isinstance(pieces[1], ModelAnswer)
    assert not gate.is_set()
    assert found == []
