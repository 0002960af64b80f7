"""The pace of streamed text."""

from __future__ import annotations

import asyncio


class Pace:
    """Waits as long as a model would need to write a text; the first piece comes at once."""

    def __init__(self, words_per_second: float) -> None:
        """Make a pace; 0 is as fast as it goes."""
        self._words_per_second = words_per_second
        self._first = True

    async def keep(self, piece: str) -> None:
        """Wait for a piece of text to be written."""
        if not piece:
            return
        if not self._first and self._words_per_second:
            await asyncio.sleep(max(1, len(piece.split())) / self._words_per_second)
        self._first = False
