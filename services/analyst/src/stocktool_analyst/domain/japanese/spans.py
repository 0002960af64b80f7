"""Ranges of days in Japanese words."""

from __future__ import annotations

import re
from datetime import date, timedelta

from stocktool_analyst.domain.days import day_of, month_end, months_before, read_iso
from stocktool_analyst.domain.japanese.numbers import NUMBER, decimal_of
from stocktool_analyst.domain.spans import MONTHS_OF, Period, Span

_YEAR = r"(?:19|20)\d{2}"
_RELATIVE_YEAR = {"今年": 0, "本年": 0, "去年": 1, "昨年": 1, "前年": 1, "一昨年": 2, "おととし": 2, "3年前": 3}
_YEARS = rf"(?:{_YEAR}年?|{'|'.join(_RELATIVE_YEAR)})"
_POINT = (
    rf"(?:{_YEAR}-\d{{1,2}}-\d{{1,2}}|{_YEAR}/\d{{1,2}}/\d{{1,2}}|(?:{_YEARS}の?)?\d{{1,2}}月(?:\d{{1,2}}日)?"
    rf"|{_YEAR}年|{_YEAR}(?!\d)|{'|'.join(_RELATIVE_YEAR)})"
)
_MONTHS = r"(?:か月|カ月|ヶ月|ヵ月|ケ月|個月|箇月)"
_VAGUE = re.compile(
    r"(?:(?:去年|昨年|今年|この前|前)の)?(?:春|夏|秋|冬|年末年始|連休|お盆|正月|コロナ|コロナ禍|コロナショック|リーマンショック|暴落|危機|選挙|戦争)"
    r"(?:以来|以降|から|の(?:とき|時|頃|間)|中|後|前)?|最近|このところ|近頃|ここのところ|しばらく"
)


def read_span(text: str, today: str) -> tuple[Span, str]:
    """Read the first range of days in a text.

    Args:
        text: Words, digits in their plain forms.
        today: The market's day; without it, ranges that count back from it are known by name only.

    Returns:
        The range, and the words that say it.
    """
    now = read_iso(today)
    for read in (_shifted, _between, _part_of_year, _open_ended, _named, _counted_back, _calendar, _single):
        found = read(text, now)
        if found is not None:
            return found
    vague = _VAGUE.search(text)
    return (Span(vague=vague[0]), vague[0]) if vague else (Span(), "")


def read_day(text: str, today: str) -> tuple[str, str]:
    """The single day a text names, and the words that name it; both empty when it names none."""
    now = read_iso(today)
    relative = re.search(r"一昨日|おととい|昨日|きのう|今日|本日", text)
    if now and relative:
        back = {"一昨日": 2, "おととい": 2, "昨日": 1, "きのう": 1}.get(relative[0], 0)
        return (now - timedelta(days=back)).isoformat(), relative[0]
    match = re.search(
        rf"{_YEAR}-\d{{1,2}}-\d{{1,2}}|{_YEAR}/\d{{1,2}}/\d{{1,2}}|(?:{_YEARS}の?)?\d{{1,2}}月\d{{1,2}}日", text
    )
    found = _point(match[0], now) if match else None
    return (found[0].isoformat(), match[0]) if found and match else ("", "")


_UNITS = {"年": "year", "四半期": "quarter", "期": "quarter", "月": "month"}
_BESIDE = re.compile(
    r"(?:その|この)(?:1つ|一つ|ひとつ)?(?P<side>前|次|翌)の?(?P<unit>年|四半期|期|月)(?!間|\d)"
    r"|(?:その|さらに)(?:1|一)(?P<back>年|四半期|か月|カ月|ヶ月)(?P<way>前|後)|(?P<bare>前の年|次の年|翌年)"
)


def _shifted(text: str, _: date | None) -> tuple[Span, str] | None:
    """A range counted from the one asked about before: その前の年, その翌月."""
    match = _BESIDE.search(text)
    if match is None:
        return None
    unit = match["unit"] or (match["back"] or "年")[-1]
    months = MONTHS_OF[_UNITS[unit]]
    back = "前" in (match["side"] or match["way"] or match["bare"][0])
    return Span(shift=-months if back else months), match[0]


def _between(text: str, now: date | None) -> tuple[Span, str] | None:
    match = re.search(rf"({_POINT})(?:から|〜|~|-|より)\s?({_POINT})(?:まで)?", text)
    if match is None:
        return None
    first, last = _point(match[1], now), _point(match[2], now)
    year = re.search(_YEAR, match[1])
    if year and not re.search(_YEARS, match[2]):
        last = _point(f"{year[0]}年{match[2]}", now)
    if not first or not last or first[0] > last[1]:
        return None
    return Span(first[0].isoformat(), last[1].isoformat()), match[0]


