"""References to words of documents, for records that must not outlive them."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum

from stocktool_rag.domain.chunks import passage


@dataclass(frozen=True, slots=True)
class PassageRef:
    """Where words stand, and which they were.

    Attributes:
        document_id: As given; it may be none.
        page: From 1.
        chunk_id: The passage; empty: the whole page.
        start: First character of the passage's or page's text.
        end: The one after the last.
        sha256: Of these characters in UTF-8, in hex.
    """

    document_id: str
    page: int
    chunk_id: str
    start: int
    end: int
    sha256: str

    def read(self, page_text: str) -> str | None:
        """The words as they stand on the page; None when others stand there, or none."""
        text = passage(page_text, self.chunk_id) if self.chunk_id else page_text
        words = (text or "")[self.start : self.end]
        same = hmac.compare_digest(hashlib.sha256(words.encode()).hexdigest(), self.sha256)
        return words if words and same else None


class PassageState(StrEnum):
    """What became of words that were referred to."""

    FOUND = "found"
    DELETED = "deleted"
    CHANGED = "changed"
    NOT_READY = "not_ready"


@dataclass(frozen=True, slots=True)
class Words:
    """Words that were referred to; the text is empty unless they were found."""

    state: PassageState
    text: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """Words that are said to stand on a page."""

    document_id: str
    page: int
    text: str


class QuoteState(StrEnum):
    """Whether they do."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    UNKNOWN = "unknown"
