"""Japanese words that look at the years ahead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from stocktool_analyst.domain.ask import Ask, Question
from stocktool_analyst.domain.errands import Outlook
from stocktool_analyst.domain.japanese.numbers import MONEY, NUMBER, decimal_of, money_of, plain
from stocktool_analyst.domain.topics import Topic

_MOST_YEARS = 60
_LONG_YEARS = 30  # how long money lasts shows late
_MONTHLY = r"(?:毎月|月々|月に|月額|ひと月に?|月)"
_YEARLY = r"(?:毎年|年間|年に|年額)"
_PAID = re.compile(
    rf"(?P<each>{_MONTHLY}|{_YEARLY})、?(?:に|は|さらに|あと)?\s?(?P<money>{MONEY.pattern}|(?P<bare>{NUMBER})(?!\s?(?:日|%|年|回|割|月)))",
    re.IGNORECASE,
)
_TAKES = r"取り崩|取崩|引き出|引出|引きだ|下ろ|おろ|使(?:う|い|っ)|出金|生活費|受け取|もらう"
_AHEAD = re.compile(
    r"モンテカルロ|将来(?!性)|年後|老後|リタイア|引退|退職|年先|ポートフォリオの(?:シミュレーション|試算)|年間?(?:積み?立て|運用し|続け)"
    rf"|積み?立て(?:た|れ|る|て)|(?:{_TAKES})[^。?]{{0,16}}(?:もつ|持つ|持ち|尽き|なくな|無くな|続|足り|大丈夫|できる)"
    r"|何年(?:もつ|持つ|続|で(?:なく|尽))|(?:資産|お金|貯蓄|ポートフォリオ)[^。?]{0,8}(?:もつ|持つ|尽き|足り)"
)
_YEARS = re.compile(
    rf"(?<![\d年])(?P<number>{NUMBER})年(?=後|間|先|、?積|で(?!も)|以内|たった|経っ|[、]|は?続|も?もつ|も?持つ|分|、?(?:の|に)?(?:試算|予測|シミュ)|ほど|くらい|ぐらい)"
)
_NOT = re.compile(r"配当|利子|利息|決算|株価|とは|って(?:何|なに)|意味|過去|前から|売却|売っ|ニュース|資料")


def read_outlook(text: str, symbols: Sequence[tuple[int, str]], portfolio: str) -> Question | None:
    """Read a question about the years ahead of the user's portfolio; None for any other message.

    Args:
        text: Words, digits in their plain forms.
        symbols: Symbols the text names, with their places.
        portfolio: Name of the portfolio it speaks of, empty for none.
    """
    if symbols or not _AHEAD.search(text) or _NOT.search(text):
        return None
    saving = withdrawal = ""
    for paid in _PAID.finditer(text):
        rest = re.split(r"[。、?]", text[paid.end() :])[0]
        if re.search(_TAKES, rest[:14]):
            withdrawal = withdrawal or _monthly(paid)
        else:
            saving = saving or _monthly(paid)
    rate = re.search(
        rf"(?P<a>{NUMBER})\s?(?:%|パーセント)(?:ずつ|ほど|くらい|を|ルール|分)*、?(?:{_TAKES})|(?P<b>{NUMBER})\s?%ルール",
        text,
    )
    prices = re.search(
        rf"(?:インフレ(?:率)?|物価(?:上昇率)?)(?:は|が|を|も)?\s?(?:年率?)?(?P<a>{NUMBER})\s?%|(?P<b>{NUMBER})\s?%の?(?:インフレ|物価)",
        text,
    )
    share = _fraction(rate) if rate and not withdrawal else None
    taken = bool(withdrawal or share)
    start = re.search(rf"(?P<number>{NUMBER})年後(?:から|に(?:リタイア|引退|退職|は?[^。?]{{0,6}}(?:{_TAKES})))", text)
    began = int(decimal_of(start["number"])) if start and taken else None
    years = _years(text)
    if taken and years is None and began is None:
        years = _LONG_YEARS
    if began is not None and (years is None or years <= began):
        years = min(began + _LONG_YEARS, _MOST_YEARS)
    if years is None and not saving and not taken and not re.search(r"モンテカルロ|将来|老後|試算|シミュ", text):
        return None
    said = next((money_of(each)[1] for paid in _PAID.finditer(text) for each in MONEY.finditer(paid["money"])), "")
    plan = Outlook(years, saving, withdrawal, share, began, _fraction(prices), said)
    return Question(text, (Ask(Topic.PROJECT, text, portfolio=portfolio, outlook=plan),))


def read_years(text: str) -> int | None:
    """How many years ahead a text looks, None when it does not say."""
    return _years(text)


def _years(text: str) -> int | None:
    found = _YEARS.search(text)
    years = decimal_of(found["number"]) if found else Decimal(0)
    return min(int(years), _MOST_YEARS) if years >= 1 else None


def _monthly(paid: re.Match[str]) -> str:
    money = MONEY.search(paid["money"])
    amount = money_of(money)[0] if money else plain(paid["bare"])
    if "年" in paid["each"]:
        return f"{(Decimal(amount) / 12).quantize(Decimal('0.01')):f}"
    return amount


def _fraction(match: re.Match[str] | None) -> float | None:
    found = (match["a"] or match["b"] or "") if match else ""
    share = float(decimal_of(found)) / 100 if found else 0.0
    return share if 0 < share <= 1 else None
