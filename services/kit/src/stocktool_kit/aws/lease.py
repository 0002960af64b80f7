"""Leases: at most one process works on a thing, and a late one can do no harm.

A lease is an item with a holder, the time it is held until, and a fencing number that grows with every new holder.
Time decides only who may try; the number decides who may write: work adds `lease.check()` to its transactions, so that
a clock that jumps can cause work to be done twice, never its effects.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import TypeVar

import structlog
from opentelemetry.instrumentation.utils import suppress_instrumentation

from stocktool_kit.aws.table import Attr, Check, ConditionFailed, Table, Update
from stocktool_kit.core.clock import Clock, epoch
from stocktool_kit.core.errors import Conflict, StockToolError
from stocktool_kit.core.ids import new_ulid

log = structlog.get_logger()

Result = TypeVar("Result")

# The item outlives its lease by far: if it vanished, only the clock would keep the fencing number growing.
_KEEP = timedelta(days=7)


class LeaseHeld(Conflict):
    """Somebody else holds the lease."""

    reason = "LEASE_HELD"


class LeaseLost(Conflict):
    """The lease was held and is no more; its work must end without further writes."""

    reason = "LEASE_LOST"


class Lease:
    """A lease that was acquired.

    Attributes:
        name: What it is on.
        fence: Fencing number, higher than that of every earlier holder.
        lost: Set once the lease is known to be lost, or can no longer be known to be held.
    """

    def __init__(self, leases: Leases, name: str, fence: int, held_until_ms: int) -> None:
        self._leases = leases
        self.name = name
        self.fence = fence
        self.lost = asyncio.Event()
        self._held_until_ms = held_until_ms

    def check(self) -> Check:
        """The operation that ties a transaction to this lease; on the same table, or by its name on another."""
        condition = Attr("fence").eq(self.fence) & Attr("holder").eq(self._leases.holder)
        return Check(self._leases.key(self.name), condition, table=self._leases.table.name)

    async def renew(self) -> None:
        """Hold it for another term.

        Raises:
            LeaseLost: Another holder has it.
        """
        try:
            self._held_until_ms = await self._leases.extend(self)
        except ConditionFailed as error:
            self.lost.set()
            raise LeaseLost("the lease was taken over", lease=self.name) from error

    async def release(self) -> None:
        """Let others have it now; no error when it is lost already."""
        self.lost.set()
        with suppress(ConditionFailed):
            await self._leases.give_up(self)

    async def guard(self, work: Awaitable[Result]) -> Result:
        """Run work, and cancel it when the lease is lost.

        Raises:
            LeaseLost: The lease was lost before the work was done.
        """
        working = asyncio.ensure_future(work)
        losing = asyncio.create_task(self.lost.wait())
        try:
            await asyncio.wait({working, losing}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                raise LeaseLost("the lease was lost while its work ran", lease=self.name)
            return await working
        finally:
            losing.cancel()
            if not working.done():
                working.cancel()
                await asyncio.wait({working})

    async def keep(self) -> None:
        """Renew until lost; run beside the work."""
        while not self.lost.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._leases.renew_seconds):
                    await self.lost.wait()
            if self.lost.is_set():
                return
            try:
                with suppress_instrumentation():
                    await self.renew()
            except LeaseLost:
                log.warning("lease_lost", lease=self.name, fence=self.fence)
            except StockToolError as error:
                log.warning("lease_not_renewed", lease=self.name, detail=error.message)
                if self._leases.now_ms() >= self._held_until_ms:
                    self.lost.set()


class Leases:
    """The leases in one table; the items are `pk = L#<name>`, `sk = lease`.

    Args:
        table: The table, by preference that of the work, so that its transactions can check the lease.
        clock: Real time.
        holder: Name of this process; made up when not given.
        term_seconds: Time after which an unrenewed lease may be taken.
        renew_seconds: Interval of renewals.
        partition_key: Name of the partition key, on tables that are not `pk`/`sk`.
        sort_key: Name of the sort key.
    """

    def __init__(
        self,
        table: Table,
        clock: Clock,
        holder: str = "",
        *,
        term_seconds: float = 15.0,
        renew_seconds: float = 5.0,
        partition_key: str = "pk",
        sort_key: str = "sk",
    ) -> None:
        self.table = table
        self.holder = holder or new_ulid()
        self.renew_seconds = renew_seconds
        self._clock = clock
        self._term = timedelta(seconds=term_seconds)
        self._partition_key = partition_key
        self._sort_key = sort_key

    def key(self, name: str) -> dict[str, str]:
        """Key of a lease's item."""
        return {self._partition_key: f"L#{name}", self._sort_key: "lease"}

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return int(self._clock.now().timestamp() * 1000)

    async def try_acquire(self, name: str) -> Lease | None:
        """Take a lease that is free or over; None when somebody holds it, another task of this process included."""
        key = self.key(name)
        now = self.now_ms()
        item = await self.table.get(key)
        if item is not None and item["held_until"] > now:
            return None
        # A number from the clock, so that it grows even if the item was lost; one more than before, if the clock fell.
        fence = max(now, int(item["fence"]) + 1 if item else 0)
        until = now + int(self._term.total_seconds() * 1000)
        unchanged = Attr("fence").eq(item["fence"]) & Attr("held_until").eq(item["held_until"]) if item else None
        values = {"holder": self.holder, "fence": fence, "held_until": until, "expires_at": self._expires_at()}
        try:
            await self.table.update(
                Update(key, put=values, condition=unchanged or Attr(self._partition_key).not_exists())
            )
        except ConditionFailed:
            return None
        return Lease(self, name, fence, until)

    async def acquire(self, name: str) -> Lease:
        """Take a lease.

        Raises:
            LeaseHeld: Somebody holds it.
        """
        lease = await self.try_acquire(name)
        if lease is None:
            raise LeaseHeld("somebody else is at work on this", lease=name)
        return lease

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[Lease]:
        """Hold a lease for a block, renewing it; watch `lease.lost`, or run the work by `lease.guard`.

        Raises:
            LeaseHeld: Somebody holds it.
        """
        lease = await self.acquire(name)
        renewing = asyncio.create_task(lease.keep())
        try:
            yield lease
        finally:
            renewing.cancel()
            await asyncio.wait({renewing})
            try:
                await lease.release()
            except StockToolError as error:  # it ends by itself
                log.warning("lease_not_released", lease=name, detail=error.message)

    async def extend(self, lease: Lease) -> int:
        """Write a new term for a lease and answer its end; used by the lease itself."""
        until = self.now_ms() + int(self._term.total_seconds() * 1000)
        values = {"held_until": until, "expires_at": self._expires_at()}
        await self.table.update(Update(self.key(lease.name), put=values, condition=lease.check().condition))
        return until

    async def give_up(self, lease: Lease) -> None:
        """End a lease's term and keep its number; used by the lease itself."""
        await self.table.update(
            Update(self.key(lease.name), put={"held_until": 0, "holder": "-"}, condition=lease.check().condition)
        )

    def _expires_at(self) -> int:
        return epoch(self._clock.now(), _KEEP)
