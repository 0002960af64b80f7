from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import psutil
import pytest
from stocktool_dev.processes import Program
from stocktool_dev.status import Row, answers, family_bytes, proportional_bytes, rows, show
from stocktool_dev.supervision import ProcessState


def test_memory_of_a_family_counts_its_children() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()"], stdin=-1, stdout=-1
    )
    with child:
        assert child.stdout is not None
        child.stdout.readline()  # it runs now
        alone = proportional_bytes(psutil.Process(os.getpid()))
        both = family_bytes(os.getpid())
        child.communicate()
    assert both > alone > 1_000_000


def test_process_that_is_gone_costs_nothing() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert family_bytes(child.pid) == 0


class _Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 503)
        self.end_headers()
        self.wfile.write(b"because")

    def log_message(self, *_: object) -> None:
        """Tests need no access log."""


def test_readiness_is_a_200_and_the_reason_is_the_body() -> None:
    with HTTPServer(("127.0.0.1", 0), _Ready) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            assert answers(server.server_port, "/readyz") == (True, "because")
            assert answers(server.server_port, "/other") == (False, "because")
            assert answers(server.server_port, "")[0]
        finally:
            server.shutdown()
            thread.join()


def test_nobody_listening_is_not_ready() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert not answers(port, "")[0]
    assert not answers(port, "/readyz")[0]


def test_program_that_does_not_run_is_shown_as_down() -> None:
    program = Program("chat", ("run",), (1, "/readyz"), 1)
    state = ProcessState("chat", "BACKOFF", 0, "Exited too quickly", 0, "")
    table = rows([program], [state], os.getpid())
    assert (table[0].state, table[0].health, table[0].memory_bytes) == ("BACKOFF", "down", 0)


def test_table_ends_with_the_total(capsys: pytest.CaptureFixture[str]) -> None:
    mega = 1024 * 1024
    show([Row("a", 1, "RUNNING", "ready", 10 * mega, ""), Row("b", 2, "RUNNING", "ready", 15 * mega, "")])
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.split() == ["total", "25.0"]
