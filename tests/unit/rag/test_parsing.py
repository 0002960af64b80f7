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
from tests.fakes.rag_office import a_docx, a_message, a_pptx, an_xlsx


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


HTML = b"""<html><head><title>no</title><script>var x = "never";</script></head><body>
<p>Hello <b>big</b> world</p><h1>Fees</h1>
<table><tr><th>Class</th><th>Cost</th></tr><tr><td>A</td><td>3 %</td></tr></table>
<h2>End</h2><ul><li>one</li><li>two</li></ul></body></html>"""


@pytest.mark.parametrize(
    ("data", "name", "pages"),
    [
        (
            a_docx(),
            "rules.docx",
            [
                ("Words before any heading.", "Words before any heading."),
                ("Fees", "Fees\nClass | Entry | Yearly\nA | 3 % | 0.85 %\nNo fee on leaving"),
                ("Closing", "Closing\nThe end."),
            ],
        ),
        (
            a_pptx(),
            "deck.pptx",
            [("Outlook", "Outlook\nSales will rise by a tenth.\nSay this slowly."), ("", "Backlog | 412")],
        ),
        (
            an_xlsx(),
            "sales.xlsx",
            [
                ("Sales", "Year | Region | Amount\n2020 | North | 12.5\n2021 | North | 13.5"),
                ("Notes", "Unaudited."),
            ],
        ),
        (
            HTML,
            "page.html",
            [("Hello big world", "Hello big world"), ("Fees", "Fees\nClass | Cost\nA | 3 %"), ("End", "End\none\ntwo")],
        ),
        (
            b"Year;Amount\n2020;1,5\n\n2021;2\n",
            "sales.csv",
            [("Year | Amount", "Year | Amount\n2020 | 1,5\n2021 | 2")],
        ),
    ],
)
async def test_each_format_gives_its_pages(
    tmp_path: Path, data: bytes, name: str, pages: list[tuple[str, str]]
) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    parsed = await ChildParser().parse(path, name)
    assert [(page.title, page.text) for page in parsed.pages] == pages
    assert [page.number for page in parsed.pages] == list(range(1, len(pages) + 1))


@pytest.mark.parametrize("html", [False, True])
async def test_a_message_tells_who_wrote_what_and_what_was_attached(tmp_path: Path, html: bool) -> None:
    path = tmp_path / "file"
    path.write_bytes(a_message(html=html))
    parsed = await ChildParser().parse(path, "mail.eml")
    assert parsed.media_type == "message/rfc822"
    assert parsed.pages[0].title == "Dividend"
    lines = parsed.pages[0].text.strip().split("\n")
    assert lines[0] == "From: ada@example.org"
    assert "Attached, not read: report.pdf" in lines
    assert lines[-1] == "The dividend is 2 euros."


async def test_long_tables_are_parted_and_each_part_has_the_head(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(an_xlsx(rows=90))
    parsed = await ChildParser().parse(path, "sales.xlsx")
    assert [page.text.count("\n") for page in parsed.pages] == [40, 40, 10, 0]
    assert {page.text.split("\n")[0] for page in parsed.pages[:3]} == {"Year | Region | Amount"}


@pytest.mark.parametrize("kind", [a_docx(), a_pptx(), an_xlsx()])
async def test_damaged_office_files_are_refused_with_a_reason(tmp_path: Path, kind: bytes) -> None:
    path = tmp_path / "file"
    # The members' list stays whole, what they hold does not.
    middle = len(kind) // 3
    path.write_bytes(kind[:60] + bytes(middle) + kind[60 + middle :])
    with pytest.raises(Unreadable) as refused:
        await ChildParser().parse(path, "file.docx")
    assert "damaged" in refused.value.reason


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
