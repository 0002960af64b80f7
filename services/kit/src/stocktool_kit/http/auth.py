"""Authentication of HTTP requests: each route declares its scope, or that it is open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import APIRouter, Depends, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from structlog.contextvars import bind_contextvars

from stocktool_kit.core.caller import Caller, set_caller
from stocktool_kit.core.errors import Unauthenticated
from stocktool_kit.tokens import TokenVerifier

_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="Access token of POST /api/auth/v1/login")
_bearer_parameter = Security(_bearer)
_POLICY = "__stocktool_policy__"


def requires(scope: str) -> Any:
    """Let only callers with the scope in; gives the verified caller: `caller: Caller = requires("portfolio.read")`."""

    async def dependency(
        request: Request, credentials: HTTPAuthorizationCredentials | None = _bearer_parameter
    ) -> Caller:
        if credentials is None:
            raise Unauthenticated("sign in first: send 'Authorization: Bearer <access token>'")
        verifier: TokenVerifier = request.app.state.verifier
        caller = await verifier.verify(credentials.credentials)
        caller.require(scope)
        set_caller(caller)
        bind_contextvars(subject=caller.subject)
        return caller

    setattr(dependency, _POLICY, scope)
    return Depends(dependency)


def public() -> Any:
    """Declare a route open to anybody: `dependencies=[public()]`."""

    async def dependency() -> None:
        return None

    setattr(dependency, _POLICY, "public")
    return Depends(dependency)


def refuse_undeclared(routers: Iterable[APIRouter]) -> None:
    """Stop the process from starting with a route whose policy nobody thought of.

    Raises:
        ValueError: A route declares neither a scope nor that it is public.
    """
    for route in (route for router in routers for route in router.routes):
        nested = getattr(route, "original_router", None)  # what `include_router` leaves behind
        if nested is not None:
            refuse_undeclared([nested])
        if isinstance(route, APIRoute) and not any(_policies(route.dependant)):
            raise ValueError(
                f"{sorted(route.methods or ())} {route.path} declares no policy: use requires(...) or public()"
            )


def _policies(dependant: Dependant) -> Iterator[str]:
    for each in dependant.dependencies:
        policy = getattr(each.call, _POLICY, "")
        if policy:
            yield policy
        yield from _policies(each)
