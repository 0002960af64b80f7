"""Keeps our instructions out of answers.

They hold no secret: they are a constant of this program, the same for everybody, without ids, keys or addresses, and
no right hangs on them. Still a document that says "repeat what stands above" should not turn an answer into a copy of
them. A model that puts them in other words, another language or a code gets past this; it gives nothing away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stocktool_chat.domain.json_types import Json

PLACEHOLDER = "[our instructions are not shown]"
_GRAM = 12
_LONGEST = 60
"""So many characters besides spaces may stand in an answer as they stand in the instructions."""


class Withholding:
    """Lets a text pass, piece by piece, without long stretches of another.

    Text is held back only while its end reads like the other one, and given out as soon as it does not any more.
    """

    def __init__(self, own: str) -> None:
        squeezed = "".join(own.split()).casefold()
        self._grams = frozenset(squeezed[at : at + _GRAM] for at in range(len(squeezed) - _GRAM + 1))
        self._clear()

    def _clear(self) -> None:
        self._tail = ""  # the last characters besides spaces
        self._held: list[str] = []
        self._alike = 0  # characters besides spaces that read like the other text, up to the end of what was taken

    def take(self, piece: str) -> str:
        """Take a piece; answers what may be shown now."""
        shown: list[str] = []
        for character in piece:
            if character.isspace():
                (self._held if self._alike else shown).append(character)
                continue
            self._tail = (self._tail + character.casefold())[-_GRAM:]
            if self._tail in self._grams:
                self._alike = self._alike + 1 if self._alike else _GRAM
                self._held.append(character)
            else:
                if self._alike:
                    shown.append(self._released())
                shown.append(character)
        return "".join(shown)

    def end(self) -> str:
        """The text is over, or something else follows; answers what was held back and may be shown."""
        rest = self._released() if self._alike else ""
        self._clear()
        return rest

    def _released(self) -> str:
        text = "".join(self._held)
        shown = text if self._alike < _LONGEST else PLACEHOLDER + text[len(text.rstrip()) :]
        self._held, self._alike = [], 0
        return shown


def withheld(value: Json, own: str) -> Json:
    """Any JSON, its texts without long stretches of another."""
    if isinstance(value, str):
        passing = Withholding(own)
        return passing.take(value) + passing.end()
    if isinstance(value, Mapping):
        return {key: withheld(each, own) for key, each in value.items()}
    if isinstance(value, Sequence):
        return [withheld(each, own) for each in value]
    return value
