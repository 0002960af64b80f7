"""Signing keys and when each signs and is shown.

A new key is shown before it signs, so that every verifier has it by then, and an old one is shown until the last token
it signed has ended: at each change two keys overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stocktool_kit.core.errors import Internal

LEAD = timedelta(minutes=15)
"""From showing a key to signing with it: longer than verifiers keep the key set."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An ES256 key pair.

    Attributes:
        id: `kid` in tokens and in the key set.
        private_pem: PKCS#8 in PEM; never logged.
        signs_from: When it begins to sign.
    """

    id: str
    private_pem: str = field(repr=False)
    signs_from: datetime


@dataclass(frozen=True, slots=True)
class KeyRing:
    """What the secret holds: signing keys, oldest first, and the key that seals refresh tokens.

    Attributes:
        keys: Signing keys by the time they begin to sign.
        seal: 32 random bytes under which refresh tokens are sealed; kept when signing keys change.
    """

    keys: Sequence[SigningKey]
    seal: bytes = field(repr=False)

    def signing_key(self, now: datetime) -> SigningKey:
        """The key that signs now: the newest that has begun.

        Raises:
            Internal: There is none.
        """
        begun = [key for key in self.keys if key.signs_from <= now]
        if not begun:
            raise Internal("no signing key has begun to sign")
        return max(begun, key=lambda key: key.signs_from)

    def shown_keys(self, now: datetime, longest_token: timedelta) -> list[SigningKey]:
        """Keys of the public set: the signing one, those to come, and those whose tokens may still live."""
        current = self.signing_key(now)
        shown = []
        for key, successor in zip(self.keys, [*self.keys[1:], None], strict=True):
            retired = successor is not None and successor.signs_from + longest_token <= now
            if key.signs_from >= current.signs_from or not retired:
                shown.append(key)
        return shown

    def with_next(self, key: SigningKey, now: datetime, longest_token: timedelta) -> KeyRing:
        """The ring once a new key is added and those nobody needs are dropped."""
        return KeyRing((*self.shown_keys(now, longest_token), key), self.seal)
