"""What an owner keeps beside a portfolio: its targets and the thresholds of its X-ray. Read, replace, remove."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock, instant, parse_instant
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.once import once

from stocktool_stock.application.ports import PortfolioStore
from stocktool_stock.application.records import Record, Value
from stocktool_stock.domain.allocation import AllocationBy
from stocktool_stock.domain.ledger import plain
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.targets import StaleTargets, StoredTargets, Targets, TargetsNotSet
from stocktool_stock.domain.xray import Thresholds


class PlanName(StrEnum):
    """What is kept; each at most once for a portfolio."""

    TARGETS = "TARGETS"
    XRAY = "XRAY"


class PlanStore(Protocol):
    """Records beside a portfolio. Every record has its `version`, 1 when it is new."""

    async def get(self, portfolio_id: PortfolioId, name: PlanName) -> Record | None:
        """Read one, None when there is none. The caller has shown by `PortfolioStore.get` that it may."""
        ...

    async def put(
        self,
        portfolio: Portfolio,
        name: PlanName,
        record: Record,
        *,
        expected_version: int,
        actor: str,
        key: IdempotencyKey | None,
    ) -> Record:
        """Keep a record, once per request, and answer it, or what the same request was answered before.

        Raises:
            StaleTargets: It is not at `expected_version` (0: there is none), or the portfolio is gone.
            IdempotencyKeyReused: The key came with another request before.
        """
        ...

    async def delete(
        self, portfolio: Portfolio, name: PlanName, *, expected_version: int, actor: str, key: IdempotencyKey | None
    ) -> None:
        """Remove a record, once per request.

        Raises:
            StaleTargets: It is not at `expected_version`.
        """
        ...

    async def earlier(self, key: IdempotencyKey | None) -> Record | None:
        """The answer given to the same request within 24 hours, None for a new one.

        Raises:
            IdempotencyKeyReused: The key came with another request before.
        """
        ...


@dataclass(frozen=True, slots=True)
class StoredThresholds:
    """Thresholds as they are kept; version 0 when none are."""

    thresholds: Thresholds
    version: int
    updated_at: datetime | None


class _KeepPlan:
    """Reads and writes one kind of record."""

    name: PlanName

    def __init__(self, portfolios: PortfolioStore, plans: PlanStore, clock: Clock) -> None:
        self._portfolios = portfolios
        self._plans = plans
        self._clock = clock

    async def _read(self, owner: OwnerId, portfolio_id: PortfolioId) -> Record | None:
        await self._portfolios.get(owner, portfolio_id)
        return await self._plans.get(portfolio_id, self.name)

    async def _put(
        self,
        caller: Caller,
        portfolio_id: PortfolioId,
        content: Mapping[str, Value],
        version: int | None,
        key: IdempotencyKey | None,
    ) -> Record:
        async def attempt() -> Record:
            portfolio = await self._portfolios.get(caller.owner, portfolio_id)
            before = _version(await self._plans.get(portfolio_id, self.name))
            if version is not None and version != before:
                raise StaleTargets("it was changed since it was read; read it again", expected=version, found=before)
            record: Record = {**content, "version": before + 1, "updated_at": instant(self._clock.now())}
            return await self._plans.put(
                portfolio, self.name, record, expected_version=before, actor=caller.subject, key=key
            )

        return await once(lambda: self._plans.earlier(key), attempt, stale=StaleTargets, version=version)

    async def delete(self, caller: Caller, portfolio_id: PortfolioId, *, key: IdempotencyKey | None = None) -> None:
        """Remove it, once per request; nothing happens when there is none.

        Raises:
            PortfolioNotFound: None by this id is the caller's.
        """

        async def attempt() -> Record:
            portfolio = await self._portfolios.get(caller.owner, portfolio_id)
            before = _version(await self._plans.get(portfolio_id, self.name))
            if before:
                await self._plans.delete(portfolio, self.name, expected_version=before, actor=caller.subject, key=key)
            return {}

        await once(lambda: self._plans.earlier(key), attempt, stale=StaleTargets)


class KeepTargets(_KeepPlan):
    """The targets of a portfolio."""

    name = PlanName.TARGETS

    async def find(self, owner: OwnerId, portfolio_id: PortfolioId) -> StoredTargets | None:
        """Read them, None when there are none.

        Raises:
            PortfolioNotFound: None by this id is the owner's.
        """
        record = await self._read(owner, portfolio_id)
        return None if record is None else _targets_of(portfolio_id, record)

    async def get(self, owner: OwnerId, portfolio_id: PortfolioId) -> StoredTargets:
        """Read them.

        Raises:
            TargetsNotSet: There are none.
            PortfolioNotFound: None by this id is the owner's.
        """
        found = await self.find(owner, portfolio_id)
        if found is None:
            raise TargetsNotSet("this portfolio has no targets", portfolio_id=portfolio_id)
        return found

    async def put(
        self,
        caller: Caller,
        portfolio_id: PortfolioId,
        targets: Targets,
        *,
        version: int | None = None,
        key: IdempotencyKey | None = None,
    ) -> StoredTargets:
        """Replace them; `version` is the one the caller read (0: none), None to replace whatever is newest.

        Raises:
            StaleTargets: The version is not the newest.
            PortfolioNotFound: None by this id is the caller's.
        """
        content: dict[str, Value] = {
            "by": targets.by.value,
            "weights": {name: plain(weight) for name, weight in targets.weights.items()},
            "band": plain(targets.band),
        }
        return _targets_of(portfolio_id, await self._put(caller, portfolio_id, content, version, key))


class KeepThresholds(_KeepPlan):
    """The thresholds of a portfolio's X-ray."""

    name = PlanName.XRAY

    async def get(self, owner: OwnerId, portfolio_id: PortfolioId) -> StoredThresholds:
        """Read them; those never set are the defaults.

        Raises:
            PortfolioNotFound: None by this id is the owner's.
        """
        record = await self._read(owner, portfolio_id)
        return StoredThresholds(Thresholds(), 0, None) if record is None else _thresholds_of(record)

    async def put(
        self,
        caller: Caller,
        portfolio_id: PortfolioId,
        thresholds: Thresholds,
        *,
        version: int | None = None,
        key: IdempotencyKey | None = None,
    ) -> StoredThresholds:
        """Replace them; those left out go back to the defaults.

        Raises:
            StaleTargets: The version is not the newest.
            PortfolioNotFound: None by this id is the caller's.
        """
        content: dict[str, Value] = {"values": {name: repr(value) for name, value in thresholds.changed.items()}}
        return _thresholds_of(await self._put(caller, portfolio_id, content, version, key))


def _version(record: Record | None) -> int:
    return 0 if record is None else int(str(record["version"]))


def _map(record: Record, name: str) -> dict[str, str]:
    value = record[name]
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} of a stored record is no map")
    return {key: str(each) for key, each in value.items()}


def _targets_of(portfolio_id: PortfolioId, record: Record) -> StoredTargets:
    weights = {name: Decimal(weight) for name, weight in _map(record, "weights").items()}
    targets = Targets(AllocationBy(str(record["by"])), weights, Decimal(str(record["band"])))
    return StoredTargets(portfolio_id, targets, _version(record), parse_instant(str(record["updated_at"])))


def _thresholds_of(record: Record) -> StoredThresholds:
    values = {name: float(value) for name, value in _map(record, "values").items()}
    return StoredThresholds(Thresholds.known(values), _version(record), parse_instant(str(record["updated_at"])))
