"""Whatever a file holds, it is read or refused with a reason."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stocktool_rag.adapters.readers import office, web
from stocktool_rag.domain.identify import Unreadable, decode_text, identify
from stocktool_rag.domain.pages import PageText, markdown_pages, plain_pages

from tests.fakes.rag_office import a_docx, a_message, a_pptx, an_xlsx

Reader = Callable[[bytes], Iterable[PageText]]

READERS: dict[str, Reader] = {
    "html": web.html_pages,
    "message": web.message_pages,
    "csv": web.csv_pages,
    "markdown": lambda data: markdown_pages(decode_text(data)),
    "plain": lambda data: plain_pages(decode_text(data)),
}
TAGS = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<h1>", "</h1>", "<table><tr><td>", "</td>", "<script>", "<!--", "-->", "&lt;", "x "]
    ),
    max_size=60,
).map("".join)


@pytest.mark.parametrize("kind", READERS)
@given(data=st.binary(max_size=400) | TAGS.map(str.encode) | st.text(max_size=200).map(str.encode))
@settings(deadline=None, max_examples=40)
def test_any_bytes_are_read_or_refused(kind: str, data: bytes) -> None:
    with suppress(Unreadable):
        pages = list(READERS[kind](data))
        assert [page.number for page in pages] == list(range(1, len(pages) + 1))


def test_deep_nesting_is_no_deep_call() -> None:
    deep = b"<div>" * 3_000 + b"words" + b"</div>" * 3_000
    assert "words" in next(iter(web.html_pages(deep))).text


@pytest.mark.parametrize(
    ("whole", "reader"),
    [(a_docx(), office.word_pages), (a_pptx(), office.slide_pages), (an_xlsx(), office.sheet_pages)],
)
@given(seed=st.integers(0, 2**32))
@settings(deadline=None, max_examples=10)
def test_changed_office_files_are_read_or_refused(whole: bytes, reader: Reader, seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(whole)
    for _ in range(chance.randint(1, 40)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    with suppress(Unreadable):
        identify(bytes(data), "a")
        numbers = [page.number for page in reader(bytes(data))]
        assert numbers == list(range(1, len(numbers) + 1))


@given(seed=st.integers(0, 2**32))
@settings(deadline=None, max_examples=40)
def test_changed_messages_are_read_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(a_message())
    for _ in range(chance.randint(1, 40)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    with suppress(Unreadable):
        assert len(list(web.message_pages(bytes(data)))) == 1
