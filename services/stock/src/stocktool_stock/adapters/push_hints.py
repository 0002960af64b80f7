"""Hints by `kit.push`."""

from __future__ import annotations

from collections.abc import Mapping

from stocktool_kit.core.ids import OwnerId
from stocktool_kit.push.events import PushEvent
from stocktool_kit.push.publisher import Publisher


class PushHints:
    """The `Hints` of the mesh: a user's id is the subject."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def tell(self, owner: OwnerId, kind: str, payload: Mapping[str, object], about: str) -> None:
        """Send one hint; what cannot be sent is logged and forgotten."""
        await self._publisher.publish(PushEvent(owner, kind, payload, about))
