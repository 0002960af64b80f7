"""The tool loop's budgets, with a model and tools in memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta

import pytest
from stocktool_chat.application.answer import Answerer, Progress
from stocktool_chat.application.live_turns import LiveTurn
from stocktool_chat.application.ports import ModelAnswer, ModelStep, ToolDefinition, ToolRequest
from stocktool_chat.application.turn_log import TurnLog
from stocktool_chat.domain.conversation import Claim, ConversationId, Turn, TurnId
from stocktool_chat.domain.earlier_results import EarlierResults
from stocktool_chat.domain.errors import AnswerFiltered, ModelStreamDropped, ModelTimedOut, ModelUnavailable
from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.pricing import Budget, Catalogue
from stocktool_chat.domain.prompt import MarketDay
from stocktool_chat.domain.turn_view import TurnView
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.core.errors import StockToolError
from stocktool_kit.core.ids import OwnerId

from tests.fakes.chat_store import FakeChatStore

NOW = datetime(2026, 11, 22, 17, 5, tzinfo=UTC)
TURN = Turn(TurnId("trn_1"), ConversationId("cnv_1"), OwnerId("usr_1"), "How?", "m", NOW)


class ScriptedSteps:
    """A `Model` that gives these answers in turn, and the last one for ever."""

    def __init__(self, *answers: str | Sequence[str] | StockToolError, tokens: int = 10) -> None:
        self._answers = list(answers)
        self._tokens = tokens
        self.steps: list[ModelStep] = []

    async def stream(self, step: ModelStep) -> AsyncGenerator[str | ModelAnswer, None]:
        self.steps.append(ModelStep(step.model, "", list(step.input), (), "", may_call_tools=step.may_call_tools))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, StockToolError):
            raise answer
        if isinstance(answer, str):
            yield answer
            yield ModelAnswer([], [], self._tokens, 0)
            return
        at = len(self.steps)
        calls = [ToolRequest(f"call_{at}_{number}", name, "{}") for number, name in enumerate(answer)]
        yield ModelAnswer(
            [{"type": "function_call", "call_id": call.call_id} for call in calls], calls, self._tokens, 0
        )


class Tools:
    """A `Toolbox` whose tools are named after what they do."""

    definitions: Sequence[ToolDefinition] = ()

    def __init__(self) -> None:
        self.running = self.most_running = 0

    def session(self, turn_id: TurnId, earlier: EarlierResults) -> Tools:
        return self

    async def call(self, name: str, arguments: JsonObject) -> JsonObject:
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            if name == "hang":
                await asyncio.Event().wait()
            await asyncio.sleep(0.001)
            return {"name": name, "text": "x" * 5000}
        finally:
            self.running -= 1


class Market:
    async def today(self) -> MarketDay:
        return MarketDay("2024-11-29", "2024-11-29T18:00:00Z")


class NoObserver:
    def tool(self, name: str) -> AbstractContextManager[None]:
        return nullcontext()

    def turn(self, turn_id: TurnId, trace: Mapping[str, str]) -> AbstractContextManager[None]:
        return nullcontext()

    def tokens(self, model: str, answer: ModelAnswer) -> None:
        """Not measured."""

    def bug(self, error: Exception) -> None:
        raise error


async def answered(
    model: ScriptedSteps, tools: Tools | None = None, fallback: str | None = None, **budget: float
) -> Progress:
    """The progress of an answer, its error raised."""
    limits = Budget(**{"steps": 4, **budget})  # type: ignore[arg-type]  # whole numbers where they are wanted
    answerer = Answerer(
        model=model,
        toolbox=tools or Tools(),
        market=Market(),
        observer=NoObserver(),
        budget=limits,
        catalogue=Catalogue({}, TURN.model, fallback),
        parallel_tools=2,
    )
    claim = Claim(TURN.conversation_id, TURN.id, TURN.owner, fence=1, attempt=1, holder="pod")
    live = LiveTurn(TURN.conversation_id, TURN.id, TURN.owner)
    progress = Progress(TurnLog(FakeChatStore(), claim, live, TurnView()), claim, SystemClock(), TURN.model)
    await answerer(TURN, [], progress)
    return progress


async def refused(model: ScriptedSteps, **budget: float) -> StockToolError:
    """The error an answer ends with."""
    with pytest.raises(StockToolError) as ended:
        await answered(model, None, **budget)
    return ended.value


async def test_tools_run_side_by_side_within_their_bound_and_answer_in_order() -> None:
    tools, model = Tools(), ScriptedSteps(["a", "b", "c", "d"], "Done.")

    progress = await answered(model, tools)

    assert tools.most_running == 2
    outputs = [item for item in model.steps[1].input if item.get("type") == "function_call_output"]
    assert [json.loads(str(item["output"]))["name"] for item in outputs] == ["a", "b", "c", "d"]
    assert list(progress.results) == ["call_1_0", "call_1_1", "call_1_2", "call_1_3"]
    assert progress.log.view.text == "Done."


async def test_model_sees_a_bounded_result_and_the_record_stays_whole() -> None:
    model = ScriptedSteps(["a"], "Done.")

    progress = await answered(model, tool_bytes=1000)

    assert len(str(model.steps[1].input[-1]["output"])) <= 1000
    assert progress.results["call_1_0"]["text"] == "x" * 5000


async def test_results_of_a_turn_share_what_they_may_take_and_then_it_must_answer() -> None:
    # Each result takes 5,022 bytes: the first two fit, the third is cut, the fourth has no room.
    model = ScriptedSteps(["a", "b"], ["c", "d"], "Done.")

    progress = await answered(model, turn_tool_bytes=10_600)

    outputs = [json.loads(str(item["output"])) for item in model.steps[-1].input if item.get("output")]
    assert [output.get("name") for output in outputs] == ["a", "b", "c", None]
    assert [len(output.get("text", "")) for output in outputs] == [5000, 5000, 400, 0]
    assert outputs[3]["error"]["reason"] == "TOOL_BYTES_SPENT"
    assert [step.may_call_tools for step in model.steps] == [True, True, False]
    assert progress.log.view.text == "Done."
    assert {call_id: result["text"] for call_id, result in progress.results.items()} == dict.fromkeys(
        ("call_1_0", "call_1_1", "call_2_0", "call_2_1"), "x" * 5000
    ), "records stay whole"
    calls = progress.log.view.summary()["tool_calls"]
    assert isinstance(calls, list)
    told = [each.get("left_out_bytes") for each in calls if isinstance(each, Mapping)]
    assert told[:2] == [None, None]
    assert (told[2], told[3]) == (outputs[2]["left_out_bytes"], 5022)


async def test_results_that_fill_their_room_exactly_are_whole() -> None:
    model = ScriptedSteps(["a", "b"], "Done.")
    await answered(model, turn_tool_bytes=2 * 5022)
    outputs = [json.loads(str(item["output"])) for item in model.steps[-1].input if item.get("output")]
    assert [len(output["text"]) for output in outputs] == [5000, 5000]
    assert [step.may_call_tools for step in model.steps] == [True, True]


async def test_slow_tool_is_given_up_and_the_turn_goes_on() -> None:
    progress = await answered(ScriptedSteps(["hang", "a"], "Done."), tool_seconds=0.02)

    error = progress.results["call_1_0"]["error"]
    assert isinstance(error, Mapping)
    assert error["reason"] == "DEADLINE_EXCEEDED"
    assert progress.results["call_1_1"]["name"] == "a"


async def test_tokens_of_all_steps_are_bounded() -> None:
    assert (await refused(ScriptedSteps(["a"], tokens=60), tokens=100)).reason == "TURN_BUDGET_EXCEEDED"


async def test_last_step_must_answer() -> None:
    model = ScriptedSteps(["a"])
    assert (await refused(model)).reason == "ENDLESS_TOOL_LOOP"
    assert [step.may_call_tools for step in model.steps] == [True, True, True, False]


async def test_used_up_tool_calls_force_an_answer() -> None:
    model = ScriptedSteps(["a", "b"], "Done.")
    await answered(model, tool_calls=2)
    assert [step.may_call_tools for step in model.steps] == [True, False]


async def test_texts_of_several_steps_are_set_apart() -> None:
    class Talking(ScriptedSteps):
        async def stream(self, step: ModelStep) -> AsyncGenerator[str | ModelAnswer, None]:
            yield "First."
            async for piece in super().stream(step):
                yield piece

    progress = await answered(Talking(["a"], " Second."))
    assert progress.log.view.text == "First.\n\nFirst. Second."


async def test_silence_is_no_answer() -> None:
    assert (await refused(ScriptedSteps("  "))).reason == "EMPTY_ANSWER"


async def test_another_model_goes_on_where_the_first_one_fails() -> None:
    model = ScriptedSteps(["a"], ModelUnavailable("it is down"), ["b"], "Done.", tokens=7)

    progress = await answered(model, fallback="spare")

    assert [step.model for step in model.steps] == ["m", "m", "spare", "spare"]
    assert progress.log.view.text == "Done."
    assert {name: tokens.input for name, tokens in progress.spending.tokens.items()} == {"m": 7, "spare": 14}
    replaced = progress.log.view.summary()["replaced"]
    assert isinstance(replaced, Mapping)
    assert (replaced["model"], replaced["instead_of"]) == ("spare", "m")
    assert "it is down" in str(replaced["problem"])


async def test_what_the_first_model_began_to_say_is_not_finished_by_another() -> None:
    class Breaking(ScriptedSteps):
        async def stream(self, step: ModelStep) -> AsyncGenerator[str | ModelAnswer, None]:
            yield "Half an ans"
            async for piece in super().stream(step):
                yield piece

    with pytest.raises(ModelStreamDropped):
        await answered(Breaking(ModelStreamDropped("it broke off")), fallback="spare")


async def test_a_fallback_that_fails_too_says_its_own_error() -> None:
    with pytest.raises(ModelTimedOut):
        await answered(ScriptedSteps(ModelUnavailable("down"), ModelTimedOut("slow")), fallback="spare")
    with pytest.raises(ModelUnavailable):
        await answered(ScriptedSteps(ModelUnavailable("down")), fallback="m")
    with pytest.raises(AnswerFiltered):
        await answered(ScriptedSteps(AnswerFiltered("no")), fallback="spare")


async def test_time_is_bounded() -> None:
    begin = asyncio.get_running_loop().time()
    assert (await refused(ScriptedSteps(["hang"]), seconds=0.05)).reason == "TURN_TIMED_OUT"
    assert timedelta(seconds=asyncio.get_running_loop().time() - begin) < timedelta(seconds=5)
