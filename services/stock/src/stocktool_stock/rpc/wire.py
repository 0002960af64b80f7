"""Values on the wire: days, instants and amounts, both ways."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TypeAlias

import grpc
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp
from google.type import date_pb2
from stocktool.common.v1 import money_pb2
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.money import Money
from stocktool_kit.core.paging import DEFAULT_PAGE_SIZE, PageRequest

from stocktool_stock.domain.analysis import Json
from stocktool_stock.domain.exact import exact
from stocktool_stock.domain.ledger import plain
from stocktool_stock.domain.lots import QUANTUM

Context: TypeAlias = "grpc.aio.ServicerContext[object, object]"


def to_date(day: date | None) -> date_pb2.Date | None:
    """A calendar day."""
    return None if day is None else date_pb2.Date(year=day.year, month=day.month, day=day.day)


def from_date(message: Message, field: str) -> date | None:
    """An optional day of a request.

    Raises:
        InvalidArgument: No such day is in the calendar.
    """
    if not message.HasField(field):
        return None
    value: date_pb2.Date = getattr(message, field)
    try:
        return date(value.year, value.month, value.day)
    except ValueError as error:
        raise InvalidArgument.of(field, "is no day of the calendar") from error


def to_timestamp(moment: datetime | None) -> Timestamp | None:
    """An instant."""
    if moment is None:
        return None
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def to_money(amount: Money) -> money_pb2.Money:
    """An amount, rounded once to its minor unit."""
    with exact():  # absurdly large ledgers have more digits than Python's default keeps
        return money_pb2.Money(amount=f"{amount.rounded().amount:f}", currency=amount.currency)


def maybe_money(amount: Money | None) -> money_pb2.Money | None:
    """An amount, or none."""
    return None if amount is None else to_money(amount)


def to_unit_price(amount: Decimal, currency: str) -> money_pb2.Money:
    """A price of one share, with at most twelve digits after the point."""
    with exact():
        return money_pb2.Money(amount=plain(amount.quantize(QUANTUM, rounding=ROUND_HALF_EVEN)), currency=currency)


def struct(body: Mapping[str, Json]) -> Struct:
    """A JSON object as protobuf carries it."""
    return ParseDict(dict(body), Struct())


def page_of(size: int, token: str) -> PageRequest:
    """The page a request asks for."""
    return PageRequest(size or DEFAULT_PAGE_SIZE, token)
