"""Envoy's HTTP connection manager and its filters, in the order a request meets them."""

from __future__ import annotations

from typing import Any

from stocktool_edge.settings import EdgeSettings
from stocktool_edge.table import Limit

Json = dict[str, Any]

JWT_PROVIDER = "stocktool"
SUBJECT_HEADER = "x-stocktool-subject"
_NETWORK = "type.googleapis.com/envoy.extensions.filters.network"
_HTTP = "type.googleapis.com/envoy.extensions.filters.http"

# Path without its query, where a signature or a code could stand.
_PATH = "%PATH(NQ)%"
_PROBLEMS = {
    400: ("BAD_REQUEST", "Bad request", "the request is not well-formed HTTP"),
    401: ("UNAUTHENTICATED", "Unauthenticated", "sign in first: the access token is missing, expired or not ours"),
    403: ("PERMISSION_DENIED", "Permission denied", "the access token was issued for another audience"),
    404: ("NO_SUCH_ROUTE", "No such route", "nothing is served at this path"),
    413: ("BODY_TOO_LARGE", "Body too large", "the body is larger than this route takes; send less at once"),
    426: ("UPGRADE_REQUIRED", "Upgrade required", "this route does not speak that protocol"),
    429: ("RATE_LIMITED", "Rate limited", "too many requests; wait for the time in retry-after"),
    431: ("HEADERS_TOO_LARGE", "Headers too large", "the request's headers are too large"),
    503: ("UNAVAILABLE", "Unavailable", "the service behind this path does not answer; try again"),
    504: ("DEADLINE_EXCEEDED", "Deadline exceeded", "the service took too long; try again"),
}


def connection_manager(settings: EdgeSettings, virtual_host: Json, rules: list[Json]) -> Json:
    """Build the network filter that holds everything else."""
    config: Json = {
        "@type": f"{_NETWORK}.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "edge",
        "codec_type": "AUTO",
        "use_remote_address": True,
        "normalize_path": True,
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "REJECT_REQUEST",
        "server_header_transformation": "PASS_THROUGH",
        "stream_idle_timeout": "120s",
        "request_headers_timeout": "10s",
        "common_http_protocol_options": {
            "idle_timeout": "300s",
            "headers_with_underscores_action": "REJECT_REQUEST",
        },
        "http2_protocol_options": {"max_concurrent_streams": 100},
        "always_set_request_id_in_response": True,
        "generate_request_id": True,
        "access_log": [_access_log()],
        "local_reply_config": _local_replies(),
        "route_config": {"name": "table", "virtual_hosts": [virtual_host]},
        "http_filters": [
            _filter("health_check", "health_check.v3.HealthCheck", _health()),
            _filter("cors", "cors.v3.Cors", {}),
            _filter("jwt_authn", "jwt_authn.v3.JwtAuthentication", _jwt(settings, rules)),
            _filter("local_ratelimit", "local_ratelimit.v3.LocalRateLimit", {"stat_prefix": "unlimited"}),
            _filter("router", "router.v3.Router", {}),
        ],
    }
    if settings.otlp_endpoint is not None:
        config["tracing"] = _tracing(settings)
    return {"name": "envoy.filters.network.http_connection_manager", "typed_config": config}


def cors_policy(settings: EdgeSettings) -> Json:
    """No other origin by default; the named ones may send tokens, never cookies."""
    return {
        "@type": f"{_HTTP}.cors.v3.CorsPolicy",
        "allow_origin_string_match": [{"exact": origin} for origin in settings.allowed_origins],
        "allow_methods": "GET, POST, PUT, PATCH, DELETE",
        "allow_headers": (
            "authorization, content-type, idempotency-key, if-match, last-event-id, share-token, x-request-id"
        ),
        "expose_headers": "retry-after, traceparent, x-request-id, x-ratelimit-limit, x-ratelimit-remaining",
        "max_age": "600",
    }


