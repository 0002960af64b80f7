"""What other services own and administrators see through this one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_admin.application.ports import UsageReport, UserDirectory
from stocktool_admin.domain.usage import UsageBy, UsageRow
from stocktool_admin.domain.users import ManagedUser, UserChange


class ListUsers:
    """Shows all users."""

    def __init__(self, users: UserDirectory) -> None:
        self._users = users

    async def __call__(self, request: PageRequest) -> Page[ManagedUser]:
        """One page, newest first."""
        return await self._users.page(request)


class UpdateUser:
    """Changes a user's roles or suspension."""

    def __init__(self, users: UserDirectory) -> None:
        self._users = users

    async def __call__(self, user_id: str, change: UserChange) -> ManagedUser:
        """Change what is given.

        Raises:
            InvalidArgument: Nothing is given.
        """
        if change.roles is None and change.suspended is None:
            raise InvalidArgument.of("", "gives neither roles nor suspended; name what is to change")
        return await self._users.update(user_id, change)


class ReportUsage:
    """Shows what the models were used for."""

    def __init__(self, report: UsageReport) -> None:
        self._report = report

    async def __call__(self, by: UsageBy, start: date | None, end: date | None) -> Sequence[UsageRow]:
        """Rows by key; both ends of the range are included."""
        if start is not None and end is not None and end < start:
            raise InvalidArgument.of("end", "lies before start")
        return await self._report.rows(by, start, end)
