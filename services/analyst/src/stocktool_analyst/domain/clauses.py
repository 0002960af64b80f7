"""What the words of a question say, whatever its language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from stocktool_analyst.domain.ask import Ask, Question
from stocktool_analyst.domain.definitions import Term
from stocktool_analyst.domain.topics import Topic


class Hint(StrEnum):
    """What words say beside topics and entities."""

    OWN = "own"  # of the user's own money
    PRONOUN = "pronoun"  # points at what was named before
    FOLLOWS = "follows"  # only changes the question before it
    AGAINST = "against"  # is no more than a comparison
    PRICE = "price"  # a price is asked for in so many words
    AMOUNT = "amount"  # what something costs or is worth
    WHAT_IS = "what_is"  # what something is
    SPLIT = "split"  # how a whole is split
    RETURN = "return"  # what was earned
    RATIO = "ratio"  # a ratio that has "dividend" in its name


@dataclass(frozen=True, slots=True)
class Clause:
    """One part of a message.

    Attributes:
        base: An ask with the entities of the words; its topic is not chosen yet.
        topics: Topics whose words stand in it.
        hints: What else the words say.
        terms: Terms it names, the best match first.
        defines: Terms it asks to have explained.
        figure: Name of a figure it names, empty for none.
        explains: Name of a figure whose way it asks for, empty for none.
    """

    base: Ask
    topics: frozenset[Topic]
    hints: frozenset[Hint] = frozenset()
    terms: tuple[Term, ...] = ()
    defines: tuple[Term, ...] = ()
    figure: str = ""
    explains: str = ""


class Reader(Protocol):
    """Reads one language."""

    def whole(self, text: str, today: str) -> Question | None:
        """A message whose parts belong together, or that is none of the analyst's business; None for any other."""
        ...

    def clauses(self, text: str, today: str) -> Sequence[Clause]:
        """The parts of any other message that each ask for something."""
        ...

    def sentences(self, text: str) -> Sequence[str]:
        """A message cut where a sentence ends, or where words say that another thing follows."""
        ...

    def errand(self, text: str, today: str) -> bool:
        """Whether a sentence asks for an errand, which is read as a whole."""
        ...

    def speaks(self, text: str, today: str) -> bool:
        """Whether a sentence asks for anything at all."""
        ...

    def beside_advice(self, text: str) -> str:
        """What a message asks for beside advice; empty for nothing."""
        ...

    def progress(self, text: str) -> bool:
        """Whether a message asks how far that is which was started before."""
        ...

    def suggestions(self, text: str) -> tuple[str, ...]:
        """Questions to offer when a message asks for nothing that is known."""
        ...