def _part_of_year(text: str, now: date | None) -> tuple[Span, str] | None:
    quarter = re.search(rf"(?:(?P<year>{_YEARS})の?)?(?:第?(?P<number>[1-4一二三四])四半期|Q(?P<q>[1-4]))", text)
    if quarter:
        number = int(decimal_of(quarter["number"] or quarter["q"]))
        year = _year(quarter["year"], now) if quarter["year"] else now.year if now else 0
        if not year:
            return None
        if now and not quarter["year"] and date(year, number * 3 - 2, 1) > now:
            year -= 1
        return Span(date(year, number * 3 - 2, 1).isoformat(), month_end(year, number * 3).isoformat()), quarter[0]
    half = re.search(rf"(?:(?P<year>{_YEARS})の?)(?:(?P<first>上半期|上期|前半)|下半期|下期|後半)", text)
    year = _year(half["year"], now) if half else 0
    if half is None or not year:
        return None
    days = (f"{year}-01-01", f"{year}-06-30") if half["first"] else (f"{year}-07-01", f"{year}-12-31")
    return Span(*days), half[0]


def _open_ended(text: str, now: date | None) -> tuple[Span, str] | None:
    since = re.search(
        rf"({_POINT})(?:の?(?:初め|頭|始め|はじめ)|に(?:始め|はじめ|開始し|スタートし)て)?(?:から|以来|以降|より後|移行)(?!ら)",
        text,
    )
    until = re.search(rf"({_POINT})(?:の?(?:終わり|末))?(?:まで|以前|より前)", text)
    if since and now and since[1] in {"今年", "本年", f"{now.year}年", "1月"}:
        return Span(period=Period.YEAR_TO_DATE), since[0]
    first = _point(since[1], now) if since else None
    last = _point(until[1], now) if until else None
    if not first and not last:
        return None
    words = (since or until or [""])[0]
    return Span(first[0].isoformat() if first else "", last[1].isoformat() if last else ""), words


_NAMED = (
    (
        Period.YEAR_TO_DATE,
        r"年初来(?!高値|安値)|年初から|今年に入って(?:から)?|今年(?!の?(?:\d|夏|春|秋|冬|末))|本年|YTD|ytd",
    ),
    (
        Period.ONE_MONTH,
        rf"(?:過去|直近|ここ|この|最近の?)(?:1|一){_MONTHS}間?|(?:過去|直近|ここ|この)(?:30|三十)日間?|(?:過去|直近|ここ|この)(?:4|四)週間",
    ),
    (
        Period.ONE_YEAR,
        rf"(?:過去|直近|ここ|この|最近の?)(?:1|一)年間?|(?:過去|直近|ここ|この)(?:12|十二){_MONTHS}間?|(?<![\d一二三四五六七八九十])(?:1|一)年間",
    ),
    (
        Period.SINCE_INCEPTION,
        (
            r"設定来|(?:運用|投資|取引)?開始(?:以来|から|時から)|(?:運用|投資|取引)を?(?:始めて|はじめて)(?:から|以来)|全期間|通算|累計|トータルで|これまで(?:の|で|に)?"
            r"|今まで(?:の|で|に)?|最初から|始めてから|はじめてから"
        ),
    ),
)


def _named(text: str, _: date | None) -> tuple[Span, str] | None:
    for period, words in _NAMED:
        if match := re.search(words, text):
            return Span(period=period), match[0]
    return None


def _counted_back(text: str, now: date | None) -> tuple[Span, str] | None:
    match = re.search(
        rf"(?:(?:過去|直近|ここ|この|最近の?|前の?)(?P<number>半|数|{NUMBER})(?P<unit>日|週|{_MONTHS}|年|四半期)間?|(?P<half>半年)間?"
        rf"|(?P<number2>{NUMBER})(?P<unit2>日|週|{_MONTHS}|年)(?:間(?!隔)|前から))",
        text,
    )
    if match is None or now is None or match[0].startswith("半年前"):
        return None
    if match["half"]:
        return Span(months_before(now, 6).isoformat(), now.isoformat()), match[0]
    words, unit = match["number"] or match["number2"], match["unit"] or match["unit2"]
    if words == "半":
        return (Span(months_before(now, 6).isoformat(), now.isoformat()), match[0]) if unit == "年" else None
    number = 3 if words == "数" else int(decimal_of(words))
    if not 0 < number <= 999:
        return None
    if unit in {"日", "週"}:
        start = now - timedelta(days=number * (7 if unit == "週" else 1))
    else:
        start = months_before(now, number * {"年": 12, "四半期": 3}.get(unit, 1))
    return Span(start.isoformat(), now.isoformat()), match[0]


