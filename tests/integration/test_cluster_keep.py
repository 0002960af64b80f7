"""The keeper beside the emulator in a cluster: it furnishes an emulator that lost everything, and says so."""

from __future__ import annotations

import http.client
import os
import shutil
from pathlib import Path

import pytest
from stocktool_dev.cluster_keep import Keeper, serve_health
from stocktool_dev.emulator import Emulator, credentials, ensure_installed, free_port


def status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.slow
def test_an_emulator_that_lost_everything_is_furnished_again(tmp_path: Path) -> None:
    ensure_installed()
    port, health_port = free_port(), free_port()
    keeper = Keeper(dict(os.environ) | credentials(f"http://127.0.0.1:{port}") | {"STOCKTOOL_SEED_URL": ""})
    server = serve_health(keeper, health_port)
    try:
        keeper.look()  # nobody there yet
        assert (status(health_port, "/livez"), status(health_port, "/readyz")) == (200, 503)
        with Emulator.start(tmp_path / "first", port):
            keeper.look()
            assert status(health_port, "/readyz") == 200
            keeper.look()
            assert keeper.ready
        keeper.look()
        assert status(health_port, "/readyz") == 503
        shutil.rmtree(tmp_path / "first")
        with Emulator.start(tmp_path / "second", port):
            keeper.look()
            assert status(health_port, "/readyz") == 200
    finally:
        server.shutdown()
        server.server_close()
