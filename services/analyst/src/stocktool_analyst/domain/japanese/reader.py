"""From Japanese words to clauses."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from stocktool_analyst.domain import errand_plans
from stocktool_analyst.domain.ask import Ask, Question
from stocktool_analyst.domain.clauses import Clause, Hint
from stocktool_analyst.domain.companies import mentions
from stocktool_analyst.domain.definitions import Term
from stocktool_analyst.domain.japanese.lexicon import (
    Company,
    Figure,
    Split,
    Token,
    Weak,
    is_katakana,
    katakana_end,
    read_tokens,
)
from stocktool_analyst.domain.japanese.messages import ADVICE, EXAMPLES, read_portfolio, read_whole
from stocktool_analyst.domain.japanese.numbers import MONEY, read_count
from stocktool_analyst.domain.japanese.spans import read_span
from stocktool_analyst.domain.symbols import NO_SYMBOLS
from stocktool_analyst.domain.topics import Topic
from stocktool_analyst.domain.vocabulary import word_set

_CUT = re.compile(
    r"(?<=[。?!])|、(?=それと|あと|また|さらに|ついでに|それから|そして)|(?:と|し|て|で)、|(?<=か)、|(?:それと|ついでに|それから)(?=.{3})|\n+"
)
_ADVICE_CUT = re.compile(r"(?<=[。?!])|(?<=[てで])、|、(?=それと|あと|また)|(?:けど|けれど|ですが|ますが|が)、|\n+")
_PROGRESS = re.compile(
    r"^(?:それで|で|では|じゃあ|もう|まだ|今|いま|それは|あれは|、|\s)*(?:どこまで|どのくらい|どれくらい|どれぐらい)?(?:は|まで)?"
    r"(?:進んで?(?:だ|いる|る|いますか|だか|みました)?|進みました|終わっ(?:た|ている|ていますか|てる)|終わりました|でき(?:た|ました|ている|ています)"
    r"|完了(?:した|しました|しています)?|進捗は?|進み具合は?|状況は?)(?:か|の|ですか)?[?。!]*$"
)
_RATIOS = word_set(
    "PER PBR ROA NISA FIFO LIFO HIFO HHI TWR XIRR IRR CAGR HRP VaR CVaR ETF PDF EPS ROE NY YTD S Q M A P"
    " ISA TOPIX RSI MACD SMA EMA ATR MA ECB FRB FOMC GDP CPI CSV"
)
_TICKER = re.compile(r"(?<![A-Za-z&.$^\d])\^?[A-Z]{1,5}(?:[.=-][A-Z]{1,2})?(?![A-Za-z&])")
_AGAINST_WORDS = (
    r"(?:指数|さん|株)?(?:と比べ|と比較|に対|に比べ|対比|より(?!高|低|前|後)|に勝|に負|を上回|を下回|をアウトパフォーム"
    r"|をベンチマーク|がベンチマーク|と並べ|との比較|との差|との相関|との連動|比で)"
)
_BENCHMARK = re.compile(rf"^{_AGAINST_WORDS}")
_MARKET = re.compile(r"(?:市場平均|市場全体|市場|マーケット|インデックス|指数|平均)" + _AGAINST_WORDS)
_BENCHMARK_NAMED = re.compile(r"ベンチマーク(?:は|を|に|が)?\s?$")
_FOLLOWS = re.compile(
    r"^\W*(?:それと|あと|では|じゃあ?|また|次に|そして|さらに|なら|ちなみに|ついでに|同じ|で、|同様に)"
)
_SHORT = re.compile(
    r"(?:は|では|だと|なら|の場合|の場合は|も|についても|で|に|ごとに|別|別に|別で|と|から|まで|以降|以来)[?。!]*$"
)
_LONGEST_FOLLOW = 16
_DEFINE = re.compile(
    r"とは|って(?:何|なに|なん|どういう|どんな|いったい|一体)|の?意味|(?<!会社)の?定義|用語|どういう(?:もの|こと)|何のこと|わかりやすく|分かりやすく|(?:について|を)?(?:説明して|解説して)"
    r"|の違い|何ですか|なんですか|何です\?"
)
_EXPLAIN = re.compile(
    r"(?:どう|どうやって|どのように|いかに|何から)(?:計算|算出|出し|求め|導)|計算(?:方法|式|根拠|過程|の仕方|の根拠|の内訳)|算出(?:方法|根拠|過程)|根拠|導出|数式|式を|式は|出どころ|どこから(?:来|き|出)"
    r"|計算を見せ|計算し(?:た|てい)|裏付け|証明"
)
_FEES = re.compile(r"手数料(?:は|を|が)?(?:合計|全部|いくら|どれ|どの|払)")
_WEEKLY, _MONTHLY = re.compile(r"週足|週次|週ごと|毎週"), re.compile(r"月足|月次|月ごと|毎月")
_SENTENCE = re.compile(r"(?<=[。?!])|、?(?=(?:それと|あと、|ついでに|それから|さらに、|また、))|\n+")
_COURTESIES = frozenset({Topic.GREETING, Topic.THANKS, Topic.HELP})
_OWN = frozenset({Topic.PERFORMANCE, Topic.RISK, Topic.HOLDINGS, Topic.ALLOCATION})


class JapaneseReader:
    """Reads Japanese by a lexicon and patterns."""

    def whole(self, text: str, today: str) -> Question | None:
        """A message whose parts belong together, or that is none of the analyst's business; None for any other."""
        plain = normal(text)
        tokens = read_tokens(plain)
        terms = _terms(tokens)
        defines = bool(terms and _DEFINE.search(plain) and not re.search(r"たら|リバランスして", plain))
        positions = read_positions(plain, tokens)
        names = () if positions else _names(plain, tokens)
        found = read_whole(plain, _topics(tokens), positions, today, defines=defines, names=names)
        return None if found is None else replace(found, text=text)

    def clauses(self, text: str, today: str) -> list[Clause]:
        """The parts of any other message that each ask for something."""
        return [_clause(part, today) for part in _parts(normal(text))]

    def sentences(self, text: str) -> list[str]:
        """A message cut where a sentence ends, or where words say that another thing follows."""
        return [part for part in _SENTENCE.split(normal(text)) if part.strip()]

    def errand(self, text: str, today: str) -> bool:
        """Whether a sentence asks for an errand, which is read as a whole."""
        found = self.whole(text, today)
        return found is not None and any(ask.topic in errand_plans.TOOLS for ask in found.asks)

    def speaks(self, text: str, today: str) -> bool:
        """Whether a sentence asks for anything at all."""
        whole = self.whole(text, today)
        asked = bool(whole and any(ask.topic not in _COURTESIES for ask in whole.asks))
        return asked or _speaks(normal(text))

    def beside_advice(self, text: str) -> str:
        """What a message asks for beside advice; empty for nothing."""
        parts = [part for part in _ADVICE_CUT.split(normal(text)) if part.strip() and not ADVICE.search(part)]
        return "、".join(part for part in parts if _speaks(part))

    def progress(self, text: str) -> bool:
        """Whether a message asks how far that is which was started before."""
        return bool(_PROGRESS.search(normal(text)))

    def suggestions(self, text: str) -> tuple[str, ...]:
        """Questions to offer when a message asks for nothing that is known."""
        plain = normal(text)
        if _EXPLAIN.search(plain):
            return EXAMPLES["figure"]
        if re.search(r"銘柄|会社|企業|株", plain):
            return EXAMPLES["symbol"]
        return (
            EXAMPLES["portfolio"]
            if re.search(r"投資|資産|お金|ポートフォリオ|運用|証券|金融|貯金|市場|相場", plain)
            else ()
        )


