"""Numbers, amounts and fractions as Japanese writes them: 100万円, 1.5億, 三か月, 2割, 半分."""

from __future__ import annotations

import re
from decimal import Decimal

_DIGITS = {digit: value for value, digit in enumerate("〇一二三四五六七八九")} | {"零": 0}
_TENS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10**4, "億": 10**8, "兆": 10**12}
_WRITTEN = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_KANJI = "".join((*_DIGITS, *_TENS, *_MYRIADS))
NUMBER = rf"(?:(?:{_WRITTEN}|[{_KANJI}])(?:{_WRITTEN}|[{_KANJI}])*)"
_PIECE = re.compile(rf"{_WRITTEN}|[{_KANJI}]")
_CURRENCIES = {
    "円": "JPY", "¥": "JPY", "ドル": "USD", "米ドル": "USD", "$": "USD", "ユーロ": "EUR", "€": "EUR", "ポンド": "GBP",
    "£": "GBP", "スイスフラン": "CHF", "豪ドル": "AUD", "カナダドル": "CAD", "usd": "USD", "eur": "EUR", "gbp": "GBP",
    "jpy": "JPY", "chf": "CHF",
}  # fmt: skip
_UNITS = "|".join(
    re.escape(unit) for unit in sorted(_CURRENCIES, key=len, reverse=True) if len(unit) > 1 or unit == "円"
)
MONEY = re.compile(rf"(?P<mark>[$€£¥])\s?(?P<marked>{NUMBER})|(?P<number>{NUMBER})\s?(?P<unit>{_UNITS})", re.IGNORECASE)
_FRACTIONS = {
    "半分": "0.5",
    "半数": "0.5",
    "全部": "1",
    "すべて": "1",
    "全て": "1",
    "全株": "1",
    "全額": "1",
    "丸ごと": "1",
}
FRACTION = re.compile(
    rf"(?P<word>{'|'.join(_FRACTIONS)})|(?P<below>{NUMBER})分の(?P<above>{NUMBER})"
    rf"|(?P<percent>{NUMBER})\s?(?:%|パーセント)|(?P<tenths>{NUMBER})割"
)
SHARES = re.compile(rf"(?P<count>{NUMBER})\s?(?:株|口|shares?)(?!価|式)")


def decimal_of(words: str) -> Decimal:
    """The value of a number: 1500000 of "150万", 12 of "十二", 1234.5 of "1,234.5".

    Kanji digits in a row are places ("二〇二四"); those between units are factors ("二千三百").
    """
    if re.fullmatch(rf"[{''.join(_DIGITS)}]+", words):
        return Decimal("".join(str(_DIGITS[digit]) for digit in words))
    whole, section, current = Decimal(0), Decimal(0), Decimal(0)
    given = False
    for piece in _PIECE.findall(words):
        if piece in _TENS:
            section += (current if given else Decimal(1)) * _TENS[piece]
            current, given = Decimal(0), False
        elif piece in _MYRIADS:
            myriads = section + current
            whole += (myriads or Decimal(1)) * _MYRIADS[piece]
            section, current, given = Decimal(0), Decimal(0), False
        else:
            current, given = Decimal(_DIGITS[piece]) if piece in _DIGITS else Decimal(piece.replace(",", "")), True
    return whole + section + current


def plain(words: str) -> str:
    """A number as decimal text."""
    return f"{decimal_of(words).normalize():f}"


def money_of(match: re.Match[str]) -> tuple[str, str]:
    """Amount and ISO code of a match of `MONEY`."""
    return plain(match["marked"] or match["number"]), _CURRENCIES[(match["mark"] or match["unit"]).lower()]


def fraction_of(match: re.Match[str]) -> Decimal:
    """The fraction of a match of `FRACTION`."""
    if match["word"]:
        return Decimal(_FRACTIONS[match["word"]])
    if match["below"]:
        below = decimal_of(match["below"])
        return decimal_of(match["above"]) / below if below else Decimal(0)
    return decimal_of(match["percent"]) / 100 if match["percent"] else decimal_of(match["tenths"]) / 10


def read_count(text: str) -> int | None:
    """How many: "上位3", "直近10件", "5つ"; None when the words do not say, or say none."""
    match = re.search(
        rf"(?:上位|トップ|ベスト|ワースト|直近|最近|最新)の?(?P<first>{NUMBER})(?!\s?(?:か月|カ月|ヶ月|ヵ月|年|日|週|四半期|%|株|月|割|分の))"
        rf"|(?P<second>{NUMBER})(?:件|個|つ|銘柄|本|行)",
        text,
    )
    if match is None:
        return None
    number = decimal_of(match["first"] or match["second"])
    return int(number) if 0 < number < 1000 and number == int(number) else None
