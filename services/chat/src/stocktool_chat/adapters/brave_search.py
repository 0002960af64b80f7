"""Search of the web over the HTTP API of Brave Search, or of whoever speaks it.

Source:
    https://api-dashboard.search.brave.com/app/documentation/web-search (`GET /res/v1/web/search`).
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from stocktool_chat.application.web_search import SearchLimited, SearchRefused, SearchUnavailable, WebPage

_MOST_BYTES = 1_000_000
_LONGEST_TITLE = 200
_LONGEST_TEXT = 1_000
_TAG = re.compile(r"<[^>]{0,200}>")
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}")


class _Found(BaseModel):
    model_config = ConfigDict(extra="ignore")

    title: str = ""
    url: str
    description: str = ""
    page_age: str | None = None


class _Web(BaseModel):
    results: list[_Found] = Field(default=[], max_length=100)


class _Answer(BaseModel):
    """What of the answer is read; an answer without `web` found nothing."""

    web: _Web = _Web()


class BraveSearch:
    """`WebSearch` over HTTP.

    Args:
        address: Address of the search itself, `https://api.search.brave.com/res/v1/web/search`.
        key: Sent as `X-Subscription-Token`.
        timeout_seconds: Longest wait for an answer.
    """

    def __init__(self, address: str, key: SecretStr, timeout_seconds: float) -> None:
        self._address = address
        self._http = httpx.AsyncClient(
            headers={"accept": "application/json", "x-subscription-token": key.get_secret_value()},
            timeout=timeout_seconds,
            follow_redirects=False,
        )

    @property
    def provider(self) -> str:
        """See the port."""
        return urlsplit(self._address).hostname or self._address

    async def search(self, query: str, limit: int) -> Sequence[WebPage]:
        """See the port."""
        asked = {"q": query, "count": str(limit), "text_decorations": "false", "safesearch": "strict"}
        try:
            async with self._http.stream("GET", self._address, params=asked) as answer:
                self._check(answer)
                body = await _read(answer)
        except httpx.HTTPError as error:
            raise SearchUnavailable("the provider of the web's search does not answer") from error
        try:
            found = _Answer.model_validate_json(body).web.results
        except ValidationError as error:
            raise SearchUnavailable("the provider of the web's search answers in another format") from error
        return [_page(each) for each in found[:limit] if each.url.startswith(("https://", "http://"))]

    async def aclose(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    @staticmethod
    def _check(answer: httpx.Response) -> None:
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise SearchLimited("the provider of the web's search wants no more questions for now")
        if answer.is_client_error:
            raise SearchRefused(f"the provider of the web's search refuses the question ({answer.status_code})")
        if not answer.is_success:
            raise SearchUnavailable(f"the provider of the web's search fails ({answer.status_code})")


async def _read(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) > _MOST_BYTES:
            raise SearchUnavailable("the provider of the web's search answers with more than a megabyte")
    return bytes(body)


def _page(found: _Found) -> WebPage:
    day = _DAY.match(found.page_age or "")
    return WebPage(
        title=_plain(found.title, _LONGEST_TITLE),
        url=found.url[:2_000],
        text=_plain(found.description, _LONGEST_TEXT),
        date=day.group() if day else "",
    )


def _plain(text: str, longest: int) -> str:
    """Text without markup: the provider marks words with tags and writes entities."""
    return " ".join(html.unescape(_TAG.sub("", text)).split())[:longest]
