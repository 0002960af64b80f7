"""What is asked for beside looking figures up: watches, outlooks, sums, background work, a search of the web."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing a watch waits for; levels are decimal text, fractions for all but prices.

    Attributes:
        kind: "price", "move", "weight", "drawdown", "stale" or "earnings".
    """

    kind: str
    symbol: str = ""
    above: str = ""
    below: str = ""
    days: int | None = None
    hours: float | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """Conditions, of which all or any must hold."""

    conditions: tuple[Condition, ...]
    any_of: bool = False
    repeat: bool = False

    @property
    def lacks_symbol(self) -> bool:
        """Whether a condition on a symbol does not say which."""
        return any(not each.symbol and each.kind != "drawdown" for each in self.conditions)

    def of(self, symbol: str) -> Watch:
        """The same with a symbol where none was said."""
        return replace(
            self,
            conditions=tuple(
                each if each.symbol or each.kind == "drawdown" else replace(each, symbol=symbol)
                for each in self.conditions
            ),
        )


@dataclass(frozen=True, slots=True)
class Outlook:
    """A look at the years ahead; amounts are decimal text for a month, None and empty where the words do not say.

    Attributes:
        currency: Of the amounts as they were said; the tool takes them in the portfolio's own.
    """

    years: int | None = None
    saving: str = ""
    withdrawal: str = ""
    rate: float | None = None
    start: float | None = None
    inflation: float | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Sum:
    """A calculation over what one tool gives.

    Attributes:
        tool: Whose result holds the figures: "get_quotes" or "get_holdings".
        operands: Names with the paths they stand for.
    """

    tool: str
    expression: str
    operands: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Job:
    """A background analysis to start, or the one to read."""

    kind: str = ""
    id: str = ""
    method: str = ""
    year: int | None = None
    years: int | None = None
