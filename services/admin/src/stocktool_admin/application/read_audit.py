"""Reading the audit trail."""

from __future__ import annotations

from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token

from stocktool_admin.application.ports import AuditTrail
from stocktool_admin.domain.audit import AuditFilter, AuditRecord, newest_first


class ReadAudit:
    """Shows a day's records."""

    def __init__(self, trail: AuditTrail) -> None:
        self._trail = trail

    async def __call__(self, wanted: AuditFilter, request: PageRequest) -> Page[AuditRecord]:
        """One page, newest first; with a filter a page may be short, or empty, and yet not be the last.

        Raises:
            InvalidArgument: The page token belongs to another day.
        """
        before = ""
        if request.page_token:
            position = decode_token(request.page_token)
            if position.get("day") != wanted.day.isoformat():
                raise InvalidArgument.of("page_token", "belongs to another day; start again without it")
            before = position.get("before", "")
        shards = await self._trail.read(wanted, before=before, enough=request.page_size + 1)
        records, after = newest_first(shards, request.page_size)
        token = encode_token({"day": wanted.day.isoformat(), "before": after}) if after else ""
        return Page(records, token)
