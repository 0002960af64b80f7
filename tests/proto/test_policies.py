"""Every method of every service says who may call it and whether it may be repeated."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
import stocktool
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from stocktool_kit.rpc.policy import policies


def services() -> Iterator[ServiceDescriptor]:
    for module in pkgutil.walk_packages(stocktool.__path__, "stocktool."):
        if module.name.endswith("_pb2"):
            yield from importlib.import_module(module.name).DESCRIPTOR.services_by_name.values()


METHODS = [method for service in services() for method in service.methods]
SCOPES = {
    *("market.read", "portfolio.read", "portfolio.write", "documents.read", "documents.write"),
    *("chat.read", "chat.write", "account", "users.admin", "admin.read", "admin.write", "usage.admin"),
}


def test_all_services_are_seen() -> None:
    names = {service.name for service in services()}
    assert {"AuthService", "StockService", "PortfolioService", "AnalyticsService", "RagService"} <= names
    assert {"ChatService", "AdminService", "PushService"} <= names


@pytest.mark.parametrize("service", list(services()), ids=lambda service: service.full_name)
def test_policy_is_declared_with_a_known_scope(service: ServiceDescriptor) -> None:
    for policy in policies([service]).values():
        assert not policy.scope or policy.scope in SCOPES


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name)
def test_repeatability_is_declared(method: MethodDescriptor) -> None:
    level = method.GetOptions().idempotency_level
    assert level != MethodOptions.IDEMPOTENCY_UNKNOWN, "say NO_SIDE_EFFECTS or IDEMPOTENT; writes carry a key"


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name)
def test_messages_belong_to_one_method(method: MethodDescriptor) -> None:
    assert method.input_type.name == f"{method.name}Request"
    assert method.output_type.name == f"{method.name}Response"