_CURRENT = {"今月": "month", "今週": "week", "今四半期": "quarter", "今期": "quarter", "当四半期": "quarter"}
_PREVIOUS = {
    "先月": "month", "前月": "month", "先週": "week", "前週": "week", "前四半期": "quarter", "先四半期": "quarter",
    "直近四半期": "quarter", "前の四半期": "quarter",
}  # fmt: skip


def _calendar(text: str, now: date | None) -> tuple[Span, str] | None:
    """A year, quarter, month, week or day counted from the market's day: whole when past, so far when current."""
    alone = re.search(r"一昨年|おととし|去年|昨年|前年", text)
    if now is None:
        return (Span(period=Period.ONE_YEAR), alone[0]) if alone and _RELATIVE_YEAR[alone[0]] == 1 else None
    words = {**dict.fromkeys(_CURRENT, ""), **dict.fromkeys(_PREVIOUS, "")}
    match = re.search("|".join(sorted(words, key=len, reverse=True)), text)
    if match is None:
        if alone and not re.match(r"の?(?:\d{1,2}月|春|夏|秋|冬)", text[alone.end() :]):
            year = now.year - _RELATIVE_YEAR[alone[0]]
            return Span(f"{year}-01-01", f"{year}-12-31"), alone[0]
        return None
    unit = _CURRENT.get(match[0]) or _PREVIOUS[match[0]]
    first = {
        "quarter": date(now.year, (now.month - 1) // 3 * 3 + 1, 1),
        "month": now.replace(day=1),
        "week": now - timedelta(days=now.weekday()),
    }[unit]
    if match[0] in _CURRENT:
        return Span(first.isoformat(), now.isoformat()), match[0]
    start = first - timedelta(days=7) if unit == "week" else months_before(first, 3 if unit == "quarter" else 1)
    return Span(start.isoformat(), (first - timedelta(days=1)).isoformat()), match[0]


def _single(text: str, now: date | None) -> tuple[Span, str] | None:
    yesterday = re.search(r"昨日|きのう", text)
    if yesterday and now:
        day = (now - timedelta(days=1)).isoformat()
        return Span(day, day), yesterday[0]
    match = re.search(rf"(?<![\d.,]){_POINT}(?![\d.,]*\d|株|ドル|円|%|の?(?:春|夏|秋|冬|年末))", text)
    found = _point(match[0], now) if match else None
    return (Span(found[0].isoformat(), found[1].isoformat()), match[0]) if found and match else None


def _year(words: str, now: date | None) -> int:
    """The year words name; 0 when they name none."""
    if not words:
        return 0
    if words in _RELATIVE_YEAR:
        return now.year - _RELATIVE_YEAR[words] if now else 0
    return int(words.rstrip("年"))


def _point(words: str, now: date | None) -> tuple[date, date] | None:
    """First and last day of a day, a month or a year; a month without a year is the latest that has begun."""
    written = re.fullmatch(rf"({_YEAR})[-/](\d{{1,2}})[-/](\d{{1,2}})", words)
    if written:
        day = day_of(int(written[1]), int(written[2]), int(written[3]))
        return (day, day) if day else None
    match = re.fullmatch(rf"(?:(?P<year>{_YEARS})の?)?(?:(?P<month>\d{{1,2}})月(?:(?P<day>\d{{1,2}})日)?)?", words)
    return _in_year(_year(match["year"] or "", now), match["month"], match["day"], now) if match else None


def _in_year(year: int, month: str | None, day: str | None, now: date | None) -> tuple[date, date] | None:
    """A year, or its month or day; without a year the latest that has begun."""
    if month is None:
        return (date(year, 1, 1), date(year, 12, 31)) if year else None
    number = int(month)
    if not year and now:
        year = now.year if (number, int(day or 1)) <= (now.month, now.day) else now.year - 1
    if not year or not 1 <= number <= 12:
        return None
    only = day_of(year, number, int(day)) if day else None
    if day:
        return (only, only) if only else None
    return date(year, number, 1), month_end(year, number)
