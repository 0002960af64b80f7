"""Log lines: their form, their trace, and what never stands in them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from stocktool_kit.logs import configure_logging

JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1c3JfMSJ9.c2lnbmF0dXJl"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_line_is_json_with_the_context_it_was_written_in(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("stock", json=True)
    structlog.contextvars.bind_contextvars(subject="usr_1")
    with TracerProvider().get_tracer("test").start_as_current_span("request") as span:
        structlog.get_logger("quotes").info("quote_refreshed", symbol="AAPL", age_seconds=3)
        trace_id = trace.format_trace_id(span.get_span_context().trace_id)

    (line,) = lines(capsys)
    assert line["event"] == "quote_refreshed"
    assert (line["service"], line["level"], line["logger"]) == ("stock", "info", "quotes")
    assert (line["symbol"], line["age_seconds"], line["subject"]) == ("AAPL", 3, "usr_1")
    assert line["trace_id"] == trace_id
    assert str(line["timestamp"]).endswith("Z")


def test_libraries_log_in_the_same_form_and_quietly(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("stock", json=True)
    logging.getLogger("uvicorn.error").warning("port %d", 8000)
    logging.getLogger("botocore.hooks").info("chatter")

    (line,) = lines(capsys)
    assert (line["event"], line["level"], line["logger"]) == ("port 8000", "warning", "uvicorn.error")


def test_an_exception_is_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("stock", json=True)
    try:
        int("bad")
    except ValueError:
        structlog.get_logger().exception("worker_broke")

    (line,) = lines(capsys)
    assert "ValueError: invalid literal" in str(line["exception"])


def test_secrets_are_blanked_by_name_and_by_form(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("stock", json=True)
    structlog.get_logger().info(
        "call",
        password="hunter2",
        headers={"Authorization": "Bearer abcdefgh12345", "accept": "text/plain"},
        detail=f"refused Bearer {JWT} for /x",
        url="https://s3/x?X-Amz-Signature=abcdef&y=1",
        model_tokens=12,
    )
    logging.getLogger("some.library").warning("GET /x?token=%s", "topsecret")

    first, second = lines(capsys)
    text = json.dumps([first, second])
    for secret in ("hunter2", "abcdefgh12345", JWT, "abcdef&", "topsecret"):
        assert secret not in text
    assert first["headers"] == {"Authorization": "[hidden]", "accept": "text/plain"}
    assert first["url"] == "https://s3/x?X-Amz-Signature=[hidden]&y=1"
    assert first["model_tokens"] == 12


def test_the_level_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("stock", "WARNING", json=True)
    structlog.get_logger().info("no")
    structlog.get_logger().warning("yes")

    assert [line["event"] for line in lines(capsys)] == ["yes"]


def test_a_terminal_gets_readable_lines(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("stock", json=False)
    structlog.get_logger().info("quote_refreshed", token="abc")

    out = capsys.readouterr().out
    assert "quote_refreshed" in out
    assert "[hidden]" in out
