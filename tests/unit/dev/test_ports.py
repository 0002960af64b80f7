from __future__ import annotations

import json
import socket
from pathlib import Path

from stocktool_dev.ports import allocate, is_free, pick


def test_listening_port_is_not_free() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        assert not is_free(server.getsockname()[1])


def test_picked_ports_differ() -> None:
    assert len(set(pick(20))) == 20


def test_ports_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "ports.json"
    first = allocate(path, ["a", "b", "c"])
    assert allocate(path, ["a", "b", "c"]) == first
    assert len(set(first.values())) == 3


def test_port_taken_meanwhile_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "ports.json"
    first = allocate(path, ["a", "b"])
    second = allocate(path, ["a", "b"], free=lambda port: port != first["a"])
    assert second["b"] == first["b"]
    assert second["a"] != first["a"]
    assert json.loads(path.read_text()) == second


def test_new_name_gets_a_port_nobody_else_has(tmp_path: Path) -> None:
    path = tmp_path / "ports.json"
    first = allocate(path, ["a"])
    second = allocate(path, ["a", "b"])
    assert second["a"] == first["a"]
    assert second["b"] != second["a"]


def test_broken_memory_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "ports.json"
    path.write_text("{not json")
    assert set(allocate(path, ["a"])) == {"a"}
