"""Opposites are bound to the figures that the words stand with, and reject values of the other side."""

from __future__ import annotations

import pytest
from stocktool_chat.domain.facets import sides_agree, sides_in, sides_of, sides_said
from stocktool_chat.domain.figures import find_figures

SAID = [
    ("gross $10, net $8", [{"tax_before"}, {"tax_after"}]),
    ("$10 before and $8 after tax", [{"tax_before"}, {"tax_after"}]),
    ("$10, of which $9 counts as long-term and $1 as short-term", [set(), {"term_long"}, {"term_short"}]),
    ("between a low of $3 and a high of $4", [{"range_low"}, {"range_high"}]),
    ("you sold 10 shares for $500", [{"trade_sell"}, {"trade_sell"}]),
    ("it yields 7.1 % on what you paid, but only 4.6 % on today's price", [{"yield_cost"}, {"yield_now"}]),
    ("it trades at 34.9 times earnings, forward 28.3", [set(), {"earnings_next"}]),
    ("税引前で$10、税引後で$8", [{"tax_before"}, {"tax_after"}]),
    ("there are $10 and $8", [set(), set()]),
]


@pytest.mark.parametrize(("text", "expected"), SAID)
def test_words_are_bound_to_the_figures_they_stand_with(text: str, expected: list[set[str]]) -> None:
    spans = [(figure.start, figure.end) for figure in find_figures(text)]
    families = {side.partition("_")[0] for sides in expected for side in sides}
    said = [
        {side for side in sides if not families or side.partition("_")[0] in families}
        for sides in sides_said(text, sides_in(text), spans)
    ]
    assert said == expected


@pytest.mark.parametrize(
    ("key", "above", "about", "expected"),
    [
        ("gross", ".received", "", {"tax_before", "when_received"}),
        ("short_term", "", "", {"term_short"}),
        ("gain", "", "sell long_term", {"term_long", "trade_sell"}),
        ("cost", "", "sell", {"kind_cost"}),
        ("weight", "", "", set()),
    ],
)
def test_fields_are_of_the_sides_their_names_say(key: str, above: str, about: str, expected: set[str]) -> None:
    assert sides_of(key, above, about) == expected


@pytest.mark.parametrize(
    ("said", "held", "agrees"),
    [
        (set(), {"tax_after"}, True),
        ({"tax_before"}, {"tax_after"}, False),
        ({"tax_before"}, {"when_received"}, True),
        ({"trade_buy"}, set(), True),
        ({"term_long"}, set(), False),  # a gain that no term is known of is not known to be long-term
    ],
)
def test_only_the_opposite_disagrees_but_a_term_has_to_be_known(said: set[str], held: set[str], agrees: bool) -> None:
    assert sides_agree(frozenset(said), frozenset(held)) is agrees
