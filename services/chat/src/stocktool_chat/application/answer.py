"""The tool loop: ask the model, run the tools it wants, ask again, until it answers."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import DeadlineExceeded, InvalidArgument, Kind, StockToolError

from stocktool_chat.application.ports import (
    MarketStatus,
    Model,
    ModelAnswer,
    ModelStep,
    Observer,
    Toolbox,
    ToolRequest,
    ToolSession,
)
from stocktool_chat.application.receipt_reading import ReceiptReading
from stocktool_chat.application.turn_log import TurnLog
from stocktool_chat.domain import events
from stocktool_chat.domain.citations import number_passages, without_chunk_ids
from stocktool_chat.domain.conversation import Claim, Turn
from stocktool_chat.domain.earlier_results import EarlierResults
from stocktool_chat.domain.errors import (
    EmptyAnswer,
    EndlessToolLoop,
    ModelRateLimited,
    ModelRejected,
    ModelStreamDropped,
    ModelTimedOut,
    ModelUnavailable,
    TurnTimedOut,
)
from stocktool_chat.domain.evidence import Evidence, read_evidence
from stocktool_chat.domain.json_types import Json, JsonObject
from stocktool_chat.domain.pricing import Budget, Catalogue, Spending, Tokens
from stocktool_chat.domain.prompt import INSTRUCTIONS, conversation_input, portable
from stocktool_chat.domain.proposals import Prepared, Proposal, propose
from stocktool_chat.domain.receipts import Receipt
from stocktool_chat.domain.sealing import passages_of
from stocktool_chat.domain.showing import show
from stocktool_chat.domain.summaries import one_line
from stocktool_chat.domain.tool_results import ToolResult
from stocktool_chat.domain.withholding import Withholding, withheld

_REPLACEABLE = (ModelRateLimited, ModelRejected, ModelStreamDropped, ModelTimedOut, ModelUnavailable)
_PROPOSALS_LAST = timedelta(hours=1)  # well within the day for which a write is known by its idempotency key


class MalformedArguments(InvalidArgument):
    """The model gave a tool something that is no JSON object."""

    reason = "MALFORMED_ARGUMENTS"


@dataclass(slots=True)
class Progress:
    """What an answer leaves behind, also when it fails half-way.

    Attributes:
        model: Which is asked: the turn's, or the fallback once that one did not answer.
        results: This turn's tool results by call id.
        earlier: The same by the names that further calls know them by.
        today: The market's day; None as long as it is not known.
        before: What the results of the turns before offer, once they are read.
    """

    log: TurnLog
    claim: Claim
    clock: Clock
    model: str
    spending: Spending = field(default_factory=Spending)
    results: dict[str, JsonObject] = field(default_factory=dict)
    earlier: EarlierResults = field(default_factory=EarlierResults)
    today: date | None = None
    before: asyncio.Task[list[Evidence]] | None = None
    _offered: list[asyncio.Task[Evidence]] = field(default_factory=list)
    _reading: ReceiptReading = field(default_factory=ReceiptReading)

    def add_result(self, call: ToolRequest, result: JsonObject) -> None:
        """Keep a result, and begin to read its values while the model goes on."""
        call_id = call.call_id
        self.results[call_id] = result
        self.earlier.add(call_id, call.name, result)
        self._offered.append(asyncio.create_task(asyncio.to_thread(read_evidence, call_id, result)))

    def propose(self, tool: str, prepared: Prepared) -> Proposal:
        """What a writing tool of this turn wants done, for the user to decide."""
        return propose(self.claim, tool, prepared, self.clock.now(), _PROPOSALS_LAST)

    def grew(self, piece: str) -> None:
        """Read on in the answer when a piece of it may have ended a sentence and all results are read."""
        tasks = [*([] if self.before is None else [self.before]), *self._offered]
        if not self._reading.is_due(piece) or not all(_has_succeeded(task) for task in tasks):
            return
        evidence = [*([] if self.before is None else self.before.result()), *(each.result() for each in self._offered)]
        self._reading.follow(self.log.view.text, evidence, self.today)

    async def receipts(self) -> list[Receipt]:
        """The receipts of the answer, once it has ended."""
        text = self.log.view.text
        before = [] if self.before is None else await self.before
        evidence = [*before, *await asyncio.gather(*self._offered)]
        return await self._reading.receipts(text, evidence, self.today) if text else []


def _has_succeeded(task: asyncio.Task[Any]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None


class Answerer:
    """Answers one question after the other; holds nothing between them.

    Args:
        parallel_tools: Tool calls of one turn that run at a time.
    """

    def __init__(
        self,
        *,
        model: Model,
        toolbox: Toolbox,
        market: MarketStatus,
        observer: Observer,
        budget: Budget,
        catalogue: Catalogue,
        parallel_tools: int = 8,
    ) -> None:
        self._catalogue = catalogue
        self._model = model
        self._toolbox = toolbox
        self._market = market
        self._observer = observer
        self._budget = budget
        self._parallel_tools = parallel_tools

    async def __call__(self, turn: Turn, history: Sequence[Turn], progress: Progress) -> None:
        """Answer a turn, as the current caller.

        Args:
            turn: The question.
            history: Turns it follows, oldest first.
            progress: Takes events, results and what is used.

        Raises:
            StockToolError: What ended the answer; its text so far is in the log.
        """
        try:
            async with asyncio.timeout(self._budget.seconds):
                await self._loop(turn, history, progress)
        except TimeoutError as error:
            seconds = self._budget.seconds
            raise TurnTimedOut(f"the answer took longer than the {seconds:g} s it may take") from error

    async def _loop(self, turn: Turn, history: Sequence[Turn], progress: Progress) -> None:
        log, spending = progress.log, progress.spending
        market = await self._market.today()
        progress.today = market.day
        items = conversation_input(history, turn.question, market)
        run = _ToolRun(
            self._toolbox.session(turn.id, progress.earlier),
            progress,
            self._observer,
            self._budget,
            self._parallel_tools,
        )
        for step in range(1, self._budget.steps + 1):
            spending.check(self._budget)
            last_step = step == self._budget.steps or spending.no_more_tools(self._budget)
            answer = await self._ask(turn, items, progress, may_call_tools=not last_step)
            if not answer.calls:
                if not log.view.text.strip():
                    raise EmptyAnswer("the model ended without an answer; ask again, or another way")
                return
            if last_step:
                break
            spending.tool_calls += len(answer.calls)
            items.extend(answer.items)
            items.extend(await run.outputs(answer.calls))
        raise EndlessToolLoop(f"the model called tools {spending.tool_calls} times without answering")

    async def _ask(
        self, turn: Turn, items: list[JsonObject], progress: Progress, *, may_call_tools: bool
    ) -> ModelAnswer:
        """One step of the model, or of the fallback when the model fails before it has said anything in it."""
        said = len(progress.log.view.text_parts)
        try:
            return await self._ask_one(turn, items, progress, may_call_tools=may_call_tools)
        except _REPLACEABLE as error:
            instead = self._catalogue.instead_of(progress.model)
            if instead is None or len(progress.log.view.text_parts) > said:
                raise  # two models must not write one sentence
            progress.log.add(events.model_replaced(instead, progress.model, error))
            progress.model = instead
        items[:] = [portable(item) for item in items if item.get("type") != "reasoning"]
        return await self._ask_one(turn, items, progress, may_call_tools=may_call_tools)

    async def _ask_one(
        self, turn: Turn, items: Sequence[JsonObject], progress: Progress, *, may_call_tools: bool
    ) -> ModelAnswer:
        log = progress.log
        request = ModelStep(
            model=progress.model,
            instructions=INSTRUCTIONS,
            input=items,
            tools=self._toolbox.definitions,
            cache_key=turn.conversation_id,
            may_call_tools=may_call_tools,
        )
        saying = _Saying(log)
        async with aclosing(self._model.stream(request)) as pieces, aclosing(saying):
            async for piece in pieces:
                if isinstance(piece, str):
                    saying.say(piece)
                    progress.grew(piece)
                    continue
                used = Tokens(piece.input_tokens, piece.output_tokens, piece.cached_tokens)
                progress.spending.add_tokens(progress.model, used)
                self._observer.tokens(progress.model, piece)
                return piece
        raise AssertionError("a model's stream ends with its answer or an error")


class _Saying:
    """Writes one step's text: apart from that of the step before, and without our instructions."""

    def __init__(self, log: TurnLog) -> None:
        self._log = log
        self._separator = "\n\n" if log.view.text_parts else ""
        self._passing = Withholding(INSTRUCTIONS)

    def say(self, piece: str) -> None:
        """Take a piece as it comes."""
        self._add(self._passing.take(piece))

    async def aclose(self) -> None:
        """Give out what was held back, also when the model broke off."""
        self._add(self._passing.end())

    def _add(self, text: str) -> None:
        if text:
            self._log.add(events.text_delta(self._separator + text))
            self._separator = ""


