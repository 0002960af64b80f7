"""What is understood of a question."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from stocktool_analyst.domain.definitions import Term
from stocktool_analyst.domain.errands import Job, Outlook, Sum, Watch
from stocktool_analyst.domain.language import Language
from stocktool_analyst.domain.spans import Span
from stocktool_analyst.domain.topics import Topic
from stocktool_analyst.domain.trades import Entry, Trade


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that is asked for.

    Attributes:
        topic: What it is about.
        text: The words that ask.
        symbols: Ticker symbols it names, the benchmark not among them.
        names: Capitalised names that may be companies, when no symbol was named.
        benchmark: Symbol to compare the portfolio with, empty for none.
        span: Range of days.
        by: What is split, empty when the words do not say.
        count: How many rows, None when the words do not say.
        portfolio: Name of a portfolio, empty for the first.
        trades: Trades to try.
        weights: Target weights by symbol; the one under "" is meant for each holding alike.
        cash: New money as decimal text.
        buy_only: Whether nothing may be sold.
        fractions: Whether parts of shares may be traded.
        method: How to optimise.
        most: Largest weight of one holding.
        figure: Name of a figure to explain.
        term: Term to define.
        entry: Entry to propose.
        page: Page of a document.
        interval: Length of a bar.
        indicators: Indicators as the tool names them.
        watch: What a watch waits for.
        outlook: A look at the years ahead.
        reckoning: What is to be computed.
        job: A background analysis.
        query: Words for the web.
    """

    topic: Topic
    text: str = ""
    symbols: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    benchmark: str = ""
    span: Span = field(default_factory=Span)
    by: str = ""
    count: int | None = None
    portfolio: str = ""
    trades: tuple[Trade, ...] = ()
    weights: tuple[tuple[str, Decimal], ...] = ()
    cash: str = ""
    buy_only: bool = False
    fractions: bool = False
    method: str = ""
    most: Decimal | None = None
    figure: str = ""
    term: Term | None = None
    entry: Entry | None = None
    page: int = 0
    interval: str = ""
    indicators: tuple[str, ...] = ()
    watch: Watch | None = None
    outlook: Outlook | None = None
    reckoning: Sum | None = None
    job: Job | None = None
    query: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, understood as far as rules go.

    Attributes:
        text: The user's words.
        asks: What it asks for, in the order an answer gives them; empty when nothing was recognised.
        suggestions: Questions to offer when it is unclear what is meant.
        vague: Words that name no exact day.
        language: Language of the answer.
        unclear: Whether the rules saw nothing in it, which is not the same as a question they refuse.
    """

    text: str
    asks: tuple[Ask, ...] = ()
    suggestions: tuple[str, ...] = ()
    vague: str = ""
    language: Language = Language.ENGLISH
    unclear: bool = False

    @property
    def topics(self) -> tuple[Topic, ...]:
        """What it is about, once each."""
        return tuple(dict.fromkeys(ask.topic for ask in self.asks))
