"""Renders Envoy's static configuration from the route table and a plane's settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stocktool_edge import filters
from stocktool_edge.headers import API_HEADERS, PAGE_HEADERS
from stocktool_edge.settings import Certificates, EdgeSettings
from stocktool_edge.table import BY_SERVICE, Access, Limit, Route, Table

Json = dict[str, Any]

SERVICES = ("auth", "stock", "rag", "chat", "admin")
_REQUEST_SECONDS = "60s"
_UPSTREAM_IDLE = "60s"  # below the services' own, so that it is never they who close a connection under a request


def render(table: Table, settings: EdgeSettings) -> Json:
    """Build the whole configuration.

    Raises:
        ValueError: A route names an upstream the plane gives no address for.
    """
    routes = [each for each in table.routes if settings.plane in each.planes]
    expanded = [plain for each in routes for plain in _by_service(each)]
    missing = sorted({each.upstream for each in expanded} - settings.upstreams.keys())
    if missing:
        raise ValueError(f"no address is given for: {', '.join(missing)}; set STOCKTOOL_EDGE_UPSTREAMS")
    configuration: Json = {
        "static_resources": {
            "listeners": [_listener(expanded, settings)],
            "clusters": [_cluster(name, address, settings) for name, address in sorted(settings.upstreams.items())],
        },
        "overload_manager": {
            "resource_monitors": [
                {
                    "name": "envoy.resource_monitors.global_downstream_max_connections",
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.resource_monitors."
                        "downstream_connections.v3.DownstreamConnectionsConfig",
                        "max_active_downstream_connections": settings.max_connections,
                    },
                }
            ]
        },
    }
    if settings.admin_port is not None:
        configuration["admin"] = {"address": _address("127.0.0.1", settings.admin_port)}
    if settings.otlp_endpoint is not None:
        configuration["static_resources"]["clusters"].append(_cluster("otlp", settings.otlp_endpoint, settings))
    return configuration


def _by_service(route: Route) -> Iterator[Route]:
    if route.upstream != BY_SERVICE:
        yield route
        return
    assert route.pattern is not None
    group = re.search(r"\(([a-z|]+)\)", route.pattern)
    assert group is not None
    for service in group[1].split("|"):
        path = route.pattern.replace(group[0], service)
        yield route.model_copy(update={"pattern": path, "upstream": f"{service}-http"})


def _listener(routes: list[Route], settings: EdgeSettings) -> Json:
    chain: Json = {
        "filters": [filters.connection_manager(settings, _virtual_host(routes, settings), _rules(routes, settings))]
    }
    if settings.tls is not None:
        chain["transport_socket"] = _transport("DownstreamTlsContext", settings.tls)
    return {
        "name": "edge",
        "address": _address(settings.host, settings.port),
        "per_connection_buffer_limit_bytes": 1_048_576,
        "filter_chains": [chain],
    }


def _virtual_host(routes: list[Route], settings: EdgeSettings) -> Json:
    return {
        "name": "stocktool",
        "domains": ["*"],
        "request_headers_to_remove": ["x-stocktool-service-token"],
        "typed_per_filter_config": {"envoy.filters.http.cors": filters.cors_policy(settings)},
        "routes": [_index(), *(_route(each, settings) for each in routes)],
    }


def _index() -> Json:
    """`GET /api`: where each service's OpenAPI document is."""
    links = ",".join(f'"{name}":"/api/{name}/openapi.json"' for name in SERVICES)
    return {
        "match": {"path": "/api"},
        "direct_response": {"status": 200, "body": {"inline_string": f'{{"openapi":{{{links}}}}}\n'}},
        "response_headers_to_add": [*_headers(API_HEADERS), _header("content-type", "application/json")],
    }


def _route(route: Route, settings: EdgeSettings) -> Json:
    action: Json = {
        "cluster": route.upstream,
        "timeout": "0s" if route.stream else _REQUEST_SECONDS,
        # Only what no service has seen yet is sent again: a restarted pod costs a retry, never a second effect.
        "retry_policy": {"retry_on": "connect-failure,refused-stream,reset-before-request", "num_retries": 2},
    }
    if route.stream:
        action["idle_timeout"] = "120s"  # streams speak at least every 15 s
    if route.upstream.endswith("-grpc"):
        action["max_stream_duration"] = {"grpc_timeout_header_max": "0s"}
    if route.websocket:
        action["upgrade_configs"] = [{"upgrade_type": "websocket"}]
    api = route.upstream not in {"page", "objects"}
    rendered: Json = {
        "match": _match(route, settings),
        "route": action,
        "response_headers_to_add": _headers(API_HEADERS if api else PAGE_HEADERS),
    }
    if route.limit is not Limit.NONE:
        rendered["typed_per_filter_config"] = {
            "envoy.filters.http.local_ratelimit": filters.rate_limit(route.limit, settings)
        }
    return rendered


def _match(route: Route, settings: EdgeSettings) -> Json:
    if route.path is not None:
        return {"path": route.path.format(bucket=settings.bucket)}
    if route.prefix is not None:
        return {"prefix": route.prefix.format(bucket=settings.bucket)}
    return {"safe_regex": {"regex": route.pattern}}


def _rules(routes: list[Route], settings: EdgeSettings) -> list[Json]:
    """Token rules in the table's order. Open routes still lose a spoofed identity header, in the filter."""
    return [
        {"match": _match(each, settings)}
        | ({"requires": {"provider_name": filters.JWT_PROVIDER}} if each.access is Access.TOKEN else {})
        for each in routes
    ]


def _cluster(name: str, address: str, settings: EdgeSettings) -> Json:
    host, _, port = address.rpartition(":")
    http2 = name.endswith("-grpc")
    protocol: Json = {"http2_protocol_options": {}} if http2 else {"http_protocol_options": {}}
    cluster: Json = {
        "name": name,
        "cluster_type": {
            "name": "envoy.clusters.dns",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster",
                "dns_refresh_rate": "5s",
                "respect_dns_ttl": False,
            },
        },
        "connect_timeout": "2s",
        "lb_policy": "LEAST_REQUEST",
        "circuit_breakers": {
            "thresholds": [{"max_connections": 1024, "max_pending_requests": 1024, "max_requests": 4096}]
        },
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _address(host, int(port))}}]}],
        },
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "common_http_protocol_options": {"idle_timeout": _UPSTREAM_IDLE},
                "explicit_http_config": protocol,
            }
        },
    }
    if settings.mesh_tls is not None and name.partition("-")[0] in SERVICES:
        cluster["transport_socket"] = _transport("UpstreamTlsContext", settings.mesh_tls)
    return cluster


def _transport(kind: str, certificates: Certificates) -> Json:
    common: Json = {
        "tls_certificates": [
            {
                "certificate_chain": {"filename": str(certificates.certificate)},
                "private_key": {"filename": str(certificates.key)},
            }
        ]
    }
    if certificates.ca is not None:
        common["validation_context"] = {"trusted_ca": {"filename": str(certificates.ca)}}
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": f"type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.{kind}",
            "common_tls_context": common,
        },
    }


def _address(host: str, port: int) -> Json:
    return {"socket_address": {"address": host, "port_value": port}}


def _headers(headers: Mapping[str, str]) -> list[Json]:
    return [_header(name, value) for name, value in headers.items()]


def _header(name: str, value: str) -> Json:
    return {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
