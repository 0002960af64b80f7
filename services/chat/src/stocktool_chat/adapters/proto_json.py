"""Protobuf answers as plain JSON with the field names and forms of the public API."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

from google.protobuf.descriptor import EnumDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from stocktool.common.v1.money_pb2 import Money

from stocktool_chat.domain.json_types import Json

_Field: TypeAlias = Any  # the descriptors of the C and of the Python runtime share no type


def to_plain(message: Message, drop: Sequence[str] = ()) -> dict[str, Json]:
    """Write a message as JSON.

    Amounts become `{amount, currency}`, dates and instants text, enum values their lower-case names without the
    prefix. An optional figure that is absent becomes null where `undefined` says why, and is left out elsewhere; other
    fields that are empty are left out. A struct is the JSON it holds.

    Args:
        message: The message.
        drop: Field names to leave out at any depth.
    """
    if isinstance(message, Struct):
        return cast(dict[str, Json], _without(MessageToDict(message), drop))
    undefined = _undefined(message)
    plain: dict[str, Json] = {}
    for field in message.DESCRIPTOR.fields:
        name = field.name
        if name in drop:
            continue
        if field.is_repeated:
            values = _repeated(message, field, drop)
            if values:
                plain[name] = values
        elif field.has_presence:
            if message.HasField(name):
                plain[name] = _value(field, getattr(message, name), drop)
            elif name in undefined:
                plain[name] = None
        else:
            value = getattr(message, name)
            if value not in ("", b"") and not (field.enum_type is not None and value == 0):
                plain[name] = _value(field, value, drop)
    return plain


def _without(node: Json, drop: Sequence[str]) -> Json:
    if isinstance(node, Mapping):
        return {key: _without(value, drop) for key, value in node.items() if key not in drop}
    return [_without(value, drop) for value in node] if isinstance(node, list) else node


def _undefined(message: Message) -> Mapping[str, str]:
    if "undefined" in message.DESCRIPTOR.fields_by_name:
        reasons: Mapping[str, str] = message.undefined  # type: ignore[attr-defined]  # the descriptor says it is there
        return reasons
    return {}


def _repeated(message: Message, field: _Field, drop: Sequence[str]) -> Json:
    values = getattr(message, field.name)
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        value_field = field.message_type.fields_by_name["value"]
        return {str(key): _value(value_field, values[key], drop) for key in sorted(values)}
    return [_value(field, value, drop) for value in values]


def _value(field: _Field, value: object, drop: Sequence[str]) -> Json:
    if isinstance(value, Message):
        return _message(value, drop)
    if isinstance(value, bool | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int):
        return _enum_name(field.enum_type, value) if field.enum_type is not None else value
    raise TypeError(f"no plain form for {field.full_name}")


def _message(value: Message, drop: Sequence[str]) -> Json:
    match value:
        case Money():
            return {"amount": value.amount, "currency": value.currency}
        case Date():
            return f"{value.year:04d}-{value.month:02d}-{value.day:02d}"
        case Timestamp():
            return str(value.ToJsonString())
        case _:
            return to_plain(value, drop)


def _enum_name(enum: EnumDescriptor, number: int) -> str:
    prefix = "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in enum.name).strip("_") + "_"
    known = enum.values_by_number.get(number)
    return known.name.removeprefix(prefix).lower() if known else str(number)
