"""Documents read in a process of their own, and the local embedder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from stocktool_rag.adapters.child_parser import ChildParser, ParserLimits
from stocktool_rag.adapters.minilm import MiniLmEmbedder
from stocktool_rag.domain.identify import Unreadable

from tests.fakes.rag_files import TOPICS, a_locked_pdf, a_pdf


async def test_pdf_pages_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(a_pdf(TOPICS[0], "", *TOPICS[1:]))
    parsed = await ChildParser().parse(path, "report.pdf")
    assert parsed.media_type == "application/pdf"
    assert [page.number for page in parsed.pages] == [1, 2, 3, 4, 5, 6]
    assert parsed.pages[1].text.strip() == ""
    assert parsed.pages[3].title == "Dividend policy"
    assert "1.25 euros per share" in parsed.pages[3].text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"%PDF-1.7\nnothing", "damaged or not a PDF"),
        (a_locked_pdf("secret"), "protected by a password"),
        (a_pdf("", ""), "no text"),
        (b"", "empty"),
    ],
)
async def test_refusals_come_with_their_reason(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(Unreadable) as refused:
        await ChildParser().parse(path, "report.pdf")
    assert reason in refused.value.reason


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (ParserLimits(pages=4), "more than 4 pages"),
        (ParserLimits(characters=100), "more than 100 characters"),
        (ParserLimits(wall_seconds=0.01), "took longer"),
        (ParserLimits(cpu_seconds=0), "out of time or memory"),
    ],
)
async def test_limits_cost_the_document_only(tmp_path: Path, limits: ParserLimits, reason: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(a_pdf(*TOPICS))
    with pytest.raises(Unreadable) as refused:
        await ChildParser(limits).parse(path, "report.pdf")
    assert reason in refused.value.reason
    assert len((await ChildParser().parse(path, "report.pdf")).pages) == 5


async def test_a_document_that_wants_much_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"word " * 8_000_000)
    with pytest.raises(Unreadable) as refused:
        await ChildParser(ParserLimits(memory_bytes=100 << 20)).parse(path, "a.txt")
    assert "memory" in refused.value.reason


async def test_texts_about_the_same_thing_have_near_vectors() -> None:
    embedder = MiniLmEmbedder()
    vectors = await embedder.embed(TOPICS)
    assert vectors.shape == (5, embedder.dimension)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    for question, topic in (("How much is paid out per share?", 2), ("Who took us to court?", 4), ("light bulbs", 1)):
        query = await embedder.embed_query(question)
        assert int(np.argmax(vectors @ query)) == topic
    assert (await embedder.embed([])).shape == (0, embedder.dimension)
    assert np.array_equal(await embedder.embed_query("a" * 100_000), await embedder.embed_query("a" * 100_000))


async def test_the_quantised_graph_stays_close_to_the_original_weights() -> None:
    reference = json.loads((Path(__file__).parents[2] / "data/rag/minilm_reference.json").read_text())
    wanted = np.array(reference["vectors"], np.float32)
    made = await MiniLmEmbedder().embed(reference["texts"])
    cosines = (made * wanted).sum(axis=1)
    assert cosines.min() > 0.98
    assert cosines.mean() > 0.985
    assert np.abs(made @ made.T - wanted @ wanted.T).max() < 0.06


async def test_passages_embedded_side_by_side_keep_their_order() -> None:
    texts = [f"Clause {number} of the deed" + " and so on" * (number % 7) for number in range(70)]
    assert np.array_equal(await MiniLmEmbedder(threads=3).embed(texts), await MiniLmEmbedder().embed(texts))
