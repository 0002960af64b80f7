"""Mappings that a user keeps: how the files of one broker are read, and what its symbols mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stocktool_kit.core.errors import Conflict, InvalidArgument, NotFound
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.domain.imports.dates import DateOrder
from stocktool_stock.domain.imports.numbers import DecimalSign
from stocktool_stock.domain.imports.options import ColumnMapping

MOST_MAPPINGS = 50
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}$", re.ASCII)


class MappingNotFound(NotFound):
    """The user keeps no mapping by this name."""

    reason = "IMPORT_MAPPING_NOT_FOUND"


class TooManyMappings(Conflict):
    """The user keeps as many mappings as there may be."""

    reason = "TOO_MANY_IMPORT_MAPPINGS"


@dataclass(frozen=True, slots=True)
class SavedMapping:
    """A mapping under a name.

    Attributes:
        mapping: Columns and kinds, None where it is only about symbols.
        symbols: Symbol by the text of the files.
    """

    owner: OwnerId
    name: str
    updated_at: datetime
    mapping: ColumnMapping | None = None
    date_order: DateOrder | None = None
    decimal: DecimalSign | None = None
    symbols: Mapping[str, str] = field(default_factory=dict)
    version: int = 1


def check_name(name: str) -> str:
    """The name of a mapping.

    Raises:
        InvalidArgument: It cannot be one.
    """
    if not _NAME.match(name):
        raise InvalidArgument.of("name", "must be 1 to 60 letters, digits, spaces or . _ -, beginning with the former")
    return name
