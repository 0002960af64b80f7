"""Users in the identity table.

`U#<id>` holds the user, `E#<hash>` makes the address unique, and `D#users` is the directory: one small copy per user in
the order of registration, changed in the same transaction, so that listing needs no scan.
"""

from __future__ import annotations

from collections.abc import Sequence

from stocktool_kit.aws.table import Attr, ConditionFailed, Item, Key, Put, Table
from stocktool_kit.core.clock import instant, parse_instant
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token

from stocktool_auth.adapters.dynamodb_audit import AuditWriter
from stocktool_auth.domain.audit import AuditEvent
from stocktool_auth.domain.emails import email_hash
from stocktool_auth.domain.roles import Role
from stocktool_auth.domain.users import EmailTaken, StaleUser, User, UserId

_DIRECTORY = "D#users"


class DynamoDBUsers:
    """A `UserStore`."""

    def __init__(self, table: Table, audit: AuditWriter) -> None:
        self._table = table
        self._audit = audit

    async def add(self, user: User, audit: AuditEvent) -> None:
        """Store a new user.

        Raises:
            EmailTaken: The address has a user.
        """
        item = _written(user)
        claim = {"pk": f"E#{email_hash(user.email)}", "sk": "email", "user_id": user.id}
        try:
            await self._table.transact(
                [
                    Put(claim, Attr("pk").not_exists()),
                    Put(item, Attr("pk").not_exists()),
                    Put(_entry(item)),
                    self._audit.entry(audit),
                ]
            )
        except ConditionFailed as error:
            raise EmailTaken("this address has an account; sign in instead") from error

    async def find(self, user_id: UserId) -> User | None:
        """The user by id, as last written."""
        item = await self._table.get({"pk": f"U#{user_id}", "sk": "user"})
        return _parse(item) if item is not None else None

    async def find_by_email(self, email: str) -> User | None:
        """The user by normalised address, as last written."""
        claim = await self._table.get({"pk": f"E#{email_hash(email)}", "sk": "email"})
        return await self.find(UserId(str(claim["user_id"]))) if claim is not None else None

    async def save(self, user: User, audits: Sequence[AuditEvent]) -> None:
        """Store the next version of a user.

        Raises:
            StaleUser: The stored version is not the one before `user.version`.
        """
        item = _written(user)
        try:
            await self._table.transact(
                [
                    Put(item, Attr("version").eq(user.version - 1)),
                    Put(_entry(item)),
                    *(self._audit.entry(event) for event in audits),
                ]
            )
        except ConditionFailed as error:
            raise StaleUser("the user changed since you read it; read it again") from error

    async def page(self, request: PageRequest) -> Page[User]:
        """Users, newest first."""
        start = None
        if request.page_token:
            start = {"pk": _DIRECTORY, "sk": decode_token(request.page_token).get("after", "")}
        items, last = await self._table.query(
            Key("pk").eq(_DIRECTORY), limit=request.page_size, forward=False, start=start
        )
        return Page([_parse(item) for item in items], encode_token({"after": last["sk"]}) if last else "")


def _written(user: User) -> Item:
    return {
        "pk": f"U#{user.id}",
        "sk": "user",
        "id": user.id,
        "email": user.email,
        "display_name": user.display_name,
        "password_hash": user.password_hash,
        "roles": sorted(user.roles),
        "suspended": user.suspended,
        "created_at": instant(user.created_at),
        "voids_before": instant(user.voids_before) if user.voids_before else None,
        "version": user.version,
    }


def _entry(item: Item) -> Item:
    # The directory is read by administrators; it has no reason to hold hashes.
    return item | {"pk": _DIRECTORY, "sk": item["id"], "password_hash": ""}


def _parse(item: Item) -> User:
    voids_before = item.get("voids_before")
    return User(
        id=UserId(item["id"]),
        email=item["email"],
        display_name=item["display_name"],
        password_hash=item["password_hash"],
        roles=frozenset(Role(role) for role in item["roles"]),
        suspended=item["suspended"],
        created_at=parse_instant(item["created_at"]),
        voids_before=parse_instant(voids_before) if voids_before else None,
        version=int(item["version"]),
    )
