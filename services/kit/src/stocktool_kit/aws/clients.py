"""One boto3 client per AWS service and process, called on bounded threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from stocktool_kit.aio import Limiter, run_blocking
from stocktool_kit.aws.errors import from_botocore

DEFAULT_THREADS = 16

_MAKING = threading.Lock()  # the sessions that make clients are not thread-safe; the clients are


@cache
def _session(region: str | None, access_key_id: str | None, secret_access_key: str | None) -> boto3.Session:
    """The process's session: each one reads the SDK's endpoint data anew, which is 10 MB."""
    return boto3.Session(aws_access_key_id=access_key_id, aws_secret_access_key=secret_access_key, region_name=region)


@dataclass(frozen=True, slots=True)
class AwsOptions:
    """How clients are made. What is None comes from where the SDK looks for it (`AWS_ENDPOINT_URL`, `AWS_REGION`).

    Attributes:
        endpoint_url: Another endpoint for every service.
        region: Region to sign for.
        access_key_id: Fixed credentials, for tests.
        secret_access_key: Goes with it.
        connect_timeout_seconds: Limit of one connection attempt.
        read_timeout_seconds: Limit of the wait for one answer.
        attempts: Calls made for one request, the first included; the only layer that repeats a call to AWS.
    """

    endpoint_url: str | None = None
    region: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = None
    connect_timeout_seconds: float = 2.0
    read_timeout_seconds: float = 10.0
    attempts: int = 3


class AwsClients:
    """The AWS services as one awaitable call.

    Args:
        limiter: Bound on calls at a time; each client's connection pool has as many connections.
        options: How clients are made.
    """

    def __init__(self, limiter: Limiter | None = None, options: AwsOptions | None = None) -> None:
        self.limiter = limiter or Limiter(DEFAULT_THREADS)
        self._options = options or AwsOptions()
        self._clients: dict[str, Any] = {}

    async def call(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        """Make one call: `await aws.call("dynamodb", "get_item", TableName=...)`.

        Raises:
            StockToolError: AWS refused or could not be reached, by the table in `stocktool_kit.aws.errors`.
        """
        answer: dict[str, Any] = await self.run(
            service, operation, lambda client: getattr(client, operation)(**parameters)
        )
        return answer

    async def run(self, service: str, operation: str, function: Callable[[Any], Any]) -> Any:
        """Run a function of a client on a thread, for what is not a plain operation (paginators, streams, signing)."""
        try:
            return await run_blocking(self.limiter, self._run, service, function)
        except (BotoCoreError, ClientError) as error:
            raise from_botocore(service, operation, error) from error

    def _run(self, service: str, function: Callable[[Any], Any]) -> Any:
        return function(self.client(service))

    def client(self, service: str) -> Any:
        """The process's client for a service; made at its first use, which takes some 50 ms: not on the event loop."""
        client = self._clients.get(service)
        if client is None:
            with _MAKING:
                client = self._clients.get(service)
                if client is None:
                    client = self._clients[service] = self._make(service)
        return client

    def separate_client(
        self, service: str, *, read_timeout_seconds: float | None = None, endpoint_url: str | None = None
    ) -> Any:
        """A client beside the shared one: for long polls, or to sign for another endpoint."""
        with _MAKING:
            return self._make(service, read_timeout_seconds, endpoint_url)

    def close(self) -> None:
        """Close the connections of the shared clients."""
        with _MAKING:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def _make(self, service: str, read_timeout_seconds: float | None = None, endpoint_url: str | None = None) -> Any:
        options = self._options
        return _session(options.region, options.access_key_id, options.secret_access_key).client(
            service,  # type: ignore[call-overload]  # the stubs want a literal
            endpoint_url=endpoint_url or options.endpoint_url,
            config=Config(
                connect_timeout=options.connect_timeout_seconds,
                read_timeout=read_timeout_seconds or options.read_timeout_seconds,
                max_pool_connections=max(1, int(self.limiter.total_tokens)),
                retries={"mode": "standard", "total_max_attempts": options.attempts},
                # One form of address in all planes: the edge of a laptop forwards `/<bucket>/`.
                s3={"addressing_style": "path"},
                signature_version="s3v4" if service == "s3" else None,
                tcp_keepalive=True,
            ),
        )
