"""Texts written out: `=== name` begins a document, `---` a page, `? ` a question that the page answers."""

from __future__ import annotations

from pathlib import Path

from tests.eval_rag.corpus import Question, Text


def written(domain: str) -> tuple[list[Text], list[Question]]:
    """The texts of a domain, and their questions."""
    texts, questions = [], []
    source = (Path(__file__).parent / "texts" / f"{domain}.txt").read_text("utf-8")
    for part in source.split("=== ")[1:]:
        name, _, body = part.partition("\n")
        pages = []
        for number, page in enumerate(body.split("\n---\n"), start=1):
            lines = page.strip().split("\n")
            pages.append("\n".join(line for line in lines if not line.startswith("? ")))
            questions += [
                Question(domain, line.removeprefix("? "), name, frozenset({number}))
                for line in lines
                if line.startswith("? ")
            ]
        texts.append(Text(domain, name, tuple(pages)))
    return texts, questions
