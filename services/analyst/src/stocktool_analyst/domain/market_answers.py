"""Paragraphs about symbols, the market, news and documents."""

from __future__ import annotations

import re

from stocktool_analyst.domain import phrases
from stocktool_analyst.domain.results import find, find_object, rows, text
from stocktool_analyst.domain.tools import JsonObject
from stocktool_analyst.domain.vocabulary import word_set

_PASSAGES = 3
_QUOTE_CHARACTERS = 320
_FUNCTION_WORDS = word_set(
    "the and for with from that this what which when where who how does did was were are has have had its "
    "their about say says said tell documents document file files note notes memo according page report any "
    "all into over"
)


def quotes(output: JsonObject) -> str:
    """Last price, change and day of each symbol; unknown ones with suggestions."""
    lines = []
    for quote in rows(output, "quotes", "items"):
        name = text(quote, "name")
        called = f"{name} ({text(quote, 'symbol')})" if name else text(quote, "symbol")
        price, as_of = phrases.money(quote.get("price")), phrases.day(quote.get("as_of"))
        line = f"{called} last traded at **{price}** on {as_of}"
        change, before = quote.get("change_fraction"), phrases.money(quote.get("previous_close"))
        if phrases.percent(change) and before:
            way = "down" if phrases.negative(change) else "up"
            line += f", {way} {phrases.percent(change).lstrip('-')} from {before}"
        lines.append(f"{line}. This price is stale." if quote.get("stale") else f"{line}.")
    return "\n".join([*lines, *_unknown(output)]) or "There is no price to give."


def comparison(output: JsonObject) -> str:
    """A table of return and risk, and how the symbols move together."""
    items = rows(output, "items", "symbols")
    if not items:
        return "\n".join(_unknown(output)) or "None of these symbols can be compared."
    start, end = phrases.day(find(output, "start")), phrases.day(find(output, "end"))
    body = []
    for item in items:
        metrics = find_object(item, "metrics") or item
        body.append(
            [
                text(item, "symbol"),
                *(
                    phrases.percent(metrics.get(key)) or "undefined"
                    for key in ("total_return", "volatility", "max_drawdown")
                ),
                phrases.ratio(metrics.get("sharpe")) or "undefined",
            ]
        )
    lines = [f"From {start} to {end}:" if start and end else "Side by side:", ""]
    lines.append(phrases.table(["Symbol", "Return", "Volatility", "Largest fall", "Sharpe"], body))
    pairs = [
        f"{text(pair, 'left')} and {text(pair, 'right')} {phrases.ratio(pair.get('value'))}"
        for pair in rows(output, "correlations")
        if text(pair, "left") < text(pair, "right") and phrases.ratio(pair.get("value"))
    ]
    if pairs:
        lines += ["", f"Correlation of daily returns: {'; '.join(pairs[:6])}."]
    return "\n".join([*lines, *_unknown(output)])


def market(output: JsonObject) -> str:
    """Open or closed, and what the market's now is."""
    now = phrases.day(find(output, "now"))
    state = "open" if find(output, "open") is True else "closed"
    mode = text(output, "mode").removeprefix("MARKET_MODE_").lower()
    held = f" The market's clock is {mode}: the day is {now}." if mode in {"fixed", "replay"} else f" It is {now}."
    return f"The market is {state}.{held}"


def news(output: JsonObject) -> str:
    """Titles with publisher and day."""
    items = rows(output, "items")
    if not items:
        return "There are no notes on this symbol."
    lines = [
        f"- {text(item, 'title')} ({text(item, 'publisher')}, {phrases.day(item.get('published_at'))})"
        for item in items[:5]
    ]
    return "\n".join(["What the notes say:", *lines])


def documents(output: JsonObject, question: str) -> str:
    """The passages that speak most to the question, word for word, with their citation numbers."""
    hits = rows(output, "hits", "items")
    if not hits:
        return "I found nothing on this in your documents. Upload the document first, or ask with its own words."
    asked = _words(question)
    shared = [len(asked & _words(text(hit, "text"))) for hit in hits]
    lines = ["From your documents:"]
    for number, hit in enumerate(hits[:_PASSAGES], start=1):
        if number > 1 and 2 * shared[number - 1] <= max(shared):
            continue  # found by likeness alone: it does not speak of what was asked
        name, page = text(hit, "document_name") or "a document", text(hit, "page")
        place = f"{name}, page {page}" if page else name
        marker = text(hit, "index") or str(number)
        lines += ["", f"> {_passage(text(hit, 'text'), asked)}", "", f"— {place} [{marker}]"]
    return "\n".join(lines)


def _passage(body: str, asked: set[str]) -> str:
    """The sentence with most of the question's words, and what follows it, as far as there is room."""
    prose = " ".join(line for line in body.splitlines() if not line.lstrip().startswith("#")) or body.lstrip("# ")
    sentences = [part.strip() for part in re.split(r"(?<=[.!?])\s+", " ".join(prose.split())) if part.strip()]
    if not sentences:
        return body.strip()
    scores = [len(asked & _words(sentence)) for sentence in sentences]
    best = scores.index(max(scores))
    chosen = sentences[best]
    for sentence in sentences[best + 1 :]:
        if len(chosen) + len(sentence) > _QUOTE_CHARACTERS:
            break
        chosen += f" {sentence}"
    return chosen[: _QUOTE_CHARACTERS * 2]


def _words(sentence: str) -> set[str]:
    """What a sentence is about: its longer words, cut so that "harvest" and "harvested" are one."""
    return {
        word[:6] for word in re.findall(r"[a-z0-9]+", sentence.lower()) if len(word) > 2 and word not in _FUNCTION_WORDS
    }


def _unknown(output: JsonObject) -> list[str]:
    lines = []
    for error in rows(output, "errors"):
        suggestions = error.get("suggestions")
        names = [str(each) for each in suggestions] if isinstance(suggestions, list) else []
        hint = f" Did you mean {phrases.listed(names[:3])}?" if names else ""
        lines.append(f"I know no price for {text(error, 'symbol')}.{hint}")
    return lines
