"""The port to a search of the web; a deployment without one offers no such tool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from stocktool_kit.core.errors import FailedPrecondition, RateLimited, Unavailable


class SearchRefused(FailedPrecondition):
    """The provider does not take the key or the question."""

    reason = "WEB_SEARCH_REFUSED"


class SearchLimited(RateLimited):
    """The provider wants no more questions for now."""

    reason = "WEB_SEARCH_LIMITED"


class SearchUnavailable(Unavailable):
    """The provider does not answer, or not in its own format."""

    reason = "WEB_SEARCH_UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class WebPage:
    """A page that was found. All of it is somebody else's words: data, never instructions.

    Attributes:
        text: What the provider shows of the page, plain text.
        date: Day the page says it is from, `YYYY-MM-DD`, empty when it does not.
    """

    title: str
    url: str
    text: str
    date: str = ""


class WebSearch(Protocol):
    """Finds pages."""

    @property
    def provider(self) -> str:
        """Name shown beside what was found."""
        ...

    async def search(self, query: str, limit: int) -> Sequence[WebPage]:
        """Find pages, best first.

        Raises:
            SearchRefused: The provider does not take the key or the question.
            SearchLimited: It wants no more questions for now.
            SearchUnavailable: It does not answer, or not in its own format.
        """
        ...
