"""Tokens under the key ring: ES256 access tokens, sealed refresh tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import Unavailable
from stocktool_kit.core.ids import new_id

from stocktool_auth.application.signing_keys import LONGEST_TOKEN
from stocktool_auth.domain.roles import Role
from stocktool_auth.domain.sessions import RefreshToken, SessionId
from stocktool_auth.domain.signing import KeyRing, SigningKey
from stocktool_auth.domain.tokens import AccessClaims
from stocktool_auth.domain.users import UserId

_ALGORITHM = "ES256"
_MAX_GENERATION_DIGITS = 9


class CurrentRing:
    """The ring as last read; what signs and verifies looks here each time."""

    def __init__(self) -> None:
        self._ring: KeyRing | None = None
        self._private: dict[str, ec.EllipticCurvePrivateKey] = {}

    def use(self, ring: KeyRing) -> None:
        """Take the ring into use."""
        self._private = {key.id: self._private.get(key.id) or _load(key.private_pem) for key in ring.keys}
        self._ring = ring

    @property
    def ring(self) -> KeyRing:
        """The ring.

        Raises:
            Unavailable: It was not read yet.
        """
        if self._ring is None:
            raise Unavailable("the signing keys have not been read yet")
        return self._ring

    def private(self, key_id: str) -> ec.EllipticCurvePrivateKey | None:
        """A key by its id."""
        return self._private.get(key_id)


class JwtAccessTokens:
    """Access tokens as JWTs, and the key set that verifies them.

    Args:
        current: The ring.
        clock: Real time.
        issuer: `iss`.
        audience: `aud`.
    """

    def __init__(self, current: CurrentRing, clock: Clock, *, issuer: str, audience: str) -> None:
        self._current = current
        self._clock = clock
        self._issuer = issuer
        self._audience = audience

    def issue(self, claims: AccessClaims) -> str:
        """Sign a token.

        Raises:
            Unavailable: The keys were not read yet.
        """
        key = self._current.ring.signing_key(self._clock.now())
        private = self._current.private(key.id)
        assert private is not None  # `use` loads every key of the ring
        body: dict[str, object] = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": claims.subject,
            "owners": [claims.subject],
            "roles": sorted(claims.roles),
            "scope": " ".join(claims.scopes),
            "jti": claims.token_id,
            "iat": int(claims.issued_at.timestamp()),
            "exp": int(claims.expires_at.timestamp()),
        }
        if claims.session_id:
            body["sid"] = claims.session_id
        if claims.actor:
            body["act"] = {"sub": claims.actor}
        return jwt.encode(body, private, algorithm=_ALGORITHM, headers={"kid": key.id})

    def read(self, token: str) -> AccessClaims | None:
        """Claims of a token whose signature, issuer, audience and times are good; None otherwise."""
        try:
            key_id = str(jwt.get_unverified_header(token).get("kid", ""))
            private = self._current.private(key_id)
            if private is None:
                return None
            body = jwt.decode(
                token,
                private.public_key(),
                algorithms=[_ALGORITHM],
                audience=self._audience,
                issuer=self._issuer,
                options={"require": ["exp", "iat", "sub", "jti"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            return None
        claims = _claims(body)
        return claims if self._clock.now() < claims.expires_at else None

    def key_set(self) -> str:
        """The public keys as a JSON Web Key Set."""
        return orjson.dumps(self._public()).decode()

    async def jwks(self) -> Mapping[str, Any]:
        """The same, parsed: what this process's own verifier reads."""
        return self._public()

    def _public(self) -> dict[str, Any]:
        shown = self._current.ring.shown_keys(self._clock.now(), LONGEST_TOKEN)
        return {"keys": [_public_jwk(key.id, private) for key in shown if (private := self._current.private(key.id))]}


class SealedRefreshTokens:
    """Refresh tokens as `<family>.<generation>.<HMAC-SHA256 of both>`."""

    def __init__(self, current: CurrentRing) -> None:
        self._current = current

    def seal(self, token: RefreshToken) -> str:
        """Write a token; the same one each time."""
        text = f"{token.session_id}.{token.generation}"
        return f"{text}.{self._mac(text)}"

    def open(self, text: str) -> RefreshToken | None:
        """Read a token of ours; None for anything else."""
        named, _, mac = text.rpartition(".")
        session_id, _, generation = named.rpartition(".")
        if not text.isascii() or not hmac.compare_digest(mac, self._mac(named)):
            return None
        if not generation.isdecimal() or len(generation) > _MAX_GENERATION_DIGITS:
            return None
        return RefreshToken(SessionId(session_id), int(generation))

    def _mac(self, text: str) -> str:
        digest = hmac.new(self._current.ring.seal, b"refresh:" + text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def make_signing_key(signs_from: datetime) -> SigningKey:
    """Make an ES256 key pair."""
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SigningKey(new_id("sig"), pem.decode(), signs_from)


def _load(pem: str) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the key ring holds a key that is not of an elliptic curve")
    return key


def _public_jwk(key_id: str, private: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    jwk: dict[str, Any] = jwt.algorithms.ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
    return jwk | {"kid": key_id, "alg": _ALGORITHM, "use": "sig"}


def _claims(body: Mapping[str, Any]) -> AccessClaims:
    return AccessClaims(
        subject=UserId(str(body["sub"])),
        roles=frozenset(Role(role) for role in body.get("roles", ())),
        scopes=tuple(str(body.get("scope", "")).split()),
        token_id=str(body["jti"]),
        issued_at=datetime.fromtimestamp(int(body["iat"]), UTC),
        expires_at=datetime.fromtimestamp(int(body["exp"]), UTC),
        session_id=str(body.get("sid", "")),
        actor=str(body.get("act", {}).get("sub", "")),
    )
