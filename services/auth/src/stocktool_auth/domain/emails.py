"""E-mail addresses as identities."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from stocktool_kit.core.errors import InvalidArgument

_MAX_LENGTH = 254  # RFC 5321 §4.5.3.1.3, path less its angle brackets
_MAX_LOCAL_PART = 64
_LOCAL_PART = re.compile(r"[^\s@\x00-\x1f\x7f\"(),:;<>\[\\\]]+")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


def normalise_email(text: str) -> str:
    """Bring an address to the one form that identifies its user.

    Compatibility characters are folded and letters lowered, in the local part too: two users who differ by case
    alone would be a trap. Dots and `+tags` are kept, since only the provider knows what they mean.

    Raises:
        InvalidArgument: The text is no address.
    """
    address = unicodedata.normalize("NFKC", text).strip().lower()
    local_part, at, domain = address.rpartition("@")
    if not at or not local_part or not domain:
        raise InvalidArgument.of("/email", "is not an e-mail address; give one such as name@example.com")
    if len(local_part) > _MAX_LOCAL_PART or not _LOCAL_PART.fullmatch(local_part) or ".." in local_part:
        raise InvalidArgument.of("/email", "has characters before the @ that no address has, or more than 64 of them")
    try:
        domain = domain.encode("idna").decode() if not domain.isascii() else domain
    except UnicodeError as error:
        raise InvalidArgument.of("/email", "has a domain after the @ that cannot exist; check its spelling") from error
    labels = domain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise InvalidArgument.of("/email", "has a domain after the @ that cannot exist; check its spelling")
    address = f"{local_part}@{domain}"
    if len(address) > _MAX_LENGTH:
        raise InvalidArgument.of("/email", f"is longer than {_MAX_LENGTH} characters")
    return address


def email_hash(address: str) -> str:
    """Name of a normalised address in keys and counters: its SHA-256 in hex, so that no key spells an address."""
    return hashlib.sha256(address.encode()).hexdigest()
