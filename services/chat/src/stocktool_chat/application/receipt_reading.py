"""Reads the figures of an answer while it is being written, off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date

from stocktool_chat.domain.evidence import Evidence
from stocktool_chat.domain.receipts import AnswerReader, Receipt

_ENDS = frozenset(".!?\n。")


class ReceiptReading:
    """Follows a growing answer, so that after its last word little is left to be read.

    What it has read holds as long as the results are the same and the text only grows; else it is read anew at the end.
    """

    def __init__(self) -> None:
        self._reader: AnswerReader | None = None
        self._evidence: Sequence[Evidence] = ()
        self._seen = ""
        self._running: asyncio.Task[None] | None = None

    def is_due(self, piece: str) -> bool:
        """Whether a piece of text may have ended a sentence, and nothing is being read."""
        return not _ENDS.isdisjoint(piece) and (self._running is None or self._running.done())

    def follow(self, text: str, evidence: Sequence[Evidence], today: date | None) -> None:
        """Begin to read on in the text so far."""
        self._running = asyncio.create_task(asyncio.to_thread(self._read, text, evidence, today))

    async def receipts(self, text: str, evidence: Sequence[Evidence], today: date | None) -> list[Receipt]:
        """The receipts of the whole text."""
        if self._running is not None:
            await asyncio.wait([self._running])
            if self._running.cancelled() or self._running.exception() is not None:
                self._reader = None  # what went wrong in the middle is told, or goes well, at the end
        return await asyncio.to_thread(self._finish, text, evidence, today)

    def _finish(self, text: str, evidence: Sequence[Evidence], today: date | None) -> list[Receipt]:
        return self._at(text, evidence, today).receipts(text)

    def _read(self, text: str, evidence: Sequence[Evidence], today: date | None) -> None:
        self._at(text, evidence, today).read(text)

    def _at(self, text: str, evidence: Sequence[Evidence], today: date | None) -> AnswerReader:
        same = len(evidence) == len(self._evidence) and all(
            left is right for left, right in zip(evidence, self._evidence, strict=True)
        )
        if self._reader is None or not same or not text.startswith(self._seen):
            self._reader, self._evidence = AnswerReader(evidence, today), tuple(evidence)
        self._seen = text
        return self._reader