class _ToolRun:
    """Runs the tool calls of one turn and keeps their results."""

    def __init__(
        self, session: ToolSession, progress: Progress, observer: Observer, budget: Budget, parallel: int
    ) -> None:
        self._session = session
        self._log = progress.log
        self._progress = progress
        self._observer = observer
        self._budget = budget
        self._slots = asyncio.Semaphore(parallel)
        self._next_citation = 1

    async def outputs(self, calls: Sequence[ToolRequest]) -> list[JsonObject]:
        """Run calls side by side and give their outputs as input items, in the order asked."""
        parsed = [(call, _arguments(call)) for call in calls]
        for call, arguments in parsed:
            shown: Json = arguments if not isinstance(arguments, StockToolError) else {}
            self._log.add(events.tool_started(call.call_id, call.name, withheld(shown, INSTRUCTIONS)))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._run(call, arguments)) for call, arguments in parsed]
        outputs: list[JsonObject] = []
        for call, task in zip(calls, tasks, strict=True):
            # Passages are numbered in the order the calls were asked, not in that of their answers.
            given, proposal = task.result()
            result, self._next_citation = number_passages(given, self._next_citation)
            room = self._progress.spending.tool_room(self._budget)
            seen = show(without_chunk_ids(result), self._budget.tool_bytes, room)
            self._progress.spending.add_tool(seen.size, no_room=seen.no_room)
            self._progress.add_result(call, result)
            told = [] if proposal is None else [events.proposal(proposal)]
            if seen.left_out_bytes:
                told.append(events.tool_cut(call.call_id, seen.left_out_bytes, no_room=seen.no_room))
            self._log.add(*told, result=ToolResult(call.call_id, result, proposal))
            outputs.append({"type": "function_call_output", "call_id": call.call_id, "output": seen.output})
        return outputs

    async def _run(
        self, call: ToolRequest, arguments: JsonObject | StockToolError
    ) -> tuple[JsonObject, Proposal | None]:
        proposal = None
        begin = time.perf_counter()
        try:
            async with self._slots:
                if isinstance(arguments, StockToolError):
                    raise arguments
                with self._observer.tool(call.name):
                    given = await self._timed(call.name, arguments)
            if isinstance(given, Prepared):
                proposal = self._progress.propose(call.name, given)
                result = _waiting(proposal)
            else:
                result = given
                await self._log.know(passages_of(result))
            ok = True
        except StockToolError as error:
            result, ok = _error_output(error), False
        elapsed = (time.perf_counter() - begin) * 1000
        summary = one_line(result) if proposal is None else proposal.summary
        self._log.add(events.tool_finished(call.call_id, ok=ok, duration_ms=elapsed, summary=summary))
        return result, proposal

    async def _timed(self, name: str, arguments: JsonObject) -> JsonObject | Prepared:
        seconds = self._budget.tool_seconds
        try:
            async with asyncio.timeout(seconds):
                return await self._session.call(name, arguments)
        except TimeoutError as error:
            raise DeadlineExceeded(f"{name} did not answer within {seconds:g} s") from error


def _waiting(proposal: Proposal) -> JsonObject:
    """What the model is told of a proposal: that nothing has happened yet."""
    return {
        "state": "waiting for the user's approval; nothing has been written",
        "proposal": {"summary": proposal.summary, "arguments": proposal.arguments},
    }


def _arguments(call: ToolRequest) -> JsonObject | StockToolError:
    try:
        arguments = json.loads(call.arguments or "{}")
    except ValueError:
        return MalformedArguments(f"the arguments of {call.name} are not valid JSON")
    if not isinstance(arguments, Mapping):
        return MalformedArguments(f"the arguments of {call.name} are not a JSON object")
    return arguments


def _error_output(error: StockToolError) -> JsonObject:
    hidden = error.kind is Kind.INTERNAL
    detail = "the tool failed on our side" if hidden else error.message
    facts: dict[str, Json] = {"reason": error.reason, "detail": detail}
    if error.metadata and not hidden:
        facts["about"] = dict(error.metadata)
    return {"error": facts}
