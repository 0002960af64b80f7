"""The refresh cookie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from fastapi import Request, Response

_PATH = "/api/auth/v1"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class RefreshCookie:
    """How the cookie is set at one public origin.

    Attributes:
        name: Carries the port: cookies do not tell ports apart, and two installations may share a host.
        secure: Left out only on plain loopback, where browsers would drop the cookie.
    """

    name: str
    secure: bool

    @classmethod
    def at(cls, public_origin: str) -> RefreshCookie:
        """The cookie of an origin such as `http://localhost:8080`."""
        parts = urlsplit(public_origin)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 443)
        return cls(
            name=f"stocktool_refresh_{port}",
            secure=not (parts.scheme == "http" and parts.hostname in _LOOPBACK),
        )

    def read(self, request: Request) -> str:
        """The refresh token, empty when there is none."""
        return request.cookies.get(self.name, "")

    def write(self, response: Response, token: str, expires_at: datetime) -> None:
        """Give the browser a token."""
        response.set_cookie(
            self.name, token, path=_PATH, expires=expires_at, secure=self.secure, httponly=True, samesite="strict"
        )

    def clear(self, response: Response) -> None:
        """Take it away again."""
        response.delete_cookie(self.name, path=_PATH, secure=self.secure, httponly=True, samesite="strict")
