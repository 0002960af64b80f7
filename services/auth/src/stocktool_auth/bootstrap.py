"""Composition root: settings in, running parts out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from stocktool.auth.v1 import auth_service_pb2 as pb
from stocktool.auth.v1 import auth_service_pb2_grpc as pb_grpc
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.idempotency import IdempotencyRecords
from stocktool_kit.aws.table import Table
from stocktool_kit.core.clock import Clock
from stocktool_kit.http.app import create_app
from stocktool_kit.process import Parts, Runtime
from stocktool_kit.push.publisher import Publisher
from stocktool_kit.rpc.server import Registration

from stocktool_auth.adapters.argon2_hasher import Argon2Hasher
from stocktool_auth.adapters.dynamodb_api_keys import DynamoDBApiKeys
from stocktool_auth.adapters.dynamodb_attempts import DynamoDBAttempts
from stocktool_auth.adapters.dynamodb_audit import AuditWriter
from stocktool_auth.adapters.dynamodb_grants import DynamoDBGrants
from stocktool_auth.adapters.dynamodb_sessions import DynamoDBSessions
from stocktool_auth.adapters.dynamodb_users import DynamoDBUsers
from stocktool_auth.adapters.jwt_tokens import CurrentRing, JwtAccessTokens, SealedRefreshTokens, make_signing_key
from stocktool_auth.adapters.key_ring_keeper import KeyRingKeeper
from stocktool_auth.adapters.push_notices import NoNotices, PushNotices
from stocktool_auth.adapters.secrets_manager_vault import SecretsManagerVault
from stocktool_auth.application.administer_users import GetUser, GrantRole, ListUsers, UpdateUser
from stocktool_auth.application.api_keys import CreateApiKey, DeleteApiKey, ExchangeApiKey, ListApiKeys
from stocktool_auth.application.delegate import CloseGrant, Delegate
from stocktool_auth.application.introspect import Introspect
from stocktool_auth.application.manage_sessions import ListSessions, RevokeSession, SignOut
from stocktool_auth.application.refresh_session import RefreshSession
from stocktool_auth.application.register_user import RegisterUser
from stocktool_auth.application.sign_in import SignIn
from stocktool_auth.application.signing_keys import AddSigningKey, OpenKeyRing
from stocktool_auth.http.cookie import RefreshCookie
from stocktool_auth.http.routers import PREFIX, ROOT_ROUTERS, ROUTERS, TITLE
from stocktool_auth.http.use_cases import UseCases
from stocktool_auth.rpc.auth_servicer import AuthServicer
from stocktool_auth.settings import Settings


@asynccontextmanager
async def bootstrap(runtime: Runtime[Settings]) -> AsyncIterator[Parts]:
    """Wire the service."""
    settings, clock, aws = runtime.settings, runtime.clock, runtime.aws
    table = Table(aws, settings.identity_table)
    audit = AuditWriter(Table(aws, settings.audit_table), clock)
    users = DynamoDBUsers(table, audit)
    sessions = DynamoDBSessions(table, audit)
    grants = DynamoDBGrants(table, audit)
    keys = DynamoDBApiKeys(table, audit)
    hasher = Argon2Hasher(settings.hash_threads)
    current = CurrentRing()
    tokens = JwtAccessTokens(current, clock, issuer=settings.token_issuer, audience=settings.token_audience)
    seals = SealedRefreshTokens(current)
    notices = PushNotices(Publisher(settings.push_target, runtime.channel), clock)
    vault = SecretsManagerVault(aws, settings.signing_keys_secret)

    runtime.verifier.use(tokens)  # this process has the keys; it need not ask itself
    get_user = GetUser(users)
    app = create_app(runtime, title=TITLE, prefix=PREFIX, routers=ROUTERS, root_routers=ROOT_ROUTERS)
    app.state.use_cases = UseCases(
        register=RegisterUser(users, hasher, clock),
        sign_in=SignIn(
            users=users,
            sessions=sessions,
            attempts=DynamoDBAttempts(table),
            audit=audit,
            hasher=hasher,
            access_tokens=tokens,
            refresh_tokens=seals,
            clock=clock,
        ),
        refresh=RefreshSession(
            users=users, sessions=sessions, access_tokens=tokens, refresh_tokens=seals, notices=notices, clock=clock
        ),
        sign_out=SignOut(sessions, seals, notices, clock),
        get_user=get_user,
        list_sessions=ListSessions(users, sessions, clock),
        revoke_session=RevokeSession(sessions, notices, clock),
        create_api_key=CreateApiKey(users, keys, clock),
        list_api_keys=ListApiKeys(keys, clock),
        delete_api_key=DeleteApiKey(keys),
        exchange_api_key=ExchangeApiKey(users, keys, tokens, clock),
        key_set=tokens.key_set,
        cookie=RefreshCookie.at(settings.public_origin),
        proxy_hops=settings.proxy_hops,
        replays=IdempotencyRecords(table, clock),
    )
    servicer = AuthServicer(
        introspect=Introspect(users, sessions, grants, tokens, clock),
        delegate=Delegate(users=users, sessions=sessions, grants=grants, tokens=tokens, clock=clock),
        close_grant=CloseGrant(grants),
        list_users=ListUsers(users),
        get_user=get_user,
        update_user=UpdateUser(users, notices, clock),
        key_set=tokens.key_set,
    )
    runtime.health.check("identity-table", lambda: _reach(table))
    yield Parts(
        app=app,
        registrations=[
            Registration(
                pb_grpc.add_AuthServiceServicer_to_server, servicer, pb.DESCRIPTOR.services_by_name["AuthService"]
            )
        ],
        workers=[KeyRingKeeper(OpenKeyRing(vault, make_signing_key, clock), current, runtime.health)],
    )


@dataclass(frozen=True, slots=True)
class Console:
    """What an operator does from a shell with AWS credentials."""

    grant_role: GrantRole
    add_signing_key: AddSigningKey


def console(settings: Settings, aws: AwsClients, clock: Clock) -> Console:
    """Wire the operator's commands: the same rules and the same audit, without a running service."""
    users = DynamoDBUsers(Table(aws, settings.identity_table), AuditWriter(Table(aws, settings.audit_table), clock))
    return Console(
        grant_role=GrantRole(users, UpdateUser(users, NoNotices(), clock)),
        add_signing_key=AddSigningKey(SecretsManagerVault(aws, settings.signing_keys_secret), make_signing_key, clock),
    )


async def _reach(table: Table) -> None:
    await table.get({"pk": "health", "sk": "probe"}, consistent=False)
