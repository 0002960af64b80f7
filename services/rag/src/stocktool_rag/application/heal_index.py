"""Brings an index that was left behind, lost or broken back to what the derived objects say."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import structlog
from stocktool_kit.core.errors import StockToolError, Unavailable

from stocktool_rag.application.ports import DerivedStore, DocumentStore, Leases, VectorIndex
from stocktool_rag.application.probe_index import ProbeIndex
from stocktool_rag.domain.collections import IndexVersion
from stocktool_rag.domain.documents import CollectionId

log = structlog.get_logger()

_REMEMBERED = 4096
_ENOUGH_RECALL = 0.9


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a difference may last before it is more than work in progress.

    Attributes:
        lacking_seconds: For passages that are missing; searches are exact meanwhile.
        surplus_seconds: For passages too many, which do no harm and come from large documents on their way in.
        retry_seconds: Pause after an attempt that failed.
        probe_seconds: Time between two probes of a collection that is in use.
    """

    lacking_seconds: float = 2.0
    surplus_seconds: float = 30.0
    retry_seconds: float = 5.0
    probe_seconds: float = 900.0


class HealIndex:
    """A loop beside the service; it is told of collections by searches."""

    name = "index-healer"

    def __init__(
        self,
        *,
        store: DocumentStore,
        derived: DerivedStore,
        index: VectorIndex,
        leases: Leases,
        probe: ProbeIndex,
        dimension: int,
        patience: Patience | None = None,
    ) -> None:
        self._store = store
        self._derived = derived
        self._index = index
        self._leases = leases
        self._ask = probe
        self._probe = np.full(dimension, dimension**-0.5, np.float32)
        self._patience = patience or Patience()
        self._requested: dict[CollectionId, None] = {}
        self._probed: OrderedDict[CollectionId, float] = OrderedDict()
        self._due: dict[CollectionId, None] = {}
        self._suspect: set[CollectionId] = set()
        self._wake = asyncio.Event()

    def request(self, collection_id: CollectionId) -> None:
        """Have a collection looked after; asking again while it waits changes nothing."""
        self._requested.setdefault(collection_id)
        self._wake.set()

    def used(self, collection_id: CollectionId) -> bool:
        """Note that a collection is searched, and have it probed at its first use and from time to time.

        Returns:
            Whether its index can be trusted, as far as is known.
        """
        now = asyncio.get_running_loop().time()
        before = self._probed.get(collection_id)
        if before is None or now - before > self._patience.probe_seconds:
            self._probed[collection_id] = now
            self._probed.move_to_end(collection_id)
            if len(self._probed) > _REMEMBERED:
                self._probed.popitem(last=False)
            self._due.setdefault(collection_id)
            self._wake.set()
        return collection_id not in self._suspect

    async def run(self, stop: asyncio.Event) -> None:
        """Heal what is asked for until stopped."""
        stopping = asyncio.create_task(stop.wait())
        healing = asyncio.create_task(self._heal_requested())
        try:
            await asyncio.wait({stopping, healing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            healing.cancel()
            with suppress(asyncio.CancelledError):
                await healing

    async def heal(self, collection_id: CollectionId) -> bool:
        """Make the index hold what it must.

        Returns:
            Whether anything had to be done.

        Raises:
            Unavailable: The index cannot be reached.
            Conflict: Another process heals it.
        """
        suspect = collection_id in self._suspect
        if not suspect and not await self._differs(collection_id):
            return False
        async with self._leases.hold(f"index#{collection_id}"):
            if suspect:
                await self._index.drop(collection_id)
            try:
                await self._fill(collection_id)
                seen = await self._look(collection_id)
                whole = seen is not None and seen[0].chunks == seen[1]
            except Unavailable:
                await self._index.ping()  # down is not broken: wait for it instead of throwing it away
                whole = False
            if not whole:
                await self._index.drop(collection_id)
                await self._fill(collection_id)
        self._suspect.discard(collection_id)
        log.info("index_healed", collection_id=collection_id)
        return True

    async def _heal_requested(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            for collection_id in list(self._due):
                self._due.pop(collection_id)
                await self._probe_index(collection_id)
            for collection_id in list(self._requested):
                try:
                    await self.heal(collection_id)
                except StockToolError as error:
                    log.warning("index_not_healed", collection_id=collection_id, detail=error.message)
                    await asyncio.sleep(self._patience.retry_seconds)
                    self._wake.set()
                else:
                    self._requested.pop(collection_id, None)

    async def _probe_index(self, collection_id: CollectionId) -> None:
        try:
            version, recall = await self._store.index_version(collection_id), await self._ask(collection_id)
            changed = await self._store.index_version(collection_id) != version
        except StockToolError as error:
            log.warning("index_not_probed", collection_id=collection_id, detail=error.message)
            self.request(collection_id)
            return
        if recall >= _ENOUGH_RECALL:
            return
        if changed:  # documents came or went meanwhile, which explains a difference
            self._probed.pop(collection_id, None)
            return
        log.warning("index_fails_probe", collection_id=collection_id, recall=round(recall, 3))
        self._suspect.add(collection_id)
        self.request(collection_id)

    async def _differs(self, collection_id: CollectionId) -> bool:
        """Whether a difference stays while nothing moves; while things move it is their business."""
        before = await self._look(collection_id)
        if before is None:
            return True
        version, count = before
        if count == version.chunks:
            return False
        lacking = count < version.chunks
        await asyncio.sleep(self._patience.lacking_seconds if lacking else self._patience.surplus_seconds)
        return await self._look(collection_id) in {before, None}

    async def _look(self, collection_id: CollectionId) -> tuple[IndexVersion, int] | None:
        """What must be and what is; None when the index answers, but not about this collection."""
        version = await self._store.index_version(collection_id)
        try:
            count = await self._index.count(collection_id)
            # A server that was killed while it wrote may count well and fail at every question.
            await self._index.query(collection_id, self._probe, 1)
        except Unavailable:
            await self._index.ping()
            return None
        return version, count

    async def _fill(self, collection_id: CollectionId) -> None:
        for document in await self._store.all_searchable(collection_id):
            indexed = await self._derived.get(document.owner_id, document.id)
            if indexed is not None:
                await self._index.put(collection_id, indexed)
