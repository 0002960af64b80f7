"""Tools about watches: rules on prices and portfolios that tell the user when they hold."""

from __future__ import annotations

from typing import Annotated, Literal

from google.protobuf.json_format import ParseDict
from pydantic import BeforeValidator, Field
from stocktool.stock.v1 import alert_service_pb2 as pb
from stocktool_kit.core.errors import InvalidArgument

from stocktool_chat.adapters import tool_arguments as args
from stocktool_chat.adapters.proto_json import to_plain
from stocktool_chat.adapters.tool_session import Session, Tool, renamed
from stocktool_chat.domain.json_types import Json, JsonObject
from stocktool_chat.domain.proposals import Prepared

_LONGEST_NAME = 80
_OF_PORTFOLIO = ("weight", "drawdown")

Level = Annotated[
    Annotated[str, Field(pattern=r"^-?\d{1,12}(\.\d{1,12})?$")] | None,
    BeforeValidator(lambda value: str(value) if isinstance(value, int | float) else value),
]


class Condition(args.Arguments):
    """One thing that must hold."""

    kind: Literal["price", "move", "weight", "drawdown", "stale", "earnings"] = Field(
        description="price: last price above or below. move: change over days, a fraction, above or below. weight: the "
        "symbol's part of the portfolio above or below. drawdown: fall of the portfolio from its high of so many days, "
        "above. stale: price older than hours. earnings: report within days."
    )
    symbol: args.OptionalSymbol = Field(default=None, description="Ticker symbol; null for a drawdown.")
    above: Level = Field(
        default=None, description="Level to exceed: a price, or a fraction such as 0.05; null for none."
    )
    below: Level = Field(default=None, description="Level to fall below, such as -0.05 for a move; null for none.")
    days: int | None = Field(default=None, ge=1, le=250, description="Of a move, drawdown or earnings; else null.")
    hours: float | None = Field(default=None, ge=0.1, le=8760, description="Of stale; else null.")


class Rule(args.OfPortfolio):
    """Conditions, joined."""

    conditions: list[Condition] = Field(min_length=1, max_length=8, description="What must hold.")
    join: Literal["all", "any"] | None = Field(default=None, description="Of several conditions; null for all.")


class NewWatch(Rule):
    """A watch for the user to approve."""

    name: Annotated[
        Annotated[str, Field(max_length=_LONGEST_NAME)] | None, BeforeValidator(lambda value: value or None)
    ] = Field(default=None, description="What it is called; null for the rule in words.")
    repeat: bool | None = Field(default=None, description="True lets it fire again later; null for once.")


async def _rule(session: Session, wanted: Rule) -> dict[str, Json]:
    """The rule as stock takes it, portfolios by their id."""
    portfolio_id = ""
    if any(each.kind in _OF_PORTFOLIO for each in wanted.conditions):
        portfolio_id = (await session.portfolio(wanted.portfolio)).id
    leaves: list[Json] = []
    for each in wanted.conditions:
        leaf = {name: value for name, value in each.model_dump().items() if value is not None}
        leaves.append({**leaf, **({"portfolio_id": portfolio_id} if each.kind in _OF_PORTFOLIO else {})})
    only = leaves[0]
    return only if len(leaves) == 1 and isinstance(only, dict) else {"kind": wanted.join or "all", "of": leaves}


async def _tried(session: Session, rule: dict[str, Json]) -> pb.BacktestAlertResponse:
    return await session.ask.alerts.BacktestAlert(pb.BacktestAlertRequest(rule=rule_message(rule)))


def rule_message(rule: JsonObject) -> pb.AlertRule:
    """A rule as protobuf has it.

    Raises:
        InvalidArgument: It does not have the form of one.
    """
    try:
        return ParseDict(dict(rule), pb.AlertRule())
    except ValueError as error:
        raise InvalidArgument.of("/rule", "is no rule") from error


async def backtest_watch(session: Session, wanted: Rule) -> JsonObject:
    """On which days of the last year a rule would have fired."""
    rule = await _rule(session, wanted)
    plain = to_plain(await _tried(session, rule), drop=("conventions",))
    fired = plain.get("fired", [])
    counted = len(fired) if isinstance(fired, list) else 0
    named = renamed(plain, summary="text", days="days_looked_at")  # the rule's words are quoted, figures and all
    return {**named, "fired": fired, "fired_count": counted, "of": rule}


async def list_watches(session: Session, _: args.NoArguments) -> JsonObject:
    """The user's watches."""
    answer = await session.ask.alerts.ListAlerts(pb.ListAlertsRequest(page_size=100))
    return {"items": [renamed(to_plain(each), summary="text") for each in answer.items]}


async def propose_watch(session: Session, wanted: NewWatch) -> Prepared:
    """A watch for the user to approve; stock reads its rule first, so that a wrong one is never offered."""
    rule = await _rule(session, wanted)
    tried = await _tried(session, rule)
    times = len(tried.fired)
    name = wanted.name or tried.summary[:_LONGEST_NAME]
    again = ", each time anew" if wanted.repeat else ""
    past = f"{times} time{'' if times == 1 else 's'}" if times else "never"
    return Prepared(
        {"name": name, "rule": rule, "repeat": bool(wanted.repeat)},
        f"Tell me when {tried.summary}{again} (in the last year: {past})",
    )


TOOLS = (
    Tool("list_watches", "The user's watches (alerts) with their state.",
         args.NoArguments, list_watches, pb.ListAlertsResponse),
    Tool("propose_watch", "Prepares a watch for the user to approve: it tells them once a price, a move, a weight, a "
         "drawdown or coming earnings meet a level. Nothing is written until the user approves.", NewWatch,
         propose_watch, Prepared, cached=False),
    Tool("backtest_watch", "On which days of the last year a watch would have fired. Nothing is stored.", Rule,
         backtest_watch, pb.BacktestAlertResponse, ("text", "days_looked_at", "fired_count", "of")),
)  # fmt: skip
