"""The analyst's next step: more tool calls, or the answer."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from stocktool_analyst.application.rank import Ranker
from stocktool_analyst.domain.ask import Question
from stocktool_analyst.domain.compose import compose
from stocktool_analyst.domain.plan import next_calls
from stocktool_analyst.domain.question import understand
from stocktool_analyst.domain.results import children
from stocktool_analyst.domain.tools import Call, Json, JsonObject, Result, Tool

_MAX_ROUNDS = 4
_DEEPEST = 60  # levels of a tool's result
_TODAY = re.compile(r"today is (\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True, slots=True)
class Reply:
    """What comes next; `text` is empty while `calls` are made."""

    calls: tuple[Call, ...] = ()
    text: str = ""


class Respond:
    """Answers the last user message of a conversation, with a second reading where the rules see nothing in it."""

    def __init__(self, rank: Ranker | None = None) -> None:
        """Answer by rules alone, or with a ranker beside them."""
        self._rank = rank

    async def __call__(self, items: Sequence[JsonObject], tools: Sequence[Tool], *, may_call: bool = True) -> Reply:
        """Answer as `respond` does."""
        talk = _talk(items)
        if self._rank is not None:
            talk = replace(talk, question=await self._rank(talk.question, talk.today))
        return _reply(talk, tools, may_call=may_call)


def respond(items: Sequence[JsonObject], tools: Sequence[Tool], *, may_call: bool = True) -> Reply:
    """Answer the last user message of a conversation by rules alone.

    Args:
        items: Input items of the Responses API, oldest first.
        tools: Function tools on offer.
        may_call: False when the request forbids calls: the answer is written from what is there.
    """
    return _reply(_talk(items), tools, may_call=may_call)


@dataclass(frozen=True, slots=True)
class _Talk:
    question: Question
    today: str
    done: list[Result]
    rounds: int


def _talk(items: Sequence[JsonObject]) -> _Talk:
    said = [at for at, item in enumerate(items) if item.get("role") == "user"]
    last = said[-1] if said else -1
    today = _today(items)
    earlier = [_content(items[at]) for at in said[:-1]]
    question = understand(_content(items[last]) if said else "", today, earlier)
    return _Talk(question, today, *_results(items[last + 1 :]))


def _reply(talk: _Talk, tools: Sequence[Tool], *, may_call: bool) -> Reply:
    question, done = talk.question, talk.done
    calls = next_calls(question, tools, done, talk.today) if may_call and talk.rounds < _MAX_ROUNDS else []
    if calls:
        return Reply(calls=tuple(calls))
    # Half a pair of surrogates, which a result may hold, is no text that could be sent.
    return Reply(text=compose(question, tools, done).encode("utf-8", "replace").decode("utf-8"))


def _today(items: Sequence[JsonObject]) -> str:
    """The market's day as the developer's message tells it; what users say of it does not count."""
    told = (_TODAY.search(_content(item)) for item in items if item.get("role") in {"developer", "system"})
    day = next((found[1] for found in told if found), "")
    try:
        return date.fromisoformat(day).isoformat() if day else ""
    except ValueError:
        return ""


def _results(items: Sequence[JsonObject]) -> tuple[list[Result], int]:
    """Calls of this question with what they gave, and how many rounds they took."""
    calls: dict[str, Call] = {}
    results: list[Result] = []
    rounds, answered = 0, True
    for item in items:
        if item.get("type") == "function_call":
            rounds += answered
            answered = False
            calls[str(item.get("call_id"))] = Call(str(item.get("name")), _object(item.get("arguments")))
        elif item.get("type") == "function_call_output":
            answered = True
            call = calls.get(str(item.get("call_id")))
            if call is not None:
                results.append(Result(call, _object(item.get("output"))))
    return results, rounds


def _object(text: object) -> JsonObject:
    if isinstance(text, list):  # the parts of an output
        text = "".join(str(part.get("text", "")) for part in text if isinstance(part, dict))
    try:
        value: Json = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return {"error": "the tool's result is not JSON"}
    if _deeper(value, _DEEPEST):
        return {"error": "the tool's result is nested too deep"}
    return value if isinstance(value, dict) else {"value": value}


def _deeper(value: Json, levels: int) -> bool:
    """Whether a value is nested deeper than so many levels."""
    level: list[Json] = [value]
    for _ in range(levels):
        level = [child for each in level for child in children(each)]
    return bool(level)


def _content(item: JsonObject) -> str:
    content = item.get("content")
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return ""