def normal(text: str) -> str:
    """A text with full-width letters and digits, half-width katakana and marks in their usual forms."""
    return unicodedata.normalize("NFKC", text).replace("\u301c", "~").replace("\uff5e", "~").strip()


def read_positions(text: str, tokens: Sequence[Token]) -> list[tuple[int, str]]:
    """Symbols with the place of the words that name them: tickers and English names, names in Japanese."""
    named = [(token.start, tag.symbol) for token in tokens for tag in token.tags if isinstance(tag, Company)]
    written = [(match.start(), match[0]) for match in _TICKER.finditer(text) if match[0] not in NO_SYMBOLS | _RATIOS]
    for run in re.finditer(r"[!-~]+(?: [!-~]+)*", text):
        written += [(run.start() + mention.start, mention.symbol) for mention in mentions(run[0])]
    taken = [range(token.start, token.end) for token in tokens if token.tags]
    named += [(at, symbol) for at, symbol in written if not any(at in each for each in taken)]
    return sorted(dict(named).items())


def _terms(tokens: Sequence[Token]) -> list[Term]:
    return [tag for token in tokens for tag in token.tags if isinstance(tag, Term)]


def _topics(tokens: Sequence[Token]) -> frozenset[Topic]:
    strong = frozenset(tag for token in tokens for tag in token.tags if isinstance(tag, Topic))
    return strong or frozenset(tag.topic for token in tokens for tag in token.tags if isinstance(tag, Weak))


def _parts(text: str) -> list[str]:
    """Parts of a message; one that asks for nothing stays with the one before it."""
    parts: list[str] = []
    for part in _CUT.split(text):
        if not part or not part.strip():
            continue
        if parts and not (_speaks(part) and _speaks(parts[-1])):
            parts[-1] = f"{parts[-1]}、{part}"
        else:
            parts.append(part)
    return parts[:6]


