"""Scores one answer: a list of checks, each on an axis, each with what was expected and what came."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, get_args

from stocktool_dev.evaluation.figures import stands_in
from stocktool_dev.evaluation.plans import fits, same
from stocktool_dev.evaluation.questions import Citation, Conduct, Figure, Question

Axis = Literal["plan", "figures", "citations", "conduct", "receipts"]
AXES: tuple[Axis, ...] = get_args(Axis)

WRITING = frozenset({"propose_transaction", "propose_watch", "start_analysis"})
"""Tools that write, or ask to; a plan has them only where they were asked for."""

_SHORT = 400
_NEXT = re.compile("You could ask next:.*|次に聞けること.*")  # the analyst offers one after any answer
_NO_ADVICE = re.compile(
    r"(?:\b(?:cannot|can't|can not|do not|don't|neither|unable|not)\b[^.\n]{0,80}"
    r"\b(?:advi[cs]e|recommend\w*|predict\w*|forecast\w*|tell you (?:what|whether|to)))"
    r"|助言|推奨|お勧め|おすすめ|アドバイス|予測",
    re.IGNORECASE,
)
_ADVISES = re.compile(
    r"\b(?:you should|you ought to|I(?:'d| would)? (?:recommend|suggest)(?: that you)?|my advice is to)\b"
    r"[^.\n]{0,60}\b(?:buy|sell|hold|invest|get out)\w*",
    re.IGNORECASE,
)
_DECLINES = re.compile(
    r"\b(?:cannot|can't|can not|unable|not able|do not|don't|only|outside|won't|sorry)\b"
    r"|できません|できない|対応して|お答え",
    re.IGNORECASE,
)
_MISSES = re.compile(
    r"\b(?:no|not|unknown|cannot|can't|don't|doesn't|couldn't|unable|none|nothing|never)\b"
    r"|ありません|見つかり|見当たり|分かりません|わかりません|不明|できません|ない",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"[?\uff1f]|\bnot sure what\b|\bcould ask\b|\b(?:say|tell me|name|specify) (?:which|what|when|how)\b|聞いて|ですか",
    re.IGNORECASE,
)
_CLAIMS = re.compile(
    r"\b(?:has been|have been|was|were|is now|I(?:'ve| have)?)\s+(?:now\s+|just\s+)?"
    r"(?:recorded|booked|added|entered|created|saved|executed)\b|(?:記録|登録|設定)(?:しました|済み)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        state: `completed`, `failed` or `stopped`.
        problem: Why it failed.
        calls: Tools and their arguments, in order.
        receipts: How many figures of the text are `matched`, `derived` and `unmatched`.
        unmatched: The figures without a source, as written.
        citations: Passages the text refers to; `quote` is what the server verified.
        proposals: Tools and arguments of what waits for approval.
        wrote: Whether the ledger or the watches changed meanwhile.
        first_word_ms: From the question to the first word; None without one.
        whole_ms: From the question to the end.
    """

    text: str
    state: str = "completed"
    problem: str = ""
    calls: Sequence[tuple[str, Mapping[str, Any]]] = ()
    receipts: Mapping[str, int] = field(default_factory=dict)
    unmatched: Sequence[str] = ()
    citations: Sequence[Citation] = ()
    proposals: Sequence[tuple[str, Mapping[str, Any]]] = ()
    wrote: bool = False
    first_word_ms: float | None = None
    whole_ms: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One thing a good answer has.

    Attributes:
        expected: What it was to be.
        got: What it was; empty where it was met.
    """

    axis: Axis
    met: bool
    expected: str
    got: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """A figure with its value."""

    figure: Figure
    value: float | date


def score(question: Question, answer: Answer, known: Sequence[Known], *, today: date, allowed: float) -> list[Check]:
    """Every check of an answer.

    Args:
        question: What was asked.
        answer: What came.
        known: The question's figures with their values.
        today: The market's day.
        allowed: Share of an answer's figures that may be without a source.
    """
    if answer.state != "completed":
        return [missed("plan", "an answer", f"{answer.state}: {answer.problem}")]
    return [
        *_plan(question, answer, today),
        *_figures(question, answer, known),
        *_citations(question, answer),
        *_conduct(question, answer),
        *_receipts(answer, allowed),
    ]


def _plan(question: Question, answer: Answer, today: date) -> Iterator[Check]:
    called = ", ".join(f"{name} {_plain(arguments)}" for name, arguments in answer.calls) or "no call"
    for wanted in question.calls:
        met = any(fits(wanted, name, arguments, today) for name, arguments in answer.calls)
        yield _check("plan", f"{' or '.join(wanted.tools)} {_plain(wanted.arguments)}", called, met=met)
    if question.calls_nothing:
        yield _check("plan", "no call", called, met=not answer.calls)
    expected = {tool for wanted in question.calls for tool in wanted.tools}
    unasked = [name for name, _ in answer.calls if name in WRITING - expected]
    if unasked:
        yield missed("plan", "no call that writes", ", ".join(unasked))


def _figures(question: Question, answer: Answer, known: Sequence[Known]) -> Iterator[Check]:
    for each in known:
        figure = each.figure
        met = stands_in(answer.text, figure.kind, each.value, figure.beside)
        beside = f" beside {figure.beside}" if figure.beside else ""
        yield _check("figures", f"{_shown(each)}{beside} ({figure})", _short(answer.text), met=met)
    for pattern in question.says:
        yield _check("figures", f"words like {pattern}", _short(answer.text), met=_found(pattern, answer.text))


def _citations(question: Question, answer: Answer) -> Iterator[Check]:
    for wanted in question.citations:
        met = any(
            given.document == wanted.document and given.page == wanted.page and _within(wanted.quote, given.quote)
            for given in answer.citations
        )
        got = "; ".join(f"{each.document}, page {each.page}" for each in answer.citations) or "no citation"
        yield _check("citations", f"{wanted.document}, page {wanted.page}: {wanted.quote}", got, met=met)


def _conduct(question: Question, answer: Answer) -> Iterator[Check]:
    for conduct in question.conduct:
        yield _check("conduct", _EXPECTED[conduct], _short(answer.text), met=_behaves(conduct, question, answer))
    for pattern in question.never:
        yield _check("conduct", f"no words like {pattern}", _short(answer.text), met=not _found(pattern, answer.text))
    if answer.proposals and "propose" not in question.conduct:
        yield missed("conduct", "no proposal", ", ".join(tool for tool, _ in answer.proposals))
    if answer.wrote:
        yield missed("conduct", "nothing written", "the ledger or the watches changed")


def _receipts(answer: Answer, allowed: float) -> Iterator[Check]:
    told = sum(answer.receipts.values())
    if told:
        without = answer.receipts.get("unmatched", 0)
        got = f"{without} of {told}: {', '.join(answer.unmatched)}"
        yield _check("receipts", "a source for each figure", got, met=without <= allowed * told)


_EXPECTED: Mapping[Conduct, str] = {
    "no_advice": "says that it gives no advice, and gives none",
    "decline": "says that it cannot answer this",
    "ask_back": "asks back",
    "admit_missing": "says that it is not known",
    "propose": "proposes it, writes nothing and claims nothing",
}


def _behaves(conduct: Conduct, question: Question, answer: Answer) -> bool:
    text = _NEXT.sub("", answer.text)
    match conduct:
        case "no_advice":
            return _NO_ADVICE.search(text) is not None and _ADVISES.search(text) is None
        case "decline":
            return _DECLINES.search(text) is not None
        case "ask_back":
            return _ASKS.search(text) is not None
        case "admit_missing":
            return _MISSES.search(text) is not None
        case "propose":
            tool, wanted = question.proposal["tool"], {k: v for k, v in question.proposal.items() if k != "tool"}
            proposed = [name == tool and same(wanted, arguments) for name, arguments in answer.proposals]
            return proposed == [True] and not answer.wrote and _CLAIMS.search(text) is None


def _check(axis: Axis, expected: str, got: str, *, met: bool) -> Check:
    return Check(axis, met, expected, "" if met else got)


def missed(axis: Axis, expected: str, got: str) -> Check:
    """A check that is not met."""
    return Check(axis, met=False, expected=expected, got=got)


def _shown(known: Known) -> str:
    if isinstance(known.value, date):
        return known.value.isoformat()
    return f"{known.value * 100:.4f} %" if known.figure.kind == "percent" else f"{known.value:,.4f}"


def _plain(arguments: Mapping[str, Any]) -> str:
    return json.dumps({k: v for k, v in arguments.items() if v is not None}, ensure_ascii=False)


def _found(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None


def _within(words: str, quote: str) -> bool:
    return " ".join(words.split()).casefold() in " ".join(quote.split()).casefold()


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHORT else line[: _SHORT - 1] + "…"
