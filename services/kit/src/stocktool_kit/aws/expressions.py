"""DynamoDB's expressions, with every name and value behind a placeholder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from boto3.dynamodb.conditions import ConditionBase, ConditionExpressionBuilder

from stocktool_kit.aws.values import wire_value


class Expressions:
    """Collects the expressions of one operation and the placeholders they share."""

    def __init__(self) -> None:
        self._conditions = ConditionExpressionBuilder()
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        self._parts: dict[str, str] = {}

    def condition(self, parameter: str, condition: ConditionBase | None, *, is_key: bool = False) -> None:
        """Add a condition as the given parameter (`ConditionExpression`, `KeyConditionExpression`, ...)."""
        if condition is None:
            return
        built = self._conditions.build_expression(condition, is_key_condition=is_key)
        self._parts[parameter] = built.condition_expression
        self._names |= built.attribute_name_placeholders
        for placeholder, value in built.attribute_value_placeholders.items():
            self._values[placeholder] = wire_value(value, "condition")

    def update(
        self,
        *,
        put: Mapping[str, Any],
        add: Mapping[str, Any],
        append: Mapping[str, Sequence[Any]],
        default: Mapping[str, Any],
        remove: Sequence[str],
    ) -> None:
        """Add an update expression; an attribute put as None is removed."""
        setting = [f"{self._path(name)} = {self._value(v, name)}" for name, v in put.items() if v is not None]
        for name, entries in append.items():
            path, empty = self._path(name), self._value([], name)
            setting.append(f"{path} = list_append(if_not_exists({path}, {empty}), {self._value(list(entries), name)})")
        for name, value in default.items():
            path = self._path(name)
            setting.append(f"{path} = if_not_exists({path}, {self._value(value, name)})")
        removing = [self._path(name) for name in [*remove, *(name for name, v in put.items() if v is None)]]
        adding = [f"{self._path(name)} {self._value(value, name)}" for name, value in add.items()]
        clauses = (("SET", setting), ("REMOVE", removing), ("ADD", adding))
        text = " ".join(f"{verb} {', '.join(entries)}" for verb, entries in clauses if entries)
        if text:
            self._parts["UpdateExpression"] = text

    def projection(self, names: Sequence[str]) -> None:
        """Ask for these attributes only; none means all."""
        if names:
            self._parts["ProjectionExpression"] = ", ".join(self._path(name) for name in names)

    def parameters(self) -> dict[str, Any]:
        """The parameters of the API call."""
        answer: dict[str, Any] = dict(self._parts)
        if self._names:
            answer["ExpressionAttributeNames"] = self._names
        if self._values:
            answer["ExpressionAttributeValues"] = self._values
        return answer

    def _path(self, dotted: str) -> str:
        return ".".join(self._name(part) for part in dotted.split("."))

    def _name(self, name: str) -> str:
        for placeholder, known in self._names.items():
            if known == name:
                return placeholder
        placeholder = f"#u{len(self._names)}"
        self._names[placeholder] = name
        return placeholder

    def _value(self, value: Any, path: str) -> str:
        placeholder = f":u{len(self._values)}"
        self._values[placeholder] = wire_value(value, path)
        return placeholder
