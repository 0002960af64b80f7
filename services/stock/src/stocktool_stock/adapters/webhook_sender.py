"""Webhooks: signed POSTs to addresses that users give, to the public internet alone.

The host is resolved once, all of its addresses are judged, and the connection goes to the first of them: a name that
leads elsewhere a moment later changes nothing. TLS verifies the certificate against the URL's host. Redirects are not
followed, and of the answer nothing but the status and Retry-After is read.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import httpcore2
import orjson
from stocktool_kit.core.clock import Clock, instant
from stocktool_kit.core.errors import InvalidArgument

from stocktool_stock.domain.deliveries import Delivery, Outcome
from stocktool_stock.domain.notification_settings import NotificationSettings
from stocktool_stock.domain.notifications import Notification
from stocktool_stock.domain.webhook_address import WebhookUrl, read_webhook_url, refused_address
from stocktool_stock.domain.webhook_signature import signed_headers

LIMIT_SECONDS = 10.0
_MOST_ADDRESSES = 16
_RETRIED = frozenset({408, 425, 429})

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses of a host; raises OSError when there is none."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))[:_MOST_ADDRESSES]


class WebhookSender:
    """The `Sender` of webhooks.

    Args:
        clock: Real time.
        resolve: The resolver.
        unsafe_loopback_ca: For tests alone: loopback may be called, and certificates of this authority are believed.
        limit_seconds: Time for one attempt as a whole.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        resolve: Resolve = resolve,
        unsafe_loopback_ca: Path | None = None,
        limit_seconds: float = LIMIT_SECONDS,
    ) -> None:
        self._clock = clock
        self._resolve = resolve
        self._allows_loopback = unsafe_loopback_ca is not None
        self._limit_seconds = limit_seconds
        self._tls = (
            httpcore2.default_ssl_context()
            if unsafe_loopback_ca is None
            else ssl.create_default_context(cafile=str(unsafe_loopback_ca))
        )
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._tls.set_alpn_protocols(["http/1.1"])

    async def send(self, delivery: Delivery, notification: Notification, settings: NotificationSettings) -> Outcome:
        """Make one attempt."""
        webhook = settings.webhook
        if webhook is None:
            return Outcome(delivered=False, reason="there is no webhook")
        try:
            url = read_webhook_url(webhook.url)
        except InvalidArgument as error:  # the rules were tightened since it was taken
            return Outcome(delivered=False, reason=error.violations[0].detail)
        body = _body(notification)
        headers = signed_headers(webhook.secret, delivery.id, body, self._clock.now())
        try:
            async with asyncio.timeout(self._limit_seconds):
                return await self._post(url, body, headers)
        except TimeoutError:
            return _retry(f"no answer within {self._limit_seconds:g} s")

    async def _post(self, url: WebhookUrl, body: bytes, signed: dict[str, str]) -> Outcome:
        try:
            addresses = await self._resolve(url.host, url.port)
        except OSError:
            return _retry("the host's name does not resolve")
        if not addresses:
            return _retry("the host's name does not resolve")
        refused = refused_address([each for each in addresses if not self._is_own(each)])
        if refused is not None:
            # Not which one: the answer would map the network inside for whoever asks.
            return Outcome(delivered=False, reason="the host leads to an address that is not public")
        host = f"[{url.host}]" if ":" in url.host else url.host
        headers = {
            "content-type": "application/json",
            "user-agent": "StockTool-Webhooks/1",
            "accept": "*/*",
            "connection": "close",
            **signed,
        }
        pool = httpcore2.AsyncConnectionPool(
            ssl_context=self._tls, max_connections=1, retries=0, network_backend=_Pinned(addresses[0])
        )
        try:
            async with (
                pool,
                pool.stream(
                    "POST",
                    f"https://{host}:{url.port}{url.target}",
                    headers=list(headers.items()),
                    content=body,
                    extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), self._limit_seconds)},
                ) as response,
            ):
                return _judged(response.status, response.headers)
        except httpcore2.TimeoutException:
            return _retry(f"no answer within {self._limit_seconds:g} s")
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            return _retry(_said(error))

    def _is_own(self, address: str) -> bool:
        return self._allows_loopback and ip_address(address.split("%", 1)[0]).is_loopback


class _Pinned(httpcore2.AsyncNetworkBackend):
    """Connects to one address, whatever host is asked for."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - this is the point
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature of a backend
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the address."""
        return await self._inner.connect_tcp(self._address, port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        """Wait between retries, of which there are none."""
        await self._inner.sleep(seconds)


def _body(notification: Notification) -> bytes:
    return orjson.dumps(
        {
            "type": notification.type,
            "timestamp": instant(notification.created_at),
            "data": {**notification.data, "id": notification.id, "title": notification.title},
        }
    )


def _judged(status: int, headers: Sequence[tuple[bytes, bytes]]) -> Outcome:
    if 200 <= status < 300:
        return Outcome(delivered=True, reason=f"answered {status}", status=status)
    if 300 <= status < 400:
        return Outcome(delivered=False, reason=f"answered {status}: redirects are not followed", status=status)
    wait = next((value for name, value in headers if name.lower() == b"retry-after"), b"")
    return Outcome(
        delivered=False,
        reason=f"answered {status}",
        retry=status in _RETRIED or status >= 500,
        status=status,
        wait=timedelta(seconds=int(wait)) if wait.isdigit() and len(wait) < 7 else None,
    )


def _said(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the certificate is not accepted: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return "no TLS connection could be made"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpcore2.ProtocolError):
        return "the answer is no HTTP"
    return "the connection was refused or broke off"


def _retry(reason: str) -> Outcome:
    return Outcome(delivered=False, reason=reason, retry=True)
