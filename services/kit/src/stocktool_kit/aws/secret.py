"""One secret of Secrets Manager, written by whoever comes first."""

from __future__ import annotations

from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.core.errors import AlreadyExists, NotFound


class Secret:
    """A text under a name; creating it is the condition that only one process wins.

    Args:
        aws: The process's clients.
        name: The secret's name.
        description: For those who look at the account; written with the first text.
    """

    def __init__(self, aws: AwsClients, name: str, description: str) -> None:
        self._aws = aws
        self._name = name
        self._description = description

    async def read(self) -> str | None:
        """The text; None before somebody created it."""
        try:
            answer = await self._aws.call("secretsmanager", "get_secret_value", SecretId=self._name)
        except NotFound:
            return None
        return str(answer["SecretString"])

    async def create(self, text: str) -> bool:
        """Store the first text; False when another process was quicker."""
        try:
            await self._aws.call(
                "secretsmanager",
                "create_secret",
                Name=self._name,
                Description=self._description,
                SecretString=text,
            )
        except AlreadyExists:
            return False
        return True

    async def replace(self, text: str) -> None:
        """Store another text over the first."""
        await self._aws.call("secretsmanager", "put_secret_value", SecretId=self._name, SecretString=text)
