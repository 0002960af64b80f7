"""What differs between the environments; everything else is the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Environment:
    """One target of a deployment.

    Attributes:
        name: Its name on the command line and in stack names.
        on_aws: True on AWS itself; false where an emulator stands in, which speaks plain http, keeps no access logs and
            is thrown away as a whole.
    """

    name: str
    on_aws: bool


LOCAL = Environment("local", on_aws=False)
PRODUCTION = Environment("production", on_aws=True)
