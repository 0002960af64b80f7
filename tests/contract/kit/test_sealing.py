"""Sealed texts over the emulator's Secrets Manager."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.core.errors import Internal
from stocktool_kit.core.ids import new_ulid
from stocktool_kit.testing.aws import emulated
from stocktool_kit.testing.clock import FakeClock

from tests.fakes.sealing import a_sealer

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

TEXT = "whsec_c2VjcmV0"


@pytest.fixture
async def aws(emulator: EmulatedAws) -> AsyncIterator[AwsClients]:
    clients = emulated(emulator.endpoint_url)
    yield clients
    clients.close()


def key_of(sealed: str) -> str:
    return sealed.split(":")[1]


async def test_what_one_process_seals_another_opens(aws: AwsClients) -> None:
    ring = new_ulid()
    here, there = a_sealer(aws, ring), a_sealer(aws, ring)
    sealed = [await each.seal(TEXT, "webhook|usr_1") for each in (here, there)]
    assert [await there.open(sealed[0], "webhook|usr_1"), await here.open(sealed[1], "webhook|usr_1")] == [TEXT] * 2
    assert key_of(sealed[0]) == key_of(sealed[1])
    assert sealed[0] != sealed[1]
    assert TEXT not in sealed[0]


async def test_what_is_for_another_or_was_changed_does_not_open(aws: AwsClients) -> None:
    sealer = a_sealer(aws, new_ulid())
    sealed = await sealer.seal(TEXT, "webhook|usr_1")
    changed = sealed[:-6] + ("AAAAA=" if not sealed.endswith("AAAAA=") else "BBBBB=")
    for text, purpose in (
        (sealed, "webhook|usr_2"),
        (changed, "webhook|usr_1"),
        ("sealed:key_none:AAAA", "webhook|usr_1"),
        (f"sealed:{key_of(sealed)}:", "webhook|usr_1"),
    ):
        with pytest.raises(Internal):
            await sealer.open(text, purpose)


async def test_a_new_key_seals_and_the_old_ones_go_on_opening(aws: AwsClients) -> None:
    ring, clock = new_ulid(), FakeClock(datetime(2026, 1, 5, tzinfo=UTC))
    here, there = a_sealer(aws, ring, clock), a_sealer(aws, ring, clock)
    old = await here.seal(TEXT, "webhook|usr_1")
    assert await there.open(old, "webhook|usr_1") == TEXT
    key = await here.rotate()
    new = await here.seal(TEXT, "webhook|usr_1")
    assert (key_of(new), key_of(new) != key_of(old)) == (key, True)
    # The other process knows the old ring still: what it cannot name it looks up at once.
    assert await there.open(new, "webhook|usr_1") == TEXT
    assert await here.open(old, "webhook|usr_1") == TEXT
    third = await here.rotate()
    assert key_of(await there.seal(TEXT, "webhook|usr_1")) == key
    clock.advance(301)
    assert key_of(await there.seal(TEXT, "webhook|usr_1")) == third


async def test_what_was_never_sealed_is_given_as_it_is(aws: AwsClients) -> None:
    assert await a_sealer(aws, new_ulid()).open(TEXT, "webhook|usr_1") == TEXT
