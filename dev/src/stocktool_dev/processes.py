"""The process table: every program of the laptop plane, its command, its environment and how its readiness is asked.

One place states who is called by which address; the services themselves only read their settings.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stocktool_dev import emulator, model
from stocktool_dev.layout import Layout
from stocktool_dev.vault import Secrets

MARKET_NOW = "2024-11-29T21:00:00Z"
SERVICES = ("auth", "stock", "rag", "chat", "admin")
# Worker name -> (service, arguments of its console script).
WORKERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "stock-worker-analysis": ("stock", ("worker", "--queue", "analysis")),
    "stock-worker-notify": ("stock", ("worker", "--queue", "notify")),
    "rag-worker": ("rag", ("worker",)),
}
# The emulator and what stands in for others starts first.
STAND_INS_PRIORITY = 20
_SERVICE_STOP_SECONDS = 20  # more than the services' own time for draining
_TOPIC = f"arn:aws:sns:{emulator.REGION}:000000000000:"


@dataclass(frozen=True, slots=True)
class Program:
    """One program under the supervisor.

    Attributes:
        name: Its name in `make status` and `make logs`.
        command: Executable and arguments.
        environment: What it needs beyond the common environment.
        ready: Port and path that answer 200 when it is ready; no path: the port accepts connections.
        priority: Lower starts earlier and stops later.
        stop_seconds: Time from SIGTERM to SIGKILL.
    """

    name: str
    command: Sequence[str]
    ready: tuple[int, str]
    priority: int
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_seconds: int = 10


def port_names() -> list[str]:
    """Every port of loopback the mesh needs beside the public one."""
    names = ["emulator", "market", "analyst", "chroma", "traces", "page", "edge.admin"]
    for name in (*SERVICES, *WORKERS):
        names += [f"{name}.http", f"{name}.grpc", f"{name}.ops"]
    return names


def common_environment(
    layout: Layout, ports: Mapping[str, int], base: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What every program shares: where AWS is, and none of the caller's own cloud or model accounts."""
    inherited = os.environ if base is None else base
    kept = {
        key: value
        for key, value in inherited.items()
        if not key.startswith(("AWS_", "OPENAI_", "OTEL_", "MAKE", "MFLAGS"))
        # The ban on bytecode triples import times, and a foreign environment must not leak in.
        and key not in {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "STOCKTOOL_DEMO_PASSWORD"}
    }
    return (
        kept
        | emulator.credentials(f"http://127.0.0.1:{ports['emulator']}")
        | {
            "STOCKTOOL_PORT": str(layout.port),
            "STOCKTOOL_STATE_DIR": str(layout.state),
            "PYTHONUNBUFFERED": "1",
            # Allocator arenas cost tens of megabytes per process where threads only wait for sockets.
            "MALLOC_ARENA_MAX": "2",
            "ANONYMIZED_TELEMETRY": "False",
        }
    )


def _target(ports: Mapping[str, int], name: str) -> str:
    return f"127.0.0.1:{ports[f'{name}.grpc']}"


def _service_environment(
    layout: Layout, ports: Mapping[str, int], secrets: Secrets, name: str, service: str
) -> dict[str, str]:
    """Settings every service shares, under the service's own prefix."""
    prefix = f"STOCKTOOL_{service.upper()}_"
    shared = {
        "SERVICE": name,
        "HOST": "127.0.0.1",
        "HTTP_PORT": str(ports[f"{name}.http"]),
        "GRPC_PORT": str(ports[f"{name}.grpc"]),
        "OPS_PORT": str(ports[f"{name}.ops"]),
        "AUTH_ADDRESS": _target(ports, "auth"),
        "PUSH_TARGET": _target(ports, "stock"),
        "SERVICE_TOKEN_SECRET": secrets.service_token,
        "TRACES_DIR": str(layout.state / "traces"),
        "CLOUDWATCH_METRICS": "true",
        "CLOUDWATCH_LOGS": "true",
        **_own_settings(layout, ports, service),
    }
    return {prefix + key: value for key, value in shared.items()}


