"""What several modules of this suite stand on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.market_server import MarketServer, market_server


@pytest.fixture(scope="module")
def market() -> Iterator[MarketServer]:
    """The market stand-in, one a module: what one has injected no other one sees."""
    with market_server() as server:
        yield server
