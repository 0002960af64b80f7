"""The route table as typed values."""

from __future__ import annotations

import re
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

BY_SERVICE = "by-service"
"""Upstream of a pattern whose first group names the service."""


class Plane(StrEnum):
    """Where the mesh runs."""

    LAPTOP = "laptop"
    KIND = "kind"
    EKS = "eks"


class Access(StrEnum):
    """What a request must show at the edge."""

    OPEN = "open"
    TOKEN = "token"  # noqa: S105 - a kind of access, not a secret


class Limit(StrEnum):
    """Which rate limit a request counts towards."""

    NONE = "none"
    USER = "user"
    SIGN_IN = "sign_in"
    VISITOR = "visitor"


class Route(BaseModel):
    """One entry; exactly one of `path`, `prefix` and `pattern` is given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str | None = None
    prefix: str | None = None
    pattern: str | None = None
    upstream: str
    access: Access
    limit: Limit
    stream: bool = False
    websocket: bool = False
    planes: tuple[Plane, ...] = tuple(Plane)

    @model_validator(mode="after")
    def _one_match(self) -> Self:
        if sum(match is not None for match in (self.path, self.prefix, self.pattern)) != 1:
            raise ValueError("a route has exactly one of path, prefix and pattern")
        if self.pattern is not None:
            re.compile(self.pattern)
        if self.limit is Limit.USER and self.access is Access.OPEN:
            raise ValueError("only a route that asks for a token can be limited per user")
        return self


class Table(BaseModel):
    """The whole table, in order of precedence."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    routes: tuple[Route, ...]


def load(path: Path | None = None) -> Table:
    """Read a table; by default the one that is packaged."""
    text = path.read_text() if path else files("stocktool_edge").joinpath("routes.yaml").read_text()
    return Table.model_validate(yaml.safe_load(text))
