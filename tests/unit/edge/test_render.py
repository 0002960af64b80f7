"""The route table and what is made of it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from stocktool_edge.render import SERVICES, render
from stocktool_edge.settings import EdgeSettings
from stocktool_edge.table import Plane, Route, load

UPSTREAMS = {f"{name}-{kind}": f"{name}:8000" for name in SERVICES for kind in ("http", "grpc")} | {
    "page": "page:8080",
    "objects": "store:4566",
}


def rendered(**overrides: Any) -> dict[str, Any]:
    settings: dict[str, Any] = {"upstreams": UPSTREAMS} | overrides
    return render(load(), EdgeSettings(**settings))


def manager(configuration: dict[str, Any]) -> dict[str, Any]:
    config: dict[str, Any] = configuration["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]
    return dict(config["typed_config"])


def test_every_route_has_a_token_rule_in_the_same_order() -> None:
    config = manager(rendered())
    routes = [each["match"] for each in config["route_config"]["virtual_hosts"][0]["routes"][1:]]
    jwt = next(each for each in config["http_filters"] if each["name"].endswith("jwt_authn"))
    assert [rule["match"] for rule in jwt["typed_config"]["rules"]] == routes


def test_open_routes_are_the_ones_that_cannot_have_a_token() -> None:
    config = manager(rendered())
    jwt = next(each for each in config["http_filters"] if each["name"].endswith("jwt_authn"))
    closed = [rule["match"] for rule in jwt["typed_config"]["rules"] if "requires" in rule]
    for prefix in ("/api/stock/", "/api/rag/", "/api/chat/", "/api/admin/", "/api/auth/"):
        assert {"prefix": prefix} in closed


def test_a_link_to_a_conversation_asks_no_token_and_is_limited_by_address() -> None:
    config = manager(rendered(visitor_per_minute=7))
    jwt = next(each for each in config["http_filters"] if each["name"].endswith("jwt_authn"))
    shared = {"path": "/api/chat/v1/shared"}
    assert next(rule for rule in jwt["typed_config"]["rules"] if rule["match"] == shared) == {"match": shared}
    routes = config["route_config"]["virtual_hosts"][0]["routes"]
    route = next(each for each in routes if each["match"] == shared)
    limit = route["typed_per_filter_config"]["envoy.filters.http.local_ratelimit"]
    (bucket,) = limit["descriptors"]
    assert bucket["entries"] == [{"key": "remote_address"}]
    assert bucket["token_bucket"] == {"max_tokens": 7, "tokens_per_fill": 7, "fill_interval": "60s"}


def test_streams_have_no_timeout_and_the_socket_upgrades() -> None:
    routes = manager(rendered())["route_config"]["virtual_hosts"][0]["routes"]
    events = next(each for each in routes if "events" in str(each["match"]))
    assert events["route"]["timeout"] == "0s"
    socket = next(each for each in routes if each["match"].get("path") == "/api/stock/v1/stream")
    assert socket["route"]["upgrade_configs"] == [{"upgrade_type": "websocket"}]


def test_objects_are_not_forwarded_where_the_store_has_its_own_address() -> None:
    with_store = str(rendered(plane=Plane.KIND))
    without = str(rendered(plane=Plane.EKS))
    assert "'prefix': '/stocktool-knowledge/'" in with_store
    assert "'path': '/stocktool-knowledge'" in with_store, "forms are posted to the bucket itself"
    assert "stocktool-knowledge" not in without


def test_missing_address_is_named() -> None:
    with pytest.raises(ValueError, match="rag-grpc, rag-http"):
        rendered(upstreams={name: at for name, at in UPSTREAMS.items() if not name.startswith("rag")})


def test_access_log_holds_no_query() -> None:
    text = str(manager(rendered())["access_log"])
    assert "PATH(NQ)" in text
    assert "REQ(:PATH)" not in text


@pytest.mark.parametrize(
    "entry",
    [
        {"upstream": "x", "access": "open", "limit": "none"},
        {"path": "/a", "prefix": "/b", "upstream": "x", "access": "open", "limit": "none"},
        {"path": "/a", "upstream": "x", "access": "open", "limit": "user"},
        {"path": "/a", "upstream": "x", "access": "maybe", "limit": "none"},
        {"path": "/a", "upstream": "x", "access": "open", "limit": "none", "surprise": 1},
    ],
)
def test_entry_that_makes_no_sense_is_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Route.model_validate(entry)
