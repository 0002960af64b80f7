"""Values of dataclasses as columns of JSON and back, by their type hints: compact, exact, and quick to read.

The form follows the classes by itself; `Schema.name` changes with them, so that what an older version wrote is told
apart.
"""

from __future__ import annotations

import dataclasses
import hashlib
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from itertools import repeat
from typing import Any

_SHARED = 4
"""A column with so many times fewer distinct values than rows is written as a table of them and places in it."""


class Unwritable(TypeError):
    """A type that has no form here."""


class _Column:
    """Writes and reads values of one type, many at a time."""

    name = ""

    def write(self, values: Sequence[Any]) -> Any:
        raise NotImplementedError

    def read(self, data: Any) -> list[Any]:
        raise NotImplementedError


class _Scalar(_Column):
    def __init__(self, name: str, out: Callable[[Any], Any] | None, into: Callable[[Any], Any] | None) -> None:
        self.name = name
        self._out = out
        self._into = into

    def write(self, values: Sequence[Any]) -> Any:
        written = list(values) if self._out is None else [None if v is None else self._out(v) for v in values]
        distinct = dict.fromkeys(written)
        if len(distinct) * _SHARED > len(written):
            return {"v": written}
        places = {value: at for at, value in enumerate(distinct)}
        return {"d": list(distinct), "i": [places[value] for value in written]}

    def read(self, data: Any) -> list[Any]:
        if "v" in data:
            return self._values(data["v"])
        table = self._values(data["d"])
        return [table[at] for at in data["i"]]

    def _values(self, written: list[Any]) -> list[Any]:
        into = self._into
        if into is None:
            return written
        if None in written:
            return [None if value is None else into(value) for value in written]
        return list(map(into, written))


class _Tuple(_Column):
    def __init__(self, parts: Sequence[_Column]) -> None:
        self.name = f"({','.join(part.name for part in parts)})"
        self._parts = parts

    def write(self, values: Sequence[Any]) -> Any:
        return [part.write([value[at] for value in values]) for at, part in enumerate(self._parts)]

    def read(self, data: Any) -> list[Any]:
        return list(zip(*(part.read(column) for part, column in zip(self._parts, data, strict=True)), strict=True))


class _Many(_Column):
    def __init__(self, item: _Column, build: Callable[[Iterable[Any]], Any]) -> None:
        self.name = f"[{item.name}]"
        self._item = item
        self._build = build

    def write(self, values: Sequence[Any]) -> Any:
        flat = [each for some in values for each in some]
        return {"n": [len(value) for value in values], "v": self._item.write(flat)}

    def read(self, data: Any) -> list[Any]:
        flat, at, found = self._item.read(data["v"]), 0, []
        for count in data["n"]:
            found.append(self._build(flat[at : at + count]))
            at += count
        return found


class _Map(_Column):
    def __init__(self, key: _Column, value: _Column) -> None:
        self.name = f"{{{key.name}:{value.name}}}"
        self._pairs = _Many(_Tuple([key, value]), dict)

    def write(self, values: Sequence[Any]) -> Any:
        return self._pairs.write([list(value.items()) for value in values])

    def read(self, data: Any) -> list[Any]:
        return self._pairs.read(data)


class _Class(_Column):
    """Objects by the names of their fields; a column of defaults is left out, and so is one an older version lacked."""

    def __init__(self, cls: type, fields: dict[str, _Column]) -> None:
        self.name = f"{cls.__name__}({','.join(f'{name}:{column.name}' for name, column in fields.items())})"
        self._cls = cls
        self._fields = fields
        self._defaults = {each.name: each.default for each in dataclasses.fields(cls)}

    def write(self, values: Sequence[Any]) -> Any:
        columns = {}
        for name, column in self._fields.items():
            content, default = [getattr(value, name) for value in values], self._defaults[name]
            if default is dataclasses.MISSING or any(each != default for each in content):
                columns[name] = column.write(content)
        return {"n": len(values), "c": columns}

    def read(self, data: Any) -> list[Any]:
        count, columns = data["n"], data["c"]
        return list(map(self._cls, *(self._content(name, columns.get(name), count) for name in self._fields)))

    def _content(self, name: str, written: Any, count: int) -> Iterable[Any]:
        if written is not None:
            return self._fields[name].read(written)
        default = self._defaults[name]
        if default is dataclasses.MISSING:
            raise ValueError(f"a column is missing: {name}")
        return repeat(default, count)


class Schema:
    """How some fields of a dataclass are written.

    Args:
        cls: The dataclass; its type hints say everything.
        leave_out: Fields that are not written.

    Raises:
        Unwritable: A field's type has no form here.
    """

    def __init__(self, cls: type, leave_out: Sequence[str] = ()) -> None:
        self._fields = _fields(cls, leave_out)
        self._class = _Class(cls, self._fields)
        shape = ",".join(f"{name}:{column.name}" for name, column in self._fields.items())
        self.name = hashlib.blake2b(shape.encode(), digest_size=8).hexdigest()

    def write(self, value: object) -> dict[str, Any]:
        """Write one object as JSON values."""
        return {name: column.write([getattr(value, name)]) for name, column in self._fields.items()}

    def write_many(self, values: Sequence[object]) -> Any:
        """Write many objects as JSON values."""
        return self._class.write(values)

    def read_many(self, data: Any) -> list[Any]:
        """Read them.

        Raises:
            ValueError: A column without a default is missing, or a value is none of its type.
        """
        return self._class.read(data)

    def read(self, data: dict[str, Any]) -> dict[str, Any]:
        """Read its fields by name."""
        return {name: column.read(data[name])[0] for name, column in self._fields.items()}


_SCALARS: dict[object, _Scalar] = {
    str: _Scalar("s", None, None),
    int: _Scalar("i", None, None),
    bool: _Scalar("b", None, None),
    Decimal: _Scalar("d", str, Decimal),
    date: _Scalar("D", date.toordinal, date.fromordinal),
    datetime: _Scalar("T", datetime.isoformat, datetime.fromisoformat),
    Fraction: _Scalar("f", str, Fraction),
}


def _fields(cls: type, leave_out: Sequence[str] = ()) -> dict[str, _Column]:
    hints = typing.get_type_hints(cls)
    names = [each.name for each in dataclasses.fields(cls) if each.init and each.name not in leave_out]
    return {name: _column(hints[name]) for name in names}


def _column(hint: Any) -> _Column:  # noqa: PLR0911 - one return per type is the clearest
    if hint in _SCALARS:
        return _SCALARS[hint]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        [inner] = [each for each in arguments if each is not types.NoneType]
        column = _column(inner)
        if isinstance(column, _Scalar):
            return column  # a scalar's column may hold None
    elif origin is dict:
        return _Map(_column(arguments[0]), _column(arguments[1]))
    elif origin is list:
        return _Many(_column(arguments[0]), list)
    elif origin is tuple and arguments[-1] is Ellipsis:
        return _Many(_column(arguments[0]), tuple)
    elif origin is tuple:
        return _Tuple([_column(each) for each in arguments])
    elif isinstance(hint, type) and issubclass(hint, Enum):
        return _Scalar(hint.__name__, lambda member: member.value, hint)
    elif dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _Class(hint, _fields(hint))
    raise Unwritable(f"{hint} has no form in columns")
