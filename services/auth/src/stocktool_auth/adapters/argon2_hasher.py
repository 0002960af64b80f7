"""Passwords under argon2id."""

from __future__ import annotations

import argon2
from stocktool_kit.aio import Limiter, run_blocking


class Argon2Hasher:
    """Hashes on a few threads of its own: a rush of sign-ins waits its turn instead of filling memory.

    Args:
        threads: Hashes at a time; each takes 19 MiB and some 30 ms of one core.

    Source:
        OWASP Password Storage Cheat Sheet: argon2id, 19 MiB, two passes, one lane.
    """

    def __init__(self, threads: int) -> None:
        self._limiter = Limiter(threads)
        self._argon2 = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        # What is compared with when there is no user: the same parameters, so the same time, and no password fits it.
        self._nobody = ""

    async def hash(self, password: str) -> str:
        """Hash a normalised password with a fresh salt."""
        return await run_blocking(self._limiter, self._argon2.hash, password)

    async def verify(self, password: str, stored: str | None) -> bool:
        """Compare; without a stored hash it takes as long and says no."""
        if stored is None and not self._nobody:
            self._nobody = await self.hash("nobody has this password")
        right = await run_blocking(self._limiter, self._verify, password, stored or self._nobody)
        return right and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether a hash was made with weaker parameters than today's."""
        return self._argon2.check_needs_rehash(stored)

    def _verify(self, password: str, stored: str) -> bool:
        try:
            return self._argon2.verify(stored, password)
        except argon2.exceptions.VerifyMismatchError:
            return False
