"""Runs cases against a mesh, one conversation after the other, and gathers what each came to."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import httpx

from stocktool_dev.evaluation.asking import MeshFailed
from stocktool_dev.evaluation.oracle import value_of
from stocktool_dev.evaluation.questions import Case
from stocktool_dev.evaluation.scoring import Answer, Check, Known, missed, score

OFFLINE = "offline-analyst"
_ALLOWED = 0.1  # of a language model's figures; the analyst composes from results alone and is allowed none


class Asker(Protocol):
    """Somebody at a mesh."""

    @property
    def model(self) -> str:
        """Which model is asked."""
        ...

    @property
    def today(self) -> date:
        """The market's day."""
        ...

    def get(self, address: str, send: Any = None) -> Any:
        """See `oracle.Api`."""
        ...

    def conversation(self) -> AbstractContextManager[Callable[[str], Answer]]:
        """A conversation to ask in."""
        ...


@dataclass(frozen=True, slots=True)
class Scored:
    """A question with its answer and the checks on it; no answer where the mesh did not give one."""

    ask: str
    answer: Answer | None
    checks: Sequence[Check]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a case came to."""

    case: Case
    scored: Sequence[Scored]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every check of every question is met."""
        return all(check.met for each in self.scored for check in each.checks)


def run(cases: Sequence[Case], asker: Asker, tell: Callable[[int, Outcome], None]) -> list[Outcome]:
    """Ask all cases.

    Args:
        cases: What to ask.
        asker: Whom.
        tell: Is told of each case as it ends, with its number from 1.

    Raises:
        OracleFailed: A figure cannot be found out; before anything is asked.
    """
    # All at once beforehand: a broken question shows at once, and no answer is measured with cold caches.
    known = {
        case.id: [[Known(figure, value_of(figure, asker)) for figure in each.figures] for each in case.questions]
        for case in cases
    }
    outcomes = []
    for number, case in enumerate(cases, start=1):
        outcome = _ask(case, known[case.id], asker)
        outcomes.append(outcome)
        tell(number, outcome)
    return outcomes


def _ask(case: Case, known: Sequence[Sequence[Known]], asker: Asker) -> Outcome:
    allowed = 0.0 if asker.model == OFFLINE else _ALLOWED
    scored: list[Scored] = []
    before = time.monotonic()
    try:
        with asker.conversation() as ask:
            for question, figures in zip(case.questions, known, strict=True):
                answer = ask(question.ask)
                checks = score(question, answer, figures, today=asker.today, allowed=allowed)
                scored.append(Scored(question.ask, answer, checks))
    except (MeshFailed, httpx.HTTPError) as error:
        lost = case.questions[min(len(scored), len(case.questions) - 1)]
        scored.append(Scored(lost.ask, None, [missed("plan", "an answer", str(error) or type(error).__name__)]))
    return Outcome(case, scored, time.monotonic() - before)
