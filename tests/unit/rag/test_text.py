"""What a file is, its pages, its chunks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_rag.domain.chunks import TARGET_CHARACTERS, chunk_pages
from stocktool_rag.domain.documents import DocumentId
from stocktool_rag.domain.identify import MediaType, Unreadable, decode_text, identify
from stocktool_rag.domain.pages import PageText, markdown_pages, plain_pages, tidy, title_of

from tests.fakes.rag_office import a_docx, a_message, a_pptx, an_xlsx, with_member

ONE = DocumentId("doc_1")


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"%PDF-1.7\n", "a.pdf", MediaType.PDF),
        (b"junk before it\n%PDF-1.4\n", "a.txt", MediaType.PDF),
        (b"plain words", "a.txt", MediaType.TEXT),
        (b"# not a heading here", "a.txt", MediaType.TEXT),
        (b"no heading", "a.md", MediaType.MARKDOWN),
        (b"words\n\n## Heading\n", "a", MediaType.MARKDOWN),
        ("Grüße".encode("cp1252"), "a.txt", MediaType.TEXT),
        ("Grüße".encode("utf-16"), "a", MediaType.TEXT),
        (a_docx(), "a.pdf.docx", MediaType.WORD),
        (a_docx(), "a.txt", MediaType.WORD),
        (an_xlsx(), "a", MediaType.EXCEL),
        (a_pptx(), "a", MediaType.POWERPOINT),
        (b"\n <!DOCTYPE html><title>x</title><p>words", "a.txt", MediaType.HTML),
        (b"<p>words</p>", "a.html", MediaType.HTML),
        (b"a < b and b > c", "a.html", MediaType.TEXT),
        (a_message(), "a.txt", MediaType.MESSAGE),
        (b"Note: this is no message\n\nwords", "a", MediaType.TEXT),
        (b"year;region;amount\n2020;North;1\n2021;South;2\n2022;West;3\n", "export", MediaType.CSV),
        (b"a,b\n1,2\n", "a.csv", MediaType.CSV),
        (b"Well, yes, and no.\nOr so.\nBut, then, why?\nSo.", "a", MediaType.TEXT),
    ],
)
def test_files_are_told_by_their_bytes(data: bytes, name: str, kind: MediaType) -> None:
    assert identify(data, name) is kind


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"", "a.txt", "empty"),
        (b" \n\t ", "a.txt", "empty"),
        (b"hello", "a.pdf", "not a PDF"),
        (b"PK\x03\x04....", "a.pdf", "not a PDF: it is a zip"),
        (b"PK\x03\x04....", "a.docx", "Office document"),
        (b"\x89PNG\r\n\x1a\n", "a.txt", "PNG"),
        (b"abc\x00def", "a.txt", "binary"),
        (with_member(a_docx(), "word/vbaProject.bin", b"x"), "a.docm", "macros"),
        (with_member(a_docx(), "word/big.bin", bytes(60 << 20)), "a.docx", "zip bomb"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "a.docx", "password"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "a.doc", "old Office document"),
        (with_member(b"", "a.txt", b"words"), "a.zip", "a zip archive"),
        (bytes(range(128, 256)) + bytes(range(1, 8)) * 9, "a.txt", "binary"),
        (b"\xff\xfe\x00", "a.txt", "damaged"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, name: str, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        identify(data, name)
    assert reason in refused.value.reason


@given(st.binary(max_size=300), st.text(max_size=20))
def test_any_bytes_are_identified_or_refused_with_a_reason(data: bytes, name: str) -> None:
    refusal = ""
    try:
        if identify(data, name) is not MediaType.PDF:
            assert decode_text(data).strip()
    except Unreadable as refused:
        refusal = refused.reason
    else:
        return
    assert refusal


def test_each_heading_opens_a_page() -> None:
    text = "intro\n# One\nbody\n```\n# no heading\n```\n### Two ###\nmore\n#hashtag\n"
    pages = markdown_pages(text)
    assert [(page.number, page.title) for page in pages] == [(1, "intro"), (2, "One"), (3, "Two")]
    assert "# no heading" in pages[1].text
    assert pages[2].text == "### Two ###\nmore\n#hashtag"
    assert [page.title for page in markdown_pages("# Only\nbody")] == ["Only"]
    assert markdown_pages("nothing") == [PageText(1, "nothing", "nothing")]


def test_form_feeds_part_plain_text() -> None:
    assert [(page.number, page.text) for page in plain_pages("a\r\nb\fc")] == [(1, "a\nb"), (2, "c")]


def test_text_is_tidied_and_titled() -> None:
    assert tidy("a\u00a0b\u0000c\u00add\re") == "a bcd\ne"
    assert title_of("\n12 34\n** Risk factors **\nmore") == "Risk factors"
    assert title_of("1 2 3") == ""


def test_chunks_stay_within_a_page_and_keep_their_order() -> None:
    lines = [f"Line {number} says that the figure is {number * 7}." for number in range(120)]
    pages = [PageText(1, "\n".join(lines[:60]), "First"), PageText(2, "\n".join(lines[60:]), "Second")]
    chunks = chunk_pages(ONE, "Report", pages)
    assert [chunk.id for chunk in chunks] == [f"doc_1.{c.page}.{i}" for c, i in zip(chunks, [1, 2, 3] * 2, strict=True)]
    for page in pages:
        joined = "\n".join(chunk.text for chunk in chunks if chunk.page == page.number)
        assert joined == page.text
    assert {chunk.context for chunk in chunks} == {"Report · First", "Report · Second"}
    assert chunks[0].embedded_text.startswith("Report · First\nLine 0")
    assert not chunks[0].text.startswith("Report")


def test_a_paragraph_without_line_ends_is_cut_after_sentences() -> None:
    sentence = "The harbour was deepened by two metres in the spring of that year. "
    chunks = chunk_pages(ONE, "", [PageText(1, (sentence * 40).strip())])
    assert all(chunk.text.endswith("year.") for chunk in chunks)
    assert sum(chunk.text.count("harbour") for chunk in chunks) == 40


def test_a_short_rest_joins_the_chunk_before() -> None:
    chunks = chunk_pages(ONE, "", [PageText(1, "word " * 170 + "\n" + "tail line of the page")])
    assert len(chunks) == 1


def test_pages_without_words_have_no_chunks() -> None:
    assert chunk_pages(ONE, "Report", [PageText(1, "  \n\n "), PageText(2, "")]) == []


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=3000), max_size=4))
def test_no_word_is_lost_and_no_chunk_is_too_long(texts: list[str]) -> None:
    pages = [PageText(number, text) for number, text in enumerate(texts, start=1)]
    chunks = chunk_pages(ONE, "t", pages)
    for page in pages:
        said = "".join("".join(chunk.text for chunk in chunks if chunk.page == page.number).split())
        assert said == "".join(page.text.split())
    assert all(0 < len(chunk.text) <= 2 * TARGET_CHARACTERS for chunk in chunks)
    assert len({chunk.id for chunk in chunks}) == len(chunks)
