"""Python values and DynamoDB's wire form of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Clamped, Decimal, Inexact, InvalidOperation, Overflow, Rounded, Underflow
from typing import Any

from boto3.dynamodb.types import DYNAMODB_CONTEXT

from stocktool_kit.aws.errors import Item


def to_wire(item: Mapping[str, Any]) -> dict[str, Any]:
    """Write an item or a key. Attributes that are None or an empty set are left out.

    Raises:
        TypeError: A value has no exact form there; floats first of all.
        ValueError: A number has more than 38 significant digits or is none.
    """
    return {name: wire_value(value, name) for name, value in item.items() if not _absent(value)}


def from_wire(item: Mapping[str, Any]) -> Item:
    """Read an item; numbers are `Decimal`."""
    return {name: _read(value) for name, value in item.items()}


def wire_value(value: Any, path: str) -> dict[str, Any]:  # noqa: PLR0911 - one return per type is the clearest
    """Write one value; `path` names it in errors."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": str(value)}
        case int() | Decimal():
            return {"N": _number(value, path)}
        case float():
            raise TypeError(f"{path}: a float is not exact; build a Decimal from text, Decimal(str(x))")
        case bytes() | bytearray() | memoryview():
            return {"B": bytes(value)}
        case Mapping():
            return {"M": {str(key): wire_value(v, f"{path}.{key}") for key, v in value.items() if not _absent(v)}}
        case AbstractSet():
            return _set(value, path)
        case Sequence():
            return {"L": [wire_value(entry, f"{path}[{index}]") for index, entry in enumerate(value)]}
        case _:
            raise TypeError(f"{path}: {type(value).__name__} has no form in DynamoDB; write text or a Decimal")


def _absent(value: object) -> bool:
    return value is None or (isinstance(value, AbstractSet) and not value)


def _number(value: int | Decimal, path: str) -> str:
    try:
        exact = DYNAMODB_CONTEXT.create_decimal(value)
    except (Clamped, Inexact, InvalidOperation, Overflow, Rounded, Underflow) as error:
        raise ValueError(f"{path}: {value} does not fit 38 significant digits; quantise first") from error
    if not exact.is_finite():
        raise ValueError(f"{path}: {value} is not a number that can be stored")
    return str(exact)


def _set(value: AbstractSet[Any], path: str) -> dict[str, Any]:
    if all(isinstance(entry, str) for entry in value):
        return {"SS": sorted(str(entry) for entry in value)}
    if all(isinstance(entry, int | Decimal) and not isinstance(entry, bool) for entry in value):
        return {"NS": sorted(_number(entry, path) for entry in value)}
    if all(isinstance(entry, bytes) for entry in value):
        return {"BS": sorted(value)}
    raise TypeError(f"{path}: a set holds texts, numbers or bytes, all of one kind")


def _read(value: Mapping[str, Any]) -> Any:  # noqa: PLR0911 - as above
    ((kind, content),) = value.items()
    match kind:
        case "S" | "BOOL" | "B":
            return content
        case "N":
            return Decimal(content)
        case "M":
            return from_wire(content)
        case "L":
            return [_read(entry) for entry in content]
        case "SS" | "BS":
            return set(content)
        case "NS":
            return {Decimal(entry) for entry in content}
        case _:
            return None
