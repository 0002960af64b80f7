"""An answer that is read while it grows has the receipts of one that is read at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest
from stocktool_chat.application.receipt_reading import ReceiptReading
from stocktool_chat.domain.evidence import Evidence
from stocktool_chat.domain.receipts import AnswerReader, Status, match_receipts

from tests.labelled_answers import FOLDER, TODAY, evidence, read_cases

FILES = ("blind.txt", "open.txt", "later.txt", "unseen.txt", "unseen2.txt", "unseen3.txt")
TEXT = (
    "You hold 180 shares of AAPL, worth $42,719.40. That is 19.9 % of the portfolio.\n\n"
    "| Symbol | Shares |\n|---|---|\n| SPY | 101 |\n| JPM | 180 |\n\nIn all you have $214,794.53."
)


def grown(text: str, offered: Sequence[Evidence], step: int) -> AnswerReader:
    """A reader that was shown the text in steps of so many characters."""
    reader = AnswerReader(offered, TODAY)
    for end in range(step, len(text), step):
        reader.read(text[:end])
    return reader


@pytest.mark.parametrize("joined", ["\n", "\n\n"])
@pytest.mark.parametrize("step", [1, 7, 40])
def test_reading_in_pieces_gives_what_reading_at_once_gives(step: int, joined: str) -> None:
    cases = [case for name in FILES for case in read_cases(FOLDER / name)]
    shown = cases[:: 5 if step == 1 else 1]
    for some in (shown[at : at + 3] for at in range(0, len(shown), 3)):
        text = joined.join(case.text for case in some)
        offered = [evidence(name) for name in dict.fromkeys(name for case in some for name in case.results)]
        assert grown(text, offered, step).receipts(text) == match_receipts(text, offered, TODAY), some[0].name


async def test_what_was_read_without_a_result_is_read_again_with_it() -> None:
    reading = ReceiptReading()
    reading.follow(TEXT[:90], [evidence("quotes")], TODAY)
    receipts = await reading.receipts(TEXT, [evidence("quotes"), evidence("holdings")], TODAY)
    assert receipts == match_receipts(TEXT, [evidence("quotes"), evidence("holdings")], TODAY)
    assert [each.value for each in receipts if each.status is Status.UNMATCHED] == ["180"]


async def test_a_text_that_did_not_only_grow_is_read_again() -> None:
    reading = ReceiptReading()
    reading.follow("You hold 175 shares of AAPL. ", [evidence("holdings")], TODAY)
    assert await reading.receipts(TEXT, [evidence("holdings")], TODAY) == match_receipts(
        TEXT, [evidence("holdings")], TODAY
    )


async def test_nothing_is_due_within_a_sentence_or_while_something_is_read() -> None:
    reading = ReceiptReading()
    assert not reading.is_due("worth $42")
    assert reading.is_due(".40. That")
    reading.follow(TEXT, [evidence("holdings")], TODAY)
    assert not reading.is_due("\n")
    await reading.receipts(TEXT, [evidence("holdings")], TODAY)
    assert reading.is_due("\n")


async def test_a_fault_on_the_way_leaves_the_end_as_it_is() -> None:
    reading = ReceiptReading()
    reading.follow(TEXT[:90], cast("list[Evidence]", [None]), TODAY)
    assert await reading.receipts(TEXT, [evidence("holdings")], TODAY) == match_receipts(
        TEXT, [evidence("holdings")], TODAY
    )
