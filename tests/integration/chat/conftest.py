"""One chat process for each module: starting it costs more than most of the tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.conftest import EmulatedAws
from tests.fakes.chat_process import Mesh, Person, chat_process


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(emulator: EmulatedAws) -> AsyncIterator[Mesh]:
    """One process for all tests of this module: starting it costs more than most of them."""
    async with chat_process() as mesh:
        yield mesh


@pytest.fixture
def mesh(served: Mesh) -> Mesh:
    served.model.forget()
    return served


@pytest_asyncio.fixture(loop_scope="module")
async def person(mesh: Mesh) -> AsyncIterator[Person]:
    async with mesh.person() as someone:
        yield someone
