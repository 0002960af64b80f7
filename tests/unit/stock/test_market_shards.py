"""Shards of the provider's symbols, and the budget that is divided with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st
from stocktool_stock.adapters.token_bucket import TokenBucket
from stocktool_stock.domain.quotes import BudgetSpent
from stocktool_stock.domain.shards import SHARDS, ShardRecord, mask_of, shard_of

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
TERM = timedelta(seconds=15)
ALL = (1 << SHARDS) - 1


def counts(record: ShardRecord) -> dict[str, int]:
    return {name: held.count for name, held in record.holders.items()}


def test_only_process_holds_every_shard() -> None:
    assert counts(ShardRecord().divided("a", NOW, TERM)) == {"a": 64}


def test_second_process_gets_its_half_once_the_first_has_let_go() -> None:
    record = ShardRecord().divided("a", NOW, TERM).divided("b", NOW, TERM)
    assert counts(record) == {"a": 64, "b": 0}  # nothing is ever in two hands
    record = record.divided("a", NOW, TERM).divided("b", NOW, TERM)
    assert counts(record) == {"a": 32, "b": 32}
    assert record.holders["a"].mask ^ record.holders["b"].mask == ALL


def test_shards_of_a_process_that_is_gone_are_taken_after_its_term() -> None:
    record = ShardRecord().divided("a", NOW, TERM)
    assert counts(record.divided("b", NOW + timedelta(seconds=14), TERM))["b"] == 0
    later = NOW + timedelta(seconds=16)
    assert counts(record.divided("b", later, TERM)) == {"b": 64}
    assert record.saved(later) == timedelta(seconds=1)


def test_shards_let_go_can_be_taken_at_once() -> None:
    record = ShardRecord().divided("a", NOW, TERM).without("a", NOW)
    assert (record.free(NOW), record.saved(NOW)) == (ALL, timedelta(0))
    assert ShardRecord().saved(NOW) is None


def test_symbol_stays_in_its_shard() -> None:
    assert shard_of("AAPL") == shard_of("AAPL")
    assert mask_of([0, 5]) == 0b100001
    assert len({shard_of(f"S{number}") for number in range(1000)}) == SHARDS


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 20), st.booleans()), max_size=40))
def test_no_shard_is_ever_in_two_hands(steps: list[tuple[str, int, bool]]) -> None:
    record, now = ShardRecord(), NOW
    for name, seconds, leaves in steps:
        now += timedelta(seconds=seconds)
        record = record.without(name, now) if leaves else record.divided(name, now, TERM)
        seen = 0
        for held in record.holders.values():
            if held.until > now:
                assert not held.mask & seen
                seen |= held.mask


def test_steady_processes_end_with_fair_parts() -> None:
    record = ShardRecord()
    for _ in range(4):
        for name in "abcde":
            record = record.divided(name, NOW, TERM)
    assert sorted(counts(record).values()) == [12, 13, 13, 13, 13]


@dataclass
class Pod:
    """One process: its part of the shards and its part of the budget."""

    name: str
    bucket: TokenBucket

    def divide(self, record: ShardRecord, now: datetime, *, leaves: bool) -> ShardRecord:
        saved = record.saved(now)
        if record.holding(self.name, now) is None:
            self.bucket.reshare(0.0, None)
        changed = record.without(self.name, now) if leaves else record.divided(self.name, now, TERM)
        held = changed.holding(self.name, now)
        self.bucket.reshare(
            0.0 if held is None else held.count / SHARDS, None if saved is None else saved.total_seconds()
        )
        return changed


RATE, BURST = 2.0, 20
HANDED_OVER = [("a", 0.0, "d"), ("a", 0.0, "c"), ("a", 0.0, "l"), ("b", 0.0, "d"), ("b", 0.0, "c")]
LAPSED = [("a", 0.0, "d"), ("a", 16.0, "d"), ("a", 16.0, "l"), ("b", 0.0, "d"), ("b", 0.0, "c")]
BACK_LATE = [("a", 0.0, "d"), ("b", 16.0, "d"), ("b", 0.0, "c"), ("b", 0.0, "l"), ("a", 0.0, "d"), ("a", 0.0, "c")]


@example(HANDED_OVER)
@example(LAPSED)
@example(BACK_LATE)
@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from([0.0, 0.0, 0.1, 1.0, 16.0]), st.sampled_from("dccl")),
        min_size=5,
        max_size=60,
    )
)
def test_two_holders_never_exceed_the_budget_together(steps: Sequence[tuple[str, float, str]]) -> None:
    """In any window a token bucket lets through at most its burst and its rate times the window."""
    seconds = [0.0]

    def now() -> datetime:
        return NOW + timedelta(seconds=seconds[0])

    pods = {
        name: Pod(name, TokenBucket(RATE, BURST, share=0.0, longest_wait_seconds=0.0, seconds=lambda: seconds[0]))
        for name in "ab"
    }
    record = ShardRecord()
    until = dict.fromkeys("ab", NOW)
    calls: list[float] = []
    for name, pause, step in steps:
        seconds[0] += pause
        if step == "c":
            if until[name] <= now():
                continue  # its term is over: it would divide first
            try:
                for _ in range(30):
                    pods[name].bucket.reserve()
                    calls.append(seconds[0])
            except BudgetSpent:
                pass
        else:
            record = pods[name].divide(record, now(), leaves=step == "l")
            until[name] = now() if step == "l" else now() + TERM
    for first in range(len(calls)):
        for last in range(first, len(calls)):
            assert last - first + 1 <= BURST + RATE * (calls[last] - calls[first]) + 1e-6


def test_process_without_a_share_may_not_call() -> None:
    bucket = TokenBucket(2.0, 20, share=0.0, seconds=lambda: 0.0)
    try:
        bucket.reserve()
    except BudgetSpent:
        return
    raise AssertionError("a call went out without a share")
