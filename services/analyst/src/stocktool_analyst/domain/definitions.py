"""Terms of the field in a sentence or two, and where the user's own figure stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """A term.

    Attributes:
        name: As an answer writes it.
        words: Pattern of the spellings, in small letters.
        text: What it is.
        tool: Tool whose result holds the user's own figure, empty for none.
        key: Where in that result; empty when all of it illustrates the term.
        form: How the figure is written: "percent", "ratio" or "money".
        figure: Name under which the figure's way can be explained, empty for none.
        arguments: What the tool is called with, beside the portfolio.
    """

    name: str
    words: str
    text: str
    tool: str = ""
    key: str = ""
    form: str = ""
    figure: str = ""
    arguments: tuple[tuple[str, str], ...] = ()


_RISK, _PERFORMANCE, _HOLDINGS, _SALES = "get_risk", "get_performance", "get_holdings", "get_tax_lots"
TERMS: Sequence[Term] = (
    Term("Time-weighted return (TWR)", r"\btwr\b|time[- ]weighted(?: rate of)?(?: returns?)?",
         "It chains the returns between deposits and withdrawals, so that the size and timing of your payments do not"
         " count. It is the figure to hold against a fund or an index.", _PERFORMANCE, "twr", "percent", "twr"),
    Term("Money-weighted return (XIRR)", r"\bxirr\b|\birr\b|money[- ]weighted(?: returns?)?|internal rate of return",
         "It is the yearly rate at which your dated payments would have grown to today's"
         " value. Unlike the time-weighted"
         " return it includes how well your payments were timed.", _PERFORMANCE, "xirr", "percent", "xirr"),
    Term("Modified Dietz return", r"modified dietz",
         "It divides the gain by the starting value plus the payments, each counted for the part of the span it was"
         " invested: a close stand-in for the money-weighted return without any solving.",
         _PERFORMANCE, "modified_dietz", "percent", "modified_dietz"),
    Term("Sharpe ratio", r"sharpe(?: ratio)?",
         "It divides the return above the risk-free rate by the volatility: how much was"
         " earned for each unit of ups and"
         " downs. Higher is better, and below zero the risk was not paid for.", _RISK, "sharpe", "ratio", "sharpe"),
    Term("Sortino ratio", r"sortino(?: ratio)?",
         "It is the Sharpe ratio's sibling that counts only the downward moves as risk.",
         _RISK, "sortino", "ratio", "sortino"),
    Term("Calmar ratio", r"calmar(?: ratio)?",
         "It sets the yearly growth against the deepest fall: how much growth each unit of worst pain bought.",
         _RISK, "calmar", "ratio", "calmar"),
    Term("Largest drawdown", r"(?:max(?:imum)? |largest |biggest )?draw[- ]?downs?",
         "It is the deepest fall from a high to the low that followed, before a new high"
         " was made. It says what the worst"
         " moment to have bought would have cost.", _RISK, "max_drawdown", "percent", "max_drawdown"),
    Term("Volatility", r"volatility",
         "It is the spread of the daily returns around their mean, scaled to a year. It says how much the value swings,"
         " not in which direction.", _RISK, "volatility", "percent", "volatility"),
    Term("Value at risk (VaR)", r"\bvar\b|value[- ]at[- ]risk",
         "It is the daily loss that was exceeded on only one day in twenty. It says nothing"
         " of how bad those days were.",
         _RISK, "var95_hist", "percent", "var95_hist"),
    Term("Expected shortfall (CVaR)", r"\bcvar\b|expected shortfall|conditional value at risk",
         "It is the mean loss of the days beyond the value at risk: how bad the bad days are.",
         _RISK, "cvar95_hist", "percent", "cvar95_hist"),
    Term("Beta", r"\bbeta\b",
         "It says how far your portfolio tends to move when the benchmark moves by one: under one is calmer, above one"
         " is livelier.", _RISK, "beta", "ratio", "beta"),
    Term("Alpha", r"\balpha\b|jensen",
         "It is the yearly return left after taking away what the benchmark's moves explain through beta.",
         _RISK, "alpha_annual", "percent", "alpha_annual"),
    Term("Correlation", r"correlation",
         "It measures how closely two series move together, from minus one (always opposite)"
         " over zero (unrelated) to one"
         " (in step).", _RISK, "correlation", "ratio", "correlation"),
    Term("Tracking error", r"tracking error",
         "It is the yearly spread of the differences between your returns and the benchmark's:"
         " how loosely you follow it.",
         _RISK, "tracking_error", "percent", "tracking_error"),
    Term("Information ratio", r"information ratio",
         "It divides the return above the benchmark by the tracking error: how steadily the difference was earned.",
         _RISK, "information_ratio", "ratio", "information_ratio"),
    Term("Skew", r"skew(?:ness)?",
         "It says which tail of the daily returns is longer: below zero the large surprises were mostly losses.",
         _RISK, "skew", "ratio", "skew"),
    Term("Kurtosis", r"kurtosis|fat tails?",
         "It says how often extreme days happen compared with a bell curve: above zero they are more frequent.",
         _RISK, "kurtosis", "ratio", "kurtosis"),
    Term("Compound annual growth rate (CAGR)", r"\bcagr\b|compound annual growth(?: rate)?",
         "It is the steady yearly rate that would have led from the first value to the last.",
         _RISK, "cagr", "percent", "cagr"),
    Term("Cost basis", r"cost basis",
         "It is what you paid for the shares you still hold, fees included. Gains are measured against it.",
         _HOLDINGS, "cost_basis", "money", "cost_basis"),
    Term("Unrealised gain", r"unreali[sz]ed(?: gains?| (?:profit|loss(?:es)?))?|paper (?:gains?|profits?|loss(?:es)?)",
         "It is the market value of what you hold less its cost basis: a gain or loss on paper until you sell.",
         _HOLDINGS, "unrealised", "money", "unrealised"),
    Term("Realised gain", r"reali[sz]ed(?: gains?| (?:profit|loss(?:es)?))?|capital gains?",
         "It is what a sale brought, after fees, less the cost of the lots it took.",
         _HOLDINGS, "realised", "money", "realised"),
    Term("Lot", r"(?:tax )?\blots?\b",
         "It is one purchase with its day, quantity and cost. A sale takes shares from lots, and which ones it takes"
         " decides the gain.", _SALES),
    Term("FIFO", r"\bfifo\b|first[- ]in[,-]? first[- ]out|\blifo\b|\bhifo\b|cost method",
         "FIFO takes the oldest lots first when you sell, LIFO the newest and HIFO the costliest;"
         " the average method gives"
         " all shares one cost. The method changes the realised gain, not the total in the end.", _SALES),
    Term("Wash sale", r"wash[- ]sales?",
         "It is a sale at a loss with a purchase of the same symbol within thirty days around it; tax rules may put off"
         " such a loss.", _SALES),
    Term("Herfindahl index (HHI)", r"\bhhi\b|herfindahl(?:[- ]hirschman)?(?: index)?",
         "It is the sum of the squared weights. One means a single holding, and the smaller it is, the more evenly the"
         " money is spread.", "explain_figure", "value", "ratio", "hhi", (("figure", "hhi"),)),
    Term("Diversification", r"diversification(?: ratio)?|\bdiversified\b",
         "It means holding things that do not move together, so that their swings partly cancel.", "get_allocation"),
    Term("Rebalancing", r"rebalancing",
         "It means trading back to the weights you want after prices have moved them away.", "get_allocation",
         arguments=(("by", "symbol"),)),
    Term("Dividend yield", r"dividend yield|yield on cost",
         "It is a year's dividends divided by the price. Divided by what you paid instead, it is the yield on cost.",
         "get_income", "trailing_yield", "percent"),
    Term("Ex-dividend date", r"ex[- ]?(?:dividend )?dates?|ex[- ]dividend",
         "It is the first day on which a buyer no longer gets the coming dividend; the price"
         " usually opens lower by about"
         " that amount."),
    Term("Price-earnings ratio (P/E)", r"\bp/?e\b(?: ratio)?|price[- ](?:to[- ])?earnings(?: ratio)?",
         "It is the price divided by a year's earnings for each share: how many years of"
         " such earnings the price pays for."),
    Term("Market capitalisation", r"market cap(?:itali[sz]ation)?",
         "It is the price of one share times the number of shares: what the whole company costs on the market."),
    Term("Earnings per share (EPS)", r"\beps\b|earnings per share",
         "It is the company's profit divided by its number of shares."),
    Term("Stock split", r"(?:stock |reverse )?splits?",
         "It exchanges each share for several cheaper ones, or several for one. The worth"
         " of a holding does not change."),
    Term("Exchange-traded fund (ETF)", r"\betfs?\b|exchange[- ]traded funds?",
         "It is a fund that trades like a share and often follows an index, so that one purchase"
         " holds many companies."),
    Term("Benchmark", r"benchmarks?",
         "It is the yardstick a portfolio is held against, such as a fund of the whole market over the same days.",
         _PERFORMANCE, arguments=(("benchmark", "SPY"),)),
    Term("Minimum-variance portfolio", r"(?:minimum|min|least)[- ]variance(?: portfolio)?",
         "It is the mix of the holdings that swung least over the history looked at.",
         "optimise_portfolio", arguments=(("method", "min_variance"),)),
    Term("Risk parity", r"risk parity",
         "It chooses weights so that each holding adds the same share to the portfolio's risk.",
         "optimise_portfolio", arguments=(("method", "risk_parity"),)),
    Term("Contribution", r"contribution",
         "It is the part of the portfolio's return that one holding gave: its return times its weight along the way.",
         "get_contribution"),
    Term("Net flows", r"net (?:flows|deposits)",
         "They are what you paid in less what you took out over the span.",
         _PERFORMANCE, "net_flows", "money", "net_flows"),
)  # fmt: skip
FIGURES: Sequence[tuple[str, str]] = (
    *((term.figure, term.words) for term in TERMS if term.figure),
    ("market_value", r"market value|\bvalue\b|\bworth\b|\btotal\b"),
    ("gain", r"\bgains?\b|\bprofit\b|\bloss\b"),
    ("simple_return", r"simple return"),
    ("twr", r"\breturns?\b|\bperformance\b"),
    ("income", r"\bincome\b|\bdividends?\b"),
    ("fees", r"\bfees\b"),
    ("taxes", r"\btaxes\b"),
    ("weight", r"\bweights?\b"),
    ("cash", r"\bcash\b"),
    ("hhi", r"concentration"),
    ("volatility", r"\brisk\b"),
)


def find_term(lowered: str) -> Term | None:
    """The term a question names, the longest spelling first; None when it names none."""
    found = [
        (match.end() - match.start(), -at, term)
        for at, term in enumerate(TERMS)
        if (match := re.search(term.words, lowered))
    ]
    return max(found, key=lambda each: each[:2])[2] if found else None


def find_terms(lowered: str) -> list[Term]:
    """Every term a question names, in the order of the words."""
    found = [(match.start(), at, term) for at, term in enumerate(TERMS) if (match := re.search(term.words, lowered))]
    return [term for _, _, term in sorted(found, key=lambda each: each[:2])]


def find_figure(lowered: str) -> str:
    """Name of the figure a question names, as the trail knows it; empty when it names none."""
    return next((figure for figure, words in FIGURES if re.search(words, lowered)), "")
