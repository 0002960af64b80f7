"""What the words of Japanese answers mean in the words that figures are matched by."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_MEASURES: Mapping[str, str] = {
    "シャープレシオ": "sharpe", "シャープ": "sharpe", "ソルティノレシオ": "sortino", "ソルティノ": "sortino",
    "カルマーレシオ": "calmar",
    "ベータ": "beta", "アルファ": "alpha", "相関係数": "correlation", "相関": "correlation",
    "ボラティリティ": "volatility",
    "最大ドローダウン": "drawdown", "ドローダウン": "drawdown", "最大下落率": "drawdown",
    "トラッキングエラー": "tracking",
    "情報レシオ": "information", "歪度": "skew", "尖度": "kurtosis", "株価収益率": "price_earnings",
    "株価純資産倍率": "price_book",
    "配当利回り": "yield", "取得利回り": "yield", "利回り": "yield", "一株利益": "earnings_per_share",
    "時価総額": "market_cap",
    "純利益率": "margin", "配当性向": "payout", "時間加重リターン": "time_weighted", "時間加重収益率": "time_weighted",
    "金額加重リターン": "money_weighted", "金額加重収益率": "money_weighted", "平均リターン": "expected_return",
}  # fmt: skip
_WORDS: Mapping[str, str] = {
    **{word: name.replace("_", " ") for word, name in _MEASURES.items()},
    "リターン": "return", "成績": "return performance", "損益": "gain profit loss", "利益": "gain profit",
    "損失": "loss gain",
    "含み益": "unrealised gain", "含み損": "unrealised loss", "含み損益": "unrealised gain",
    "実現利益": "realised gain",
    "実現損失": "realised loss", "実現損益": "realised gain", "評価額": "value worth total",
    "合計": "total value together", "合わせ": "together", "合算": "together", "平均": "average",
    "占め": "share",
    "下げ": "down fell change", "上げ": "up rose change",
    "上回": "above more", "下回": "below less", "差": "difference", "倍": "times", "全体": "whole total",
    "現金": "cash",
    "取得コスト": "cost basis paid", "取得単価": "cost paid", "売却額": "proceeds sold", "売却": "sold sell",
    "買付": "bought buy",
    "金額": "amount", "株価": "price close", "終値": "close price", "価格": "price", "前日": "previous close",
    "配当": "dividend income",
    "利息": "interest income", "受け取っ": "received", "受取額": "received", "税引前": "gross", "税": "tax",
    "手数料": "fee cost",
    "入金": "deposit flow", "純入金額": "net deposit flow", "出金": "withdrawal flow", "比率": "weight share",
    "割合": "weight share",
    "寄与": "contribution", "寄与度": "contribution", "貢献": "contribution", "最大下落": "drawdown fall",
    "高値": "high", "安値": "low",
    "数量": "quantity share", "保有": "hold share quantity", "目標": "target", "上限": "limit threshold",
    "見込み": "expected",
    "期初": "start value", "期末": "end value", "集中度": "hhi concentration", "発行済株式数": "shares outstanding",
    "売上高": "revenue",
    "短期": "short term", "長期": "long term", "変化率": "change", "上昇": "up rose change", "下落": "down fell change",
    "合格": "pass", "不合格": "fail", "警告": "warn", "支払い": "payment", "対象": "considered looked",
    "株式分割": "split ratio",
    "試算": "simulation paths", "年後": "year", "確率": "prob", "尽きる": "depleted", "割り込": "loss",
    "年率": "annual drift",
    "成立": "true", "通知": "fired", "引き出": "withdrawal",
    "自己資本利益率": "return equity", "負債資本倍率": "debt equity", "現在の評価額": "yield value",
    "残る現金": "cash left", "二十分の一": "twentieth", "四分の一": "quarter",
}  # fmt: skip
_NOUNS: Mapping[str, str] = {
    "株": "share", "回": "payment", "件": "entry", "銘柄": "symbol", "日": "day", "か月": "month", "年": "year",
    "口": "unit",
}  # fmt: skip


_DOWN = (
    "下落|下回|低下|減少|減っ|減り|値下がり|下がっ|下がり|含み損(?!益)|損失|マイナス|赤字|下げ|落ち|安(?=[、。くで]|$)"
)
_UP = "上昇|上回|増加|増え|値上がり|上がっ|上がり|含み益|利益|プラス|黒字|上げ|伸び|高(?=[、。くで]|$)"
# A level is no way: "33,532.50ドルに増え".
_AFTER = re.compile(
    rf"[ *_]{{0,3}}(?!に|へ|まで|から|より)[^、。,|\s\d\uff08(\uff1a:]{{0,8}}?(?:(?P<down>{_DOWN})|(?P<up>{_UP}))"
)
_BEFORE = re.compile(
    r"(?:(?P<down>含み損|損失|下落率|下落幅|減少額)|(?P<up>含み益|上昇率|上昇幅|増加額))額?(?:は|が|で|:|\uff1a)?(?:約)?[\s*_]*$"
)
_MINUS = re.compile(r"(?:(?P<minus>マイナス)|(?P<plus>プラス))[\s*_]*$")


def direction_of(text: str, start: int, end: int) -> str:
    """Which way Japanese words beside a figure say it goes: "up", "down", "minus", "plus", or empty."""
    lead = text[max(0, start - 12) : start]
    found = _MINUS.search(lead) or _AFTER.match(text, end, end + 20) or _BEFORE.search(lead)
    return str(found.lastgroup) if found else ""


def _longest_first(words: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile("|".join(sorted(words, key=len, reverse=True)))


_WORD, _MEASURE = _longest_first(_WORDS), _longest_first(_MEASURES)
_NOUN = re.compile(rf"[ *_]{{0,3}}({'|'.join(sorted(_NOUNS, key=len, reverse=True))})")
_LETTER = re.compile(r"[\u3041-\u30fe\u4e00-\u9fff]")


def is_word_letter(letter: str) -> bool:
    """Whether a letter or digit makes one word with those beside it; kana and kanji do not: 株価は237.33ドル."""
    return letter.isalnum() and not _LETTER.match(letter)


def in_english(text: str) -> str:
    """English for the words of a text that are known; empty for a text without Japanese."""
    return "" if text.isascii() else " ".join(_WORDS[match[0]] for match in _WORD.finditer(text))


def measures_of(text: str) -> Iterator[tuple[int, int, str]]:
    """Where a text names a measure in Japanese: start, end, name."""
    if not text.isascii():
        for match in _MEASURE.finditer(text):
            yield match.start(), match.end(), _MEASURES[match[0]]


def noun_after(text: str, end: int) -> str:
    """English for what a number before this place counts: "share" of 90株; empty when nothing known follows."""
    match = _NOUN.match(text, end)
    return _NOUNS[match[1]] if match else ""
