"""Arguments of the tools: one model each gives both the strict JSON schema and the check."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from stocktool.stock.v1 import analytics_service_pb2 as analytics_pb
from stocktool_kit.core.errors import FieldViolation, InvalidArgument

from stocktool_chat.domain.json_types import JsonObject


def _upper(value: object) -> object:
    return value.strip().upper() if isinstance(value, str) else value


def _optional_text(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


# Bounds stand inside of validators: outside of them pydantic would not write them into the schema the model sees.
Symbol = Annotated[Annotated[str, Field(pattern=r"^[A-Z0-9^][A-Z0-9.^=_:-]{0,31}$")], BeforeValidator(_upper)]
OptionalSymbol = Annotated[Symbol | None, BeforeValidator(_optional_text)]
Amount = Annotated[
    Annotated[str, Field(pattern=r"^\d{1,15}(\.\d{1,12})?$")] | None,
    BeforeValidator(lambda value: str(value) if isinstance(value, int | float) else _optional_text(value)),
]
Currency = Annotated[Annotated[str, Field(pattern="^[A-Z]{3}$")] | None, BeforeValidator(_optional_text)]
Day = Annotated[date | None, BeforeValidator(_optional_text)]
Period = Literal["year_to_date", "one_year", "one_month", "since_inception"]
Name = Annotated[Annotated[str, Field(max_length=100)] | None, BeforeValidator(_optional_text)]
Portfolio = Annotated[
    Name,
    Field(default=None, description="Id or name of the portfolio; null for the user's first one."),
]


class Arguments(BaseModel):
    """Base: a field nobody knows is an error the model can correct; null and absent mean the same."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoArguments(Arguments):
    """For tools without any."""


class OfSymbol(Arguments):
    """A symbol."""

    symbol: Symbol = Field(description="Ticker symbol such as AAPL.")


class Limit(Arguments):
    """How many."""

    limit: int | None = Field(default=None, ge=1, le=20, description="At most so many; null for 5.")


class Symbols(Arguments):
    """Some symbols."""

    symbols: list[Symbol] = Field(min_length=1, max_length=20, description="Ticker symbols such as AAPL.")


class OfPortfolio(Arguments):
    """A portfolio."""

    portfolio: Portfolio = None


class Holdings(OfPortfolio):
    """A portfolio on a day."""

    as_of: Day = Field(default=None, description="Day of the valuation, YYYY-MM-DD; null for the market's today.")


class Range(Arguments):
    """A span of days."""

    start: Day = Field(default=None, description="First day, YYYY-MM-DD; null to use the period.")
    end: Day = Field(default=None, description="Last day, YYYY-MM-DD; null for the market's today.")
    period: Period | None = Field(default=None, description="Range by name when no start is given.")


class Performance(OfPortfolio, Range):
    """A portfolio over a span, against a benchmark."""

    benchmark: OptionalSymbol = Field(default=None, description="Symbol to compare with, such as SPY; null for none.")


class PortfolioRange(OfPortfolio):
    """A portfolio between two days."""

    start: Day = Field(default=None, description="First day, YYYY-MM-DD; null for the ledger's first.")
    end: Day = Field(default=None, description="Last day, YYYY-MM-DD; null for the market's today.")


class Realised(PortfolioRange):
    """Sales of a portfolio."""

    symbol: OptionalSymbol = Field(default=None, description="Only this symbol; null for all.")


class Contribution(OfPortfolio, Range):
    """Parts of a return."""

    by: Literal["holding", "account", "sector", "currency"] | None = Field(
        default=None, description="What rows are made of; null for holding."
    )


class Explain(OfPortfolio, Range):
    """A figure to be explained."""

    figure: str = Field(
        min_length=1,
        max_length=40,
        description="twr, xirr, gain, simple_return, market_value, cost_basis, unrealised, realised, income, "
        "volatility, sharpe, max_drawdown and so on.",
    )
    symbol: OptionalSymbol = Field(default=None, description="Of this holding; null for the whole portfolio.")


