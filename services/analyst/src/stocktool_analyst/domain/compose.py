"""The answer: a paragraph per result, from the results and from nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from stocktool_analyst.domain import (
    company_answers,
    errand_answers,
    insight_answers,
    market_answers,
    phrases,
    planning_answers,
    portfolio_answers,
)
from stocktool_analyst.domain.errands import Outlook
from stocktool_analyst.domain.fixed_answers import ADVICE, GREETING, HELP, OTHERS, THANKS, UNKNOWN
from stocktool_analyst.domain.next_questions import next_question
from stocktool_analyst.domain.plan import AGAINST_BENCHMARK, TOOL_OF, missing_tools, resolved
from stocktool_analyst.domain.question import Ask, Question, Topic
from stocktool_analyst.domain.results import error_of, find, instruments, output_of, undefined
from stocktool_analyst.domain.tools import JsonObject, Result, Tool
from stocktool_analyst.domain.wording import WORDINGS, Wording

ACTIONS = {
    "get_performance": "read your performance",
    "get_risk": "compute the risk figures",
    "get_holdings": "read your holdings",
    "get_allocation": "split your portfolio",
    "get_contribution": "attribute your return",
    "get_income": "read your income",
    "get_tax_lots": "read your sales",
    "explain_figure": "explain this figure",
    "get_xray": "examine your portfolio",
    "what_if": "try these trades",
    "plan_rebalance": "plan the trades",
    "optimise_portfolio": "find the weights",
    "list_portfolios": "list your portfolios",
    "list_transactions": "read your ledger",
    "propose_transaction": "prepare this entry",
    "get_quotes": "get the prices",
    "get_bars": "get the price history",
    "get_profile": "look the company up",
    "get_fundamentals": "get the company's figures",
    "get_earnings": "get the earnings day",
    "get_dividends": "get the dividends",
    "get_movers": "get the day's movers",
    "compare_symbols": "compare these symbols",
    "search_documents": "search your documents",
    "read_page": "read this page",
    "search_instruments": "look the name up",
    "list_news": "read the notes",
    "get_market_status": "ask for the market's state",
    **errand_answers.ACTIONS,
}
_WRITERS: Mapping[str, Callable[[JsonObject, Wording], str]] = {
    "get_performance": portfolio_answers.performance,
    "get_risk": portfolio_answers.risk,
    "get_allocation": portfolio_answers.allocation,
    "get_contribution": insight_answers.contribution,
    "get_income": insight_answers.income,
    "get_tax_lots": insight_answers.tax_lots,
    "explain_figure": insight_answers.explained,
    "get_xray": insight_answers.xray,
    "what_if": planning_answers.what_if,
    "plan_rebalance": planning_answers.rebalance,
    "optimise_portfolio": planning_answers.optimise,
    "propose_transaction": planning_answers.proposal,
    "list_portfolios": planning_answers.portfolios,
    "list_transactions": portfolio_answers.transactions,
    "get_quotes": market_answers.quotes,
    "get_bars": company_answers.bars,
    "get_profile": company_answers.profile,
    "get_fundamentals": company_answers.fundamentals,
    "get_earnings": company_answers.earnings,
    "get_dividends": company_answers.dividends,
    "get_movers": company_answers.movers,
    "compare_symbols": market_answers.comparison,
    "get_market_status": market_answers.market,
    "list_news": market_answers.news,
    "read_page": company_answers.page,
    **errand_answers.WRITERS,
}
_NAMES_OF_PEOPLE = frozenset({"Sharpe", "Sortino", "Calmar", "Herfindahl"})
_FIXED = {Topic.GREETING: GREETING, Topic.THANKS: THANKS, Topic.HELP: HELP, Topic.OTHERS: OTHERS}
# Calls that only prepare another one: what they gave is not told unless it was asked for.
_PREPARE = {
    Topic.WHAT_IF: {"get_holdings", "get_quotes"},
    Topic.REBALANCE: {"get_holdings"},
    Topic.PAGE: {"search_documents"},
    Topic.CALCULATE: {"get_holdings", "get_quotes"},
}


def compose(question: Question, tools: Sequence[Tool], done: Sequence[Result]) -> str:
    """Write the answer to a question whose tools have all been called."""
    say = WORDINGS[question.language]
    fixed = next((_FIXED[topic] for topic in question.topics if topic in _FIXED), "")
    if fixed:
        return say(fixed)
    if not question.asks:
        return _unclear(question, say)
    paragraphs = [_definition(ask, done, say) for ask in question.asks if ask.topic is Topic.DEFINE]
    told = _told(question)
    shown = [
        result
        for result in done
        if (result.call.tool in told or error_of(result.output)) and not _looked_up(question, result, done)
    ]
    if Topic.ADVICE in question.topics:
        # What was asked beside the advice comes first; the facts for a decision follow the words that give none.
        asked = {TOOL_OF[topic] for topic in question.topics if topic in TOOL_OF}
        paragraphs += [_paragraph(question, result, say) for result in shown if result.call.tool in asked]
        paragraphs.append(say(ADVICE))
        shown = [result for result in shown if result.call.tool not in asked]
    paragraphs += [_paragraph(question, result, say) for result in shown]
    paragraphs += list(_gaps(question, tools, done, say))
    if question.vague:
        paragraphs.append(
            say(
                'I do not know the exact days of "{words}", so I took the usual range. Name a day, as in "since'
                ' 2024-06-01".',
                words=question.vague,
            )
        )
    follow = next_question(question, say)
    if follow and any(not error_of(result.output) for result in done):
        paragraphs.append(say('You could ask next: "{question}"', question=follow))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) or say(UNKNOWN)


def _unclear(question: Question, say: Wording) -> str:
    if not question.suggestions:
        return say(UNKNOWN)
    first, second = question.suggestions[0], question.suggestions[-1]
    return say('I am not sure what you mean. You could ask "{first}" or "{second}".', first=first, second=second)


def _told(question: Question) -> set[str]:
    """Tools whose results are told."""
    asked = {TOOL_OF[topic] for topic in question.topics if topic in TOOL_OF}
    if Topic.ADVICE in question.topics:
        asked |= {"get_quotes", "compare_symbols", "get_xray"}
    prepared = set().union(*(_PREPARE.get(topic, set()) for topic in question.topics))
    own = {TOOL_OF[topic] for topic in question.topics if topic in TOOL_OF and topic not in _PREPARE}
    return (asked | {"list_portfolios", "search_instruments"}) - (prepared - own)


def _looked_up(question: Question, result: Result, done: Sequence[Result]) -> bool:
    """Whether a list of portfolios only served to find one that was misnamed."""
    if result.call.tool != "list_portfolios" or Topic.PORTFOLIOS in question.topics:
        return False
    failed = {each.call.tool for each in done if error_of(each.output)}
    return any(each.call.tool in failed and not error_of(each.output) for each in done)


def _paragraph(question: Question, result: Result, say: Wording) -> str:
    tool, output = result.call.tool, result.output
    if problem := error_of(output):
        action = say.word(ACTIONS.get(tool, f"use {tool}"))
        return say("I could not {action}: {problem}.", action=action, problem=problem.rstrip("."))
    if tool == "search_documents":
        return market_answers.documents(output, question.text, say)
    if tool == "search_instruments":
        near = instruments(output)
        looked_up = any(ask.names for ask in question.asks)
        if looked_up or not near:
            return ""
        return say("Symbols that may be meant: {symbols}.", symbols=say.listed(near[:3]))
    if tool == "get_holdings":
        narrowed = next((ask.symbols for ask in question.asks if ask.topic is Topic.HOLDINGS), ())
        return portfolio_answers.holdings(output, say, narrowed)
    writer = _WRITERS.get(tool)
    return writer(output, say) if writer else ""


def _definition(ask: Ask, done: Sequence[Result], say: Wording) -> str:
    term = ask.term
    if term is None:
        return ""
    said = f"**{say(term.name)}.** {say(term.text)}"
    outputs = [result.output for result in done if result.call.tool == term.tool and not error_of(result.output)]
    if not outputs:
        return said
    if not term.key:
        writer = _WRITERS.get(term.tool)
        return "\n\n".join((said, writer(outputs[-1], say))) if writer else said
    output = next((each for each in outputs if find(each, term.key) is not None), outputs[-1])
    forms = {"percent": phrases.percent, "ratio": phrases.ratio, "money": phrases.money}
    figure = forms[term.form](find(output, term.key))
    if figure:
        own = say(
            "Your {term}{versus}{days} is **{figure}**.",
            versus=_versus(term.key, output, say),
            days=_days(output, say),
            figure=figure,
            term=_spoken(term.name, say),
        )
        return say.paragraph([said, own])
    reason = undefined(output, term.key)
    return say.paragraph([said, say("Yours is undefined: {reason}.", reason=reason)]) if reason else said


def _spoken(name: str, say: Wording) -> str:
    """A term inside a sentence; small where its capital only begins a heading."""
    said = say(name)
    first = name.partition(" ")[0]
    kept = said != name or first in _NAMES_OF_PEOPLE or first.isupper()
    return said if kept else f"{said[:1].lower()}{said[1:]}"


def _days(output: JsonObject, say: Wording) -> str:
    start, end = phrases.day(find(output, "start")), phrases.day(find(output, "end"))
    if start and end:
        return say(" from {start} to {end}", start=start, end=end)
    day = phrases.day(find(output, "as_of"))
    return say(" as of {day}", day=day) if day else ""


def _versus(key: str, output: JsonObject, say: Wording) -> str:
    benchmark = find(output, "benchmark")
    if not isinstance(benchmark, str) or key not in AGAINST_BENCHMARK:
        return ""
    return say(" against {benchmark}", benchmark=benchmark)


def _other_currency(outlook: Outlook, output: JsonObject, say: Wording) -> str:
    """That an amount said in euros was taken as one of dollars, when the portfolio counts in those."""
    initial = output.get("initial")
    base = initial.get("currency") if isinstance(initial, dict) else None
    if not outlook.currency or not isinstance(base, str) or base == outlook.currency:
        return ""
    return say(
        "You named an amount in {said}, but the portfolio counts in {base}: the simulation took it as {base}. Ask with"
        " the amount in {base}.",
        said=outlook.currency,
        base=base,
    )


def _gaps(question: Question, tools: Sequence[Tool], done: Sequence[Result], say: Wording) -> Iterator[str]:
    missing = missing_tools(question, tools)
    if missing:
        topics = ", ".join(say.word(topic.replace("_", " ")) for topic in missing)
        yield say("This deployment gives me no tool for: {topics}.", topics=topics)
    searched = [result for result in done if result.call.tool == "search_instruments"]
    names = [name for ask in question.asks for name in ask.names]
    if names and searched and not resolved(done) and not any(error_of(result.output) for result in searched):
        yield say(
            "I know no instrument called {names}. Ask with its ticker symbol, such as AAPL.",
            names=", ".join(dict.fromkeys(names)),
        )
    for ask in question.asks:
        if ask.outlook is not None:
            yield _other_currency(ask.outlook, output_of(done, "project_portfolio"), say)
        if ask.topic is Topic.WHAT_IF and not missing and not output_of(done, "what_if"):
            of = say(" of {symbols}", symbols=say.listed(list(ask.symbols))) if ask.symbols else ""
            yield say(
                "I could not count these trades in shares: your holdings or the last prices{of} do not say how many.",
                of=of,
            )
        if ask.topic is Topic.REBALANCE and not missing and not output_of(done, "plan_rebalance"):
            yield say("There is nothing to weigh: the portfolio holds no position.")
