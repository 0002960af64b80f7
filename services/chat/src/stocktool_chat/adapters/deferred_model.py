"""A model whose SDK is imported beside the start, not before it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from stocktool_kit.aio import Limiter, run_blocking

from stocktool_chat.adapters.model_routes import ModelRoutes
from stocktool_chat.application.ports import ModelAnswer, ModelStep

if TYPE_CHECKING:
    from stocktool_chat.adapters.openai_model import OpenAiModel


class DeferredModel:
    """`Model`, and the worker that loads it.

    Importing the SDK takes more time than everything else a start does, and no turn can ask before it has been read
    and its tools are known: the import runs on a thread once the process serves.

    Args:
        routes: Where each model is asked.
    """

    name = "model-sdk"

    def __init__(self, routes: ModelRoutes) -> None:
        self._routes = routes
        self._limiter = Limiter(1)
        self._loading: asyncio.Task[OpenAiModel] | None = None

    async def run(self, stop: asyncio.Event) -> None:  # noqa: ARG002 - the import cannot be cut short
        """Load the SDK, then end."""
        await self._loaded()

    async def stream(self, step: ModelStep) -> AsyncGenerator[str | ModelAnswer, None]:
        """See the port."""
        model = await self._loaded()
        async with aclosing(model.stream(step)) as pieces:  # closed with this one, so that a stop reaches the provider
            async for piece in pieces:
                yield piece

    async def aclose(self) -> None:
        """Close the client's connections."""
        if self._loading is not None:
            await (await self._loading).close()

    async def _loaded(self) -> OpenAiModel:
        if self._loading is None:
            self._loading = asyncio.create_task(run_blocking(self._limiter, self._load), name=self.name)
        return await asyncio.shield(self._loading)

    def _load(self) -> OpenAiModel:
        from stocktool_chat.adapters.openai_model import open_model  # noqa: PLC0415 - the point of this

        return open_model(self._routes)
