"""Sentences in the language of the question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stocktool_analyst.domain.japanese.phrases import PHRASES
from stocktool_analyst.domain.language import Language


@dataclass(frozen=True, slots=True)
class Wording:
    """Writes sentences in one language.

    Called with an English template and its fields: the template is the sentence in English and the name under which the
    pack of another language keeps its own.

    Attributes:
        pack: Templates of the language by their English ones; one that is missing is written in English.
        gap: What parts two sentences of a paragraph.
        comma: What parts items of a list.
        last: What parts the last two.
    """

    pack: Mapping[str, str] = field(default_factory=dict)
    gap: str = " "
    comma: str = ", "
    last: str = " and "

    def __call__(self, template: str, /, **fields: str) -> str:
        """Write a template."""
        return self.pack.get(template, template).format(**fields)

    def word(self, word: str) -> str:
        """A word of a result: translated where the pack knows it, else as it is."""
        return self.pack.get(word, word)

    def listed(self, items: Sequence[str]) -> str:
        """`a, b and c`."""
        if len(items) < 2:
            return "".join(items)
        return f"{self.comma.join(items[:-1])}{self.last}{items[-1]}"

    def paragraph(self, sentences: Sequence[str]) -> str:
        """Sentences one after the other; empty ones are left out."""
        return self.gap.join(sentence for sentence in sentences if sentence)


# A sentence of Japanese ends a line, so that receipts tell it from the next: its full stop has no space behind it.
WORDINGS: Mapping[Language, Wording] = {
    Language.ENGLISH: Wording(),
    Language.JAPANESE: Wording(PHRASES, gap="\n", comma="、", last="、"),
}
