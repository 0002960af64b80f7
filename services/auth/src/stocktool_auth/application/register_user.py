"""Registration."""

from __future__ import annotations

from stocktool_kit.core.clock import Clock
from stocktool_kit.core.ids import new_id

from stocktool_auth.application.ports import PasswordHasher, UserStore
from stocktool_auth.domain.audit import AuditEvent
from stocktool_auth.domain.emails import normalise_email
from stocktool_auth.domain.passwords import check_password
from stocktool_auth.domain.roles import Role
from stocktool_auth.domain.users import EmailTaken, User, UserId, clean_display_name


class RegisterUser:
    """Makes an account for an address nobody has yet."""

    def __init__(self, users: UserStore, hasher: PasswordHasher, clock: Clock) -> None:
        self._users = users
        self._hasher = hasher
        self._clock = clock

    async def __call__(self, *, email: str, password: str, display_name: str, address: str) -> User:
        """Register.

        Raises:
            InvalidArgument: A field cannot be taken; it is named.
            EmailTaken: The address has an account.
        """
        normalised = normalise_email(email)
        name = clean_display_name(display_name)
        secret = check_password(password, email=normalised, display_name=name)
        # Asked first to spare the hash; the transaction below decides.
        if await self._users.find_by_email(normalised) is not None:
            raise EmailTaken("this address has an account; sign in instead")
        user = User(
            id=UserId(new_id("usr")),
            email=normalised,
            display_name=name,
            password_hash=await self._hasher.hash(secret),
            roles=frozenset({Role.USER}),
            created_at=self._clock.now(),
        )
        await self._users.add(user, AuditEvent("user.registered", user.id, user.id, user.id, {"address": address}))
        return user
