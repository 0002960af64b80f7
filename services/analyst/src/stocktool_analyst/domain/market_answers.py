"""Paragraphs about symbols, the market, news and documents."""

from __future__ import annotations

import re

from stocktool_analyst.domain import phrases
from stocktool_analyst.domain.results import find, find_object, rows, text
from stocktool_analyst.domain.tools import JsonObject
from stocktool_analyst.domain.vocabulary import word_set
from stocktool_analyst.domain.wording import Wording

_PASSAGES = 3
_QUOTE_CHARACTERS = 320
_FUNCTION_WORDS = word_set(
    "the and for with from that this what which when where who how does did was were are has have had its "
    "their about say says said tell documents document file files note notes memo according page report any "
    "all into over"
)


def quotes(output: JsonObject, say: Wording) -> str:
    """Last price, change and day of each symbol; unknown ones with suggestions."""
    lines = [_quote(quote, say) for quote in rows(output, "quotes", "items")]
    return "\n".join([*lines, *_unknown(output, say)]) or say("There is no price to give.")


def _quote(quote: JsonObject, say: Wording) -> str:
    name = text(quote, "name")
    percent, before = phrases.percent(quote.get("change_fraction")), phrases.money(quote.get("previous_close"))
    fell = phrases.negative(quote.get("change_fraction"))
    template = ", down {change} from {before}" if fell else ", up {change} from {before}"
    return say(
        "{name} last traded at **{price}** on {day}{change}.{stale}",
        name=f"{name} ({text(quote, 'symbol')})" if name else text(quote, "symbol"),
        price=phrases.money(quote.get("price")),
        day=phrases.day(quote.get("as_of")),
        change=say(template, change=percent.lstrip("-"), before=before) if percent and before else "",
        stale=say(" This price is stale.") if quote.get("stale") else "",
    )


def comparison(output: JsonObject, say: Wording) -> str:
    """A table of return and risk, and how the symbols move together."""
    items = rows(output, "items", "symbols")
    if not items:
        return "\n".join(_unknown(output, say)) or say("None of these symbols can be compared.")
    start, end = phrases.day(find(output, "start")), phrases.day(find(output, "end"))
    body = []
    for item in items:
        metrics = find_object(item, "metrics") or item
        body.append(
            [
                text(item, "symbol"),
                *(
                    phrases.percent(metrics.get(key)) or say("undefined")
                    for key in ("total_return", "volatility", "max_drawdown")
                ),
                phrases.ratio(metrics.get("sharpe")) or say("undefined"),
            ]
        )
    lines = [say("From {start} to {end}:", start=start, end=end) if start and end else say("Side by side:"), ""]
    header = [say(name) for name in ("Symbol", "Return", "Volatility", "Largest fall", "Sharpe")]
    lines.append(phrases.table(header, body))
    lines += _difference(items, say)
    told: set[frozenset[str]] = set()  # a pair may be given in both orders, or in one
    pairs = []
    for pair in rows(output, "correlations"):
        left, right, value = text(pair, "left"), text(pair, "right"), phrases.ratio(pair.get("value"))
        if value and left != right and frozenset({left, right}) not in told:
            told.add(frozenset({left, right}))
            pairs.append(say("{left} and {right} {value}", left=left, right=right, value=value))
    if pairs:
        lines += ["", say("Correlation of daily returns: {pairs}.", pairs="; ".join(pairs[:6]))]
    return "\n".join([*lines, *_unknown(output, say)])


def _difference(items: list[JsonObject], say: Wording) -> list[str]:
    """Which of two or more returned most, and which swung least."""
    returned = [(value, text(item, "symbol")) for item in items if (value := _metric(item, "total_return")) is not None]
    swung = [(value, text(item, "symbol")) for item in items if (value := _metric(item, "volatility")) is not None]
    lines = []
    if len(returned) > 1 and max(returned)[0] > min(returned)[0]:
        lines.append(say("{best} did best, {worst} worst.", best=max(returned)[1], worst=min(returned)[1]))
    if len(swung) > 1 and max(swung)[0] > min(swung)[0]:
        lines.append(say("{calmest} swung least, {liveliest} most.", calmest=min(swung)[1], liveliest=max(swung)[1]))
    return ["", say.paragraph(lines)] if lines else []


def _metric(item: JsonObject, key: str) -> float | None:
    value = (find_object(item, "metrics") or item).get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def market(output: JsonObject, say: Wording) -> str:
    """Open or closed, and what the market's now is."""
    now = phrases.day(find(output, "now"))
    mode = text(output, "mode").removeprefix("MARKET_MODE_").lower()
    clock = "The market's clock is {mode}: the day is {day}." if mode in {"fixed", "replay"} else "It is {day}."
    state = say("The market is open.") if find(output, "open") is True else say("The market is closed.")
    return say.paragraph([state, say(clock, mode=say.word(mode), day=now)])


def news(output: JsonObject, say: Wording) -> str:
    """Titles with publisher and day."""
    items = rows(output, "items")
    if not items:
        return say("There are no notes on this symbol.")
    lines = [
        f"- {text(item, 'title')} ({text(item, 'publisher')}, {phrases.day(item.get('published_at'))})"
        for item in items[:5]
    ]
    return "\n".join([say("What the notes say:"), *lines])


def documents(output: JsonObject, question: str, say: Wording) -> str:
    """The passages that speak most to the question, word for word, with their citation numbers."""
    hits = rows(output, "hits", "items")
    if not hits:
        return say("I found nothing on this in your documents. Upload the document first, or ask with its own words.")
    asked = _words(question)
    shared = [len(asked & _words(text(hit, "text"))) for hit in hits]
    lines = [say("From your documents:")]
    for number, hit in enumerate(hits[:_PASSAGES], start=1):
        if number > 1 and 2 * shared[number - 1] <= max(shared):
            continue  # found by likeness alone: it does not speak of what was asked
        name, page = text(hit, "document_name") or say("a document"), text(hit, "page")
        place = say("{name}, page {page}", name=name, page=page) if page else name
        marker = text(hit, "index") or str(number)
        lines += ["", f"> {_passage(text(hit, 'text'), asked)}", "", f"— {place} [{marker}]"]
    return "\n".join(lines)


def _passage(body: str, asked: set[str]) -> str:
    """The sentence with most of the question's words, and what follows it, as far as there is room."""
    prose = " ".join(line for line in body.splitlines() if not line.lstrip().startswith("#")) or body.lstrip("# ")
    sentences = [
        part.strip() for part in re.split(r"(?<=[.!?])\s+|(?<=\u3002)", " ".join(prose.split())) if part.strip()
    ]
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
    """What a sentence is about: its longer words, cut so that "harvest" and "harvested" are one; pairs of kanji."""
    words = re.findall(r"[a-z0-9]+", sentence.lower())
    kanji = re.findall(r"(?=([\u30a1-\u30fe\u4e00-\u9fff]{2}))", sentence)
    return {word[:6] for word in words if len(word) > 2 and word not in _FUNCTION_WORDS} | set(kanji)


def _unknown(output: JsonObject, say: Wording) -> list[str]:
    lines = []
    for error in rows(output, "errors"):
        suggestions = error.get("suggestions")
        names = [str(each) for each in suggestions] if isinstance(suggestions, list) else []
        hint = say(" Did you mean {names}?", names=say.listed(names[:3])) if names else ""
        lines.append(say("I know no price for {symbol}.{hint}", symbol=text(error, "symbol"), hint=hint))
    return lines
