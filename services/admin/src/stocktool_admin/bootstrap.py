"""Composition root: settings in, running parts out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from opentelemetry.instrumentation.utils import suppress_instrumentation
from stocktool.admin.v1 import admin_service_pb2 as pb
from stocktool.admin.v1 import admin_service_pb2_grpc as pb_grpc
from stocktool_kit.aio import Limiter
from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.idempotency import IdempotencyRecords
from stocktool_kit.aws.table import Table
from stocktool_kit.http.app import create_app
from stocktool_kit.process import Parts, Runtime
from stocktool_kit.rpc.server import Registration

from stocktool_admin.adapters.dynamodb_audit import DynamoDBAuditTrail
from stocktool_admin.adapters.dynamodb_flags import DynamoDBFlags
from stocktool_admin.adapters.grpc_usage import GrpcUsage
from stocktool_admin.adapters.grpc_users import GrpcUsers
from stocktool_admin.adapters.probes import GrpcProbe, OpsProbe, OwnProbe
from stocktool_admin.adapters.s3_evaluations import S3Evaluations
from stocktool_admin.adapters.sqs_queues import SqsQueues
from stocktool_admin.application.administer import ListUsers, ReportUsage, UpdateUser
from stocktool_admin.application.keep_evaluations import ListEvaluations, ReadEvaluation, StoreEvaluation
from stocktool_admin.application.manage_flags import GetFlag, ListFlags, SetFlag
from stocktool_admin.application.operate_queues import ListDeadLetters, ListQueues, MeasureDepths, RedriveDeadLetters
from stocktool_admin.application.ports import Probe
from stocktool_admin.application.read_audit import ReadAudit
from stocktool_admin.application.watch_health import HealthBoard, WatchHealth
from stocktool_admin.http.routers import PREFIX, ROOT_ROUTERS, ROUTERS, TITLE
from stocktool_admin.http.use_cases import UseCases
from stocktool_admin.rpc.admin_servicer import AdminServicer
from stocktool_admin.settings import Settings


@asynccontextmanager
async def bootstrap(runtime: Runtime[Settings]) -> AsyncIterator[Parts]:
    """Wire the service."""
    settings, clock, aws = runtime.settings, runtime.clock, runtime.aws
    config = Table(aws, settings.config_table)
    records = IdempotencyRecords(config, clock)
    trail = DynamoDBAuditTrail(Table(aws, settings.audit_table), clock)
    flags = DynamoDBFlags(config, records, trail)
    queues = SqsQueues(aws, settings.queues)
    evaluations = S3Evaluations(Bucket(aws, settings.knowledge_bucket))
    users = GrpcUsers(runtime.channel(settings.auth_address))
    board = HealthBoard(clock)
    watch = WatchHealth(_probes(runtime), board)
    await watch.look()  # before the first request

    read_audit = ReadAudit(trail)
    list_queues = ListQueues(queues)
    list_dead_letters = ListDeadLetters(queues)
    redrive = RedriveDeadLetters(queues, trail)
    list_evaluations, read_evaluation = ListEvaluations(evaluations), ReadEvaluation(evaluations)
    app = create_app(runtime, title=TITLE, prefix=PREFIX, routers=ROUTERS, root_routers=ROOT_ROUTERS)
    app.state.use_cases = UseCases(
        list_users=ListUsers(users),
        update_user=UpdateUser(users),
        report_usage=ReportUsage(GrpcUsage(runtime.channel(settings.chat_address))),
        read_audit=read_audit,
        list_queues=list_queues,
        list_dead_letters=list_dead_letters,
        redrive=redrive,
        store_evaluation=StoreEvaluation(evaluations, trail),
        list_evaluations=list_evaluations,
        read_evaluation=read_evaluation,
        list_flags=ListFlags(flags),
        get_flag=GetFlag(flags),
        set_flag=SetFlag(flags, clock),
        board=board,
        replays=records,
        clock=clock,
    )
    servicer = AdminServicer(
        board=board,
        read_audit=read_audit,
        list_queues=list_queues,
        list_dead_letters=list_dead_letters,
        redrive=redrive,
        list_evaluations=list_evaluations,
        read_evaluation=read_evaluation,
        clock=clock,
    )
    runtime.health.check("config-table", lambda: _reach(config))
    yield Parts(
        app=app,
        registrations=[
            Registration(
                pb_grpc.add_AdminServiceServicer_to_server, servicer, pb.DESCRIPTOR.services_by_name["AdminService"]
            )
        ],
        workers=[watch, MeasureDepths(queues, runtime.metrics, quiet=suppress_instrumentation)],
    )


def _probes(runtime: Runtime[Settings]) -> list[Probe]:
    settings, clock = runtime.settings, runtime.clock
    services = {
        "auth": settings.auth_address,
        "stock": settings.stock_address,
        "rag": settings.rag_address,
        "chat": settings.chat_address,
    }
    limiter = Limiter(max(1, len(settings.worker_ops_urls)))  # a slow worker must not delay what is known of another
    return [
        OwnProbe("admin", runtime.health, clock),
        *(GrpcProbe(name, runtime.channel(target), clock) for name, target in services.items()),
        *(OpsProbe(name, url, limiter, clock) for name, url in settings.worker_ops_urls.items()),
    ]


async def _reach(table: Table) -> None:
    await table.get({"pk": "health", "sk": "probe"}, consistent=False)
