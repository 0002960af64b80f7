"""A second reading of questions in which the rules see nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from stocktool_analyst.domain.ask import Question
from stocktool_analyst.domain.language import Language
from stocktool_analyst.domain.question import about
from stocktool_analyst.domain.ranking import SENTENCES, choose

_REMEMBERED = 256


class Embedder(Protocol):
    """Turns sentences into unit vectors."""

    async def vectors(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """One unit vector for each text, in order."""
        ...


class Ranker:
    """Reads an unclear question by what it is most like. Its sentences are English, so it leaves Japanese alone."""

    def __init__(self, embedder: Embedder) -> None:
        """Make a ranker; nothing is embedded before the first unclear question."""
        self._embedder = embedder
        self._known: Sequence[Sequence[float]] = ()
        self._read: dict[str, Sequence[float]] = {}
        self._lock = asyncio.Lock()

    async def __call__(self, question: Question, today: str) -> Question:
        """The question with a topic or with offers; one that the rules understood, as it is."""
        if not question.unclear or question.language is not Language.ENGLISH or not question.text.strip():
            return question
        choice = choose(await self._likeness(question.text))
        if choice.topic is not None:
            return about(question, choice.topic, today)
        return replace(question, suggestions=choice.offers or question.suggestions)

    async def _likeness(self, text: str) -> Sequence[float]:
        async with self._lock:
            if text not in self._read:
                if not self._known:
                    self._known = await self._embedder.vectors(SENTENCES)
                (vector,) = await self._embedder.vectors([text])
                if len(self._read) >= _REMEMBERED:
                    self._read.pop(next(iter(self._read)))
                self._read[text] = [sum(map(_times, vector, known)) for known in self._known]
            return self._read[text]


def _times(left: float, right: float) -> float:
    return left * right
