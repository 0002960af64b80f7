"""Trades to try and entries to book, read from Japanese words: the verb stands behind what it is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from stocktool_analyst.domain.japanese.numbers import FRACTION, MONEY, NUMBER, SHARES, fraction_of, money_of, plain
from stocktool_analyst.domain.japanese.spans import read_day
from stocktool_analyst.domain.trades import Entry, Trade

_SIDE = re.compile(
    r"(?P<swap>乗り換え|乗換え|入れ替え|入替え|買い替え|買換え|スワップ|置き換え|に移し|に移す|に切り替え)"
    r"|(?P<sell>売却|売っ|売る|売れ|売り|売ろ|手放し|手放す|処分|減らし|減らす|利確|損切り|整理)"
    r"|(?P<buy>購入|買っ|買う|買え|買い|買お|買い増し|追加投資|投資し|投資する|投じ|入れたら|つぎ込|積み増し|取得し|替え|換え)"
)
_EVERYTHING = re.compile(
    r"(?:全部|すべて|全て|全銘柄|全株|持ち株すべて|保有銘柄すべて|ポートフォリオ(?:の?(?:全部|すべて|全て))?|何もかも)(?:を|の株を)?"
)


def read_trades(text: str, symbols: Sequence[tuple[int, str]]) -> tuple[Trade, ...]:
    """Read the trades of "アップルを10株売ってJPMを5株買ったら", "メタをSPYに乗り換えたら".

    Args:
        text: Words, digits in their plain forms.
        symbols: Symbols the text names, with their places, in order.
    """
    trades: list[Trade] = []
    start = 0
    for verb in _SIDE.finditer(text):
        words = text[start : verb.start()]
        here = [(at - start, symbol) for at, symbol in symbols if start <= at < verb.start()]
        if verb["swap"] and len(here) >= 2:
            trades.append(_how_much("sell", here[0][1], words[: here[1][0]]))
            trades.append(Trade("buy", here[1][1], fraction=Decimal(1)))
        elif not verb["swap"]:
            side = "sell" if verb["sell"] else "buy"
            sold = any(trade.side == "sell" for trade in trades)
            trades.extend(_of_verb(side, words, here, sold=sold))
        if here or trades:
            start = verb.end()
    return tuple(trades[:20])


def _of_verb(side: str, words: str, here: Sequence[tuple[int, str]], *, sold: bool) -> list[Trade]:
    if not here:
        whole = _EVERYTHING.search(words) if side == "sell" else None
        part = FRACTION.search(words)
        return [Trade("sell", "", fraction=fraction_of(part) if part else Decimal(1))] if whole else []
    pieces = [
        words[0 if number == 0 else at : here[number + 1][0] if number + 1 < len(here) else len(words)]
        for number, (at, _) in enumerate(here)
    ]
    trades = [_how_much(side, symbol, piece) for (_, symbol), piece in zip(here, pieces, strict=True)]
    last = trades[-1]
    # "AとBを10株ずつ": what is said once, behind the last, is meant for each.
    told = [
        _how_much(side, symbol, pieces[-1]) if _says_nothing(pieces[at]) else trades[at]
        for at, (_, symbol) in enumerate(here)
    ]
    if side == "buy" and sold and last == Trade(side, last.symbol) and len(told) == 1:
        return [Trade(side, last.symbol, fraction=Decimal(1))]
    return told


def _says_nothing(words: str) -> bool:
    return not (MONEY.search(words) or FRACTION.search(words) or SHARES.search(words))


def _how_much(side: str, symbol: str, words: str) -> Trade:
    if money := MONEY.search(words):
        return Trade(side, symbol, amount=money_of(money)[0])
    if part := FRACTION.search(words):
        return Trade(side, symbol, fraction=fraction_of(part))
    if count := SHARES.search(words):
        return Trade(side, symbol, quantity=plain(count["count"]))
    return Trade(side, symbol, fraction=Decimal(1)) if side == "sell" else Trade(side, symbol)


_TYPES = (
    ("dividend", r"配当|分配金"),
    ("interest", r"利息|利子|金利"),
    ("withdrawal", r"出金|引き出|引出|おろし|下ろし"),
    ("deposit", r"入金|預け入れ|振り込|振込|追加資金"),
    ("sell", r"売却|売っ|売り|売る"),
    ("buy", r"購入|買っ|買い|買う|取得"),
    ("tax", r"税金|源泉税|税"),
    ("fee", r"手数料"),
)
_UNIT = "円|ドル|米ドル|ユーロ|ポンド"
_PRICE = re.compile(
    rf"(?:単価|株価|価格|値段|一株|1株)(?:は|が|あたり|当たり)?(?P<mark>[$€£¥])?\s?(?P<price>{NUMBER})\s?(?P<unit>{_UNIT})?"
    rf"|(?P<mark2>[$€£¥])?\s?(?P<price2>{NUMBER})\s?(?P<unit2>{_UNIT})?で(?!す|し)"
)
_FEE = re.compile(rf"手数料(?:は|が|を)?\s?[$€£¥]?\s?(?P<fee>{NUMBER})\s?(?:{_UNIT})?")
_ACCOUNT = re.compile(
    r"「(?P<quoted>[^」]{1,40})」(?:の)?口座|(?P<named>[A-Za-z][\w-]*|[\u30a1-\u30fe]{2,20})(?:の)?口座"
)
_MARKS = {
    "$": "USD",
    "ドル": "USD",
    "米ドル": "USD",
    "€": "EUR",
    "ユーロ": "EUR",
    "£": "GBP",
    "ポンド": "GBP",
    "¥": "JPY",
    "円": "JPY",
}


def read_entry(text: str, symbols: Sequence[tuple[int, str]], today: str) -> Entry | None:
    """Read an entry to book: "11月20日にアップルを10株230ドルで買った"; None when the words give too little."""
    day, said = read_day(text, today)
    rest = text.replace(said, " " * len(said), 1) if said else text
    kind = next((kind for kind, words in _TYPES if re.search(words, rest)), "")
    symbol = symbols[0][1] if symbols else ""
    account = _ACCOUNT.search(rest)
    name = (account["quoted"] or account["named"]) if account else ""
    fee = _FEE.search(rest) if kind != "fee" else None
    rest = _without(rest, fee)
    common = {"date": day, "account": name or "", "fee": plain(fee["fee"]) if fee else ""}
    if kind in {"buy", "sell"}:
        count = SHARES.search(rest)
        price = _PRICE.search(_without(rest, count))
        if not symbol or count is None:
            return None
        value, unit = _priced(price)
        return Entry(type=kind, symbol=symbol, quantity=plain(count["count"]), price=value, currency=unit, **common)
    money = MONEY.search(rest)
    bare = money or re.search(rf"(?<![\w.])(?P<bare>{NUMBER})(?![\w%])", rest)
    if not kind or bare is None or (kind == "dividend" and not symbol):
        return None
    amount, currency = money_of(money) if money else (plain(bare["bare"]), "")
    return Entry(type=kind, symbol=symbol if kind == "dividend" else "", amount=amount, currency=currency, **common)


def _priced(match: re.Match[str] | None) -> tuple[str, str]:
    if match is None:
        return "", ""
    mark = match["mark"] or match["unit"] or match["mark2"] or match["unit2"] or ""
    return plain(match["price"] or match["price2"]), _MARKS.get(mark, "")


def _without(text: str, match: re.Match[str] | None) -> str:
    return text if match is None else text[: match.start()] + " " * len(match[0]) + text[match.end() :]
