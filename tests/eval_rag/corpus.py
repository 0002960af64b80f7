"""What the evaluation is made of: texts with pages, and questions with the pages that answer them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """A document: its domain, the name it is uploaded under, its pages."""

    domain: str
    name: str
    pages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the pages, each of which answers it."""

    domain: str
    text: str
    document: str
    pages: frozenset[int]