def _speaks(part: str) -> bool:
    tokens = read_tokens(part)
    return bool(_topics(tokens) or _terms(tokens))


def _clause(text: str, today: str) -> Clause:
    span, said = read_span(MONEY.sub(lambda match: " " * len(match[0]), text), today)
    # What names days names nothing else: 今年は is no verdict, この3か月 points at nothing.
    masked = text.replace(said, " " * len(said), 1) if said else text
    tokens = read_tokens(masked)
    topics = _topics(tokens)
    found = read_positions(masked, tokens)
    named, benchmark = _compared(masked, found, topics)
    tags = [tag for token in tokens for tag in token.tags]
    hints = {tag for tag in tags if isinstance(tag, Hint)}
    short = len(text) <= _LONGEST_FOLLOW and bool(_SHORT.search(text) or not topics)
    if _FOLLOWS.search(text) or short:
        hints |= {Hint.FOLLOWS}
    if short and not named:
        hints |= {Hint.PRONOUN}
    if short and any(_BENCHMARK.search(masked[_end_of(masked, at) :]) for at, _ in found[:1]):
        hints |= {Hint.AGAINST}
    if not named and topics & _OWN:
        hints |= {Hint.OWN}  # whose portfolio, if not the user's: Japanese leaves "my" away
    base = Ask(
        Topic.QUOTE,
        text,
        symbols=named,
        names=_names(masked, tokens) if not named and not benchmark else (),
        benchmark=benchmark,
        span=span,
        by=next((tag.by for tag in tags if isinstance(tag, Split)), ""),
        count=read_count(text),
        portfolio=read_portfolio(text),
        interval="1mo" if _MONTHLY.search(text) else "1wk" if _WEEKLY.search(text) else "",
    )
    terms = tuple(tag for tag in tags if isinstance(tag, Term))
    figure = next((tag.name for tag in tags if isinstance(tag, Figure)), "")
    defines = (
        terms
        if _DEFINE.search(text) and not _EXPLAIN.search(text) and not re.search(r"私の|自分の|わたしの|うちの", text)
        else ()
    )
    explained = figure if _EXPLAIN.search(text) and (not named or Hint.OWN in hints) else ""
    if not explained and _FEES.search(text) and not named:
        explained = "fees"
    return Clause(
        base,
        topics,
        frozenset(hints),
        terms=terms[:1],
        defines=() if named and not re.search(r"とは|意味|定義", text) else defines[: 2 if "違い" in text else 1],
        figure=figure,
        explains=explained,
    )


def _compared(text: str, found: Sequence[tuple[int, str]], topics: frozenset[Topic]) -> tuple[tuple[str, ...], str]:
    """Symbols asked about, and the one the portfolio is held against."""
    named = list(dict.fromkeys(symbol for _, symbol in found))[:10]
    own = bool(re.search(r"私|自分|わたし|ポートフォリオ|うち|僕|資産", text)) or bool(topics & _OWN)
    if not named:
        return (), "SPY" if own and _MARKET.search(text) else ""
    for at, symbol in found:
        end = _end_of(text, at)
        held_against = _BENCHMARK.search(text[end:]) or _BENCHMARK_NAMED.search(text[:at])
        if held_against and len(named) == 1:
            return (), symbol
    if _MARKET.search(text) and "SPY" not in named:
        named.append("SPY")
    return tuple(named), ""


def _end_of(text: str, at: int) -> int:
    token = next((token for token in read_tokens(text) if token.start == at and token.tags), None)
    written = re.compile(r"[A-Za-z^.&0-9-]+(?: [A-Z][A-Za-z]+)*").match(text, at)
    return token.end if token else written.end() if written else at


def _names(text: str, tokens: Sequence[Token]) -> tuple[str, ...]:
    """Words in katakana or Latin letters that no lexicon knows and that are spoken of as companies are."""
    taken = [(token.start, token.end) for token in tokens]
    found = []
    at = 0
    while at < len(text):
        end = katakana_end(text, at)
        if end - at >= 3 and not any(start <= at < stop for start, stop in taken):
            found.append((text[at:end], end))
        at = max(end, at + 1)
        while at < len(text) and is_katakana(text[at - 1]) and is_katakana(text[at]):
            at += 1
    found += [(match[0], match.end()) for match in re.finditer(r"[A-Z][a-z]+(?: [A-Z][a-z]+)*", text)]
    spoken = re.compile(
        r"(?:社|株|という会社)?の(?:株価|値段|価格|ニュース|決算|配当|業績|時価総額|PER|本社|チャート|株|RSI|MACD|移動平均|テクニカル)|(?:株|社)|はいくら|は今いくら"
    )
    return tuple(dict.fromkeys(word for word, end in found if spoken.match(text, end)))[:3]
