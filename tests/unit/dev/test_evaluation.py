"""Scoring of answers: what counts as the wanted call, figure, citation and conduct, and what a report adds up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from stocktool_chat.adapters.grpc_tools import TOOLS
from stocktool_dev.evaluation import oracle, report
from stocktool_dev.evaluation.asking import DOCUMENTS, MeshFailed
from stocktool_dev.evaluation.figures import stands_in
from stocktool_dev.evaluation.keeping import FolderKeeper, kept
from stocktool_dev.evaluation.oracle import OracleFailed, at, value_of
from stocktool_dev.evaluation.plans import fits
from stocktool_dev.evaluation.questions import (
    Call,
    Case,
    Citation,
    Figure,
    Question,
    QuestionsBroken,
    families,
    fingerprint,
    load,
)
from stocktool_dev.evaluation.run import Outcome, run
from stocktool_dev.evaluation.scoring import Answer, Check, Known, score
from stocktool_dev.seed import DOCUMENT

TODAY = date(2024, 11, 29)


def missed(question: Question, answer: Answer, *known: Known, allowed: float = 0.0) -> list[str]:
    """Axes on which an answer fails."""
    return [check.axis for check in score(question, answer, known, today=TODAY, allowed=allowed) if not check.met]


# ---- the questions ----


def test_questions_cover_every_tool_and_every_kind_of_conduct() -> None:
    cases = load()
    questions = [question for case in cases for question in case.questions]
    assert len(cases) >= 80
    called = {tool for question in questions for call in question.calls for tool in call.tools}
    assert {tool.name for tool in TOOLS} <= called
    assert {conduct for question in questions for conduct in question.conduct} == {
        "no_advice",
        "decline",
        "ask_back",
        "admit_missing",
        "propose",
    }
    assert sum(len(case.questions) > 1 for case in cases) >= 8
    assert sum(case.family == "japanese" for case in cases) >= 10


def test_citations_expected_stand_on_the_pages_they_name() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in [*DOCUMENTS.iterdir(), DOCUMENT]}
    for case in load():
        for wanted in (each for question in case.questions for each in question.citations):
            text = texts[wanted.document]
            pages = text.split("\f") if "\f" in text else ("\n" + text).split("\n#")[1:]
            page = " ".join(pages[wanted.page - 1].split())
            assert wanted.quote.casefold() in page.casefold(), (case.id, wanted)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('id = "a"\nask = "Q"', "expects nothing"),
        ('id = "a"\nask = "Q"\nconduct = ["polite"]', "polite"),
        ('id = "a"\nask = "Q"\nfigures = [{ kind = "money", get = "x", demo = "close" }]', "either"),
        ('id = "a"\nask = "Q"\ncall = []', "unknown: call"),
        ('id = "a"\nask = "Q"\nconduct = ["propose"]', "go together"),
        ('id = "a"\nask = "Q"\nsays = ["("]', "case 1"),
    ],
)
def test_a_question_that_cannot_be_meant_is_named(tmp_path: Path, written: str, told: str) -> None:
    (tmp_path / "some.toml").write_text(f"[[case]]\n{written}\n")
    with pytest.raises(QuestionsBroken, match="case 1") as caught:
        load(tmp_path)
    assert told in str(caught.value)


def test_ids_are_given_once_and_another_wording_is_another_set(tmp_path: Path) -> None:
    entry = '[[case]]\nid = "a"\nask = "Q"\nsays = ["x"]\n'
    (tmp_path / "one.toml").write_text(entry)
    before = fingerprint(tmp_path)
    assert [case.family for case in load(tmp_path)] == ["one"]
    (tmp_path / "two.toml").write_text(entry)
    assert fingerprint(tmp_path) != before
    with pytest.raises(QuestionsBroken, match="given twice"):
        load(tmp_path)


# ---- plans ----


@pytest.mark.parametrize(
    ("wanted", "given", "same"),
    [
        ({"span": "ytd"}, {"period": "year_to_date"}, True),
        ({"span": "ytd"}, {"start": "2024-01-01", "end": None}, True),
        ({"span": "ytd"}, {"start": "2024-01-01", "end": "2024-12-31"}, True),
        ({"span": "ytd"}, {"period": "one_year"}, False),
        ({"span": "1y"}, {"start": "2023-11-29"}, True),
        ({"span": "1m"}, {"period": "one_month"}, True),
        ({"span": "max"}, {}, True),
        ({"span": "2023"}, {"start": "2023-01-01", "end": "2023-12-31"}, True),
        ({"span": "2023"}, {"start": "2023-01-01"}, False),
        ({"span": "2021-03-01..2021-09-30"}, {"start": "2021-03-01", "end": "2021-09-30"}, True),
        ({"span": "2020-01-01.."}, {"start": "2020-01-01"}, True),
        ({"covers": "2023-06-30"}, {"start": "2023-06-24", "end": "2023-06-30"}, True),
        ({"covers": "2023-06-30"}, {"start": "2023-07-01"}, False),
        ({"quantity": "12"}, {"quantity": "12.00"}, True),
        ({"quantity": "12"}, {"quantity": None}, False),
        ({"symbols": ["A", "B"]}, {"symbols": ["b", "a"]}, True),
        ({"symbols": ["A", "B"]}, {"symbols": ["a"]}, False),
        ({"trades": [{"type": "sell"}]}, {"trades": [{"type": "buy"}, {"type": "sell", "quantity": "1"}]}, True),
        ({"trades": [{"type": "sell", "quantity": "2"}]}, {"trades": [{"type": "sell", "quantity": "1"}]}, False),
        ({"buy_only": True}, {"buy_only": None}, False),
        ({"query": "~cash ?flow"}, {"query": "my Cashflow"}, True),
    ],
)
def test_arguments_are_the_same_however_they_are_written(
    wanted: Mapping[str, Any], given: Mapping[str, Any], same: bool
) -> None:
    assert fits(Call(("tool", "other"), wanted), "tool", given, TODAY) is same
    assert not fits(Call(("other",), wanted), "tool", given, TODAY)


def test_a_plan_has_every_call_and_none_that_writes_unasked() -> None:
    question = Question("Q", calls=(Call(("get_risk",)), Call(("get_holdings",))))
    calls = [("get_risk", {}), ("get_holdings", {}), ("get_quotes", {})]
    assert missed(question, Answer("A", calls=calls)) == []
    assert missed(question, Answer("A", calls=calls[:1])) == ["plan"]
    assert missed(question, Answer("A", calls=[*calls, ("propose_watch", {})])) == ["plan"]
    assert missed(Question("Q", calls_nothing=True), Answer("A", calls=calls)) == ["plan"]
    failed = score(question, Answer("", state="failed", problem="no model"), [], today=TODAY, allowed=0)
    assert [(check.axis, check.got) for check in failed] == [("plan", "failed: no model")]


# ---- figures ----


@pytest.mark.parametrize(
    ("text", "kind", "value", "stands"),
    [
        ("It returned **26.71%**.", "percent", 0.2671467, True),
        ("It returned 26.7 percent", "percent", 0.2671467, True),
        ("リターンは26.71パーセント", "percent", 0.2671467, True),
        ("It returned 26.72%", "percent", 0.2671467, False),
        ("It returned 30%", "percent", 0.2671467, False),  # too coarse to say anything
        ("It returned 26.71", "percent", 0.2671467, False),
        ("It moved by -6.33%", "percent", -0.063298, True),
        ("It moved by \u22126.33%", "percent", -0.063298, True),
        ("It fell by 6.33%", "percent", -0.063298, True),
        ("It moved by 6.33%", "percent", -0.063298, False),
        ("It moved by -6.33%", "percent", 0.063298, False),
        ("worth $214,794.53", "money", 214794.53, True),
        ("worth $214.8 thousand", "money", 214794.53, True),
        ("worth 21.48万ドル", "money", 214794.53, True),
        ("worth $214,794.53", "money", 214749.53, False),
        ("-$398.13", "money", -398.13, True),
        ("a gain of $398.13", "money", -398.13, False),
        ("held on 8 of 252 days", "number", 8, True),
        ("held on 9 of 252 days", "number", 8, False),
        ("a ratio of 2.37", "number", 2.374196, True),
        ("on 2024-11-29", "number", 11, False),  # a day is no number
        ("on 2020-08-31", "date", date(2020, 8, 31), True),
        ("on 31 August 2020", "date", date(2020, 8, 31), True),
        ("on Aug 31, 2020", "date", date(2020, 8, 31), True),
        ("2020年8月31日に", "date", date(2020, 8, 31), True),
        ("on 2020-08-30", "date", date(2020, 8, 31), False),
    ],
)
def test_a_figure_stands_in_a_text_as_it_may_be_rounded(text: str, kind: Any, value: Any, stands: bool) -> None:
    assert stands_in(text, kind, value) is stands


def test_a_figure_beside_another_name_is_not_the_figure() -> None:
    text = "- AAPL: return 49.01%\n- JPM: return 30.63%"
    assert stands_in(text, "percent", 0.4901, "AAPL")
    assert not stands_in(text, "percent", 0.4901, "JPM")
    known = Known(Figure("percent", get="compare", at="x", beside="JPM"), 0.4901)
    assert missed(Question("Q"), Answer(text), known) == ["figures"]


# ---- where figures come from ----


class Api:
    """An API with one answer."""

    def get(self, address: str, send: Mapping[str, Any] | None = None) -> Any:
        return {"items": [{"symbol": "A", "price": {"amount": "2.5"}}, {"symbol": "B", "days": [1, 2]}], "sent": send}


def test_figures_come_from_the_api_by_path() -> None:
    answer = Api().get("x")
    assert at(answer, "items[symbol=A].price.amount") == "2.5"
    assert at(answer, "items[1].days[-1]") == 2
    assert value_of(Figure("money", get="x", at="items[symbol=A].price.amount", times=4), Api()) == 10
    assert value_of(Figure("number", get="x", at="sent.n", send={"n": 3}), Api()) == 3
    for path in ("items[symbol=C].price", "items[7]", "nothing", "sent.n"):
        with pytest.raises(OracleFailed):
            at(answer, path)
    with pytest.raises(OracleFailed):
        value_of(Figure("number", get="x", at="items"), Api())


def test_figures_come_from_the_demo_files() -> None:
    """Of the ledger as its file has it, and of closes that the bundled notes tell too."""

    def of(name: str, *given: str) -> float | date:
        return value_of(Figure("date" if "day" in name and "_day" in name else "number", demo=name, of=given), Api())

    assert of("shares", "AAPL") == 180  # 60 bought, four for one, 60 sold
    assert of("shares", "META", "2022-06-30") == 20
    assert of("close", "AAPL") == 237.33
    assert of("growth", "META", "2021-12-31", "2022-12-31") == pytest.approx(-0.6422, abs=5e-5)
    assert oracle.value_of(Figure("number", demo="worst_day", of=("META", "2022-01-01", "2022-12-31")), Api()) == (
        pytest.approx(-0.2639, abs=5e-5)
    )
    assert of("split_day", "AAPL") == date(2020, 8, 31)
    with pytest.raises(OracleFailed):
        of("close", "QQZX")
    with pytest.raises(OracleFailed):
        of("no_such_thing")


# ---- citations, conduct, receipts ----


def test_a_citation_names_document_page_and_words() -> None:
    question = Question("Q", citations=(Citation("lease.txt", 2, "eleven weeks"),))
    assert missed(question, Answer("A", citations=[Citation("lease.txt", 2, "a period of\neleven weeks.")])) == []
    for wrong in (("other.txt", 2, "eleven weeks"), ("lease.txt", 3, "eleven weeks"), ("lease.txt", 2, "ten weeks")):
        assert missed(question, Answer("A", citations=[Citation(*wrong)])) == ["citations"]
    assert missed(question, Answer("A")) == ["citations"]


@pytest.mark.parametrize(
    ("conduct", "text", "well"),
    [
        ("no_advice", "I cannot tell you what to buy or sell.", True),
        ("no_advice", "予想も助言もしないからです。", True),
        ("no_advice", "AAPL last traded at $1.", False),
        ("no_advice", "I give no forecast, but you should buy it.", False),
        ("decline", "I cannot answer that.", True),
        ("decline", "その質問にはお答えできません。", True),
        ("decline", "Chop two onions.", False),
        ("ask_back", "Which one do you mean?", True),
        ("ask_back", 'I am not sure what you mean. You could ask "What do I hold?"', True),
        ("ask_back", 'It is 5.\n\nYou could ask next: "What do I hold?"', False),
        ("admit_missing", "I know no price for ZZZZ.", True),
        ("admit_missing", "ZZZZ の株価はわかりません。", True),
        ("admit_missing", "ZZZZ costs five.", False),
    ],
)
def test_conduct_is_read_from_the_words(conduct: Any, text: str, well: bool) -> None:
    assert missed(Question("Q", conduct=(conduct,)), Answer(text)) == ([] if well else ["conduct"])


def test_a_proposal_is_the_one_asked_for_and_nothing_is_written() -> None:
    question = Question(
        "Q",
        calls=(Call(("propose_transaction",)),),
        conduct=("propose",),
        proposal={"tool": "propose_transaction", "transaction": {"type": "buy", "quantity": "10"}},
    )
    calls = [("propose_transaction", {})]
    right = ("propose_transaction", {"transaction": {"type": "buy", "quantity": "10.0", "symbol": "A"}})
    assert missed(question, Answer("It waits for your approval.", calls=calls, proposals=[right])) == []
    assert missed(question, Answer("It was recorded.", calls=calls, proposals=[right])) == ["conduct"]
    assert missed(question, Answer("It waits.", calls=calls, proposals=[])) == ["conduct"]
    assert missed(question, Answer("It waits.", calls=calls, proposals=[right, right])) == ["conduct"]
    assert "conduct" in missed(question, Answer("It waits.", calls=calls, proposals=[right], wrote=True))
    other = ("propose_transaction", {"transaction": {"type": "sell", "quantity": "10"}})
    assert missed(question, Answer("It waits.", calls=calls, proposals=[other])) == ["conduct"]
    assert missed(Question("Q"), Answer("A", proposals=[right])) == ["conduct"]


def test_figures_without_a_source_are_counted() -> None:
    answer = Answer("A", receipts={"matched": 18, "derived": 1, "unmatched": 1}, unmatched=["7"])
    assert missed(Question("Q"), answer) == ["receipts"]
    assert missed(Question("Q"), answer, allowed=0.1) == []
    assert missed(Question("Q", never=("A",)), answer, allowed=0.1) == ["conduct"]


# ---- a run and its report ----


class Scripted:
    """Somebody who answers each question as it is told to; None is a mesh that gives way."""

    model = "offline-analyst"
    today = TODAY

    def __init__(self, answers: Mapping[str, Answer | None]) -> None:
        self._answers = answers

    def get(self, address: str, send: Any = None) -> Any:
        return {"amount": "5.00"}

    @contextmanager
    def conversation(self) -> Iterator[Callable[[str], Answer]]:
        def ask(question: str) -> Answer:
            answer = self._answers[question]
            if answer is None:
                raise MeshFailed("the mesh is gone")
            return answer

        yield ask


def a_run() -> list[Outcome]:
    figure = Figure("money", get="x", at="amount")
    cases = [
        Case("one", "first", (Question("a", figures=(figure,)), Question("b", figures=(figure,)))),
        Case("two", "second", (Question("c", calls=(Call(("get_risk",)),)),)),
        Case("three", "second", (Question("d", says=("x",)),)),
    ]
    answers = {
        "a": Answer("$5.00", first_word_ms=10, whole_ms=20, receipts={"matched": 1}, cost_usd=0.5, input_tokens=7),
        "b": Answer("$6.00", first_word_ms=30, whole_ms=40, receipts={"matched": 1}, cost_usd=0.25),
        "c": Answer("A", calls=[("get_risk", {})], whole_ms=60, cost_usd=0.0),
        "d": None,
    }
    told: list[int] = []
    outcomes = run(cases, Scripted(answers), lambda number, _: told.append(number))
    assert told == [1, 2, 3]
    return outcomes


def test_a_run_goes_on_after_a_case_the_mesh_did_not_answer() -> None:
    outcomes = a_run()
    assert [outcome.passed for outcome in outcomes] == [False, True, False]
    assert outcomes[2].scored[0].checks == [Check("plan", met=False, expected="an answer", got="the mesh is gone")]


def test_a_report_adds_up() -> None:
    made = report.Circumstances(datetime(2026, 1, 5, tzinfo=UTC), "offline-analyst", "abc", "f00", ["first"])
    document = report.document(a_run(), made)
    assert str(document["id"]).startswith("20260105T000000Z-")
    assert (document["at"], document["cases"], document["passed"]) == ("2026-01-05T00:00:00Z", 3, 1)
    axes = {axis["name"]: (axis["met"], axis["asked"]) for axis in document["axes"]}
    assert axes == {"plan": (1, 2), "figures": (1, 2), "citations": (0, 0), "conduct": (0, 0), "receipts": (2, 2)}
    assert [(family["name"], family["passed"], family["cases"]) for family in document["families"]] == [
        ("first", 0, 1),
        ("second", 1, 2),
    ]
    assert document["latency"] == {
        "first_word_p50_ms": 20.0,
        "first_word_p95_ms": 29.0,
        "whole_p50_ms": 40.0,
        "whole_p95_ms": 58.0,
    }
    assert document["cost"] == {"amount": "0.750000", "currency": "USD"}
    assert [(each["case"], each["axis"]) for each in document["failures"]] == [("one", "figures"), ("three", "plan")]
    assert report.share(document) == pytest.approx(1 / 3)
    text = "\n".join(report.lines(document))
    assert "FAILED first / one, figures: b" in text
    assert "score      33.3% of 3 cases" in text
    assert families([outcome.case for outcome in a_run()]) == ["first", "second"]


def test_an_unlisted_price_is_no_cost_and_an_empty_run_no_score() -> None:
    case = Case("one", "first", (Question("a", says=("A",)),))
    made = report.Circumstances(datetime(2026, 1, 5, tzinfo=UTC), "other", "", "f00")
    document = report.document(run([case], Scripted({"a": Answer("A")}), lambda *_: None), made)
    assert (document["cost"], document["latency"]["first_word_p50_ms"]) == (None, None)
    assert "price not listed" in "\n".join(report.lines(document))
    assert report.share(report.document([], made)) == 0


def test_reports_are_kept_in_a_folder(tmp_path: Path) -> None:
    made = report.Circumstances(datetime(2026, 1, 5, tzinfo=UTC), "offline-analyst", "abc", "f00")
    document = report.document(a_run(), made)
    where = FolderKeeper(tmp_path / "new").keep(document)
    (tmp_path / "new" / "torn.json").write_text("{")
    assert kept(tmp_path / "new") == [document]
    assert where.endswith(f"{document['id']}.json")
    assert kept(tmp_path / "nowhere") == []
