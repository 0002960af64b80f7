"""`python -m tests.eval_rag`: builds both searches over the same texts and prints how often each finds the page."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import structlog

from tests.eval_rag.corpus import Question, Text
from tests.eval_rag.engines import Engine, Service, UsualSetUp
from tests.eval_rag.filings import filings
from tests.eval_rag.measures import Measures, measured
from tests.eval_rag.texts import written
from tests.eval_rag.vectors import KeptVectors

_KEPT = Path(__file__).parents[2] / ".tools/eval-rag/vectors.npz"
_COLUMNS = ("recall_5", "recall_10", "ndcg_10", "mrr", "page_first", "document_first")


def corpus() -> tuple[list[Text], list[Question]]:
    """All texts and questions."""
    parts = [filings(), written("guides"), written("notes")]
    return [text for texts, _ in parts for text in texts], [each for _, questions in parts for each in questions]


async def _measured(engine: Engine, questions: list[Question], *, within: bool) -> Measures:
    return measured([(question, await engine.answer(question, within=within)) for question in questions])


def _row(domain: str, name: str, found: Measures, within: Measures) -> str:
    cells = [f"{value:9.3f}" for value in asdict(found).values()]
    return f"{domain:9} {name:8} " + " ".join(cells) + f" {within.recall_5:9.3f}"


async def main() -> None:
    """Print a table: each domain and all, the usual set-up and the service."""
    texts, questions = corpus()
    embedder = KeptVectors(_KEPT)
    with tempfile.TemporaryDirectory() as folder:
        engines: dict[str, Engine] = {
            "usual": await UsualSetUp.over(texts, embedder),
            "service": await Service.over(texts, embedder, Path(folder) / "words"),
        }
        pages = sum(len(text.pages) for text in texts)
        print(f"{len(texts)} documents, {pages} pages, {len(questions)} questions; the last column within the document")
        print(f"{'domain':9} {'search':8} " + " ".join(f"{column[:9]:>9}" for column in (*_COLUMNS, "in_doc_5")))
        for domain in (*dict.fromkeys(question.domain for question in questions), "all"):
            asked = [question for question in questions if domain in {question.domain, "all"}]
            for name, engine in engines.items():
                found = await _measured(engine, asked, within=False)
                print(_row(domain, name, found, await _measured(engine, asked, within=True)))
        if "--misses" in sys.argv:
            await _misses(engines["service"], questions)


async def _misses(engine: Engine, questions: list[Question]) -> None:
    for question in questions:
        hits = await engine.answer(question, within=False)
        if not any(hit in {(question.document, page) for page in question.pages} for hit in hits[:5]):
            print(f"missed: {question.text}\n   wanted {question.document} {sorted(question.pages)}, got {hits[:5]}")


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    asyncio.run(main())
