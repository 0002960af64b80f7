"""Japanese words that ask for a sum over prices or holdings."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stocktool_analyst.domain.ask import Question
from stocktool_analyst.domain.japanese.numbers import NUMBER, SHARES, plain
from stocktool_analyst.domain.sums import between_prices, of_total, shares_at_price, worth_together

_AMOUNT = r"いくら|何ドル|何円|計算|金額|値段|価値"
_BETWEEN = (
    ("a / b", r"何倍"),
    ("a / b", r"比率|の比(?!較|べ)|割(?:ると|った|り算)"),
    ("a - b", r"差額|の差|差は|引(?:くと|いた)|いくら(?:高い|安い)|どれ(?:くらい|だけ|ほど)(?:高い|安い)"),
    ("a + b", r"合計|足(?:すと|した|し算)|合わせ(?:ると|て)|あわせ|両方(?:で|買)|一株ずつ|1株ずつ"),
)
_OTHER = re.compile(r"リターン|成績|利益|PER|EPS|時価総額|配当|売上|リスク|ボラ|相関|決算")


def read_sum(text: str, symbols: Sequence[tuple[int, str]], portfolio: str) -> Question | None:
    """Read a question for a sum; None for any other message.

    Args:
        text: Words, digits in their plain forms.
        symbols: Symbols the text names, with their places, in order.
        portfolio: Name of the portfolio it speaks of, empty for none.
    """
    named = list(dict.fromkeys(symbol for _, symbol in symbols))
    if _OTHER.search(text):
        return None
    return _worth(text, named) or _of_own(text, named, portfolio) or _between(text, named)


def _worth(text: str, symbols: list[str]) -> Question | None:
    """ "AAPLを25株買うといくら？" """
    shares = SHARES.search(text)
    if not shares or len(symbols) != 1 or not re.search(_AMOUNT, text[shares.end() :]):
        return None
    if re.search(r"持っ|保有|私|売|たら|れば|なら|買った|買って|ました", text):
        return None
    return shares_at_price(text, plain(shares["count"]), symbols[0])


def _between(text: str, symbols: list[str]) -> Question | None:
    """ "METAの株価はAAPLの何倍？" """
    if len(symbols) != 2 or not re.search(r"株価|値段|価格|1株|一株|何倍", text):
        return None
    expression = next((expression for expression, words in _BETWEEN if re.search(words, text)), "")
    return between_prices(text, expression, symbols) if expression else None


def _of_own(text: str, symbols: list[str], portfolio: str) -> Question | None:
    """ "ポートフォリオの15%はいくら？", "持っているAAPLとJPMを合わせるといくら？" """
    part = re.search(
        rf"(?:ポートフォリオ|資産|評価額|総額)(?:全体|総額)?の(?P<share>{NUMBER})\s?(?:(?P<percent>%|パーセント)|割)(?:は|って|だと|を|分|で|に)",
        text,
    )
    if part and not symbols and re.search(_AMOUNT, text):
        share = plain(part["share"])
        divisor = "100" if part["percent"] else "10"
        return of_total(text, f"a * {share} / {divisor}", portfolio)
    own = re.search(r"私の|持っ|持ち|保有|手持ち|自分の|うちの", text)
    if own and 2 <= len(symbols) <= 6 and re.search(_BETWEEN[-1][1], text):
        return worth_together(text, symbols, portfolio)
    return None