def _own_settings(layout: Layout, ports: Mapping[str, int], service: str) -> dict[str, str]:
    """Settings that one service alone has."""
    match service:
        case "auth":
            return {"PUBLIC_ORIGIN": layout.origin}
        case "stock":
            return {
                "MARKET_NOW": MARKET_NOW,
                "YAHOO_BASE_URL": f"http://127.0.0.1:{ports['market']}",
                "NOTIFICATIONS_TOPIC_ARN": f"{_TOPIC}notifications",
                # The identity that infra declares; mail is kept by the emulator: /_ministack/ses/messages.
                "EMAIL_SENDER": "stocktool@stocktool.local",
                "PAGE_URL": layout.origin,
                "S3_PUBLIC_ENDPOINT_URL": layout.origin,
                # Yahoo's patience is no concern of the stand-in.
                "YAHOO_CALLS_PER_SECOND": "50",
                "YAHOO_BURST": "200",
            }
        case "rag":
            return {"CHROMA_URL": f"http://127.0.0.1:{ports['chroma']}", "S3_PUBLIC_ENDPOINT_URL": layout.origin}
        case "chat":
            return {"STOCK_ADDRESS": _target(ports, "stock"), "RAG_ADDRESS": _target(ports, "rag")}
        case "admin":
            workers = {name: f"http://127.0.0.1:{ports[f'{name}.ops']}" for name in WORKERS}
            peers = {f"{peer.upper()}_ADDRESS": _target(ports, peer) for peer in ("stock", "rag", "chat")}
            return {**peers, "WORKER_OPS_URLS": json.dumps(workers)}
        case _:
            return {}


def programs(layout: Layout, ports: Mapping[str, int], secrets: Secrets) -> list[Program]:
    """The whole table, in the order of starting."""
    script = layout.binaries
    openai = model.chat_environment(ports["analyst"], os.environ)
    table = [
        Program(
            "emulator",
            (
                *(str(script / "python"), "-m", "stocktool_dev.emulator", str(ports["emulator"]), str(layout.emulator)),
                # The emulator starts the updater by the hour, as AWS does.
                f"YahooBaseUrl=http://127.0.0.1:{ports['market']}",
                f"MarketNow={MARKET_NOW}",
                "UpdaterState=ENABLED",
            ),
            (ports["emulator"], "/_ministack/health"),
            priority=10,
            stop_seconds=30,
        ),
        Program(
            "market",
            (str(script / "stocktool-market"), "serve"),
            (ports["market"], ""),
            priority=STAND_INS_PRIORITY,
            environment={"STOCKTOOL_MARKET_HTTP_PORT": str(ports["market"])},
        ),
        Program(
            "analyst",
            (str(script / "stocktool-analyst"), "serve"),
            (ports["analyst"], ""),
            priority=STAND_INS_PRIORITY,
            environment={
                "STOCKTOOL_ANALYST_HTTP_PORT": str(ports["analyst"]),
                # Installed here with the rest of the workspace; loaded at the first question the rules do not read.
                "STOCKTOOL_ANALYST_EMBEDDER": "stocktool_rag.adapters.minilm:MiniLmEmbedder",
            },
        ),
        Program(
            "chroma",
            (
                *(str(script / "chroma"), "run", "--host", "127.0.0.1", "--port", str(ports["chroma"])),
                *("--path", str(layout.state / "chroma")),
            ),
            (ports["chroma"], "/api/v2/heartbeat"),
            priority=STAND_INS_PRIORITY,
        ),
        Program(
            "traces",
            (
                *(str(script / "python"), "-m", "stocktool_dev.trace_sink"),
                *(str(ports["traces"]), str(layout.state / "traces")),
            ),
            (ports["traces"], ""),
            priority=STAND_INS_PRIORITY,
        ),
    ]
    for service in SERVICES:
        settings = _service_environment(layout, ports, secrets, service, service)
        table.append(
            Program(
                service,
                (str(script / f"stocktool-{service}"), "serve"),
                (ports[f"{service}.ops"], "/readyz"),
                priority=30 if service == "auth" else 40,
                environment=settings | (openai if service == "chat" else {}),
                stop_seconds=_SERVICE_STOP_SECONDS,
            )
        )
    for name, (service, arguments) in WORKERS.items():
        table.append(
            Program(
                name,
                (str(script / f"stocktool-{service}"), *arguments),
                (ports[f"{name}.ops"], "/readyz"),
                priority=50,
                environment=_service_environment(layout, ports, secrets, name, service),
                stop_seconds=_SERVICE_STOP_SECONDS,
            )
        )
    return [*table, _page(layout, ports), _edge(layout)]


def _page(layout: Layout, ports: Mapping[str, int]) -> Program:
    server = layout.root / "dev" / "page" / "node_modules" / "sirv-cli" / "bin.js"
    return Program(
        "page",
        (
            *(str(layout.root / ".tools" / "node" / "bin" / "node"), str(server)),
            *(str(layout.root / "frontend" / "dist"), "--host", "127.0.0.1", "--port", str(ports["page"])),
            *("--single", "--etag", "--quiet"),
        ),
        (ports["page"], "/"),
        priority=60,
    )


def _edge(layout: Layout) -> Program:
    return Program(
        "edge",
        (
            *(str(layout.binaries / "envoy"), "-c", str(layout.state / "envoy.yaml")),
            *("--concurrency", "1", "--disable-hot-restart", "-l", "warning"),
        ),
        (layout.port, "/healthz"),
        priority=70,
    )
