"""Who is calling: set once by the transport's interceptor, read by use cases that need it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from stocktool_kit.core.errors import PermissionDenied, Unauthenticated
from stocktool_kit.core.ids import OwnerId


@dataclass(frozen=True, slots=True)
class Caller:
    """A verified caller.

    Attributes:
        subject: The user (`usr_...`), or `svc_<name>` for a service that acts for nobody.
        owners: Principals the caller may act for; the first is its own.
        roles: `user`, `admin`.
        scopes: What the token allows, `portfolio.read`.
        session_id: Session family of an interactive sign-in, empty otherwise.
        actor: Service that acts for the subject under a delegated grant, empty otherwise.
        grant_id: `jti` of that grant, empty otherwise.
        service: Service identity of the peer, empty when it has none.
        token: The bearer token itself, to be forwarded while the request lasts; never logged.
    """

    subject: str
    owners: tuple[OwnerId, ...] = ()
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    session_id: str = ""
    actor: str = ""
    grant_id: str = ""
    service: str = ""
    token: str = field(default="", repr=False)

    @property
    def owner(self) -> OwnerId:
        """The principal new things belong to."""
        if not self.owners:
            raise PermissionDenied("this caller acts for no user")
        return self.owners[0]

    def require(self, scope: str) -> None:
        """Refuse a caller without the scope.

        Raises:
            PermissionDenied: The token does not carry it.
        """
        if scope not in self.scopes:
            raise PermissionDenied(f"the token lacks the scope {scope}", scope=scope)


_current: ContextVar[Caller | None] = ContextVar("stocktool_caller", default=None)


def current_caller() -> Caller:
    """The caller of the request being served.

    Raises:
        Unauthenticated: There is none.
    """
    caller = _current.get()
    if caller is None:
        raise Unauthenticated("sign in first")
    return caller


def caller_or_none() -> Caller | None:
    """The caller, or None outside a request."""
    return _current.get()


def set_caller(caller: Caller | None) -> None:
    """Set the caller for the rest of the current task; transports call it once per request, each in its own task."""
    _current.set(caller)


@contextmanager
def acting_as(caller: Caller | None) -> Iterator[None]:
    """Set the caller for a block: a request, or a worker that runs under a grant."""
    token = _current.set(caller)
    try:
        yield
    finally:
        _current.reset(token)
