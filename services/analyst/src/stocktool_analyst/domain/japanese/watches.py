"""Japanese words that ask for a watch, for its past, or for the watches there are.

The verb stands last: what a level is to do follows it ("250ドルを超えたら"), what it is of stands before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from stocktool_analyst.domain.ask import Ask, Question
from stocktool_analyst.domain.errands import Condition, Watch
from stocktool_analyst.domain.japanese.numbers import NUMBER, decimal_of, plain
from stocktool_analyst.domain.topics import Topic

_EXAMPLES = ("AAPLが250ドルを超えたら知らせて", "JPMが200ドルを下回るアラートは過去に何回鳴った？")
_WATCH = r"アラート|アラーム|ウォッチ(?!リスト)|通知|お知らせ|見張"
_TELLS = r"知らせ|しらせ|通知|教え|おしえ|連絡|警告|アラート|アラーム|メール|声をかけ|一報"
_ASKS = re.compile(
    rf"(?:たら|れば|なら|時|とき|際|場合|たび|度|すぐ|時点|前|まで)(?:に|は|には|で)?、?[^。?]{{0,14}}(?:{_TELLS})"
    rf"|(?:{_WATCH})[^。?]{{0,6}}(?:設定|セット|作|追加|登録|出し|出すよう|ほしい|欲しい|かけ|入れ|お願い|頼|つけ|付け)"
    r"|見張って|監視して|ウォッチして|通知して|知らせて"
)
_PAST = re.compile(
    r"バックテスト|過去に?(?:何[回度]|どれ(?:くらい|ぐらい|ほど)|どの(?:くらい|ぐらい)|いつ)"
    r"|何[回度](?:くらい|ぐらい|ほど|も)?[^。?]{0,10}(?:鳴|発動|通知|成立|出|来|達|超え|上回|下回|割|下が|上が|あっ|ある|起)"
    r"|(?:回数|頻度|日数)(?:は|を|で)|過去[^。?]{0,6}(?:検証|試|テスト|当てはめ)"
    rf"|(?:{_WATCH}|条件)[^。?]{{0,12}}(?:検証|試し|テスト)|(?:鳴って|発動して|成立して|通知されて|出て)い?た(?:はず|だろう|かな|\?|か)"
    r"|どれ(?:くらい|ぐらい|ほど)の頻度"
)
_DID = re.compile(r"取引|売買した|買った回|売った回|私は何[回度]")
_LISTS = re.compile(
    r"(?:アラート|アラーム|通知)[^。?]{0,10}(?:一覧|見せ|表示|確認|何|なに|どんな|どれ|いくつ|リスト|教え|鳴っ|鳴った|ある|あり|出)"
    r"|(?:どんな|何の|どの|いくつ|設定(?:して|済み|中|した)|登録(?:して|済み|中|した)|鳴った|発動した|今の|現在の)[^。?]{0,6}(?:アラート|アラーム|通知)"
)
_LEVEL = re.compile(
    rf"(?<![A-Za-z&.,\d経ク])(?P<mark>[$€£¥])?\s?(?P<number>{NUMBER})"
    r"(?:\s?(?P<percent>%|パーセント)|(?P<tenths>割)(?![っれりるら])"
    r"|\s?(?P<unit>米ドル|ドル|円|ユーロ|ポンド|usd|eur|jpy)|(?P<bare>))"
    r"(?!\s?(?:日|営業日|週|か月|カ月|ヶ月|ヵ月|月|年|時間|分|回|株|件|銘柄|四半期|度|番|つ|\d|線))",
    re.IGNORECASE,
)
_DOWN = (
    r"下が|下落|下げ|値下がり|急落|暴落|落ち|落と|下回|割り込|割っ|割れ|割る|割り|を割|切っ|切る|切れ|減っ|減る|減少|マイナス|安くな"
    r"|ドローダウン|失っ|下ぶれ"
)
_UP = (
    r"上が|上昇|上げ|値上がり|急騰|高騰|上回|超え|超す|超過|越え|突破|届|達し|達す|乗っ|乗る|増え|高くな|プラス"
    r"|つけ|付け|伸び|になっ|になる|到達"
)
_MOTION = re.compile(rf"(?P<down>{_DOWN})|(?P<up>{_UP})|(?P<either>動い|動く|変動|振れ|上下)")
_BOUND = re.compile(r"(?P<below>以下|未満|より(?:も)?(?:安|低|下))|(?P<above>以上|より(?:も)?(?:高|上)|を?オーバー)")
_SPAN = re.compile(
    rf"(?P<count>{NUMBER})\s?(?P<unit>営業日|日|週|(?:か|カ|ヶ|ヵ)月|四半期)間?(?:で|に|以内|のうち|の間|中|、)"
    r"|(?P<once>日中|当日中|その日のうち|一晩)"
)
_SESSIONS = {"日": 1, "営業日": 1, "週": 5, "月": 21, "四半期": 63}
_CALENDAR = {"日": 1, "営業日": 1, "週": 7, "月": 30, "四半期": 90}
_OWN = re.compile(r"ポートフォリオ|資産|評価額|総額|持ち株全体|運用額")
_WEIGHS = re.compile(r"比率|割合|ウェイト|ウエイト|比重|構成比|占め|シェア|(?:ポートフォリオ|資産|全体)の")
_HIGH_DAYS = 250


def read_watch(text: str, symbols: Sequence[tuple[int, str]], portfolio: str) -> Question | None:
    """Read what is asked of watches; None for any other message.

    Args:
        text: Words, digits in their plain forms.
        symbols: Symbols the text names, with their places, in order.
        portfolio: Name of the portfolio it speaks of, empty for none.
    """
    past = bool(_PAST.search(text)) and not _DID.search(text)
    asks = bool(_ASKS.search(text))
    watch = _watch(text, symbols) if past or asks else None
    if watch is not None and (asks or not watch.lacks_symbol):
        named = tuple(dict.fromkeys(each.symbol for each in watch.conditions if each.symbol))
        topic = Topic.BACKTEST if past else Topic.WATCH
        ask = Ask(topic, text, symbols=named, watch=watch, portfolio=portfolio)
        return Question(text, (ask,), suggestions=_EXAMPLES if watch.lacks_symbol else ())
    if _LISTS.search(text) and not re.search(r"作|追加|登録して(?!い|る)|設定して(?!い|る|た)|ほしい|欲しい", text):
        return Question(text, (Ask(Topic.WATCHES, text),))
    spoken = re.search(rf"バックテスト|アラート|アラーム|通知して|知らせて|{_WATCH}", text)
    return Question(text, suggestions=_EXAMPLES) if (past or asks) and spoken else None


def _watch(text: str, symbols: Sequence[tuple[int, str]]) -> Watch | None:
    conditions = [*_dated(text, symbols), *_leveled(text, symbols)]
    if not conditions:
        return None
    either = bool(re.search(r"または|あるいは|もしくは|どちらか|いずれか|[るたい]か、?(?=[^たら]{0,20}\d)", text))
    both_ways = any(condition.above for condition in conditions) and bool(re.search(r"動い|動く|変動|上下", text))
    again = bool(re.search(r"毎回|たびに|度に|繰り返|何度でも", text))
    found = tuple(dict.fromkeys(conditions))[:8]
    return Watch(found, any_of=(either or both_ways) and len(found) > 1, repeat=again)


def _dated(text: str, symbols: Sequence[tuple[int, str]]) -> list[Condition]:
    """A day of earnings ahead, a price that has grown old."""
    symbol = symbols[0][1] if symbols else ""
    if not symbol:
        return []
    ahead = re.search(
        rf"決算[^。?]{{0,8}}?(?P<count>{NUMBER})\s?(?P<unit>日|週|(?:か|カ|ヶ|ヵ)月)間?(?:前|以内|になっ)", text
    )
    if ahead:
        days = int(decimal_of(ahead["count"])) * _length(ahead["unit"], _CALENDAR)
        return [Condition("earnings", symbol, days=min(days, 90))] if days else []
    old = re.search(
        rf"(?P<count>{NUMBER})\s?(?P<unit>時間|日)(?:以上|より|を超えて|も)?[^。?]{{0,6}}(?:古|更新され(?:な|てい?な)|止ま)",
        text,
    )
    if old:
        return [
            Condition("stale", symbol, hours=float(decimal_of(old["count"])) * (24.0 if old["unit"] == "日" else 1.0))
        ]
    return []


def _leveled(text: str, symbols: Sequence[tuple[int, str]]) -> list[Condition]:
    """A condition for each number that is a level; one whose verb is left out does what the next one does."""
    levels = [match for match in _LEVEL.finditer(text) if decimal_of(match["number"]) > 0]
    found: list[Condition] = []
    direction = ""
    for at in range(len(levels) - 1, -1, -1):
        level = levels[at]
        start = levels[at - 1].end() if at else 0
        end = levels[at + 1].start() if at + 1 < len(levels) else len(text)
        direction = _direction(text[level.end() : end]) or direction
        before = [symbol for place, symbol in symbols if place < level.start()]
        symbol = before[-1] if before else symbols[0][1] if symbols else ""
        sides = ("above", "below") if direction == "either" else (direction,)
        made = [_condition(text, text[start:end], symbol, level, side) for side in sides if side]
        found = [*(each for each in made if each is not None), *found]
    return found


def _direction(words: str) -> str:
    """Where a value is to go, by the verb behind its level, else by "or more", "or less"; empty when none is said."""
    motion = _MOTION.search(words)
    bound = _BOUND.search(words)
    if motion and motion["either"]:
        return "either"
    if motion and not (bound and bound["below"] and motion["up"]):
        return "below" if motion["down"] else "above"
    return ("below" if bound["below"] else "above") if bound else ""


def _condition(text: str, words: str, symbol: str, level: re.Match[str], side: str) -> Condition | None:
    if not level["percent"] and not level["tenths"]:
        number = plain(level["number"])
        return Condition("price", symbol, above=number) if side == "above" else Condition("price", symbol, below=number)
    share = _share(decimal_of(level["number"]) / (10 if level["tenths"] else 100))
    if symbol and _WEIGHS.search(words):
        return Condition("weight", symbol, above=share) if side == "above" else Condition("weight", symbol, below=share)
    if not symbol and _OWN.search(text):
        fallen = Condition("drawdown", above=share, days=min(_days(words, _SESSIONS) or _HIGH_DAYS, 250))
        return fallen if side == "below" else None
    days = min(_days(words, _SESSIONS) or 1, 250)
    if side == "above":
        return Condition("move", symbol, above=share, days=days)
    return Condition("move", symbol, below=f"-{share}", days=days)


def _share(fraction: object) -> str:
    share = f"{fraction:.6f}".rstrip("0").rstrip(".")
    return share or "0"


def _days(words: str, lengths: dict[str, int]) -> int:
    found = _SPAN.search(words)
    if found is None:
        return 0
    return 1 if found["once"] else int(decimal_of(found["count"])) * _length(found["unit"], lengths)


def _length(unit: str, lengths: dict[str, int]) -> int:
    return lengths["月" if unit.endswith("月") else unit]
