"""Japanese words that ask for an errand."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from stocktool_analyst.domain.ask import Ask, Question
from stocktool_analyst.domain.errands import Job
from stocktool_analyst.domain.japanese.numbers import read_count
from stocktool_analyst.domain.japanese.outlooks import read_outlook, read_years
from stocktool_analyst.domain.japanese.sums import read_sum
from stocktool_analyst.domain.japanese.watches import read_watch
from stocktool_analyst.domain.topics import Topic

_EXAMPLES = ("AAPLのRSIは？", "JPMの50日移動平均を見せて")


def read_errand(
    text: str, symbols: Sequence[tuple[int, str]], names: tuple[str, ...], portfolio: str, today: str
) -> Question | None:
    """Read a message that asks for an errand; None for any other.

    Args:
        text: Words, digits in their plain forms.
        symbols: Symbols the text names, with their places, in order.
        names: Names in it that no list of companies knows.
        portfolio: Name of the portfolio it speaks of, empty for none.
        today: The market's day, empty when unknown.
    """
    if portfolio:  # its name says nothing of what is asked: 「老後」 looks at no years ahead
        text = text.replace(portfolio, " " * len(portfolio))
    readers: Sequence[Callable[[], Question | None]] = (
        lambda: _web(text),
        lambda: read_watch(text, symbols, portfolio),
        lambda: _job(text, portfolio, today),
        lambda: _indicators(text, symbols, names),
        lambda: read_outlook(text, symbols, portfolio),
        lambda: _overview(text, symbols),
        lambda: read_sum(text, symbols, portfolio),
    )
    return next((question for read in readers if (question := read()) is not None), None)


_WHERE = r"(?:ウェブ|ウエブ|Web|web|WEB|ネット|インターネット|オンライン|グーグル|Google)"
_SEEK = r"(?:検索|調べ|探し|サーチ|ググ|見つけ)"
_WEB = re.compile(
    rf"{_WHERE}(?:上)?(?:で|から|を使って)、?(?P<a>[^。?]+?)(?:について|のこと|に関して|を|が)?、?(?:ちょっと)?{_SEEK}"
    rf"|^(?P<b>[^。?]+?)(?:について|のこと|に関して|を|は|が)?、?{_WHERE}(?:上)?(?:で|から){_SEEK}"
    rf"|^(?P<c>[^。?]+?)(?:について|のこと|に関して|を|は)?、?ググ"
    rf"|{_WHERE}検索(?:で)?[:、\s]*(?P<d>.+)"
    rf"|{_WHERE}(?:上)?では(?P<e>[^。?]+?)(?:について|に関して)(?:は)?(?:何|なん|どう)"
    rf"|{_WHERE}(?:上)?で{_SEEK}[^、。]{{0,12}}[、。]\s?(?P<f>.+)"
)


def _web(text: str) -> Question | None:
    found = _WEB.search(text)
    if not found or re.search(r"資料|書類|私の|アップロード", text):
        return None
    query = next(part for part in found.groups() if part).strip(" \t\n?.!。、「」")
    query = re.sub(r"(?:は|って)$|(?:を?(?:教えて|調べて|検索して)(?:ください|下さい|ほしい|欲しい)?)$", "", query)
    return Question(text, (Ask(Topic.WEB, text, query=query[:400]),)) if query else None


_JOBS = (
    ("tax_lots", r"税|確定申告"),
    ("statement", r"報告書|明細書|ステートメント|レポート"),
    ("optimisation", r"最適化"),
    ("projection", r"試算|将来|モンテカルロ|シミュレ|予測"),
    ("portfolio", r"分析|解析"),
)
_STARTS = re.compile(
    r"作(?:って|成|る|り)|生成|発行|用意|出力|まとめて|開始|始め|はじめ|実行|走らせ|回して|かけて|お願い|頼|ほしい|欲しい|ください|下さい"
    r"|して(?:おいて|くれ|もら|$|[。!])|出して"
)
_PAPERS = (
    r"(?:報告書|明細書|ステートメント|レポート|書類|PDF|CSV)(?:を|が|の)?(?:PDFで|CSVで)?[^。?]{0,14}"
    r"(?:作|生成|発行|用意|出力|まとめ|出して|ほしい|欲しい|ください|下さい|お願い)"
)
_BACKGROUND = r"バックグラウンド|裏で|裏側で|後ろで"


def _job(text: str, portfolio: str, today: str) -> Question | None:
    named = re.search(r"ana_[0-9a-z]{4,40}", text.lower())
    work = r"(?:分析|解析|レポート|報告書|最適化|試算|処理|ステートメント)"
    asked = re.search(
        rf"{work}(?:の)?(?:結果|進み|進捗|状況|状態|具合|準備)|{work}(?:は|って|が|、)?(?:もう|どこまで|どう|今)?、?[^。?]{{0,6}}"
        r"(?:終わっ|終わり|完了し|でき(?:た|まし|て)|出来(?:た|まし)|仕上が|進んで|進み)"
        rf"|(?:さっき|前回|頼んだ|先ほど|この前|最後)[^。?]{{0,6}}{work}[^。?]{{0,8}}(?:どう|見せ|結果|教え|でき|出来|終)",
        text,
    )
    if named or (asked and not re.search(r"資料|アップロード|契約", text)):
        return Question(text, (Ask(Topic.ANALYSIS, text, job=Job(id=named[0] if named else ""), portfolio=portfolio),))
    whole = re.search(
        r"(?:詳し[いく]|詳細[なに]|本格的[なに]|総合的?な?|フル|完全な|包括的な|徹底的?[なに]?|じっくり|くまなく)[^。?]{0,8}(?:分析|解析|レポート)",
        text,
    )
    analyses = re.search(r"ポートフォリオ(?:全体)?(?:を|の)[^。?]{0,8}(?:分析|解析)", text)
    background = re.search(_BACKGROUND, text)
    kind = next((kind for kind, words in _JOBS if re.search(words, text)), "portfolio")
    papers = re.search(_PAPERS, text) and kind in ("tax_lots", "statement") and not re.search(r"契約|資料", text)
    if not (papers or (_STARTS.search(text) and (background or whole or analyses))):
        return None
    year = re.search(r"(19[7-9]\d|20\d\d)(?!\d)", text)
    relative = re.search(r"去年|昨年|前年|今年|本年|一昨年|おととし", text)
    ago = {"今年": 0, "本年": 0, "一昨年": 2, "おととし": 2}.get(relative[0], 1) if relative else 0
    dated = int(year[1]) if year else int(today[:4]) - ago if relative and today else None
    job = Job(
        kind,
        year=dated if kind in ("statement", "tax_lots") else None,
        years=read_years(text) if kind == "projection" else None,
        method="max_sharpe" if kind == "optimisation" and "シャープ" in text else "",
    )
    return Question(text, (Ask(Topic.ANALYSE, text, job=job, portfolio=portfolio),))


_BEFORE = r"(?:(?P<{0}>\d{{1,3}})\s?(?P<{0}_unit>日|週)?間?の?\s?)?"
_AFTER = r"(?:[\s(:]{{0,2}}(?P<{0}>\d{{1,3}})(?!\d)(?P<{0}_unit>日|週)?)?"
_INDICATOR: Sequence[tuple[str, str]] = (
    (
        "sma",
        (
            rf"{_BEFORE.format('a')}(?:単純)?移動平均(?:線)?{_AFTER.format('b')}|{_BEFORE.format('c')}SMA{_AFTER.format('d')}"
            r"|(?P<e>\d{1,3})日(?:平均)?線|(?P<f>50|100|200)\s?MA(?![A-Z])"
        ),
    ),
    (
        "ema",
        rf"{_BEFORE.format('a')}(?:指数(?:平滑)?移動平均(?:線)?|EMA){_AFTER.format('b')}",
    ),
    (
        "rsi",
        rf"{_BEFORE.format('a')}(?:RSI|相対力指数){_AFTER.format('b')}|買われ(?:すぎ|過ぎ)|売られ(?:すぎ|過ぎ)",
    ),
    ("macd", r"MACD|マックディー"),
    ("bollinger", r"ボリンジャー(?:・?バンド)?|ボリバン"),
    (
        "atr",
        rf"{_BEFORE.format('a')}(?:ATR|アベレージ・?トゥルー・?レンジ|平均的?な?(?:真の)?値幅){_AFTER.format('b')}",
    ),
)
_CROSS = re.compile(r"(?:ゴールデン|デッド)・?クロス")
_ALL_INDICATORS = re.compile(r"テクニカル")
_USUAL = ("sma:50", "sma:200", "rsi:14", "macd")
_SESSIONS_A_WEEK = 5
_LONGEST = 400


def _indicators(text: str, symbols: Sequence[tuple[int, str]], names: tuple[str, ...]) -> Question | None:
    places: list[tuple[int, str]] = []
    rest = text
    for kind, words in reversed(_INDICATOR):  # an exponential average is no simple one
        pattern = re.compile(words, re.IGNORECASE)
        places += [(match.start(), _named(kind, match)) for match in pattern.finditer(rest)]
        rest = pattern.sub(lambda match: " " * len(match[0]), rest)
    found = [name for _, name in sorted(places)]
    if _CROSS.search(text):
        found += ["sma:50", "sma:200"]
    if not found and _ALL_INDICATORS.search(text):
        found = list(_USUAL)
    if not found:
        return None
    symbol_names = tuple(dict.fromkeys(symbol for _, symbol in symbols))
    ask = Ask(Topic.INDICATORS, text, symbols=symbol_names, names=names, indicators=tuple(dict.fromkeys(found))[:6])
    if symbol_names or names:
        return Question(text, (ask,))
    defines = re.search(r"とは|って(?:何|なに)|意味|説明|見方|読み方", text)
    return None if defines else Question(text, (ask,), suggestions=_EXAMPLES)


def _named(kind: str, match: re.Match[str]) -> str:
    """`sma:50` of "50日移動平均", `sma:65` of "13週移動平均", `sma` where no length is said."""
    groups = match.groupdict()
    length = next((name for name, value in groups.items() if value and not name.endswith("_unit")), "")
    if not length:
        return kind
    days = int(groups[length]) * (_SESSIONS_A_WEEK if groups.get(f"{length}_unit") == "週" else 1)
    return f"{kind}:{days}" if 0 < days <= _LONGEST else kind


_OVERVIEW = re.compile(
    r"市況|地合い|相場(?:全体)?(?:の)?(?:概況|概要|全体像|様子|状況|まとめ|雰囲気|動向)|(?:市場|マーケット|株式市場|相場)(?:全体)?の?(?:概況|概要|全体像|様子|動向|まとめ|サマリー|雰囲気|レポート)"
    r"|(?:今日|本日|きょう|いま|今|最近)の?(?:相場|市場|マーケット|株式市場)(?:全体)?(?:は|って)?(?:どう|どんな|いかが|\?|$|を(?:教|見|ざっくり|まとめ))"
    r"|(?:相場|マーケット|株式市場|市場)(?:全体)?(?:は|って)(?:今日|本日|きょう)?(?:は)?(?:どう|どんな|いかが)|主要(?:な)?(?:指数|インデックス|ファンド)"
)
_NO_OVERVIEW = re.compile(
    r"開(?:い|場|く|き)|閉|休|時間|値上がり|値下がり|ランキング|上位|銘柄|私|自分|ポートフォリオ|比べ|比較|勝|負|上回|下回|時価総額|来週|来年|来月|明日"
    r"|これから|今後|\d年|先月|去年|今年"
)


def _overview(text: str, symbols: Sequence[tuple[int, str]]) -> Question | None:
    if symbols or not _OVERVIEW.search(text) or _NO_OVERVIEW.search(text):
        return None
    return Question(text, (Ask(Topic.OVERVIEW, text, count=read_count(text)),))
