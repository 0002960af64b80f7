"""What flags, evaluations and the audit trail promise, on the fakes and on the real stores; what queues do on SQS."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from stocktool_admin.adapters.dynamodb_audit import DynamoDBAuditTrail
from stocktool_admin.adapters.dynamodb_flags import DynamoDBFlags
from stocktool_admin.adapters.s3_evaluations import S3Evaluations
from stocktool_admin.adapters.sqs_queues import SqsQueues
from stocktool_admin.application.ports import AuditTrail, EvaluationStore, FlagStore
from stocktool_admin.application.read_audit import ReadAudit
from stocktool_admin.domain.audit import AuditFilter, AuditRecord
from stocktool_admin.domain.flags import Flag, StaleFlag
from stocktool_kit.aws.audit import audit_entry
from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.idempotency import IdempotencyKeyReused, IdempotencyRecords
from stocktool_kit.aws.queue import Queue
from stocktool_kit.aws.table import Table
from stocktool_kit.core.clock import parse_instant
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.paging import PageRequest
from stocktool_kit.testing.aws import emulated, own_table
from stocktool_kit.testing.clock import FakeClock

from tests.conftest import EmulatedAws
from tests.factories.admin import an_evaluation
from tests.fakes.admin import FakeAuditTrail, FakeEvaluations, FakeFlags

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def a_flag(version: int = 1, value: object = None) -> Flag:
    return Flag("chat.model", {"name": "small", "share": 0.25} if value is None else str(value), version, NOW, "usr_a")


def a_key(body_hash: str = "hash") -> IdempotencyKey:
    return IdempotencyKey("usr_a", "PUT", "/flags/chat.model", "key", body_hash)


class FlagStoreContract:
    """Subclass and provide `flags`."""

    async def test_flag_is_read_back_as_it_was_set(self, flags: FlagStore) -> None:
        assert await flags.find("chat.model") is None
        assert await flags.save(a_flag(), None) == a_flag()
        assert await flags.find("chat.model") == a_flag()
        assert await flags.list() == [a_flag()]

    async def test_flag_is_saved_only_over_the_version_before(self, flags: FlagStore) -> None:
        await flags.save(a_flag(), None)
        with pytest.raises(StaleFlag):
            await flags.save(a_flag(1, "other"), None)
        with pytest.raises(StaleFlag):
            await flags.save(a_flag(3, "other"), None)
        await flags.save(a_flag(2, "large"), None)
        assert await flags.find("chat.model") == a_flag(2, "large")

    async def test_same_request_has_one_effect_and_one_answer(self, flags: FlagStore) -> None:
        assert await flags.replayed(a_key()) is None
        await flags.save(a_flag(), a_key())
        await flags.save(a_flag(2, "large"), None)
        assert await flags.save(a_flag(), a_key()) == a_flag()
        assert await flags.replayed(a_key()) == a_flag()
        assert await flags.find("chat.model") == a_flag(2, "large")


class TestFakeFlags(FlagStoreContract):
    @pytest.fixture
    def flags(self) -> FlagStore:
        return FakeFlags()


class TestDynamoDBFlags(FlagStoreContract):
    @pytest.fixture
    async def flags(self, emulator: EmulatedAws) -> AsyncIterator[FlagStore]:
        aws = emulated(emulator.endpoint_url)
        async with own_table(aws) as config, own_table(aws) as audit:
            clock = FakeClock(NOW)
            yield DynamoDBFlags(config, IdempotencyRecords(config, clock), DynamoDBAuditTrail(audit, clock))
        aws.close()


class AuditTrailContract:
    """Subclass and provide `trail`, which holds 40 records of the day, every fourth by `usr_b`, and an older one."""

    @pytest.mark.parametrize(("actor", "count"), [("", 40), ("usr_b", 10), ("usr_c", 0)])
    async def test_every_record_is_given_once_newest_first(self, trail: AuditTrail, actor: str, count: int) -> None:
        read = ReadAudit(trail)
        seen: list[AuditRecord] = []
        token = ""
        for _ in range(200):
            page = await read(AuditFilter(NOW.date(), actor=actor), PageRequest(3, token))
            seen += page.items
            token = page.next_page_token
            if not token:
                break
        assert not token
        assert len(seen) == count
        assert [record.at for record in seen] == sorted((record.at for record in seen), reverse=True)
        assert all(record.action == "test.done" and record.detail == {"why": "test"} for record in seen)


def entries() -> list[dict[str, object]]:
    moments = [NOW - timedelta(days=1), *(NOW + timedelta(seconds=n) for n in range(40))]
    return [
        dict(
            audit_entry(
                table="",
                actor="usr_b" if n % 4 == 1 else "usr_a",
                owner="usr_a",
                action="test.done",
                target="target",
                now=moment,
                detail={"why": "test"},
            ).item
        )
        for n, moment in enumerate(moments)
    ]


class TestFakeAuditTrail(AuditTrailContract):
    @pytest.fixture
    def trail(self) -> AuditTrail:
        shards: dict[str, list[AuditRecord]] = {}
        for item in entries():
            record = AuditRecord(
                id=str(item["sk"]),
                at=parse_instant(str(item["at"])),
                action=str(item["action"]),
                actor=str(item["actor"]),
                owner=str(item["owner"]),
                target=str(item["target"]),
                detail={"why": "test"},
            )
            shards.setdefault(str(item["pk"]).rpartition("#")[2], []).append(record)
        return FakeAuditTrail(list(shards.values()), bound=4)


class TestDynamoDBAuditTrail(AuditTrailContract):
    @pytest.fixture
    async def trail(self, emulator: EmulatedAws) -> AsyncIterator[AuditTrail]:
        aws = emulated(emulator.endpoint_url)
        async with own_table(aws) as table:
            await table.batch_write(puts=entries())
            yield DynamoDBAuditTrail(table, FakeClock(NOW), rounds=2, round_items=2)
        aws.close()


@pytest.fixture
async def table(emulator: EmulatedAws) -> AsyncIterator[Table]:
    aws = emulated(emulator.endpoint_url)
    async with own_table(aws) as table:
        yield table
    aws.close()


async def test_an_effect_runs_once_per_request(table: Table) -> None:
    once = IdempotencyRecords(table, FakeClock(NOW)).once
    runs = 0

    async def effect() -> dict[str, object]:
        nonlocal runs
        runs += 1
        return {"run": runs}

    assert await once(a_key(), effect) == {"run": 1}
    assert await once(a_key(), effect) == {"run": 1}
    assert await once(None, effect) == {"run": 2}
    with pytest.raises(IdempotencyKeyReused):
        await once(a_key("another"), effect)


class EvaluationStoreContract:
    """Subclass and provide `evaluations`, empty."""

    async def test_a_run_is_read_back_as_it_was_stored(self, evaluations: EvaluationStore) -> None:
        run = an_evaluation(1, only=("risk",), cost=None)
        assert await evaluations.find(run.id) is None
        assert await evaluations.add(run)
        assert await evaluations.find(run.id) == run
        other = an_evaluation(2)
        assert await evaluations.add(other)
        assert await evaluations.find(other.id) == other

    async def test_a_stored_run_never_changes(self, evaluations: EvaluationStore) -> None:
        run = an_evaluation()
        assert await evaluations.add(run)
        assert not await evaluations.add(an_evaluation(model="another"))
        assert await evaluations.find(run.id) == run

    async def test_runs_come_newest_first(self, evaluations: EvaluationStore) -> None:
        assert await evaluations.newest(before="", limit=5) == []
        runs = [an_evaluation(number) for number in range(1, 6)]
        for run in (runs[2], runs[0], runs[4], runs[1], runs[3]):
            await evaluations.add(run)
        assert await evaluations.newest(before="", limit=2) == [runs[4], runs[3]]
        assert await evaluations.newest(before=runs[3].id, limit=9) == [runs[2], runs[1], runs[0]]
        assert await evaluations.newest(before=runs[0].id, limit=9) == []


class TestFakeEvaluations(EvaluationStoreContract):
    @pytest.fixture
    def evaluations(self) -> EvaluationStore:
        return FakeEvaluations()


class TestS3Evaluations(EvaluationStoreContract):
    @pytest.fixture
    async def evaluations(self, emulator: EmulatedAws) -> AsyncIterator[EvaluationStore]:
        aws = emulated(emulator.endpoint_url)
        bucket = Bucket(aws, emulator.outputs["KnowledgeBucket"])
        await bucket.delete_all_versions("reports/evaluations/")
        yield S3Evaluations(bucket)
        aws.close()


async def test_dead_letters_are_seen_twice_and_come_back_once(emulator: EmulatedAws) -> None:
    aws = emulated(emulator.endpoint_url)
    queues = SqsQueues(aws, ["notify-queue"])
    dead = Queue(aws, "notify-queue-dlq")
    for number in range(12):
        await dead.send({"number": number}, {"reason": "test"})
    assert (await queues.state("notify-queue")).dead_letters == 12
    for _ in range(2):
        seen = await queues.dead_letters("notify-queue", 50)
        assert len(seen) == 12
        assert {letter.attributes["reason"] for letter in seen} == {"test"}
    assert await queues.redrive("notify-queue") == 12
    state = await queues.state("notify-queue")
    assert (state.visible, state.dead_letters) == (12, 0)
    await aws.call("sqs", "purge_queue", QueueUrl=await Queue(aws, "notify-queue").url())
    aws.close()