class Trade(Arguments):
    """A trade to try."""

    type: Literal["buy", "sell"] = Field(description="What is tried.")
    symbol: Symbol = Field(description="Ticker symbol such as AAPL.")
    quantity: Amount = Field(default=None, description="Shares; null when the amount says it.")
    price: Amount = Field(default=None, description="Price of one share; null for the last one.")
    amount: Amount = Field(default=None, description="Total; null when the quantity says it.")


class WhatIf(OfPortfolio):
    """Trades to try."""

    trades: list[Trade] = Field(min_length=1, max_length=20, description="In order.")


class Target(Arguments):
    """A wanted weight."""

    symbol: Symbol = Field(description="Ticker symbol, or CASH.")
    weight: float = Field(ge=0, le=1, description="Fraction of the total, 0.25 for a quarter.")


class Rebalance(OfPortfolio):
    """Towards weights."""

    targets: list[Target] | None = Field(
        default=None, max_length=50, description="Weights that sum to 1; null for the ones the user keeps."
    )
    buy_only: bool | None = Field(default=None, description="True never sells; null for false.")
    whole_shares: bool | None = Field(default=None, description="False allows fractions; null for true.")
    new_cash: Amount = Field(default=None, description="Cash to be added, in the base currency; null for none.")


class Optimise(OfPortfolio):
    """Best weights."""

    method: Literal["min_variance", "max_sharpe", "risk_parity", "hrp"] = Field(description="What is best.")
    most_per_holding: float | None = Field(
        default=None, gt=0, le=1, description="Largest weight of one holding; null for no limit."
    )


class SymbolRange(OfSymbol):
    """A symbol between two days."""

    start: Day = Field(default=None, description="First day, YYYY-MM-DD; null for the first known.")
    end: Day = Field(default=None, description="Last day, YYYY-MM-DD; null for the market's today.")


class Bars(SymbolRange):
    """Prices of a symbol."""

    interval: Literal["1d", "1wk", "1mo"] | None = Field(default=None, description="null for days.")


class Indicators(SymbolRange):
    """Indicators of a symbol."""

    names: list[Annotated[str, Field(pattern=r"^(sma|ema|rsi|macd|bollinger|atr)(:\d{1,3}(\.\d{1,2})?){0,3}$")]] = (
        Field(
            min_length=1,
            max_length=6,
            description="sma:n, ema:n, rsi:n, macd:fast:slow:signal, bollinger:n:k or atr:n; numbers may be left out.",
        )
    )
    limit: int | None = Field(default=None, ge=1, le=60, description="At most so many days, the newest; null for 5.")


class Projection(OfPortfolio):
    """A plan of savings and withdrawals."""

    years: int | None = Field(default=None, ge=1, le=60, description="How far to look; null for 10.")
    saving_monthly: Amount = Field(
        default=None, description="Paid in each month until withdrawals begin; null for none."
    )
    withdrawal_monthly: Amount = Field(
        default=None, description="Taken out each month, in today's money; null for none or when a rate is given."
    )
    withdrawal_rate: float | None = Field(
        default=None, gt=0, le=1, description="Part of the value taken out in a year, 0.04; null for none."
    )
    withdrawal_start_years: float | None = Field(
        default=None, ge=0, lt=60, description="Years from now until withdrawals begin; null for at once."
    )
    inflation: float | None = Field(default=None, ge=-0.2, le=1, description="Yearly, a fraction; null for none.")
    drift: float | None = Field(default=None, ge=-2, le=2, description="Mean rate for a year; null for history's.")
    volatility: float | None = Field(default=None, ge=0, le=3, description="For a year; null for history's.")


class Allocation(OfPortfolio):
    """A portfolio in slices."""

    by: Literal["sector", "symbol", "class", "country", "currency", "account"] | None = Field(
        default=None, description="What slices are made of; null for sector."
    )


class Compare(Symbols, Range):
    """Symbols over a span."""


class Search(Arguments):
    """Words."""

    query: str = Field(min_length=1, max_length=64, description="Part of a symbol or a company's name.")


