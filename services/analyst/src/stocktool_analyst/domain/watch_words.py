"""English words that ask for a watch, for its past, or for the watches there are."""

from __future__ import annotations

import re
from dataclasses import replace

from stocktool_analyst.domain.amounts import NUMBER, plain
from stocktool_analyst.domain.ask import Ask, Question
from stocktool_analyst.domain.errands import Condition, Watch
from stocktool_analyst.domain.symbols import positions
from stocktool_analyst.domain.topics import Topic

_EXAMPLES = ("Alert me when AAPL is above 250", "How often would an alert for JPM below 200 have fired?")
_ASKS = re.compile(
    r"\b(?:alert|notify|warn|ping|message|email|text) (?:me|us)\b|\blet (?:me|us) know\b"
    r"|\b(?:set|create|make|add|put|place|want|need|have|give me)\b(?: up)? (?:an?|the|another|some)? ?(?:price |new )?"
    r"(?:alert|alarm|watch|notification|trigger)\b"
    r"|^\W*(?:price )?(?:alert|alarm|watch|notification)s?\b.{0,12}\b(?:for|on|if|when|at|:)"
    r"|^\W*(?:please )?watch\b(?! ?list)"
    r"|\b(?:tell|inform) (?:me|us) (?:when|if|once|as soon as|whenever|should)\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\bback-?test\w*"
    r"|\b(?:would|could|might)\b.{0,80}\bhave (?:fired|triggered|gone off|rung|gone|been (?:triggered|fired"
    r"|true|met)|alerted)\b"
    r"|\bhow (?:often|many times)\b.{0,80}\b(?:fire[ds]?|trigger\w*|go off|alert(?:ed)?|rise|rose|fall|fell"
    r"|drop(?:ped)?|been|was|were"
    r"|cross(?:ed)?|exceed(?:ed)?|gain(?:ed)?|jump(?:ed)?|los[et])\b"
    r"|\b(?:test|try)\b.{0,30}\b(?:alert|watch|rule)\b",
    re.IGNORECASE,
)
_LISTS = re.compile(
    r"\b(?:what|which|list|show|see|display|how many)\b.{0,20}\b(?:alerts|watches|alarms)\b"
    r"|\bmy (?:\w+ )?(?:alerts|watches|alarms)\b|\bdo i have (?:any )?(?:alerts|watches|alarms)\b",
    re.IGNORECASE,
)
_ABOVE = (
    r"above|over|exceed\w*|more than|higher than|greater than|at least|past|tops?|beyond|up(?: by)?|r(?:i"
    r"|o)se[sn]?(?: by| to)?"
    r"|climb\w*(?: to| by)?|jump\w*(?: by| to)?|gain\w*(?: by)?|hits?|reach\w*|cross\w*|breaks?(?: through)?"
    r"|touch\w*|at|\+|>"
)
_BELOW = (
    r"below|under|beneath|less than|lower than|at most|down(?: by)?|falls?(?: by| to)?|fell(?: by| to)?"
    r"|drop\w*(?: by| to)?"
    r"|dips?(?: to| by)?|declin\w*(?: by| to)?|los[et]\w*(?: by)?|sinks?(?: to| by)?|slid\w*(?: by| to)?"
    r"|slips?(?: to| by)?"
    r"|tumbl\w*(?: by| to)?|plung\w*(?: by| to)?|<"
)
_LEVEL = re.compile(
    rf"\b(?:(?P<below>{_BELOW})|(?P<above>{_ABOVE}))[\s,]*(?:(?:below|under|above|over|more than|at least|than"
    rf"|of|to|the|by)\s+){{0,3}}"
    rf"[$€£]?\s?(?P<number>{NUMBER})\s?(?P<percent>%|percent|per cent)?",
    re.IGNORECASE,
)
_FALL = re.compile(
    rf"(?P<number>{NUMBER})\s?(?:%|percent|per cent)\s+(?:(?P<fall>drawdown|drop|fall|decline|loss|dip|slump)"
    r"|rise|gain|jump|rally|increase)\b",
    re.IGNORECASE,
)
_SPAN = re.compile(
    r"\b(?:in|within|over|during|inside)\s+(?:the (?:last|past) |any |only )?(?P<count>\d{1,3}|an?|one|two"
    r"|three|four|five|ten)?\s*"
    r"(?P<unit>day|session|week|month|quarter)s?\b|\b(?P<once>intraday|in one day|today|daily|weekly|monthly)\b",
    re.IGNORECASE,
)
_SMALL = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10}
_SESSIONS = {"day": 1, "session": 1, "week": 5, "month": 21, "quarter": 63}
_CALENDAR = {"day": 1, "session": 1, "week": 7, "month": 30, "quarter": 90}
_OF_PORTFOLIO = re.compile(r"\b(?:my|the|our) (?:\w+ )?(?:portfolio|money|investments|holdings|depot)\b", re.IGNORECASE)
_HIGH_DAYS = 250


