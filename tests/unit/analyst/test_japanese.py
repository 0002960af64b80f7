"""Japanese: what its words mean, and answers that say the figures the English ones say."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stocktool_analyst.domain import company_answers, compose, fixed_answers, next_questions, planning_answers
from stocktool_analyst.domain.definitions import TERMS
from stocktool_analyst.domain.japanese.lexicon import Company, companies, read_tokens
from stocktool_analyst.domain.japanese.numbers import MONEY, decimal_of, money_of, read_count
from stocktool_analyst.domain.japanese.phrases import PHRASES
from stocktool_analyst.domain.japanese.spans import read_day, read_span
from stocktool_analyst.domain.language import Language, language_of
from stocktool_analyst.domain.question import understand
from stocktool_analyst.domain.spans import Period, Span
from stocktool_analyst.domain.vocabulary import word_set
from stocktool_chat.domain.evidence import read_evidence
from stocktool_chat.domain.figures import Unit, find_figures
from stocktool_chat.domain.receipts import Status, match_receipts

from tests.unit.analyst.test_answers import converse

TODAY = "2024-11-29"


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("1,234.5", "1234.5"),
        ("100万", "1000000"),
        ("1.5億", "150000000"),
        ("1万5千", "15000"),
        ("三", "3"),
        ("十二", "12"),
        ("二千三百", "2300"),
        ("百万", "1000000"),
        ("二〇二四", "2024"),
    ],
)
def test_numbers(words: str, value: str) -> None:
    assert decimal_of(words) == Decimal(value)


@pytest.mark.parametrize(
    ("words", "amount"),
    [
        ("100万円", ("1000000", "JPY")),
        ("1,000ドル", ("1000", "USD")),
        ("$2,500.50", ("2500.5", "USD")),
        ("3千ユーロ", ("3000", "EUR")),
        ("50万米ドル", ("500000", "USD")),
        ("¥3000", ("3000", "JPY")),
    ],
)
def test_amounts(words: str, amount: tuple[str, str]) -> None:
    match = MONEY.search(words)
    assert match is not None
    assert money_of(match) == amount


@pytest.mark.parametrize(
    ("words", "span"),
    [
        ("今年の成績", Span(period=Period.YEAR_TO_DATE)),
        ("年初来", Span(period=Period.YEAR_TO_DATE)),
        ("去年", Span("2023-01-01", "2023-12-31")),
        ("一昨年のリターン", Span("2022-01-01", "2022-12-31")),
        ("先月", Span("2024-10-01", "2024-10-31")),
        ("今月", Span("2024-11-01", "2024-11-29")),
        ("先週", Span("2024-11-18", "2024-11-24")),
        ("昨日", Span("2024-11-28", "2024-11-28")),
        ("2024年", Span("2024-01-01", "2024-12-31")),
        ("2023年3月", Span("2023-03-01", "2023-03-31")),
        ("去年の12月", Span("2023-12-01", "2023-12-31")),
        ("3月", Span("2024-03-01", "2024-03-31")),
        ("12月", Span("2023-12-01", "2023-12-31")),
        ("過去3か月", Span("2024-08-29", "2024-11-29")),
        ("この半年", Span("2024-05-29", "2024-11-29")),
        ("直近2週間", Span("2024-11-15", "2024-11-29")),
        ("過去5年間", Span("2019-11-29", "2024-11-29")),
        ("過去1年", Span(period=Period.ONE_YEAR)),
        ("直近一か月", Span(period=Period.ONE_MONTH)),
        ("運用開始以来", Span(period=Period.SINCE_INCEPTION)),
        ("2023年第3四半期", Span("2023-07-01", "2023-09-30")),
        ("前四半期", Span("2024-07-01", "2024-09-30")),
        ("2022年下半期", Span("2022-07-01", "2022-12-31")),
        ("2020年から2022年まで", Span("2020-01-01", "2022-12-31")),
        ("2023年3月から6月まで", Span("2023-03-01", "2023-06-30")),
        ("2021年6月30日以降", Span("2021-06-30", "")),
        ("2022年6月まで", Span("", "2022-06-30")),
        ("2024-11-20", Span("2024-11-20", "2024-11-20")),
        ("2023年2月31日", Span()),
        ("去年の夏以来", Span(vague="去年の夏以来")),
        ("成績を教えて", Span()),
    ],
)
def test_ranges_of_days(words: str, span: Span) -> None:
    assert read_span(words, TODAY)[0] == span


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("11月20日に", "2024-11-20"),
        ("12月1日", "2023-12-01"),
        ("昨日", "2024-11-28"),
        ("2024/3/5", "2024-03-05"),
        ("いつか", ""),
    ],
)
def test_single_days(words: str, day: str) -> None:
    assert read_day(words, TODAY)[0] == day


@pytest.mark.parametrize(
    ("words", "count"), [("直近10件", 10), ("上位3銘柄", 3), ("5つ", 5), ("直近3か月", None), ("0件", None)]
)
def test_counts(words: str, count: int | None) -> None:
    assert read_count(words) == count


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("アップルの株価", ["AAPL"]),
        ("マイクロソトの株価", ["MSFT"]),  # a letter is missing
        ("スターバクス", ["SBUX"]),
        ("メタルの価格", []),  # begins with a company's name and is none
        ("マイポートフォリオ", []),
        ("三菱UFJ", ["MUFG"]),
    ],
)
def test_companies_by_name(text: str, symbols: list[str]) -> None:
    found = [tag.symbol for token in read_tokens(text) for tag in token.tags if isinstance(tag, Company)]
    assert found == symbols


def test_names_of_companies_are_of_symbols_once_each() -> None:
    lines = files("stocktool_analyst").joinpath("data/companies_ja.csv").read_text("utf-8").splitlines()[1:]
    assert len(companies()) == len(lines)
    assert all(re.fullmatch(r"\^?[A-Z0-9.-]+", symbol) for symbol in companies().values())


@pytest.mark.parametrize(
    ("text", "earlier", "language"),
    [
        ("今年の成績は？", [], Language.JAPANESE),
        ("配当", [], Language.JAPANESE),
        ("How did I do this year?", ["今年の成績は？"], Language.ENGLISH),
        ("AAPL", ["今年の成績は？"], Language.JAPANESE),
        ("AAPL", ["今年の成績は？", "and the risk?"], Language.ENGLISH),
        ("AAPL", [], Language.ENGLISH),
        ("", [], Language.ENGLISH),
    ],
)
def test_answers_are_in_the_language_of_the_question(text: str, earlier: list[str], language: Language) -> None:
    assert language_of(text, earlier) is language
    assert understand(text, TODAY, earlier).language is language


PAIRS = [
    ("リターンに何が寄与した？", "What drove my return?", "最も貢献したのは **AAPL**"),
    ("今年の配当はいくら？", "What dividends did I get this year?", "税引前で **$312.40**"),
    ("2023年の実現損益は？", "What did I realise in 2023?", "実現利益は **$130.83**"),
    ("XIRRはどう計算した？", "How is my XIRR computed?", "**XIRR** は **15.78%**"),
    ("ポートフォリオを診断して", "Check my portfolio", "**一つの銘柄の比率が高い** （不合格）： 42.31%"),
    ("AAPLを半分売ったらどうなる？", "What if I sold half my AAPL?", "AAPL を 45 株売り"),
    ("SPYを60%、AAPLを40%にリバランスして", "Rebalance to 60 % SPY 40 % AAPL", "買い: 銘柄 SPY, 数量 12"),
    ("リスクが最小になる配分は？", "Which weights carry the least risk?", "最小分散による比率"),
    ("2023年3月のアップルの株価", "Price of AAPL in March 2023", "より高い水準です"),
    ("JPMの財務指標", "JPM fundamentals", "| 時価総額 | $704,000,000,000.00 |"),
    ("AAPLの配当", "Dividends of AAPL", "4 対一の分割"),
    ("今日の値上がり率ランキング", "What are today's movers?", "変化率 -1.51%"),
    ("ベータとは？", "What is beta?", "あなたのベータは **0.93** です（対 SPY ）"),
    ("アップルを何株持ってる？", "How many AAPL shares do I own?", "含み益 $14,879.20"),
    ("アップルを買うべき？", "Should I buy AAPL?", "予想も助言もしない"),
    ("何を持っている？", "What do I hold?", "評価額は **$98,765.40**"),
]


def _figures(text: str) -> Counter[tuple[Unit, Decimal, str]]:
    kinds = {Unit.MONEY, Unit.PERCENT, Unit.PLAIN}
    written = [each for each in find_figures(text) if each.unit in kinds and re.search(r"\d", each.text)]
    return Counter((each.unit, each.value, each.currency) for each in written)


@pytest.mark.parametrize(("question", "in_english", "said"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_answer_says_the_figures_of_the_english_one(question: str, in_english: str, said: str) -> None:
    text, results = converse(question)
    assert said in text
    receipts = match_receipts(text, [read_evidence(f"call{at}", result) for at, result in enumerate(results)])
    assert [receipt.value for receipt in receipts if receipt.status is Status.UNMATCHED] == [], text
    assert _figures(text) == _figures(converse(in_english)[0])
    assert not re.search(r"\b(?:the|your|of|is)\b", re.sub(r"計算式：.*", "", text)), text


def test_failed_tool_is_told_in_japanese() -> None:
    assert "成績の取得ができませんでした：no answer。" in converse("今年の成績は？")[0]


def test_words_that_name_no_day_are_told() -> None:
    assert "「夏以来」が正確に何日を指すのかわからない" in converse("夏以来の成績は？")[0]


def test_same_words_and_results_give_the_same_bytes() -> None:
    assert len({converse("ポートフォリオを診断して。それと、リターンに何が寄与した？")[0] for _ in range(3)}) == 1


def _templates() -> Iterator[str]:
    """Every sentence the answers can say."""
    package = files("stocktool_analyst").joinpath("domain")
    modules = [each for each in package.iterdir() if each.name.endswith("_answers.py") or each.name == "compose.py"]
    for module in modules:
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                yield from (
                    each.value
                    for each in ast.walk(node.args[0])
                    if isinstance(each, ast.Constant) and isinstance(each.value, str) and " " in each.value
                )
    yield from (
        fixed_answers.GREETING,
        fixed_answers.THANKS,
        fixed_answers.HELP,
        fixed_answers.ADVICE,
        fixed_answers.UNKNOWN,
    )
    yield from compose.ACTIONS.values()
    yield from company_answers.NAMES.values()
    yield from (name for name, _, _ in planning_answers.RISKS)
    yield from (words for following in next_questions.AFTER.values() for _, words in following)
    yield from (words for term in TERMS for words in (term.name, term.text))


def test_every_sentence_has_its_japanese() -> None:
    assert [template for template in _templates() if template not in PHRASES] == []


def test_fields_of_a_sentence_are_those_of_its_japanese() -> None:
    def fields(template: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", template))

    differ = [template for template, japanese in PHRASES.items() if fields(template) != fields(japanese)]
    assert differ == []


_PIECES = st.sampled_from(
    sorted(
        word_set(
            "今年 去年の 成績 は ？ アップル を 10株 売って 買ったら SPY に 60% リバランス とは ベータ それと 、"
            " 。 から まで 2023年 2月31日 過去 三か月 0 億 万"
            " 円 半分 3分の0 分の 記録して 入金 ページ 資料 0ページ べき 株価 配当 XIRR どう計算 「 」"
            " ポートフォリオ 口座 ー ・ ﾊﾟ 十百千万億兆 〇 #"
        )
    )
)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.lists(_PIECES, max_size=12).map("".join), min_size=1, max_size=3))
def test_any_words_are_understood(said: list[str]) -> None:
    assert understand(said[-1], TODAY, said[:-1]).text == said[-1]
