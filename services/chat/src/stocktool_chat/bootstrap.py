"""Puts the chat service together."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, nullcontext
from decimal import Decimal

from fastapi import FastAPI
from stocktool.chat.v1 import chat_service_pb2 as pb
from stocktool.chat.v1 import chat_service_pb2_grpc as pb_grpc
from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.table import Table
from stocktool_kit.core.ids import new_id
from stocktool_kit.http.app import create_app, describe
from stocktool_kit.process import Parts, Runtime
from stocktool_kit.rpc.server import Registration

from stocktool_chat.adapters.auth_grants import AuthGrants
from stocktool_chat.adapters.brave_search import BraveSearch
from stocktool_chat.adapters.deferred_model import DeferredModel
from stocktool_chat.adapters.dynamodb_conversations import DynamoDbConversations
from stocktool_chat.adapters.dynamodb_proposals import DynamoDbProposals
from stocktool_chat.adapters.dynamodb_reruns import DynamoDbReruns
from stocktool_chat.adapters.dynamodb_retention import DynamoDbRetention
from stocktool_chat.adapters.dynamodb_shares import DynamoDbShares
from stocktool_chat.adapters.dynamodb_turns import DynamoDbTurns
from stocktool_chat.adapters.dynamodb_usage import DynamoDbUsage
from stocktool_chat.adapters.grpc_documents import GrpcDocuments
from stocktool_chat.adapters.grpc_peers import GrpcPeers
from stocktool_chat.adapters.grpc_tools import GrpcToolbox
from stocktool_chat.adapters.grpc_writes import GrpcWrites
from stocktool_chat.adapters.guarded_model import GuardedModel
from stocktool_chat.adapters.kept_answers import KeptAnswers
from stocktool_chat.adapters.model_routes import Endpoint, ModelRoutes, Route
from stocktool_chat.adapters.stock_market_status import StockMarketStatus
from stocktool_chat.adapters.telemetry_observer import TelemetryObserver
from stocktool_chat.application.answer import Answerer
from stocktool_chat.application.conversations import Conversations
from stocktool_chat.application.live_turns import LiveTurns
from stocktool_chat.application.proposals import Proposals
from stocktool_chat.application.quotes import Quotes
from stocktool_chat.application.recover_turns import RecoverTurns
from stocktool_chat.application.reruns import Reruns
from stocktool_chat.application.retention import KeepConversations
from stocktool_chat.application.run_turn import LeaseTerms, RunTurn
from stocktool_chat.application.shares import Shares
from stocktool_chat.application.start_turn import StartTurn
from stocktool_chat.application.turns import Turns
from stocktool_chat.application.usage import ReadToday, ReadUsage
from stocktool_chat.domain.allowance import Allowance
from stocktool_chat.domain.pricing import Budget, Catalogue, ModelOffer
from stocktool_chat.http import conversations as conversation_routes
from stocktool_chat.http import proposals as proposal_routes
from stocktool_chat.http import reruns as rerun_routes
from stocktool_chat.http import shares as share_routes
from stocktool_chat.http import turns as turn_routes
from stocktool_chat.rpc.servicer import ChatServicer
from stocktool_chat.settings import ModelTable, Settings
from stocktool_chat.worker.recovery import RecoveryLoop
from stocktool_chat.worker.turn_worker import TurnWorker
from stocktool_chat.worker.upkeep import UpkeepLoop

PREFIX = "/api/chat/v1"
ROUTERS = (
    conversation_routes.router,
    turn_routes.router,
    rerun_routes.router,
    proposal_routes.router,
    share_routes.router,
)
_HAND_OVER_SECONDS = 3.0  # of the drain are kept for releasing leases


@asynccontextmanager
async def bootstrap(runtime: Runtime[Settings]) -> AsyncIterator[Parts]:
    """Build adapters, use cases and transports."""
    settings, clock = runtime.settings, runtime.clock
    # Never two processes of one name: a restarted process must not take its predecessor's leases for its own.
    holder = new_id("chat")
    address = settings.advertise_address or f"{settings.host}:{settings.grpc_port}"
    terms = LeaseTerms(settings.lease_seconds, settings.lease_renew_seconds)
    budget = _budget(settings)
    models = model_table(settings)
    catalogue = _catalogue(models)

    table = Table(runtime.aws, settings.conversations_table)
    bucket = Bucket(runtime.aws, settings.knowledge_bucket)
    conversation_store = DynamoDbConversations(table, bucket, clock)
    turn_store = DynamoDbTurns(table, bucket, settings.usage_table, clock)
    retention_store = DynamoDbRetention(table, bucket)
    keep = KeepConversations(retention_store, clock)
    usage_store = DynamoDbUsage(Table(runtime.aws, settings.usage_table))
    allowance = Allowance(settings.daily_tokens, settings.daily_cost_usd)
    stock = runtime.channel(settings.stock_address)
    web = _web_search(settings)
    rag = runtime.channel(settings.rag_address)
    toolbox = GrpcToolbox(stock, rag, web, KeptAnswers(settings.tool_kept_seconds))
    quotes = Quotes(GrpcDocuments(rag))
    grants = AuthGrants(runtime.channel(settings.auth_address), clock)
    observer = TelemetryObserver(runtime.metrics, frozenset(tool.name for tool in toolbox.definitions))
    lives = LiveTurns()

    async with (
        aclosing(DeferredModel(_routes(models, settings))) as model,
        aclosing(web) if web is not None else nullcontext(),
    ):
        answerer = Answerer(
            model=GuardedModel(model, clock, settings.model_failures),
            toolbox=toolbox,
            market=StockMarketStatus(stock),
            observer=observer,
            budget=budget,
            catalogue=catalogue,
        )
        run_turn = RunTurn(
            store=turn_store,
            retention=retention_store,
            answerer=answerer,
            grants=grants,
            quotes=quotes,
            lives=lives,
            catalogue=catalogue,
            clock=clock,
            terms=terms,
            observer=observer,
        )
        drain_seconds = max(settings.drain_seconds - _HAND_OVER_SECONDS, 0.1)
        worker = TurnWorker(run_turn, settings.max_running_turns, drain_seconds)
        start_turn = StartTurn(
            turns=turn_store,
            grants=grants,
            queue=worker,
            lives=lives,
            catalogue=catalogue,
            usage=usage_store,
            allowance=allowance,
            clock=clock,
            terms=terms,
            holder=holder,
            address=address,
            # Long enough for a second attempt after the first one died at its very end.
            grant_seconds=2 * settings.turn_seconds + 2 * settings.lease_seconds,
        )
        recover = RecoverTurns(
            store=turn_store,
            grants=grants,
            queue=worker,
            lives=lives,
            clock=clock,
            terms=terms,
            holder=holder,
            address=address,
        )
        conversations = Conversations(
            conversation_store, turn_store, retention_store, lives=lives, quotes=quotes, clock=clock
        )
        turns = Turns(conversation_store, turn_store, lives, GrpcPeers(runtime.channel), quotes, address=address)

        proposals = Proposals(conversation_store, turn_store, DynamoDbProposals(table, clock), GrpcWrites(stock), clock)

        reruns = Reruns(
            conversations=conversation_store,
            turns=turn_store,
            store=DynamoDbReruns(table, clock),
            toolbox=GrpcToolbox(stock, rag, web),  # a rerun is asked anew, whatever was told a moment ago
            clock=clock,
            tool_seconds=settings.tool_seconds,
        )

        app = create_app(runtime, title="StockTool chat", prefix=PREFIX, routers=ROUTERS)
        app.state.conversations = conversations
        app.state.turns = turns
        app.state.proposals = proposals
        app.state.shares = shares = Shares(conversation_store, turn_store, DynamoDbShares(table), quotes, clock)
        app.state.keep = keep
        app.state.reruns = reruns
        app.state.start_turn = start_turn
        app.state.catalogue = catalogue
        app.state.comment_seconds = settings.stream_comment_seconds
        app.state.today = today = ReadToday(usage_store, allowance, clock)
        servicer = ChatServicer(
            conversations=conversations,
            start_turn=start_turn,
            turns=turns,
            proposals=proposals,
            shares=shares,
            reruns=reruns,
            keep=keep,
            catalogue=catalogue,
            today=today,
            read_usage=ReadUsage(usage_store, clock),
        )
        runtime.health.check("conversations", turn_store.probe)
        yield Parts(
            app=app,
            registrations=[
                Registration(
                    pb_grpc.add_ChatServiceServicer_to_server, servicer, pb.DESCRIPTOR.services_by_name["ChatService"]
                )
            ],
            workers=[
                worker,
                RecoveryLoop(recover, settings.recovery_seconds),
                UpkeepLoop(keep, settings.upkeep_seconds),
                model,
            ],
        )


def model_table(settings: Settings) -> ModelTable:
    """The models on offer: those of the file, else those of the settings.

    Raises:
        ValueError: The file is none, or its names do not agree.
    """
    if settings.models_file is not None:
        return ModelTable.model_validate(
            tomllib.loads(settings.models_file.read_text(encoding="utf-8"), parse_float=Decimal)
        )
    return ModelTable(default=settings.default_model, models=settings.models)


def _catalogue(table: ModelTable) -> Catalogue:
    offers = {
        name: ModelOffer(name, each.input_per_million, each.output_per_million, each.cached_input_per_million)
        for name, each in table.models.items()
    }
    return Catalogue(offers, table.default or next(iter(offers)), table.fallback or None)


def _routes(table: ModelTable, settings: Settings) -> ModelRoutes:
    return ModelRoutes(
        silence_seconds=settings.model_timeout_seconds,
        retries=settings.model_retries,
        routes={name: Route(each.provider, each.deployment or name) for name, each in table.models.items()},
        endpoints={
            name: Endpoint(each.base_url, settings.provider_keys.get(name), each.api_version)
            for name, each in table.providers.items()
        },
    )


def openapi_app() -> FastAPI:
    """The routes alone, for the OpenAPI document."""
    return describe(title="StockTool chat", prefix=PREFIX, routers=ROUTERS)


def _web_search(settings: Settings) -> BraveSearch | None:
    if not settings.web_search_address:
        return None
    return BraveSearch(settings.web_search_address, settings.web_search_key, settings.tool_seconds)


def _budget(settings: Settings) -> Budget:
    return Budget(
        steps=settings.turn_steps,
        seconds=settings.turn_seconds,
        tokens=settings.turn_tokens,
        tool_calls=settings.turn_tool_calls,
        tool_seconds=settings.tool_seconds,
        tool_bytes=settings.tool_bytes,
        turn_tool_bytes=settings.turn_tool_bytes,
    )
