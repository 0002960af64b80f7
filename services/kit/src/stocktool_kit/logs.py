"""Structured logs: JSON on stdout, readable on a terminal, with the trace they belong to and without secrets.

Everything that logs through the standard library (uvicorn, botocore) comes out in the same form.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable

import orjson
import structlog
from opentelemetry import trace
from structlog.typing import EventDict, Processor, WrappedLogger

from stocktool_kit.aio import Limiter
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.log_shipper import CloudWatchLogs
from stocktool_kit.config import ServiceSettings

_SECRET_KEYS = re.compile(
    r"(?i)^(authorization|cookie|set-cookie|password|passwd|secret|token|bearer|api[_-]?key|private[_-]?key"
    r"|.*_(token|secret|password|api_key|private_key))$"
)
_SECRET_TEXT = re.compile(
    r"(?i)(bearer\s+)[a-z0-9._~+/=-]{8,}"  # an authorization header
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"  # a JWT
    r"|([?&](?:x-amz-signature|x-amz-credential|x-amz-security-token|token|code)=)[^&\s\"']+"  # a signed address
)
_HIDDEN = "[hidden]"
_QUIET = {"botocore": logging.WARNING, "boto3": logging.WARNING, "urllib3": logging.WARNING, "asyncio": logging.WARNING}


def configure(settings: ServiceSettings) -> None:
    """Set up a service process's logging, to CloudWatch too where the settings say so."""
    handlers = []
    if settings.cloudwatch_logs:
        handlers.append(CloudWatchLogs(AwsClients(Limiter(1)), settings.service))
    configure_logging(settings.service, settings.log_level, handlers=handlers)


def shutdown() -> None:
    """Send what is still buffered; what is logged later goes to stdout only."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, CloudWatchLogs):
            root.removeHandler(handler)
            handler.close()


def configure_logging(
    service: str, level: str = "INFO", *, json: bool | None = None, handlers: Iterable[logging.Handler] = ()
) -> None:
    """Set up the process's logging; for commands that are no service; those call `configure`.

    Args:
        service: Bound to every line.
        level: `DEBUG`, `INFO`, `WARNING`, `ERROR`.
        json: By default JSON unless stdout is a terminal.
        handlers: Further destinations; they get JSON.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _service(service),
        add_trace,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.stdlib.PositionalArgumentsFormatter(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )

    def formatter(*final: Processor) -> logging.Formatter:
        return structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )

    as_json = formatter(
        structlog.processors.format_exc_info, hide_secrets, structlog.processors.JSONRenderer(serializer=_dumps)
    )
    readable = formatter(hide_secrets, structlog.dev.ConsoleRenderer())
    stdout = logging.StreamHandler(sys.stdout)
    stdout.setFormatter(as_json if (not sys.stdout.isatty() if json is None else json) else readable)
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(stdout)
    for handler in handlers:
        handler.setFormatter(as_json)
        root.addHandler(handler)
    root.setLevel(level)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, root.level))


def add_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Add `trace_id` and `span_id` of the current span."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
        event["span_id"] = trace.format_span_id(context.span_id)
    return event


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Blank what must never reach a log: values under telling names, and texts that look like tokens."""
    return {key: _hidden(key, value) for key, value in event.items()}


def _hidden(key: str, value: object) -> object:
    if _SECRET_KEYS.match(key) and value:
        return _HIDDEN
    if isinstance(value, str):
        return _SECRET_TEXT.sub(lambda found: (found[1] or found[2] or "") + _HIDDEN, value)
    if isinstance(value, dict):
        return {name: _hidden(str(name), entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden("", entry) for entry in value]
    return value


def _service(service: str) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        return event

    return add


def _dumps(event: object, **_options: object) -> str:
    return orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
