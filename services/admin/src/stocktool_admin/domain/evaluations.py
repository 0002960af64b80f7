"""Evaluations: what a run of the golden questions came to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from stocktool_kit.core.errors import Conflict, InvalidArgument, NotFound
from stocktool_kit.core.money import Money

_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-z]{4,16}")


class EvaluationNotFound(NotFound):
    """No run was stored under this id."""

    reason = "EVALUATION_NOT_FOUND"


class EvaluationExists(Conflict):
    """Another run was stored under this id; a stored run never changes."""

    reason = "EVALUATION_EXISTS"


@dataclass(frozen=True, slots=True)
class AxisScore:
    """Checks of one kind: `plan`, `figures`, `citations`, `conduct`, `receipts`.

    Attributes:
        asked: How many there were; none where no question looks at this.
        met: How many of them an answer met.
    """

    name: str
    met: int
    asked: int

    def __post_init__(self) -> None:
        if not 0 <= self.met <= self.asked:
            raise InvalidArgument.of("axes", f"{self.name}: {self.met} of {self.asked} cannot be")


@dataclass(frozen=True, slots=True)
class FamilyScore:
    """Cases of one subject."""

    name: str
    cases: int
    passed: int
    axes: tuple[AxisScore, ...]


@dataclass(frozen=True, slots=True)
class ReceiptCounts:
    """Figures of all answers, by whether the server found where they come from."""

    matched: int
    derived: int
    unmatched: int


@dataclass(frozen=True, slots=True)
class Latencies:
    """From the question to the first word and to the end, in milliseconds; None where no answer had any."""

    first_word_p50_ms: float | None
    first_word_p95_ms: float | None
    whole_p50_ms: float | None
    whole_p95_ms: float | None


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Tokens of all answers."""

    input: int
    output: int


@dataclass(frozen=True, slots=True)
class EvaluationFailure:
    """One check that was not met."""

    case: str
    family: str
    axis: str
    question: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A run.

    Attributes:
        id: Its instant and some random letters; ids sort by time.
        at: When it began.
        commit: What the code was, with a plus when it was changed since; empty where that is not known.
        questions: Which set of questions it was: scores of two sets are not one another's measure.
        only: What alone was asked; empty for all of it.
        cases: Conversations that were asked.
        passed: Those of them with every check met.
        seconds: How long it took.
        cost: By the deployment's price list; None where it has no price for the model.
        failures: Checks not met; as many as the runner gave.
    """

    id: str
    at: datetime
    model: str
    commit: str
    questions: str
    only: tuple[str, ...]
    cases: int
    passed: int
    axes: tuple[AxisScore, ...]
    seconds: float
    receipts: ReceiptCounts
    latency: Latencies
    tokens: TokenCounts
    cost: Money | None
    families: tuple[FamilyScore, ...]
    failures: tuple[EvaluationFailure, ...]

    def __post_init__(self) -> None:
        check_id(self.id)
        if not 0 <= self.passed <= self.cases:
            raise InvalidArgument.of("passed", f"{self.passed} of {self.cases} cannot be")


def check_id(evaluation_id: str) -> None:
    """Refuse what is no id.

    Raises:
        InvalidArgument: It is none.
    """
    if not _ID.fullmatch(evaluation_id):
        raise InvalidArgument.of("id", "must be like 20260105T120000Z-1a2b3c")