class Transactions(OfPortfolio):
    """A ledger."""

    symbol: OptionalSymbol = Field(default=None, description="Only entries of this symbol; null for all.")
    limit: int | None = Field(default=None, ge=1, le=100, description="At most so many, the newest; null for 20.")


class NewTransaction(OfPortfolio):
    """An entry for the user to approve."""

    type: Literal["buy", "sell", "deposit", "withdrawal", "dividend", "interest", "fee", "tax"] = Field(
        description="What is booked."
    )
    symbol: OptionalSymbol = Field(default=None, description="Ticker symbol; null for cash alone.")
    quantity: Amount = Field(default=None, description="Shares, for a purchase or sale.")
    price: Amount = Field(default=None, description="Price of one share; null with null amount for the last price.")
    amount: Amount = Field(default=None, description="Total of cash, or of a trade instead of its price.")
    fee: Amount = Field(default=None, description="Fee of a trade; null for none.")
    currency: Currency = Field(default=None, description="ISO 4217 code; null for the account's.")
    date: Day = Field(default=None, description="Day it counts from, YYYY-MM-DD; null for the market's today.")
    account: Name = Field(default=None, description="Id or name of the account; null for the portfolio's first.")
    note: Annotated[Annotated[str, Field(max_length=500)] | None, BeforeValidator(_optional_text)] = Field(
        default=None, description="The user's own words about it; null for none."
    )


class News(Arguments):
    """News of one symbol."""

    symbol: Symbol = Field(description="Ticker symbol such as AAPL.")
    limit: int | None = Field(default=None, ge=1, le=20, description="At most so many; null for 5.")


class SearchDocuments(Arguments):
    """A question to the user's documents."""

    query: str = Field(min_length=1, max_length=1000, description="What to look for, in the user's words.")
    document_ids: list[Annotated[str, Field(min_length=1, max_length=64)]] | None = Field(
        default=None, max_length=20, description="Only these documents; null for all the user may read."
    )
    limit: int | None = Field(default=None, ge=1, le=20, description="At most so many passages; null for 5.")


class ReadPage(Arguments):
    """A page of a document."""

    document_id: str = Field(min_length=1, max_length=64, description="Id from search_documents.")
    page: int = Field(ge=1, le=100_000, description="Page number, from 1.")


def wire_period(period: Period | None) -> analytics_pb.Period.ValueType:
    """A range by name as performance and risk have it."""
    return analytics_pb.Period.Value(f"PERIOD_{period.upper()}" if period else "PERIOD_UNSPECIFIED")


def short_period(period: Period | None) -> str:
    """A range by name as the public API writes it."""
    short = {"year_to_date": "ytd", "one_year": "1y", "one_month": "1m", "since_inception": "max"}
    return short[period] if period else ""


def strict_schema(arguments: type[Arguments]) -> JsonObject:
    """The model's JSON schema as strict function calling wants it: closed, every property required, null for absent."""
    schema = arguments.model_json_schema()
    return cast(JsonObject, _strict(schema, schema.get("$defs", {})))


def checked(arguments: type[Arguments], given: JsonObject) -> Any:
    """Read arguments.

    Raises:
        InvalidArgument: They do not fit; names each field, for the model to correct.
    """
    try:
        return arguments.model_validate(given)
    except ValidationError as error:
        violations = [
            FieldViolation("/" + "/".join(str(part) for part in item["loc"]), str(item["msg"]))
            for item in error.errors(include_url=False)
        ]
        text = "; ".join(f"{violation.pointer}: {violation.detail}" for violation in violations)
        raise InvalidArgument(f"the arguments do not fit: {text}", violations) from error


_LEFT_OUT = frozenset({"title", "default", "$defs"})


def _strict(schema: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_strict(value, definitions) for value in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _strict(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if schema.get("type") == "object":
        properties = {name: _strict(value, definitions) for name, value in schema.get("properties", {}).items()}
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
    return {key: _strict(value, definitions) for key, value in schema.items() if key not in _LEFT_OUT}
