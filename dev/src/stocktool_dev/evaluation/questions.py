"""Golden questions: what is asked, and what a good answer has. They are written down in `questions/*.toml`."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast, get_args

FOLDER = Path(__file__).parent / "questions"

Kind = Literal["percent", "money", "number", "date"]
"""How a figure is told: a fraction as percent, an amount, a plain number, a day."""

Conduct = Literal["no_advice", "decline", "ask_back", "admit_missing", "propose"]
"""How an answer has to behave beside its figures."""

KINDS: tuple[Kind, ...] = get_args(Kind)
CONDUCTS: tuple[Conduct, ...] = get_args(Conduct)


class QuestionsBroken(Exception):
    """A file of questions says something that cannot be meant."""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call a good plan has.

    Attributes:
        tools: Names that serve alike; one is enough.
        arguments: The arguments that matter; `span` stands for start, end and period, `covers` for a day within them.
    """

    tools: tuple[str, ...]
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure the answer has to give, told by where it can be found out again and never by its value.

    Attributes:
        kind: How it is told.
        get: An address of the public API, `P/` for the demo portfolio's own; empty when it comes from the demo data.
        at: Where in that answer the value stands.
        send: What is posted there; None: it is read.
        demo: A computation over the demo's files, such as `close` or `growth`.
        of: What that computation is given.
        times: The value is taken so many times.
        beside: The line with the figure has to have one of these words too (a pattern); empty: anywhere.
    """

    kind: Kind
    get: str = ""
    at: str = ""
    send: Mapping[str, Any] | None = None
    demo: str = ""
    of: tuple[str, ...] = ()
    times: float = 1.0
    beside: str = ""

    def __str__(self) -> str:
        source = f"{self.demo}({', '.join(self.of)})" if self.demo else f"{self.get} {self.at}"
        return f"{self.kind} {source}{'' if self.times == 1 else f' x {self.times:g}'}"


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage the answer has to refer to.

    Attributes:
        document: The document's name.
        page: The page in it, from 1.
        quote: Words of the passage.
    """

    document: str
    page: int
    quote: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a conversation.

    Attributes:
        ask: The user's words.
        calls: What has to be called.
        calls_nothing: Whether any call is one too many.
        figures: What has to be told.
        says: Patterns of words that have to stand in the answer.
        never: Patterns of words that must not.
        citations: What has to be referred to.
        conduct: How it has to behave.
        proposal: What the proposal has to hold, for `propose`: `tool`, and arguments that matter.
    """

    ask: str
    calls: tuple[Call, ...] = ()
    calls_nothing: bool = False
    figures: tuple[Figure, ...] = ()
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()
    conduct: tuple[Conduct, ...] = ()
    proposal: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation of one to three questions, which passes or fails as one."""

    id: str
    family: str
    questions: tuple[Question, ...]


def load(folder: Path = FOLDER) -> list[Case]:
    """Every case of a folder, in the order of its files.

    Raises:
        QuestionsBroken: One is not as it should be; says which.
    """
    cases: list[Case] = []
    for path in sorted(folder.glob("*.toml")):
        for number, entry in enumerate(tomllib.loads(path.read_text(encoding="utf-8"))["case"], start=1):
            try:
                cases.append(_case(entry, path.stem))
            except (KeyError, TypeError, ValueError, re.error) as error:
                raise QuestionsBroken(
                    f"{path.name}, case {number} ({entry.get('id', 'without id')}): {error}"
                ) from error
    repeated = {case.id for case in cases if sum(other.id == case.id for other in cases) > 1}
    if repeated:
        raise QuestionsBroken(f"ids given twice: {', '.join(sorted(repeated))}")
    return cases


def fingerprint(folder: Path = FOLDER) -> str:
    """Tells sets of questions apart: scores of two sets are not one another's measure."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.toml")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _case(entry: Mapping[str, Any], default_family: str) -> Case:
    _known(entry, {"id", "family", "turn", *_FIELDS})
    if ("turn" in entry) == ("ask" in entry):
        raise ValueError("has either `ask` or several `turn`")
    turns: Sequence[Mapping[str, Any]] = entry.get("turn", [entry])
    return Case(entry["id"], entry.get("family", default_family), tuple(_question(turn) for turn in turns))


_FIELDS = {"ask", "calls", "figures", "says", "never", "citations", "conduct", "proposal"}


def _question(entry: Mapping[str, Any]) -> Question:
    _known(entry, {"id", "family", *_FIELDS})
    calls = entry.get("calls", [])
    question = Question(
        ask=entry["ask"],
        calls=() if calls == "none" else tuple(_call(each) for each in calls),
        calls_nothing=calls == "none",
        figures=tuple(_figure(each) for each in entry.get("figures", [])),
        says=_patterns(entry.get("says", [])),
        never=_patterns(entry.get("never", [])),
        citations=tuple(Citation(**each) for each in entry.get("citations", [])),
        conduct=tuple(entry.get("conduct", [])),
        proposal=entry.get("proposal", {}),
    )
    unknown = set(question.conduct) - set(CONDUCTS)
    if unknown:
        raise ValueError(f"no such conduct: {', '.join(sorted(unknown))}")
    if ("propose" in question.conduct) != bool(question.proposal):
        raise ValueError("`propose` and `proposal` go together")
    if not (calls or question.figures or question.conduct or question.citations or question.says):
        raise ValueError("expects nothing")
    return question


def _call(entry: Mapping[str, Any]) -> Call:
    arguments = {name: value for name, value in entry.items() if name != "tool"}
    return Call(tuple(entry["tool"].split("|")), arguments)


def _figure(entry: Mapping[str, Any]) -> Figure:
    figure = Figure(**{**entry, "of": tuple(entry.get("of", ()))})
    if figure.kind not in KINDS:
        raise ValueError(f"no such kind of figure: {figure.kind}")
    if bool(figure.get) == bool(figure.demo):
        raise ValueError(f"a figure has either `get` or `demo`: {entry}")
    re.compile(figure.beside)
    return figure


def _patterns(texts: Sequence[str]) -> tuple[str, ...]:
    for text in texts:
        re.compile(text)
    return tuple(texts)


def _known(entry: Mapping[str, Any], names: set[str]) -> None:
    unknown = set(entry) - names
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")


def families(cases: Sequence[Case]) -> list[str]:
    """Families in the order they come."""
    return cast(list[str], list(dict.fromkeys(case.family for case in cases)))


def reads_documents(case: Case) -> bool:
    """Whether a case is about the user's documents, which then have to be there."""
    tools = {tool for question in case.questions for call in question.calls for tool in call.tools}
    return bool(tools & {"search_documents", "read_page"}) or any(question.citations for question in case.questions)
