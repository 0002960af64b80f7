"""How often receipts are right, measured on labelled answers; how they were labelled stands in labelled/README.md."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest

from tests.labelled_answers import FOLDER, Case, Score, read_cases, score

FILES = ("blind.txt", "open.txt", "later.txt", "unseen.txt", "unseen2.txt", "unseen3.txt")
LEAST_RECALL = 0.98
MOST_FALSE = 0.005


@functools.lru_cache
def cases_of(name: str) -> tuple[Case, ...]:
    return tuple(read_cases(FOLDER / name))


def measured(*names: str) -> Score:
    return score([case for name in names for case in cases_of(name)])


def test_the_set_is_as_large_as_it_has_to_be() -> None:
    assert len(cases_of("blind.txt")) == 100
    assert sum(len(cases_of(name)) for name in FILES) >= 300
    assert len({case.name for name in FILES for case in cases_of(name)}) == sum(len(cases_of(name)) for name in FILES)


@pytest.mark.parametrize("names", [FILES, ("blind.txt",)], ids=["all", "blind"])
def test_receipts_are_found_and_are_right(
    names: tuple[str, ...], record_property: Callable[[str, object], None]
) -> None:
    total = measured(*names)
    line = total.line(" and ".join(names))
    record_property("receipts", line)
    print(line)  # noqa: T201 - what the test is run for

    assert total.recall >= LEAST_RECALL, total.missed
    assert total.false_rate <= MOST_FALSE, total.false


def test_a_figure_no_result_says_is_marked() -> None:
    total = measured(*FILES)
    assert total.unbacked >= 400
    # A short span that nothing says is taken for a rule's: "three months ahead"; a small count without a noun for none.
    assert total.unseen == ["l032: three months", "u132: three"]
