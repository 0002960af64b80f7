"""What every key vault promises, on the fake and on Secrets Manager."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from stocktool_auth.adapters.jwt_tokens import make_signing_key
from stocktool_auth.adapters.secrets_manager_vault import SecretsManagerVault
from stocktool_auth.application.ports import KeyVault
from stocktool_auth.application.signing_keys import AddSigningKey, OpenKeyRing
from stocktool_auth.domain.signing import KeyRing
from stocktool_kit.core.errors import FailedPrecondition
from stocktool_kit.core.ids import new_ulid
from stocktool_kit.testing.aws import emulated
from stocktool_kit.testing.clock import FakeClock

from tests.conftest import EmulatedAws
from tests.factories.auth import START
from tests.fakes.auth import FakeVault


class KeyVaultContract:
    """Subclass and provide `vault`."""

    async def test_first_ring_wins_and_is_read_back_whole(self, vault: KeyVault) -> None:
        assert await vault.read() is None
        first = KeyRing([make_signing_key(START)], b"1" * 32)
        assert await vault.create(first)
        assert not await vault.create(KeyRing([make_signing_key(START)], b"2" * 32))
        assert await vault.read() == first

    async def test_changed_ring_replaces_the_one_before(self, vault: KeyVault) -> None:
        ring = KeyRing([make_signing_key(START)], b"1" * 32)
        await vault.create(ring)
        changed = KeyRing([*ring.keys, make_signing_key(START + timedelta(hours=1))], ring.seal)
        await vault.replace(changed)
        assert await vault.read() == changed

    async def test_two_first_starts_end_up_with_the_same_ring(self, vault: KeyVault) -> None:
        clock = FakeClock(START)
        rings = await asyncio.gather(*(OpenKeyRing(vault, make_signing_key, clock)() for _ in range(4)))
        assert len({ring.keys[0].id for ring in rings}) == 1
        assert len({ring.seal for ring in rings}) == 1

    async def test_next_key_waits_before_it_signs(self, vault: KeyVault) -> None:
        clock = FakeClock(START)
        with pytest.raises(FailedPrecondition):
            await AddSigningKey(vault, make_signing_key, clock)()
        old = (await OpenKeyRing(vault, make_signing_key, clock)()).keys[0]
        new = await AddSigningKey(vault, make_signing_key, clock)()
        with pytest.raises(FailedPrecondition):
            await AddSigningKey(vault, make_signing_key, clock)()
        ring = await vault.read()
        assert ring is not None
        assert ring.signing_key(START) == old
        assert ring.signing_key(new.signs_from) == new


class TestFake(KeyVaultContract):
    @pytest.fixture
    def vault(self) -> KeyVault:
        return FakeVault()


class TestSecretsManager(KeyVaultContract):
    @pytest.fixture
    async def vault(self, emulator: EmulatedAws) -> AsyncIterator[KeyVault]:
        aws = emulated(emulator.endpoint_url)
        yield SecretsManagerVault(aws, f"test/{new_ulid()}")
        aws.close()
