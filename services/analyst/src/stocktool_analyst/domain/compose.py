"""The answer: a paragraph per topic, from the results and from nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from stocktool_analyst.domain import market_answers, portfolio_answers
from stocktool_analyst.domain.plan import missing_tools, resolved
from stocktool_analyst.domain.question import Question, Topic
from stocktool_analyst.domain.results import error_of
from stocktool_analyst.domain.tools import JsonObject, Result, Tool

GREETING = (
    "Hello. I am StockTool's offline analyst: I answer by rules, only from what the tools return. Ask me how your"
    " portfolio did, how risky it is, what you hold, or what your documents say."
)
HELP = """\
I am the offline analyst: no language model, just rules over the same tools. I understand English questions about

- performance: "How did I do this year against SPY?"
- risk: "How risky is my portfolio?"
- holdings and allocation: "What do I hold?", "How am I allocated by currency?"
- prices: "What is the price of AAPL?"
- comparisons: "Compare AAPL and JPM this year"
- the ledger: "Show my latest transactions"
- your documents: "What do my documents say about cash flow?"

With a model key configured, a language model answers instead and understands far more."""
ADVICE = (
    "I cannot do that: I neither predict prices nor advise on what to buy or sell. I can tell you what you hold, how it"
    " did and how risky it has been, with every figure traceable."
)
UNKNOWN = (
    "I cannot answer that. I am the offline analyst and understand questions about your portfolio's performance, risk,"
    ' holdings and allocation, about prices, and about your documents. Ask "help" for examples.'
)
_ACTIONS = {
    "get_performance": "read your performance",
    "get_risk": "compute the risk figures",
    "get_holdings": "read your holdings",
    "get_allocation": "split your portfolio",
    "list_transactions": "read your ledger",
    "get_quotes": "get the prices",
    "compare_symbols": "compare these symbols",
    "search_documents": "search your documents",
    "search_instruments": "look the name up",
    "list_news": "read the notes",
    "get_market_status": "ask for the market's state",
}
_WRITERS: Mapping[str, Callable[[JsonObject], str]] = {
    "get_performance": portfolio_answers.performance,
    "get_risk": portfolio_answers.risk,
    "get_holdings": portfolio_answers.holdings,
    "get_allocation": portfolio_answers.allocation,
    "list_transactions": portfolio_answers.transactions,
    "get_quotes": market_answers.quotes,
    "compare_symbols": market_answers.comparison,
    "get_market_status": market_answers.market,
    "list_news": market_answers.news,
}


def compose(question: Question, tools: Sequence[Tool], done: Sequence[Result]) -> str:
    """Write the answer to a question whose tools have all been called."""
    fixed = {Topic.GREETING: GREETING, Topic.HELP: HELP, Topic.ADVICE: ADVICE}
    for topic in question.topics:
        if topic in fixed:
            return fixed[topic]
    paragraphs = [_paragraph(question, result) for result in done]
    paragraphs += list(_gaps(question, tools, done))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) or UNKNOWN


def _paragraph(question: Question, result: Result) -> str:
    tool, output = result.call.tool, result.output
    if problem := error_of(output):
        action = _ACTIONS.get(tool, f"use {tool}")
        return f"I could not {action}: {problem.rstrip('.')}."
    if tool == "search_documents":
        return market_answers.documents(output, question.text)
    writer = _WRITERS.get(tool)
    return writer(output) if writer else ""


def _gaps(question: Question, tools: Sequence[Tool], done: Sequence[Result]) -> Iterator[str]:
    missing = missing_tools(question, tools)
    if missing:
        yield f"This deployment gives me no tool for: {', '.join(missing)}."
    searched = [result for result in done if result.call.tool == "search_instruments"]
    if searched and not resolved(done) and not any(error_of(result.output) for result in searched):
        names = ", ".join(question.names)
        yield f"I know no instrument called {names}. Ask with its ticker symbol, such as AAPL."
