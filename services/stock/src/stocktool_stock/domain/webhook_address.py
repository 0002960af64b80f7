"""Addresses that users give for webhooks: which may be called at all."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from stocktool_kit.core.errors import InvalidArgument

MOST_URL = 2048
HTTPS_PORT = 443

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# In public space, and yet a cloud's own: Azure's host agent.
_METADATA = frozenset({ipaddress.ip_address("168.63.129.16")})

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class WebhookUrl:
    """A URL that was read; `host` is in ASCII and lower case, `target` is path and query."""

    text: str
    host: str
    port: int
    target: str


def read_webhook_url(text: str, pointer: str = "/webhook/url") -> WebhookUrl:
    """Read a URL. Where its host leads is seen when it is called.

    Raises:
        InvalidArgument: It is not https, carries credentials or a fragment, or its host cannot be a public one.
    """

    def refuse(detail: str) -> InvalidArgument:
        return InvalidArgument.of(pointer, detail)

    text = text.strip()
    if not 1 <= len(text) <= MOST_URL or not text.isprintable() or any(letter in text for letter in ' \\"<>^`{|}'):
        raise refuse(f"must be a URL of at most {MOST_URL} characters")
    try:
        parts = urlsplit(text)
        port = parts.port or HTTPS_PORT
        host = (parts.hostname or "").encode("idna").decode().lower().rstrip(".")
    except ValueError as error:  # of the IDNA codec too
        raise refuse("must be a URL such as https://example.com/hooks/stocktool") from error
    if parts.scheme != "https":
        raise refuse("must begin with https://")
    if parts.username is not None or parts.password is not None:
        raise refuse("must not carry a user name or password; the signature proves who calls")
    if parts.fragment:
        raise refuse("must not have a fragment")
    literal = _literal(host)
    if literal is not None and not is_public(literal):
        raise refuse("leads to an address that is not public")
    if literal is None and ("." not in host or host.endswith((".local", ".internal", ".localhost", ".arpa"))):
        raise refuse("must name a public host")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not target.isascii():
        raise refuse("must be percent-encoded")
    return WebhookUrl(text, host, port, target)


def is_public(address: Address) -> bool:
    """Whether an address may be called: global unicast, also as seen through the forms that carry an IPv4 address."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _embedded(address)
        if inner is not None:  # whatever the form around it is registered as, the call would go there
            return is_public(inner)
        if address.is_site_local:
            return False
    special = address.is_multicast or address.is_reserved or address.is_unspecified or address in _METADATA
    return address.is_global and not special


def refused_address(addresses: Sequence[str]) -> str | None:
    """The first of a host's addresses that may not be called, None when all may.

    One that may not condemns the host: which one a connection takes would be chance.
    """
    for text in addresses:
        literal = _literal(text)
        if literal is None or not is_public(literal):
            return text
    return None


def _embedded(address: ipaddress.IPv6Address) -> Address | None:
    """The IPv4 address that an IPv6 address stands for: mapped, 6to4, Teredo's server or NAT64's host."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _literal(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text.split("%", 1)[0])
    except ValueError:
        return None
