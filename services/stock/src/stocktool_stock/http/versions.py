"""The `If-Match` header as a version."""

from __future__ import annotations

from stocktool_kit.core.errors import InvalidArgument


def version_of(etag: str) -> int:
    """Read a version out of an entity tag.

    Raises:
        InvalidArgument: The text is no version.
    """
    text = etag.removeprefix("W/").strip('"')
    if not text.isdecimal() or not text.isascii():
        raise InvalidArgument.of("If-Match", 'must be one version, as in "7"')
    return int(text)
