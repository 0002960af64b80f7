"""Homes of subjects, and the addresses they are picked from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_kit.push.endpoints import Endpoints
from stocktool_kit.push.rendezvous import rendezvous

PODS = ["10.0.0.1:9000", "10.0.0.2:9000", "10.0.0.3:9000", "10.0.0.4:9000"]


@given(st.text(min_size=1), st.permutations(PODS))
def test_every_order_of_the_pods_gives_the_same_home(subject: str, pods: list[str]) -> None:
    assert rendezvous(subject, pods) == rendezvous(subject, PODS)


@given(st.text(min_size=1), st.sampled_from(PODS))
def test_a_pod_that_leaves_moves_only_its_own_subjects(subject: str, gone: str) -> None:
    before = rendezvous(subject, PODS)
    after = rendezvous(subject, [pod for pod in PODS if pod != gone])

    assert before in {after, gone}


def test_subjects_spread_over_the_pods() -> None:
    homes = [rendezvous(f"usr_{number}", PODS) for number in range(4000)]

    assert all(800 < homes.count(pod) < 1200 for pod in PODS)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("127.0.0.1:9000", ("127.0.0.1:9000",)),
        ("dns:///localhost:9000", ("127.0.0.1:9000",)),
        ("127.0.0.2:9001, 127.0.0.1:9000", ("127.0.0.1:9000", "127.0.0.2:9001")),
        ("[::1]:9000", ("[::1]:9000",)),
    ],
)
async def test_targets_become_single_addresses(target: str, expected: tuple[str, ...]) -> None:
    assert await Endpoints(target).current() == expected


async def test_a_name_that_cannot_be_resolved_gives_no_address() -> None:
    assert await Endpoints("dns:///no-such-host.invalid:9000").current() == ()
