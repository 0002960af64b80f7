"""Secrets of one mesh, made at its first start and readable by its owner only."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

PASSWORD_VARIABLE = "STOCKTOOL_DEMO_PASSWORD"  # noqa: S105 - the name of a variable
# Auth's own rule for passwords; refusing here names the variable instead of a field.
_PASSWORD_LENGTH = 12


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """What the processes share, and the demo users' passwords."""

    service_token: str
    demo_password: str
    admin_password: str


class WeakPassword(Exception):
    """STOCKTOOL_DEMO_PASSWORD would be refused by the auth service."""


def _words() -> str:
    """A password that can be read aloud and typed."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def load(path: Path, environment: Mapping[str, str] | None = None) -> Secrets:
    """Read the secrets, making those that are missing.

    Raises:
        WeakPassword: The password given by the environment is too short.
    """
    given = (os.environ if environment is None else environment).get(PASSWORD_VARIABLE)
    if given is not None and len(given) < _PASSWORD_LENGTH:
        raise WeakPassword(f"{PASSWORD_VARIABLE} needs at least {_PASSWORD_LENGTH} characters")
    try:
        known = json.loads(path.read_text())
    except (OSError, ValueError):
        known = {}
    made = Secrets(
        service_token=known.get("service_token") or secrets.token_urlsafe(32),
        demo_password=given or known.get("demo_password") or _words(),
        admin_password=given or known.get("admin_password") or _words(),
    )
    if asdict(made) != known:
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            json.dump(asdict(made), handle, indent=2)
    return made
