"""The rag service with the tests' own token keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stocktool_kit.process import Bootstrap, Parts, Runtime
from stocktool_kit.testing.process import TokenFactory
from stocktool_rag.bootstrap import serve
from stocktool_rag.settings import Settings


def serving_with_keys(keys: TokenFactory) -> Bootstrap[Settings]:
    """Bootstrap of the service that trusts these keys instead of asking auth."""

    @asynccontextmanager
    async def bootstrap(runtime: Runtime[Settings]) -> AsyncIterator[Parts]:
        runtime.verifier.use(keys)
        async with serve(runtime) as parts:
            yield parts

    return bootstrap
