"""Which service a peer is: its certificate's SAN under mutual TLS, a short signed token without it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import grpc
import jwt
from pydantic import SecretStr

from stocktool_kit.core.errors import Unauthenticated

HEADER = "x-stocktool-service-token"
AUDIENCE = "stocktool-internal"
TRUST_PREFIX = "spiffe://stocktool/"
_LIFETIME_SECONDS = 60


class ServiceIdentity:
    """Shows this process's identity to peers and reads theirs.

    Args:
        service: Name this process goes by, `chat`.
        secret: Shared secret of the installation; None where mutual TLS carries identities.
    """

    def __init__(self, service: str, secret: SecretStr | None) -> None:
        self.service = service
        self._secret = secret
        self._token = ""
        self._renew_at = 0.0

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """Metadata that proves the identity; empty where the certificate does."""
        if self._secret is None:
            return ()
        now = time.time()
        if now >= self._renew_at:
            claims = {"iss": self.service, "aud": AUDIENCE, "exp": int(now) + _LIFETIME_SECONDS}
            self._token = jwt.encode(claims, self._secret.get_secret_value(), algorithm="HS256")
            self._renew_at = now + _LIFETIME_SECONDS / 2
        return ((HEADER, self._token),)

    def peer(self, context: grpc.aio.ServicerContext[Any, Any], metadata: Mapping[str, str]) -> str:
        """Name of the calling service, empty when it has no identity.

        Raises:
            Unauthenticated: It showed a token that is forged or expired.
        """
        for name in (context.auth_context() or {}).get("x509_subject_alternative_name", ()):
            text = name.decode()
            if text.startswith(TRUST_PREFIX):
                return text.removeprefix(TRUST_PREFIX)
        token = metadata.get(HEADER)
        if token is None or self._secret is None:
            return ""
        try:
            claims = jwt.decode(token, self._secret.get_secret_value(), algorithms=["HS256"], audience=AUDIENCE)
        except jwt.InvalidTokenError as error:
            raise Unauthenticated("the service token is forged or expired") from error
        return str(claims["iss"])
