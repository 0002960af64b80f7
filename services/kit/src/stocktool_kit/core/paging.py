"""Pages of a list and the opaque tokens between them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from stocktool_kit.core.errors import InvalidArgument

T = TypeVar("T")

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 500


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page is asked for; `page_token` is empty for the first."""

    page_size: int = DEFAULT_PAGE_SIZE
    page_token: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.page_size <= MAX_PAGE_SIZE:
            raise InvalidArgument.of("page_size", f"must be between 1 and {MAX_PAGE_SIZE}")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page; `next_page_token` is empty on the last."""

    items: Sequence[T]
    next_page_token: str = ""


def encode_token(position: Mapping[str, str]) -> str:
    """Write a position as an opaque token."""
    text = json.dumps(position, separators=(",", ":"), sort_keys=True)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_token(token: str) -> dict[str, str]:
    """Read a token back.

    Raises:
        InvalidArgument: The token is not one of ours.
    """
    try:
        position = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, binascii.Error) as error:
        raise InvalidArgument.of("page_token", "is not a token this list gave; start again without it") from error
    if not isinstance(position, dict) or not all(isinstance(value, str) for value in position.values()):
        raise InvalidArgument.of("page_token", "is not a token this list gave; start again without it")
    return position