def read_watch(text: str, portfolio: str) -> Question | None:
    """Read what is asked of watches; None for any other message."""
    past = bool(_PAST.search(text)) and not re.search(
        r"\bdid i\b|\bhave i\b|\bmy (?:trades|sales)\b", text, re.IGNORECASE
    )
    asks = bool(_ASKS.search(text))
    if not past and not asks:
        listed = _LISTS.search(text) and not re.search(r"\bprice\b.{0,10}\bof\b", text, re.IGNORECASE)
        return Question(text, (Ask(Topic.WATCHES, text),)) if listed else None
    watch = _watch(text)
    if watch is None or watch.lacks_symbol:
        vague = re.search(r"\b(?:tell|inform) (?:me|us)\b", text, re.IGNORECASE) and not past
        spoken = re.search(
            r"\b(?:alert|alarm|watch|notif\w+|back-?test\w*|let me know|warn|trigger\w*|fired)\b", text, re.IGNORECASE
        )
        if not spoken or vague:
            return None
        lacking = () if watch is None else (_asked(text, watch, portfolio, past=past),)
        return Question(text, lacking, suggestions=_EXAMPLES)
    return Question(text, (_asked(text, watch, portfolio, past=past),))


def _asked(text: str, watch: Watch, portfolio: str, *, past: bool) -> Ask:
    symbols = tuple(dict.fromkeys(each.symbol for each in watch.conditions if each.symbol))
    topic = Topic.BACKTEST if past else Topic.WATCH
    return Ask(topic, text, symbols=symbols, watch=watch, portfolio=portfolio)


def _watch(text: str) -> Watch | None:
    parts = re.split(r"\s+(?:and|or)\s+(?=[^.]*\d)|;\s*", text)
    conditions: list[Condition] = []
    symbol = ""
    for part in parts:
        named = [each for _, each in positions(part)]
        symbol = named[0] if named else symbol
        found = _condition(part, symbol)
        if found is not None:
            conditions.append(found)
    if not conditions:
        return None
    any_of = bool(re.search(r"\bor\b", text, re.IGNORECASE)) and len(conditions) > 1
    again = bool(re.search(r"\b(?:every time|each time|whenever|repeat\w*|again and again)\b", text, re.IGNORECASE))
    return Watch(tuple(dict.fromkeys(conditions))[:8], any_of, again)


def _condition(part: str, symbol: str) -> Condition | None:
    reports = re.search(r"\b(?:earnings|reports?|results)\b", part, re.IGNORECASE)
    if reports and symbol:
        days = _days(part, _CALENDAR) or _before(part)
        return Condition("earnings", symbol, days=min(days, 90)) if days else None
    old = re.search(r"\b(?:stale|old(?:er)?|outdated)\b.{0,20}?(\d{1,4})\s?(hours?|h\b|days?)", part, re.IGNORECASE)
    if old and symbol:
        return Condition("stale", symbol, hours=float(old[1]) * (24.0 if old[2].lower().startswith("d") else 1.0))
    level = _level(part)
    if level is None:
        return None
    number, percent, below = level
    own = bool(_OF_PORTFOLIO.search(part))
    if percent:
        return _relative(part, symbol, f"{_share(number)}", below=below, own=own)
    price = Condition("price", symbol)
    return replace(price, below=number) if below else replace(price, above=number)


def _relative(part: str, symbol: str, share: str, *, below: bool, own: bool) -> Condition | None:
    weighs = re.search(
        r"\b(?:makes? up|weighs?|weight|share|part|percentage|allocation|of (?:my|the|our) (?:\w+ )?portfolio)\b",
        part,
        re.IGNORECASE,
    )
    if symbol and weighs:
        return Condition("weight", symbol, below=share) if below else Condition("weight", symbol, above=share)
    if symbol:
        return _moved(part, symbol, share, below=below)
    if own and (
        below or re.search(r"\bdraw-?down\b|\bfrom (?:its|the) (?:high|peak)\b|\boff its\b", part, re.IGNORECASE)
    ):
        return Condition("drawdown", above=share, days=min(_days(part, _SESSIONS) or _HIGH_DAYS, 250))
    return None if own else _moved(part, "", share, below=below)


def _moved(part: str, symbol: str, share: str, *, below: bool) -> Condition:
    days = min(_days(part, _SESSIONS) or 1, 250)
    if below:
        return Condition("move", symbol, below=f"-{share}", days=days)
    return Condition("move", symbol, above=share, days=days)


def _level(part: str) -> tuple[str, bool, bool] | None:
    """The number, whether it is a percentage, and whether to fall below it."""
    noun = _FALL.search(part)
    if noun is not None:
        return plain(noun["number"]), True, bool(noun["fall"])
    found = _LEVEL.search(part)
    if found is None:
        return None
    words = part[: found.end()].lower()
    below = bool(found["below"]) or bool(
        re.search(r"\b(?:falls?|drops?|dips?|sinks?|los[et]s?|below|under)\b[\w\s$]*$", words)
    )
    return plain(found["number"]), bool(found["percent"]), below


def _share(number: str) -> str:
    share = f"{float(number) / 100:.6f}".rstrip("0").rstrip(".")
    return share or "0"


def _days(part: str, lengths: dict[str, int]) -> int:
    found = _SPAN.search(part)
    if found is None:
        return 0
    if found["once"]:
        return {"weekly": lengths["week"], "monthly": lengths["month"]}.get(found["once"].lower(), 1)
    count = (found["count"] or "one").lower()
    return (_SMALL.get(count) or int(count)) * lengths[found["unit"].lower()]


def _before(part: str) -> int:
    found = re.search(
        r"\b(\d{1,2}|an?|one|two|three|four|five|ten) (day|week|month)s? (?:before|ahead|prior)", part, re.IGNORECASE
    )
    return (_SMALL.get(found[1].lower()) or int(found[1])) * _CALENDAR[found[2].lower()] if found else 0
