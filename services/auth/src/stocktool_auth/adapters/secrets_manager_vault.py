"""The key ring in Secrets Manager."""

from __future__ import annotations

import base64

import orjson
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.secret import Secret
from stocktool_kit.core.clock import instant, parse_instant

from stocktool_auth.domain.signing import KeyRing, SigningKey


class SecretsManagerVault:
    """One secret that holds the ring as JSON; creating it is the condition that only one process wins.

    Args:
        aws: The process's clients.
        secret: The secret's name.
    """

    def __init__(self, aws: AwsClients, secret: str) -> None:
        self._secret = Secret(aws, secret, "StockTool: keys that sign access tokens and seal refresh tokens")

    async def read(self) -> KeyRing | None:
        """The ring; None before the first start."""
        text = await self._secret.read()
        return None if text is None else _parse(text)

    async def create(self, ring: KeyRing) -> bool:
        """Store the first ring; False when another process was quicker."""
        return await self._secret.create(_written(ring))

    async def replace(self, ring: KeyRing) -> None:
        """Store a changed ring."""
        await self._secret.replace(_written(ring))


def _written(ring: KeyRing) -> str:
    keys = [{"id": key.id, "private_pem": key.private_pem, "signs_from": instant(key.signs_from)} for key in ring.keys]
    return orjson.dumps({"keys": keys, "seal": base64.b64encode(ring.seal).decode()}).decode()


def _parse(text: str) -> KeyRing:
    stored = orjson.loads(text)
    keys = [SigningKey(key["id"], key["private_pem"], parse_instant(key["signs_from"])) for key in stored["keys"]]
    return KeyRing(sorted(keys, key=lambda key: key.signs_from), base64.b64decode(stored["seal"]))
