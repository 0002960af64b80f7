"""An embedder of another distribution, where one is installed."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any


class InstalledEmbedder:
    """Embeds by a class that is named, not imported: the analyst's image carries no weights of its own.

    The class is made without arguments and has `async def embed(texts)` that gives one unit vector for each text, as
    the embedder of the documents has.
    """

    def __init__(self, name: str) -> None:
        """Find the class.

        Args:
            name: `module:Class`.

        Raises:
            ValueError: The name has another form, or nothing is installed under it.
        """
        module, _, member = name.partition(":")
        try:
            self._embedder: Any = getattr(importlib.import_module(module), member)()
        except (ImportError, AttributeError, ValueError) as error:
            message = f"no embedder is installed as {name!r}; leave STOCKTOOL_ANALYST_EMBEDDER empty to do without"
            raise ValueError(message) from error

    async def vectors(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """One unit vector for each text, in order."""
        return [[float(number) for number in vector] for vector in await self._embedder.embed(list(texts))]
