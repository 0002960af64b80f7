"""Real processes' parts inside a test, on free ports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from stocktool_kit.config import ServiceSettings
from stocktool_kit.core.clock import Clock, SystemClock
from stocktool_kit.process import Parts, Process, Runtime, running
from stocktool_kit.rpc.server import Registration

SERVICE_SECRET = "a-shared-secret-for-tests-only-0123456789"  # noqa: S105 - protects nothing


class TokenFactory:
    """Signs access tokens with a key of its own, and is the `KeySource` that lets verifiers accept them."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._key = ec.generate_private_key(ec.SECP256R1())

    async def jwks(self) -> dict[str, Any]:
        """The public half."""
        public = jwt.algorithms.ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [public | {"kid": "test", "alg": "ES256", "use": "sig"}]}

    def token(self, subject: str, scope: str, *, lifetime: timedelta = timedelta(minutes=10), **claims: object) -> str:
        """Sign a token; `claims` override or add."""
        now = self._clock.now()
        body: dict[str, object] = {
            "iss": "stocktool",
            "aud": "stocktool",
            "sub": subject,
            "owners": [subject],
            "roles": ["user"],
            "scope": scope,
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
        }
        return jwt.encode(body | claims, self._key, algorithm="ES256", headers={"kid": "test"})


def ephemeral(**overrides: object) -> dict[str, object]:
    """Settings of a process under test: free ports, no auth service to ask, a test secret."""
    return {
        "http_port": 0,
        "grpc_port": 0,
        "ops_port": 0,
        "auth_address": "127.0.0.1:1",
        "service_token_secret": SERVICE_SECRET,
        "drain_seconds": 5.0,
    } | overrides


@asynccontextmanager
async def serving(registrations: Sequence[Registration], keys: TokenFactory, service: str) -> AsyncIterator[str]:
    """Serve gRPC services in a process of their own name; gives the target to open a channel to."""

    @asynccontextmanager
    async def bootstrap(runtime: Runtime[ServiceSettings]) -> AsyncIterator[Parts]:
        runtime.verifier.use(keys)
        yield Parts(registrations=registrations)

    settings = ServiceSettings.model_validate(ephemeral(service=service))
    async with running(settings, bootstrap) as process:
        yield f"127.0.0.1:{process.grpc_port}"


__all__ = ["SERVICE_SECRET", "Process", "TokenFactory", "ephemeral", "serving"]
