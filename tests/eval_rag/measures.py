"""How good an order of pages is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

from tests.eval_rag.corpus import Question

Place = tuple[str, int]
"""Name of a document, number of a page."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Means over questions.

    Attributes:
        recall_5: Share of questions with a right page among the first five hits.
        recall_10: Among the first ten.
        ndcg_10: Normalised discounted cumulative gain of the first ten, a right page counting once.
        mrr: Mean reciprocal rank of the first right page within ten.
        page_first: Share whose first hit is a right page.
        document_first: Share whose first hit is in the right document.
    """

    recall_5: float
    recall_10: float
    ndcg_10: float
    mrr: float
    page_first: float
    document_first: float


def measured(answers: Sequence[tuple[Question, Sequence[Place]]]) -> Measures:
    """Judge the hits of questions, best first."""
    each = [_of(question, hits) for question, hits in answers]
    means = {field.name: sum(getattr(one, field.name) for one in each) / len(each) for field in fields(Measures)}
    return Measures(**means)


def _of(question: Question, hits: Sequence[Place]) -> Measures:
    right = {(question.document, page) for page in question.pages}
    ranks = [rank for rank, place in enumerate(hits[:10], start=1) if place in right and place not in hits[: rank - 1]]
    gain = sum(1 / math.log2(rank + 1) for rank in ranks)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(len(right), 10) + 1))
    first = ranks[0] if ranks else math.inf
    return Measures(
        recall_5=float(first <= 5),
        recall_10=float(first <= 10),
        ndcg_10=gain / ideal,
        mrr=1 / first,
        page_first=float(first == 1),
        document_first=float(bool(hits) and hits[0][0] == question.document),
    )
