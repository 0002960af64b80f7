"""What a question asks for, decided from what its words say."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace

from stocktool_analyst.domain import topics as said
from stocktool_analyst.domain.ask import Ask, Question
from stocktool_analyst.domain.clauses import Clause, Hint, Reader
from stocktool_analyst.domain.english import EnglishReader
from stocktool_analyst.domain.errands import Job
from stocktool_analyst.domain.japanese.reader import JapaneseReader
from stocktool_analyst.domain.language import Language, language_of
from stocktool_analyst.domain.relative_spans import settled
from stocktool_analyst.domain.spans import Period, Span
from stocktool_analyst.domain.topics import Topic

__all__ = ["Ask", "Period", "Question", "Span", "Topic", "understand"]

_LONGEST = 4_000  # characters that are read: a pasted page is no question
_EARLIER = 4
_SENTENCES = 6
_READERS: Mapping[Language, Reader] = {Language.ENGLISH: EnglishReader(), Language.JAPANESE: JapaneseReader()}
_ABOUT_SYMBOL = (Topic.NEWS, Topic.EARNINGS, Topic.FUNDAMENTALS, Topic.DIVIDENDS)
_SYMBOL_TOPICS = frozenset({Topic.QUOTE, Topic.BARS, Topic.INDICATORS, Topic.COMPARE, Topic.PROFILE, *_ABOUT_SYMBOL})
_RANGED = frozenset({Topic.PERFORMANCE, Topic.RISK, Topic.CONTRIBUTION, Topic.INCOME, Topic.TAX_LOTS, Topic.COMPARE})
_SPLIT_WORDS = frozenset({Topic.ALLOCATION, Topic.HOLDINGS, Topic.QUOTE, Topic.PORTFOLIOS})
_NEVER_CHANGED = frozenset(
    {
        Topic.GREETING,
        Topic.THANKS,
        Topic.HELP,
        Topic.RECORD,
        Topic.WHAT_IF,
        Topic.DOCUMENTS,
        Topic.ADVICE,
        Topic.WATCH,
        Topic.BACKTEST,
        Topic.CALCULATE,
        Topic.WEB,
        Topic.OTHERS,
    }
)
_BACKGROUND = frozenset({Topic.ANALYSE, Topic.ANALYSIS})
_NARROWED = frozenset({Topic.HOLDINGS, Topic.TRANSACTIONS, Topic.TAX_LOTS, Topic.INCOME})
# What a topic says already in the same breath, so that the other is not answered beside it.
_COVERS = {
    Topic.XRAY: {Topic.HOLDINGS, Topic.ALLOCATION, Topic.RISK, Topic.PERFORMANCE, Topic.CONTRIBUTION, Topic.NEWS},
    Topic.CONTRIBUTION: {Topic.PERFORMANCE, Topic.HOLDINGS, Topic.MOVERS, Topic.ALLOCATION, Topic.RISK},
    Topic.INCOME: {Topic.HOLDINGS, Topic.PERFORMANCE, Topic.TRANSACTIONS, Topic.TAX_LOTS},
    Topic.TAX_LOTS: {Topic.PERFORMANCE, Topic.HOLDINGS, Topic.TRANSACTIONS, Topic.CONTRIBUTION},
    Topic.MOVERS: {Topic.PERFORMANCE, Topic.CONTRIBUTION, Topic.MARKET},
    Topic.PORTFOLIOS: {Topic.HOLDINGS, Topic.ALLOCATION, Topic.PERFORMANCE},
    Topic.TRANSACTIONS: {Topic.HOLDINGS, Topic.PERFORMANCE},
    Topic.RISK: {Topic.HOLDINGS},
}


def understand(text: str, today: str = "", earlier: Sequence[str] = ()) -> Question:
    """Read a question.

    Args:
        text: The user's words.
        today: The market's day, `YYYY-MM-DD`, empty when unknown.
        earlier: What the user said before in this conversation, oldest first: follow-ups and pronouns mean it.
    """
    return _understood(text, today, tuple(earlier[-_EARLIER:]))


def about(question: Question, topic: Topic, today: str) -> Question:
    """A question that is taken to be about a topic, with the entities its words name."""
    bases = [clause.base for clause in _READERS[question.language].clauses(question.text[:_LONGEST], today)]
    base = bases[0] if bases else Ask(topic, question.text)
    # Plans whose details no rule has read start from the plainest one.
    method = "min_variance" if topic is Topic.OPTIMISE else ""
    return replace(
        question,
        asks=(replace(base, topic=topic, method=method),),
        suggestions=(),
        vague=base.span.vague,
        unclear=False,
    )


@functools.lru_cache(maxsize=256)  # every round of one answer reads the same question again
def _understood(text: str, today: str, earlier: tuple[str, ...]) -> Question:
    before: tuple[Ask, ...] = ()
    for at, words in enumerate(earlier):
        before = _read(words[:_LONGEST], today, before, language_of(words, earlier[:at])).asks or before
    language = language_of(text, earlier)
    return replace(_read(text[:_LONGEST], today, before, language), text=text, language=language)


def _read(text: str, today: str, before: tuple[Ask, ...], language: Language) -> Question:
    reader = _READERS[language]
    if before and before[-1].topic in _BACKGROUND and reader.progress(text):
        return Question(text, (Ask(Topic.ANALYSIS, text, job=Job(), portfolio=before[-1].portfolio),))
    apart = _apart(reader, text, today)
    if len(apart) > 1:
        return _together(text, apart, today, before, language)
    whole = reader.whole(text, today)
    if whole is not None and whole.topics == (Topic.ADVICE,):
        facts = reader.beside_advice(text)
        beside = _read(facts, today, before, language).asks if facts else ()
        return replace(whole, asks=(*beside, *whole.asks))
    if whole is not None:
        return _completed(whole, before)
    asks: list[Ask] = []
    for clause in reader.clauses(text, today):
        asks.extend(_asks(_settled(clause, (*before, *asks), today), asks, before))
    asks = [ask for at, ask in enumerate(asks) if not any(_says_more(later, ask) for later in asks[at + 1 :])]
    vague = next((ask.span.vague for ask in asks if ask.span.vague), "")
    if not asks:
        return Question(text, suggestions=reader.suggestions(text), unclear=True)
    return Question(text, tuple(dict.fromkeys(asks)), vague=vague)


def _apart(reader: Reader, text: str, today: str) -> list[str]:
    """Sentences to be read each on its own: an errand is read as a whole, and would hide what is asked beside it.

    One that asks for nothing stays with the one before it; a message without an errand is left in one piece.
    """
    parts: list[str] = []
    for sentence in reader.sentences(text):
        if parts and not (reader.speaks(sentence, today) and reader.speaks(parts[-1], today)):
            parts[-1] = f"{parts[-1]} {sentence}"
        else:
            parts.append(sentence)
    return parts[:_SENTENCES] if any(reader.errand(part, today) for part in parts) else []


def _together(text: str, parts: Sequence[str], today: str, before: tuple[Ask, ...], language: Language) -> Question:
    asks: list[Ask] = []
    for part in parts:
        # An errand that leaves its symbol out means that of the sentence before it; other questions stand on their own.
        errand = _READERS[language].errand(part, today)
        asks.extend(_read(part, today, (*before, *asks) if errand else before, language).asks)
    vague = next((ask.span.vague for ask in asks if ask.span.vague), "")
    return Question(text, tuple(dict.fromkeys(asks)), vague=vague)


def _completed(question: Question, before: tuple[Ask, ...]) -> Question:
    """A question that leaves its symbol out means that of the one before; without one it is asked back."""
    if not (question.asks and question.suggestions):
        return question
    named = next((ask.symbols for ask in reversed(before) if ask.symbols), ())
    if not named:
        return replace(question, asks=())
    asks = (replace(ask, symbols=named, watch=ask.watch and ask.watch.of(named[0])) for ask in question.asks)
    return replace(question, asks=tuple(asks), suggestions=())


def _settled(clause: Clause, before: Sequence[Ask], today: str) -> Clause:
    """A clause whose range has its days, where it counts from the one asked about last."""
    last = next((ask.span for ask in reversed(before) if ask.span), None)
    return replace(clause, base=replace(clause.base, span=settled(clause.base.span, last, today)))


def _says_more(later: Ask, ask: Ask) -> bool:
    """Whether a later ask is the same with a range: "what helped and what hurt in 2022"."""
    bare = not ask.span and not ask.symbols and not ask.by and ask.term is None and not ask.figure
    return later.topic is ask.topic and bare and bool(later.span)


def _asks(clause: Clause, same: Sequence[Ask], before: tuple[Ask, ...]) -> list[Ask]:
    base = clause.base
    if not base.portfolio and same:
        base = replace(base, portfolio=same[-1].portfolio)
    clause = replace(clause, base=_inherited(base, clause, same, before))
    base = clause.base
    term = clause.terms[0] if clause.terms else None
    if clause.explains:
        return [replace(base, topic=Topic.EXPLAIN, figure=clause.explains, term=term)]
    if clause.defines:
        return [replace(base, topic=Topic.DEFINE, term=each) for each in clause.defines]
    follows = not same and before and Hint.FOLLOWS in clause.hints
    if term and follows and before[-1].topic in {Topic.DEFINE, Topic.EXPLAIN}:
        return [replace(base, topic=before[-1].topic, term=term, figure=clause.figure)]
    followed = _followed(clause, before) if not same else []
    return followed or [replace(base, topic=topic) for topic in _chosen(clause)]


def _inherited(ask: Ask, clause: Clause, same: Sequence[Ask], before: tuple[Ask, ...]) -> Ask:
    """An ask with what the words before it leave understood: "it", and the range and benchmark of the same message."""
    last = same[-1] if same else before[-1] if before else None
    if last is None:
        return ask
    pronoun = Hint.PRONOUN in clause.hints
    follows = Hint.FOLLOWS in clause.hints and clause.topics & set(_ABOUT_SYMBOL) and Hint.OWN not in clause.hints
    if (
        not ask.symbols
        and not ask.names
        and last.symbols
        and (pronoun or follows)
        and last.topic not in {Topic.PERFORMANCE, Topic.RISK}
    ):
        ask = replace(ask, symbols=last.symbols)
    if (pronoun or same) and clause.topics & _RANGED:
        ask = replace(
            ask, span=ask.span or last.span, benchmark=ask.benchmark or (last.benchmark if not ask.symbols else "")
        )
    return ask


def _followed(clause: Clause, before: tuple[Ask, ...]) -> list[Ask]:
    """A question that only changes the one before it: "and last year?", "what about JPM?", "by currency?"."""
    ask, found = clause.base, clause.topics
    if not before or Hint.FOLLOWS not in clause.hints:
        return []
    if Hint.AGAINST in clause.hints and (ask.symbols or ask.benchmark):
        other = ask.benchmark or ask.symbols[0]
        own = [replace(old, benchmark=other) for old in before if old.topic in {Topic.PERFORMANCE, Topic.RISK}]
        return own or [
            replace(old, topic=Topic.COMPARE, symbols=tuple(dict.fromkeys((*old.symbols, other))))
            for old in before
            if old.topic in _SYMBOL_TOPICS and old.symbols
        ]
    only_split = bool(ask.by) and found <= _SPLIT_WORDS
    if found - (_SPLIT_WORDS if only_split else set()):
        return []
    changed = []
    for old in before:
        if old.topic in _NEVER_CHANGED:
            continue
        new = replace(old, text=ask.text, span=ask.span or old.span, count=ask.count or old.count)
        if only_split and old.topic in {Topic.ALLOCATION, Topic.CONTRIBUTION}:
            new = replace(new, by=ask.by)
        elif ask.symbols and old.topic is Topic.COMPARE:
            new = replace(new, symbols=tuple(dict.fromkeys((*old.symbols[:1], *ask.symbols))), names=())
        elif ask.symbols and old.topic in _SYMBOL_TOPICS | _NARROWED:
            new = replace(new, symbols=ask.symbols, names=())
        elif ask.symbols and old.topic in {Topic.PERFORMANCE, Topic.RISK}:
            new = replace(new, topic=Topic.COMPARE, symbols=ask.symbols, benchmark="")
        elif ask.names and old.topic in _SYMBOL_TOPICS and not ask.span:
            new = replace(new, symbols=(), names=ask.names)
        elif not ask.span and not ask.count:
            continue
        changed.append(new)
    return changed


def _chosen(clause: Clause) -> list[Topic]:
    ask, found, hints = clause.base, set(clause.topics), clause.hints
    own = Hint.OWN in hints
    if ask.symbols:
        return _about_symbols(clause)
    if ask.names and not own:
        about = [topic for topic in (*_ABOUT_SYMBOL, Topic.PROFILE) if topic in found]
        if about:
            return about
        if Topic.COMPARE in found or found & {Topic.PERFORMANCE, Topic.RISK}:
            return [Topic.COMPARE]
        if found & {Topic.QUOTE, Topic.BARS}:
            return [Topic.BARS if ask.span else Topic.QUOTE]
    if ask.benchmark and Topic.COMPARE in found and not found & {Topic.PERFORMANCE, Topic.RISK}:
        return [Topic.PERFORMANCE]
    hidden: set[Topic] = set().union(*(_COVERS.get(topic, set()) for topic in found))
    if Topic.XRAY in found:
        found = {Topic.XRAY, *(found & {Topic.MARKET})}
    elif found & {Topic.CONTRIBUTION, Topic.MOVERS} and not own and Topic.MOVERS in found:
        found = {Topic.MOVERS}
    else:
        found = found - hidden if not (found <= hidden) else found
    if Topic.ALLOCATION in found and Hint.SPLIT in hints:
        found = found - {Topic.HOLDINGS}
        if Hint.RETURN not in hints:
            found = found - {Topic.PERFORMANCE}
    return [topic for topic in said.ORDER if topic in found and not (topic is Topic.NEWS and not ask.names)]


def _about_symbols(clause: Clause) -> list[Topic]:
    ask, found, hints = clause.base, clause.topics, clause.hints
    if Hint.OWN in hints:
        narrowed: list[Topic] = [
            topic
            for topic in (Topic.TAX_LOTS, Topic.CONTRIBUTION, Topic.INCOME, Topic.TRANSACTIONS, Topic.HOLDINGS)
            if topic in found
        ]
        if not narrowed and Topic.PERFORMANCE in found and Topic.COMPARE not in found and not ask.span:
            return [Topic.HOLDINGS]  # what a holding has made is its unrealised gain
        if narrowed:
            return narrowed[:1]
    about = [topic for topic in _ABOUT_SYMBOL if topic in found]
    if Topic.FUNDAMENTALS in about and Topic.DIVIDENDS in about and Hint.RATIO in hints:
        about.remove(Topic.DIVIDENDS)
    priced = Hint.PRICE in hints and Topic.FUNDAMENTALS not in found
    many = len(ask.symbols) + bool(ask.benchmark) > 1
    if about:
        return ([Topic.QUOTE] if priced else []) + about
    several = many and not priced and Hint.AMOUNT not in hints
    rules = (
        (Topic.COMPARE, bool(found & {Topic.COMPARE, Topic.PERFORMANCE, Topic.RISK})),
        (Topic.PROFILE, Topic.PROFILE in found),
        (Topic.BARS, Topic.BARS in found or (bool(ask.span) and Topic.QUOTE in found)),
        (Topic.COMPARE, several),
        (Topic.TAX_LOTS, Topic.TAX_LOTS in found),
        (Topic.COMPARE, bool(ask.span)),
    )
    if not found and not many and not ask.span and Hint.WHAT_IS in hints:
        return [Topic.PROFILE]
    return [next((topic for topic, holds in rules if holds), Topic.QUOTE)]
