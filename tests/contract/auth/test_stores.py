"""What every store of identity promises, on the fakes and on DynamoDB."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

import pytest
from stocktool_auth.adapters.dynamodb_api_keys import DynamoDBApiKeys
from stocktool_auth.adapters.dynamodb_attempts import DynamoDBAttempts
from stocktool_auth.adapters.dynamodb_audit import AuditWriter
from stocktool_auth.adapters.dynamodb_grants import DynamoDBGrants
from stocktool_auth.adapters.dynamodb_sessions import DynamoDBSessions
from stocktool_auth.adapters.dynamodb_users import DynamoDBUsers
from stocktool_auth.application.ports import ApiKeyStore, AttemptStore, GrantStore, SessionStore, UserStore
from stocktool_auth.domain.roles import Role
from stocktool_auth.domain.throttle import Attempts
from stocktool_auth.domain.users import EmailTaken, StaleUser, User, UserId
from stocktool_kit.aws.audit import SHARDS, audit_partition
from stocktool_kit.aws.table import Key, Table
from stocktool_kit.core.ids import new_id
from stocktool_kit.core.paging import PageRequest
from stocktool_kit.testing.aws import emulated, own_table
from stocktool_kit.testing.clock import FakeClock

from tests.conftest import EmulatedAws
from tests.factories.auth import START, a_grant, a_session, a_user, an_api_key, an_event
from tests.fakes.auth import FakeApiKeys, FakeAttempts, FakeAuditLog, FakeGrants, FakeSessions, FakeUsers


class Trail(Protocol):
    """What was recorded so far."""

    async def __call__(self) -> list[str]: ...


@dataclass
class Stores:
    """All stores over one place, and the trail they write."""

    users: UserStore
    sessions: SessionStore
    grants: GrantStore
    api_keys: ApiKeyStore
    attempts: AttemptStore
    trail: Trail


class StoresContract:
    """Subclass and provide `stores`."""

    async def test_user_is_found_by_id_and_by_address(self, stores: Stores) -> None:
        user = a_user(roles=frozenset({Role.USER, Role.ADMIN}), voids_before=START)
        await stores.users.add(user, an_event("user.registered"))
        assert await stores.users.find(user.id) == user
        assert await stores.users.find_by_email(user.email) == user
        assert await stores.users.find_by_email("nobody@example.com") is None
        assert await stores.users.find(UserId("usr_nobody")) is None
        assert await stores.trail() == ["user.registered"]

    async def test_address_belongs_to_one_user_and_a_refusal_records_nothing(self, stores: Stores) -> None:
        user = a_user()
        await stores.users.add(user, an_event())
        with pytest.raises(EmailTaken):
            await stores.users.add(a_user(email=user.email), an_event("second"))
        assert await stores.users.find_by_email(user.email) == user
        assert "second" not in await stores.trail()

    async def test_user_is_saved_only_over_the_version_before(self, stores: Stores) -> None:
        user = a_user()
        await stores.users.add(user, an_event())
        changed = replace(user, suspended=True, voids_before=START, version=2)
        await stores.users.save(changed, [an_event("first"), an_event("second")])
        with pytest.raises(StaleUser):
            await stores.users.save(replace(user, display_name="Eve", version=2), [an_event("third")])
        assert await stores.users.find(user.id) == changed
        assert sorted(await stores.trail()) == ["first", "second", "test.done"]

    async def test_users_are_listed_newest_first_in_pages_as_last_saved(self, stores: Stores) -> None:
        users = sorted((a_user() for _ in range(5)), key=lambda user: user.id)
        for user in users:
            await stores.users.add(user, an_event())
        await stores.users.save(replace(users[2], suspended=True, version=2), [])
        seen: list[User] = []
        token = ""
        for _ in range(5):
            page = await stores.users.page(PageRequest(2, token))
            seen += page.items
            token = page.next_page_token
            if not token:
                break
        assert [user.id for user in seen] == [user.id for user in reversed(users)]
        assert [user.suspended for user in seen] == [False, False, True, False, False]

    async def test_session_rotates_once_per_generation(self, stores: Stores) -> None:
        session = a_session()
        await stores.sessions.add(session, an_event())
        rotated = session.rotated(START + timedelta(minutes=5))
        assert await stores.sessions.rotate(rotated)
        assert not await stores.sessions.rotate(rotated)
        assert await stores.sessions.find(session.id) == rotated

    async def test_unknown_session_neither_rotates_nor_ends(self, stores: Stores) -> None:
        session = a_session()
        assert await stores.sessions.find(session.id) is None
        assert not await stores.sessions.rotate(session.rotated(START))
        assert not await stores.sessions.end(session, START, an_event())

    async def test_ended_session_stays_ended_and_is_recorded_once(self, stores: Stores) -> None:
        session = a_session()
        await stores.sessions.add(session, an_event("begun"))
        assert await stores.sessions.end(session, START, an_event("ended"))
        assert not await stores.sessions.end(session, START + timedelta(hours=1), an_event("again"))
        assert not await stores.sessions.rotate(session.rotated(START))
        assert await stores.sessions.find(session.id) == replace(session, ended_at=START)
        assert sorted(await stores.trail()) == ["begun", "ended"]

    async def test_sessions_are_listed_by_user(self, stores: Stores) -> None:
        user_id = UserId(new_id("usr"))
        mine = [a_session(user_id=user_id), a_session(user_id=user_id)]
        for session in [*mine, a_session()]:
            await stores.sessions.add(session, an_event())
        assert {session.id for session in await stores.sessions.of_user(user_id)} == {each.id for each in mine}
        assert list(await stores.sessions.of_user(UserId("usr_nobody"))) == []

    async def test_work_has_one_grant_that_can_be_closed(self, stores: Stores) -> None:
        grant = a_grant()
        assert await stores.grants.find(grant.work_id) is None
        assert await stores.grants.add(grant, an_event("opened"))
        assert not await stores.grants.add(replace(grant, actor="rag"), an_event("stolen"))
        assert await stores.grants.find(grant.work_id) == grant
        await stores.grants.close(grant)
        await stores.grants.close(grant)
        assert await stores.grants.find(grant.work_id) == replace(grant, closed=True)
        assert await stores.trail() == ["opened"]

    async def test_api_key_is_found_listed_and_deleted(self, stores: Stores) -> None:
        key = an_api_key()
        await stores.api_keys.add(key, an_event("made"))
        await stores.api_keys.add(an_api_key(), an_event("made"))
        assert await stores.api_keys.find(key.id) == key
        assert await stores.api_keys.of_user(key.user_id) == [key]
        await stores.api_keys.delete(key, an_event("deleted"))
        assert await stores.api_keys.find(key.id) is None
        assert list(await stores.api_keys.of_user(key.user_id)) == []

    async def test_attempts_are_counted_without_losing_one(self, stores: Stores) -> None:
        none = await stores.attempts.read("subject")
        assert none == Attempts()
        first = none.next(START)
        assert await stores.attempts.replace("subject", none, first)
        assert not await stores.attempts.replace("subject", none, first)
        second = first.next(START + timedelta(seconds=1))
        assert await stores.attempts.replace("subject", first, second)
        assert not await stores.attempts.replace("subject", first, second)
        assert await stores.attempts.read("subject") == second
        await stores.attempts.forget("subject")
        assert await stores.attempts.read("subject") == Attempts()


class TestFakes(StoresContract):
    @pytest.fixture
    def stores(self) -> Stores:
        audit = FakeAuditLog()

        async def trail() -> list[str]:
            return audit.actions

        return Stores(
            FakeUsers(audit), FakeSessions(audit), FakeGrants(audit), FakeApiKeys(audit), FakeAttempts(), trail
        )


class TestDynamoDB(StoresContract):
    @pytest.fixture
    async def stores(self, emulator: EmulatedAws) -> AsyncIterator[Stores]:
        aws = emulated(emulator.endpoint_url)
        async with own_table(aws) as table, own_table(aws) as audit_table:
            audit = AuditWriter(audit_table, FakeClock(START))
            yield Stores(
                DynamoDBUsers(table, audit),
                DynamoDBSessions(table, audit),
                DynamoDBGrants(table, audit),
                DynamoDBApiKeys(table, audit),
                DynamoDBAttempts(table),
                lambda: _recorded(audit_table),
            )
        aws.close()

    async def test_no_key_spells_an_address_and_the_directory_holds_no_hash(self, emulator: EmulatedAws) -> None:
        aws = emulated(emulator.endpoint_url)
        async with own_table(aws) as table, own_table(aws) as audit_table:
            await DynamoDBUsers(table, AuditWriter(audit_table, FakeClock(START))).add(
                a_user(email="ada@example.com"), an_event()
            )
            items, _ = await table.scan()
        aws.close()
        assert sorted(item["pk"][:2] for item in items) == ["D#", "E#", "U#"]
        assert not any("ada@" in item["pk"] + item["sk"] for item in items)
        assert [item["password_hash"] for item in items if item["pk"].startswith("D#")] == [""]


async def _recorded(table: Table) -> list[str]:
    found = []
    for shard in range(SHARDS):
        found += [item async for item in table.query_all(Key("pk").eq(audit_partition(START, shard)))]
    return [item["action"] for item in sorted(found, key=lambda item: item["sk"])]
