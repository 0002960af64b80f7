"""Shape rules of the protos, checked before a servicer sees a message."""

from __future__ import annotations

import protovalidate
from google.protobuf.message import Message

from stocktool_kit.core.errors import FieldViolation, InvalidArgument


def check(message: Message) -> None:
    """Refuse a message that breaks its field rules.

    Raises:
        InvalidArgument: With one violation per field, named by its path (`items[0].quantity`).
    """
    violations = [
        FieldViolation(_path(violation), violation.proto.message)
        for violation in protovalidate.collect_violations(message)
    ]
    if violations:
        first = violations[0]
        raise InvalidArgument(f"{first.pointer}: {first.detail}", violations)


def _path(violation: protovalidate.Violation) -> str:
    field = violation.proto.field
    text = ""
    for element in field.elements if field is not None else ():
        text += f".{element.field_name}" if text else element.field_name
        if element.subscript is not None:
            text += f"[{element.subscript.value}]"
    return text
