"""Flags: reading and setting them."""

from __future__ import annotations

from collections.abc import Sequence

from stocktool_kit.core.clock import Clock
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.once import once

from stocktool_admin.application.ports import FlagStore
from stocktool_admin.domain.flags import Flag, FlagNotFound, FlagValue, StaleFlag, check_flag_name, next_flag


class ListFlags:
    """Shows all flags."""

    def __init__(self, flags: FlagStore) -> None:
        self._flags = flags

    async def __call__(self) -> Sequence[Flag]:
        """Each flag, by name."""
        return await self._flags.list()


class GetFlag:
    """Shows one flag."""

    def __init__(self, flags: FlagStore) -> None:
        self._flags = flags

    async def __call__(self, name: str) -> Flag:
        """The flag.

        Raises:
            FlagNotFound: Nobody set it.
        """
        check_flag_name(name)
        flag = await self._flags.find(name)
        if flag is None:
            raise FlagNotFound("nobody set a flag of this name", name=name)
        return flag


class SetFlag:
    """Sets a flag."""

    def __init__(self, flags: FlagStore, clock: Clock) -> None:
        self._flags = flags
        self._clock = clock

    async def __call__(
        self, name: str, value: FlagValue, *, expected_version: int | None, by: str, key: IdempotencyKey | None
    ) -> Flag:
        """Set it.

        Raises:
            InvalidArgument: Name or value cannot be taken.
            StaleFlag: The flag changed since it was read.
        """

        async def attempt() -> Flag:
            current = await self._flags.find(name)
            flag = next_flag(
                current, name=name, value=value, expected_version=expected_version, by=by, now=self._clock.now()
            )
            return await self._flags.save(flag, key)

        return await once(lambda: self._flags.replayed(key), attempt, stale=StaleFlag, version=expected_version)