def rate_limit(limit: Limit, settings: EdgeSettings) -> Json:
    """A token bucket per user, or per address where nobody is signed in; counted in this process."""
    if limit is Limit.USER:
        action: Json = {"request_headers": {"header_name": SUBJECT_HEADER, "descriptor_key": "who"}}
        bucket = {
            "max_tokens": settings.user_burst,
            "tokens_per_fill": settings.user_requests_per_second,
            "fill_interval": "1s",
        }
    else:
        action = {"remote_address": {}}
        per_minute = settings.sign_in_per_minute if limit is Limit.SIGN_IN else settings.visitor_per_minute
        bucket = {"max_tokens": per_minute, "tokens_per_fill": per_minute, "fill_interval": "60s"}
    key = "who" if limit is Limit.USER else "remote_address"
    everybody = {"max_tokens": 1_000_000, "tokens_per_fill": 1_000_000, "fill_interval": "1s"}
    return {
        "@type": f"{_HTTP}.local_ratelimit.v3.LocalRateLimit",
        "stat_prefix": limit.value,
        "filter_enabled": _always(),
        "filter_enforced": _always(),
        "enable_x_ratelimit_headers": "DRAFT_VERSION_03",
        # The descriptor without a value stands for each value seen; this many are kept.
        "descriptors": [{"entries": [{"key": key}], "token_bucket": bucket}],
        "max_dynamic_descriptors": 10_000,
        "rate_limits": [{"actions": [action]}],
        "token_bucket": everybody,
        "response_headers_to_add": [{"header": {"key": "retry-after", "value": "1"}}],
    }


def _filter(name: str, kind: str, config: Json) -> Json:
    return {"name": f"envoy.filters.http.{name}", "typed_config": {"@type": f"{_HTTP}.{kind}", **config}}


def _health() -> Json:
    return {
        "pass_through_mode": False,
        "headers": [{"name": ":path", "string_match": {"exact": "/healthz"}}],
    }


def _jwt(settings: EdgeSettings, rules: list[Json]) -> Json:
    return {
        "providers": {
            JWT_PROVIDER: {
                "issuer": settings.issuer,
                "audiences": [settings.audience],
                "forward": True,
                "claim_to_headers": [{"header_name": SUBJECT_HEADER, "claim_name": "sub"}],
                "clock_skew_seconds": 5,
                "remote_jwks": {
                    "http_uri": {
                        "uri": "http://auth/.well-known/jwks.json",
                        "cluster": "auth-http",
                        "timeout": "2s",
                    },
                    "cache_duration": "300s",
                    "async_fetch": {"fast_listener": True, "failed_refetch_duration": "1s"},
                },
            }
        },
        "rules": rules,
    }


def _tracing(settings: EdgeSettings) -> Json:
    return {
        "provider": {
            "name": "envoy.tracers.opentelemetry",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig",
                "service_name": "edge",
                "http_service": {
                    "http_uri": {
                        "uri": f"http://{settings.otlp_endpoint}/v1/traces",
                        "cluster": "otlp",
                        "timeout": "2s",
                    }
                },
            },
        },
        "random_sampling": {"value": 100.0},
        "spawn_upstream_span": False,
    }


def _access_log() -> Json:
    line = {
        "timestamp": "%START_TIME%",
        "event": "edge",
        "method": "%REQ(:METHOD)%",
        "path": _PATH,
        "status": "%RESPONSE_CODE%",
        "flags": "%RESPONSE_FLAGS%",
        "duration_ms": "%DURATION%",
        "bytes_in": "%BYTES_RECEIVED%",
        "bytes_out": "%BYTES_SENT%",
        "upstream": "%UPSTREAM_CLUSTER%",
        "subject": f"%REQ({SUBJECT_HEADER.upper()})%",
        "request_id": "%REQ(X-REQUEST-ID)%",
        "trace_id": "%TRACE_ID%",
    }
    return {
        "name": "envoy.access_loggers.stdout",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
            "log_format": {"json_format": line},
        },
    }


def _local_replies() -> Json:
    return {
        "mappers": [
            {
                "filter": {
                    "status_code_filter": {
                        "comparison": {
                            "op": "EQ",
                            "value": {"default_value": status, "runtime_key": f"stocktool.local_reply.{status}"},
                        }
                    }
                },
                "body_format_override": {
                    "content_type": "application/problem+json",
                    "json_format": {
                        "type": f"urn:stocktool:problem:{reason.lower().replace('_', '-')}",
                        "title": title,
                        "status": status,
                        "detail": detail,
                        "instance": _PATH,
                        "reason": reason,
                        "trace_id": "%TRACE_ID%",
                    },
                },
            }
            for status, (reason, title, detail) in _PROBLEMS.items()
        ]
    }


def _always() -> Json:
    return {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
