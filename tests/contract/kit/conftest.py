"""Clients and throw-away resources on the emulator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.queue import Queue
from stocktool_kit.aws.table import Table
from stocktool_kit.testing.aws import emulated, own_bucket, own_queue, own_table

from tests.conftest import EmulatedAws


@pytest.fixture
def aws(emulator: EmulatedAws) -> Iterator[AwsClients]:
    clients = emulated(emulator.endpoint_url)
    yield clients
    clients.close()


@pytest.fixture
async def table(aws: AwsClients) -> AsyncIterator[Table]:
    async with own_table(aws) as made:
        yield made


@pytest.fixture
async def queue(aws: AwsClients) -> AsyncIterator[Queue]:
    async with own_queue(aws) as made:
        yield made


@pytest.fixture
async def bucket(aws: AwsClients) -> AsyncIterator[Bucket]:
    async with own_bucket(aws) as made:
        yield made
