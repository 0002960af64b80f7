"""Japanese messages whose parts belong together: entries, trades, plans, advice, questions to documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from stocktool_analyst.domain.amounts import paired
from stocktool_analyst.domain.ask import Ask, Question
from stocktool_analyst.domain.japanese.errands import read_errand
from stocktool_analyst.domain.japanese.numbers import FRACTION, MONEY, NUMBER, decimal_of, fraction_of, money_of
from stocktool_analyst.domain.japanese.trades import read_entry, read_trades
from stocktool_analyst.domain.topics import Topic

EXAMPLES = {
    "trade": ("AAPLを半分売ったらどうなる？", "AAPLを10株売ってJPMを5株買ったら？"),
    "entry": ("2024年11月20日にAAPLを10株230ドルで買ったと記録して", "5,000ドルの入金を記録して"),
    "weights": ("SPYを60%、AAPLを40%にリバランスして", "均等配分にリバランスして"),
    "portfolio": ("何を持っている？", "今年の成績は？"),
    "figure": ("XIRRはどう計算した？", "時間加重収益率の計算方法は？"),
    "symbol": ("AAPLの株価は？", "今年のAAPLとJPMを比較して"),
}
"""Questions to offer, by what was unclear."""

_GREETING = re.compile(
    r"^\W*(?:こんにちは|こんばんは|おはよう|はじめまして|初めまして|やあ|どうも|もしもし)[^?]{0,15}$"
)
_THANKS = re.compile(
    r"^\W*(?:どうも)?(?:ありがと|サンキュー|感謝|助かり|助かった|了解|わかりました|分かりました|なるほど|OK|オーケー|いいね)[^?]{0,15}$",
    re.IGNORECASE,
)
_HELP = re.compile(
    r"^\W*(?:ヘルプ|使い方|助けて)|何ができ|なにができ|できること|何を聞け|何を質問|どう使|あなたは(?:誰|何)|君は(?:誰|何)|質問の?例"
)
_OFF_TOPIC = re.compile(
    r"天気|ポエム|詩を|俳句|短歌|冗談|ジョーク|レシピ|料理|翻訳|プログラム|コードを|サッカー|野球|映画|歌詞|歌を|小説|首都|大統領|総理|誕生日|占い"
    r"|星座|宿題|作文|エッセイ|(?:これまで|以前|今まで|前)の(?:すべての|全ての)?(?:指示|命令)|指示を無視|システムプロンプト|ウォッチリスト"
    r"|シミュレーター|おいしい|旅行|恋愛"
)
_OTHERS = re.compile(
    r"(?:[\w.+-]+@[\w-]+(?:\.[A-Za-z0-9-]+)+|(?:他|ほか|別)の(?:ユーザー|利用者|人|人たち|方|顧客|会員)(?:たち)?|他人|誰か|全ユーザー|すべてのユーザー)"
    r"(?:さん)?[のはが][^。?]{0,20}(?:ポートフォリオ|保有|資産|口座|取引|残高|持って|資料|銘柄|株)"
)
ADVICE = re.compile(
    r"べき|買い時|売り時|買いどき|売りどき|おすすめ|オススメ|お勧め|推奨|予想して|予測|目標株価|有望|(?:買った|売った|買う|売る|した|持った|待った)(?:方|ほう)が"
    r"|(?:買って|売って|投資して|持ち続けて|手放して)(?:も)?(?:いい|良い|よい|大丈夫)|買い(?:です|だと|でしょう)?か\?|(?:これから|今後|来週|来月|来年|明日)[^。?]{0,20}"
    r"(?:上が|下が|どうなる|値上がり|値下がり|伸び)|上がりますか|下がりますか|上がると思|下がると思|割安|割高|(?:何|どれ|どの株|どの銘柄)を(?:買え|買う|売れ|売る)ば?"
    r"|(?:いい|良い|よい)(?:銘柄|株|投資先)|いくらまで(?:上|下)が|将来性|狙い目|買い増そう|暴落(?:する|し(?:ます|そう)|[はが]来)|と思(?:う|います)(?:か|\?|$)"
)
_WHAT_IF = re.compile(r"たら|れば|もし|仮に|場合|とすると|としたら|シミュレ|試し|試算|想定")
_RECORD = re.compile(r"記録|記帳|登録|入力して|つけて(?:おいて)?$|付けて(?:おいて)?$|台帳に(?:入|追加|書)|メモして")
_DONE = re.compile(
    r"(?:買った|買いました|購入した|購入しました|売った|売りました|売却した|売却しました|入金した|入金しました|出金した|出金しました|引き出した"
    r"|引き出しました|もらった|もらいました|受け取った|受け取りました|払った|払いました|支払った)(?:よ|ので|んだ|から|。|!|$)"
)
_METHODS = (
    ("risk_parity", r"リスクパリティ|リスクを均等|同じリスク|等しいリスク"),
    ("hrp", r"HRP|階層"),
    ("max_sharpe", r"シャープ|リスク調整|効率が最も|最も効率"),
)
_PORTFOLIO = re.compile(
    r"[「『\"](?P<quoted>[^」』\"]{1,60})[」』\"](?:という)?(?:の)?ポートフォリオ|ポートフォリオ[「『\"](?P<named>[^」』\"]{1,60})[」』\"]"
    r"|(?<![A-Za-z])(?P<word>[A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+)*)\s?(?:の)?ポートフォリオ"
)
_BUY_ONLY = re.compile(
    r"売らず|売らない|売却せず|売却しない|売却なし|売りなし|買いだけ|買うだけ|購入のみ|購入だけ|買いのみ|買い増しだけ"
)


def read_whole(
    text: str,
    topics: frozenset[Topic],
    symbols: Sequence[tuple[int, str]],
    today: str,
    *,
    defines: bool,
    names: tuple[str, ...] = (),
) -> Question | None:
    """Read a message whose parts belong together; None for any other.

    Args:
        text: Words, digits in their plain forms.
        topics: Topics whose words stand in the text.
        symbols: Symbols it names, with their places, in order.
        today: The market's day, empty when unknown.
        defines: Whether the message asks what a term means.
        names: Names in it that no list of companies knows.
    """
    for topic, pattern in ((Topic.GREETING, _GREETING), (Topic.THANKS, _THANKS), (Topic.HELP, _HELP)):
        if pattern.search(text) and (topic is Topic.HELP or not topics):
            return Question(text, (Ask(topic, text),))
    if _OTHERS.search(text) and Topic.DOCUMENTS not in topics:
        return Question(text, (Ask(Topic.OTHERS, text),))
    if _OFF_TOPIC.search(text):
        return Question(text)
    if defines:
        return None
    readers: Sequence[Callable[[], Question | None]] = (
        lambda: read_errand(text, symbols, names, read_portfolio(text), today),
        lambda: _recorded(text, symbols, today),
        lambda: _from_documents(text) if Topic.DOCUMENTS in topics else None,
        lambda: _rebalanced(text, symbols) if Topic.REBALANCE in topics else None,
        lambda: _optimised(text) if Topic.OPTIMISE in topics else None,
        lambda: _tried(text, topics, symbols) if _WHAT_IF.search(text) else None,
        lambda: _advised(text, symbols),
        lambda: _ordered(text, symbols),
    )
    return next((question for read in readers if (question := read()) is not None), None)


def read_portfolio(text: str) -> str:
    """Name of the portfolio a text speaks of, empty for none."""
    match = _PORTFOLIO.search(text)
    return (match["quoted"] or match["named"] or match["word"] or "") if match else ""


def _named(symbols: Sequence[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(symbol for _, symbol in symbols))


def _asks(text: str) -> bool:
    return bool(re.search(r"[?]|(?:か|の|かな)[。!]*$|教えて|見せて|いつ|何を|どの|いくら", text))


def _recorded(text: str, symbols: Sequence[tuple[int, str]], today: str) -> Question | None:
    wanted = _RECORD.search(text)
    if not wanted and (not _DONE.search(text) or _asks(text)):
        return None
    entry = read_entry(text, symbols, today)
    if entry is not None:
        named = (entry.symbol,) if entry.symbol else ()
        return Question(text, (Ask(Topic.RECORD, text, symbols=named, entry=entry, portfolio=read_portfolio(text)),))
    if wanted and re.search(r"買|売|購入|売却|入金|出金|配当|取引|手数料|利息", text) and not _asks(text):
        return Question(text, suggestions=EXAMPLES["entry"])
    return None


def _from_documents(text: str) -> Question:
    page = re.search(r"(\d{1,4})\s?ページ", text)
    if page and int(page[1]) and re.search(r"読|見せ|開い|内容|表示|何が書", text):
        return Question(text, (Ask(Topic.PAGE, text, page=int(page[1])),))
    return Question(text, (Ask(Topic.DOCUMENTS, text),))


def _rebalanced(text: str, symbols: Sequence[tuple[int, str]]) -> Question | None:
    weights = _weights(text, symbols)
    total = sum(weights.values(), Decimal(0))
    if (re.search(r"\d\s?%|\d/\d|\d割", text) and not weights) or total > 1:
        return Question(text, suggestions=EXAMPLES["weights"])
    if weights and total < 1:
        weights["CASH"] = weights.get("CASH", Decimal(0)) + 1 - total
    if not weights and re.search(r"均等|等分|同じ(?:比率|割合|ウェイト)", text):
        weights = {"": Decimal(1)}
    money = MONEY.search(text)
    ask = Ask(
        Topic.REBALANCE,
        text,
        weights=tuple(weights.items()),
        cash=money_of(money)[0] if money else "",
        buy_only=bool(_BUY_ONLY.search(text)),
        fractions=bool(re.search(r"端株|単元未満|小数", text)),
        portfolio=read_portfolio(text),
    )
    return Question(text, (ask,))


def _weights(text: str, symbols: Sequence[tuple[int, str]]) -> dict[str, Decimal]:
    cash = [(match.start(), "CASH") for match in re.finditer(r"現金|キャッシュ", text)]
    placed = sorted([*symbols, *cash])
    shares = [
        (match.start(), fraction_of(match)) for match in FRACTION.finditer(text) if match["percent"] or match["tenths"]
    ]
    slashed = re.search(r"\b\d{1,3}(?:/\d{1,3})+", text)
    if not shares and slashed:
        parts = [Decimal(part) / 100 for part in slashed[0].split("/")]
        return (
            {symbol: part for (_, symbol), part in zip(placed, parts, strict=False)}
            if len(parts) == len(placed)
            else {}
        )
    if not shares and re.search(r"半々|半分ずつ|五分五分", text) and len(placed) == 2:
        return {symbol: Decimal("0.5") for _, symbol in placed}
    return paired(placed, shares)


def _optimised(text: str) -> Question:
    method = next((method for method, words in _METHODS if re.search(words, text)), "min_variance")
    most = re.search(rf"({NUMBER})\s?(?:%|パーセント)(?:以下|まで|以内|を上限|が上限|を超えない|未満)", text)
    share = decimal_of(most[1]) / 100 if most else None
    if share is not None and not 0 < share <= 1:
        share = None
    return Question(text, (Ask(Topic.OPTIMISE, text, method=method, most=share, portfolio=read_portfolio(text)),))


def _tried(text: str, topics: frozenset[Topic], symbols: Sequence[tuple[int, str]]) -> Question | None:
    trades = read_trades(text, symbols)
    if not trades:
        unsaid = re.search(r"(?:売っ|買っ|売れ|買え|売却し|購入し|投資し)(?:たら|ば|た場合|たとし)", text)
        return Question(text, suggestions=EXAMPLES["trade"]) if unsaid and not topics & {Topic.QUOTE} else None
    if ADVICE.search(text) and not re.search(r"どうな|変わ|影響|試|シミュ", text):
        return None
    if any(not trade.quantity and not trade.amount and trade.fraction is None for trade in trades):
        return Question(text, suggestions=EXAMPLES["trade"])
    return Question(
        text, (Ask(Topic.WHAT_IF, text, symbols=_named(symbols), trades=trades, portfolio=read_portfolio(text)),)
    )


def _ordered(text: str, symbols: Sequence[tuple[int, str]]) -> Question | None:
    """An order, which nobody here carries out: it is tried."""
    if not re.search(
        r"(?:売って|買って|売却して|購入して|乗り換えて|処分して)(?:ください|下さい|くれ|ほしい|欲しい|。|$)", text
    ):
        return None
    trades = read_trades(text, symbols)
    if not trades or any(not trade.quantity and not trade.amount and trade.fraction is None for trade in trades):
        return Question(text, suggestions=EXAMPLES["trade"])
    return Question(
        text, (Ask(Topic.WHAT_IF, text, symbols=_named(symbols), trades=trades, portfolio=read_portfolio(text)),)
    )


def _advised(text: str, symbols: Sequence[tuple[int, str]]) -> Question | None:
    if not ADVICE.search(text):
        return None
    return Question(text, (Ask(Topic.ADVICE, text, symbols=_named(symbols)[:5], portfolio=read_portfolio(text)),))
