"""Titles, lineage, prices, budgets, citations, short forms, prompts and exports."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_chat.domain.citations import cited, number_passages
from stocktool_chat.domain.conversation import (
    Conversation,
    ConversationId,
    Turn,
    TurnId,
    TurnState,
    asked_at,
    lineage,
    new_turn_id,
    title_of,
)
from stocktool_chat.domain.errors import BudgetExceeded, UnknownModel
from stocktool_chat.domain.export import to_json_document, to_markdown
from stocktool_chat.domain.json_types import Json
from stocktool_chat.domain.pricing import Budget, Catalogue, ModelOffer, Spending, Tokens
from stocktool_chat.domain.prompt import MarketDay, context, conversation_input, portable
from stocktool_chat.domain.summaries import capped, names_in, one_line, to_json
from stocktool_kit.core.ids import OwnerId

NOW = datetime(2026, 11, 22, 17, 5, 0, 123000, UTC)


def a_turn(number: int = 1, *, parent: str | None = None, text: str = "Fine.") -> Turn:
    return Turn(
        TurnId(f"trn_{number}"),
        ConversationId("cnv_1"),
        OwnerId("usr_1"),
        f"Question {number}?",
        "model-1",
        NOW,
        TurnState.COMPLETED,
        parent_turn_id=TurnId(parent) if parent else None,
        finished_at=NOW,
        summary={"text": text},
    )


def test_a_turns_id_tells_when_it_was_asked() -> None:
    assert asked_at(new_turn_id(NOW)) == NOW
    assert new_turn_id(NOW) < new_turn_id(NOW + timedelta(milliseconds=1))


@pytest.mark.parametrize("text", ["", "trn_", "cnv_01m8241nmyqdvp0wc3w5mrm3tn", "trn_" + "u" * 26, "trn_" + "z" * 26])
def test_other_text_is_no_turns_id(text: str) -> None:
    with pytest.raises(ValueError, match="no turn's id"):
        asked_at(text)


TITLES = [
    ("How am I doing?", "How am I doing?"),
    ("  Two   spaces\nand a second line", "Two spaces"),
    ("word " * 30, "word word word word word word word word word word word word…"),
    ("x" * 100, "x" * 60 + "…"),
]


def test_another_model_is_given_what_was_said_without_names_of_its_provider() -> None:
    call = {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "c1",
        "name": "get_risk",
        "arguments": "{}",
        "status": "x",
    }
    said = {"type": "message", "id": "msg_1", "content": [{"type": "output_text", "text": "So "}, {"text": "far"}]}
    output: dict[str, Json] = {"type": "function_call_output", "call_id": "c1", "output": "{}"}

    assert portable(call) == {"type": "function_call", "call_id": "c1", "name": "get_risk", "arguments": "{}"}
    assert portable(said) == {"role": "assistant", "content": "So far"}
    assert portable(output) == output


@pytest.mark.parametrize(("question", "title"), TITLES)
def test_title_is_the_start_of_the_question(question: str, title: str) -> None:
    assert title_of(question) == title


def test_lineage_follows_parents_and_leaves_other_branches_out() -> None:
    turns = [a_turn(1), a_turn(2, parent="trn_1"), a_turn(3, parent="trn_1"), a_turn(4, parent="trn_3")]
    assert [turn.id for turn in lineage(turns, TurnId("trn_4"))] == ["trn_1", "trn_3", "trn_4"]
    assert lineage(turns, None) == []
    assert len(lineage([replace(a_turn(1), parent_turn_id=TurnId("trn_1"))], TurnId("trn_1"))) == 1


def test_cost_is_exact_and_absent_without_prices() -> None:
    offer = ModelOffer("m", Decimal("2.5"), Decimal(10))
    catalogue = Catalogue({"m": offer, "unpriced": ModelOffer("unpriced")}, "m")

    def cost(**tokens: Tokens) -> str | None:
        return catalogue.cost(Spending(tokens))

    assert cost(m=Tokens(1_000, 200)) == "0.004500"
    assert cost(m=Tokens(1, 0)) == "0.000002"  # half to even at the millionth
    assert cost(unpriced=Tokens(1_000, 200)) is None
    assert cost(m=Tokens(1_000, 200), unpriced=Tokens(1)) is None
    assert cost() == "0.000000"


def test_tokens_read_before_and_models_that_took_turns_are_counted_at_their_own_prices() -> None:
    first = ModelOffer("first", Decimal(4), Decimal(16), Decimal(1))
    catalogue = Catalogue({"first": first, "second": ModelOffer("second", Decimal(2), Decimal(8))}, "first", "second")
    spending = Spending()
    spending.add_tokens("first", Tokens(1_000, 100, 750))
    spending.add_tokens("first", Tokens(1_000, 0, 250))
    spending.add_tokens("second", Tokens(500, 50))

    assert (spending.input_tokens, spending.output_tokens) == (2_500, 150)
    # 1,000 new at 4 and 1,000 known at 1, 100 written at 16; 500 at 2 (no cached price) and 50 at 8, per million
    assert catalogue.cost(spending) == "0.008000"
    assert (catalogue.instead_of("first"), catalogue.instead_of("second")) == ("second", None)
    assert Catalogue({}, "first").instead_of("first") is None


def test_unknown_model_is_refused() -> None:
    catalogue = Catalogue({"m": ModelOffer("m")}, "m")
    assert catalogue.offer(None).name == catalogue.offer("").name == "m"
    with pytest.raises(UnknownModel):
        catalogue.offer("other")


def test_a_conversation_goes_on_with_its_model_while_that_is_offered() -> None:
    catalogue = Catalogue({"m": ModelOffer("m"), "n": ModelOffer("n")}, "m")
    assert [catalogue.goes_on(name).name for name in ("n", "gone", None)] == ["n", "m", "m"]


def test_tokens_of_all_steps_count_against_the_budget() -> None:
    spending = Spending()
    spending.add_tokens("m", Tokens(60, 20))
    spending.check(Budget(tokens=100))
    spending.add_tokens("m", Tokens(15, 5))
    with pytest.raises(BudgetExceeded):
        spending.check(Budget(tokens=100))


def test_passages_are_numbered_across_calls_and_cited_once_in_order() -> None:
    hits: Json = [{"document_id": f"doc_{n}", "page": n, "text": f"text {n}"} for n in (1, 2)]
    first, following = number_passages({"hits": hits}, 1)
    second, after = number_passages({"document_id": "doc_9", "page": 0, "text": "y" * 600}, following)
    results = {"c1": first, "c2": second, "c3": {"total": 3}}

    found = cited("See [3], then [1, 3] and [99].", results)

    assert (following, after) == (3, 4)
    assert number_passages({"total": 3}, 4) == ({"total": 3}, 4)
    assert [(each.index, each.document_id, each.page) for each in found] == [(3, "doc_9", None), (1, "doc_1", 1)]
    assert len(found[0].quote) == 500


ROWS: Json = [{"symbol": f"S{n}", "text": "x" * 50, "value": n / 7} for n in range(300)]


@pytest.mark.parametrize("limit", [1_500, 4_000, 20_000])
def test_long_results_are_cut_to_size_and_say_so(limit: int) -> None:
    result = capped({"total": 1, "rows": ROWS}, limit)
    assert len(to_json(result).encode()) <= limit
    assert result["total"] == 1
    rows, omitted = result["rows"], result["omitted"]
    assert isinstance(rows, list)
    assert omitted == {"$.rows": 300 - len(rows)}


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=9), lambda x: st.lists(x) | st.dictionaries(st.text(max_size=3), x)
    )
)
def test_small_results_stay_as_they_are(value: Json) -> None:
    assert capped({"value": value}, 10**7) == {"value": value}


def test_nan_is_no_json() -> None:
    with pytest.raises(ValueError, match="JSON"):
        to_json({"value": float("nan")})


LINES: list[tuple[dict[str, Json], str]] = [
    ({"total": {"amount": "9493.20", "currency": "USD"}}, "total 9493.20 USD"),
    ({"items": [{"symbol": "AAPL"}, {"symbol": "MSFT"}]}, "2 items (AAPL, MSFT)"),
    ({"error": {"reason": "UNAVAILABLE", "detail": "no answer"}}, "UNAVAILABLE: no answer"),
    ({"hits": []}, "nothing found"),
    ({"twr": 0.18, "stale_prices": 0, "portfolio": {"id": "prt_1", "name": "Family"}}, "twr 0.18"),
    (
        {"start": "2024-01-02", "metrics": {"volatility": 0.22, "beta": 1.1}},
        "start 2024-01-02, volatility 0.22, beta 1.1",
    ),
]


@pytest.mark.parametrize(("result", "line"), LINES)
def test_result_in_a_line(result: dict[str, Json], line: str) -> None:
    assert one_line(result) == line
    assert len(one_line({"text": "x" * 900})) == 160


def test_names_of_instruments_are_known() -> None:
    results = {
        "c1": {"items": [{"symbol": "AAPL", "name": "Apple Inc."}, {"symbol": "X", "name": "United States Steel"}]}
    }
    assert names_in(results) == {"Apple Inc.": "AAPL", "Apple": "AAPL", "United States Steel": "X"}


MARKET = MarketDay("2024-11-29", "2024-11-29T18:00:00Z", source="demo data")


def test_recent_turns_are_told_word_for_word_and_older_ones_in_short() -> None:
    history = [a_turn(number, text=f"Answer {number}. " + "x" * 3_900) for number in range(1, 9)]  # some 980 tokens
    history.append(a_turn(9, text=""))

    short = conversation_input(history[:6], "Now?", MARKET)
    items = conversation_input(history, "Now?", MARKET)

    assert [item["content"] for item in short[:-2:2]] == [f"Question {number}?" for number in range(1, 7)]
    # The seventh turn passes 6,000 tokens: what is more than 3,000 is told in short.
    assert [item["role"] for item in items[:2]] == ["developer", "user"]
    assert "Question 4?" in str(items[0]["content"])
    assert "Question 5?" not in str(items[0]["content"])
    assert [item["content"] for item in items[1:-2:2]] == [f"Question {number}?" for number in range(5, 9)]
    assert items[-3]["content"] == history[7].text
    assert "2024-11-29" in str(items[-2]["content"])
    assert items[-1] == {"role": "user", "content": "Now?"}


def test_a_turn_that_is_longer_than_the_limit_is_told_whole() -> None:
    history = [a_turn(1), a_turn(2, text="y" * 100_000)]
    items = conversation_input(history, "Now?", MARKET)
    assert [item["content"] for item in items[1:-2]] == ["Question 2?", "y" * 100_000]


def test_what_was_read_before_stays_the_same_bytes_over_the_turns() -> None:
    """A provider's cache holds a prefix: it may begin anew seldom, not with each turn, however the day goes on."""
    history = [a_turn(number, text=f"Answer {number}. " + "x" * 1_900) for number in range(1, 61)]  # some 480 tokens
    anew = 0
    before = b""
    for number in range(1, len(history) + 1):
        day = MarketDay("2024-11-29", f"2024-11-29T18:{number:02}:00Z")
        items = conversation_input(history[:number], "Now?", day)
        stable = json.dumps(items[:-2]).encode()[:-1]
        anew += not stable.startswith(before)
        before = stable
    # 478 tokens a turn: the thirteenth passes 6,000, six are kept, and then each seventh one does.
    assert anew == 7


def test_unknown_market_day_is_said() -> None:
    assert "unknown" in context(MarketDay())


def test_export_tells_where_figures_come_from() -> None:
    conversation = Conversation(
        ConversationId("cnv_1"), OwnerId("usr_1"), "Worth", pinned=False, created_at=NOW, updated_at=NOW
    )
    summary: dict[str, Json] = {
        "text": "It is worth $5.",
        "receipts": [{"value": "$5", "status": "matched", "call_id": "c1", "path": "$.total"}],
        "citations": [{"index": 1, "document_id": "doc_1", "page": 3, "quote": "a\nb"}],
        "problem": {"detail": "it broke off"},
    }
    turn = replace(a_turn(), summary=summary)

    markdown = to_markdown(conversation, [turn])
    document = to_json_document(conversation, [turn])

    for part in (
        "# Worth",
        "## Question 1?",
        "It is worth $5.",
        "- $5: matched: c1 $.total",
        "- [1] doc_1, page 3: a b",
    ):
        assert part in markdown
    assert "It failed: it broke off" in markdown
    assert json.loads(to_json(document))["turns"][0]["text"] == "It is worth $5."
