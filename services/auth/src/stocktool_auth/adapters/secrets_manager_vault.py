"""The key ring in Secrets Manager."""

from __future__ import annotations

import base64

import orjson
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.core.clock import instant, parse_instant
from stocktool_kit.core.errors import AlreadyExists, NotFound

from stocktool_auth.domain.signing import KeyRing, SigningKey


class SecretsManagerVault:
    """One secret that holds the ring as JSON; creating it is the condition that only one process wins.

    Args:
        aws: The process's clients.
        secret: The secret's name.
    """

    def __init__(self, aws: AwsClients, secret: str) -> None:
        self._aws = aws
        self._secret = secret

    async def read(self) -> KeyRing | None:
        """The ring; None before the first start."""
        try:
            answer = await self._aws.call("secretsmanager", "get_secret_value", SecretId=self._secret)
        except NotFound:
            return None
        return _parse(answer["SecretString"])

    async def create(self, ring: KeyRing) -> bool:
        """Store the first ring; False when another process was quicker."""
        try:
            await self._aws.call(
                "secretsmanager",
                "create_secret",
                Name=self._secret,
                Description="StockTool: keys that sign access tokens and seal refresh tokens",
                SecretString=_written(ring),
            )
        except AlreadyExists:
            return False
        return True

    async def replace(self, ring: KeyRing) -> None:
        """Store a changed ring."""
        await self._aws.call("secretsmanager", "put_secret_value", SecretId=self._secret, SecretString=_written(ring))


def _written(ring: KeyRing) -> str:
    keys = [{"id": key.id, "private_pem": key.private_pem, "signs_from": instant(key.signs_from)} for key in ring.keys]
    return orjson.dumps({"keys": keys, "seal": base64.b64encode(ring.seal).decode()}).decode()


def _parse(text: str) -> KeyRing:
    stored = orjson.loads(text)
    keys = [SigningKey(key["id"], key["private_pem"], parse_instant(key["signs_from"])) for key in stored["keys"]]
    return KeyRing(sorted(keys, key=lambda key: key.signs_from), base64.b64decode(stored["seal"]))
