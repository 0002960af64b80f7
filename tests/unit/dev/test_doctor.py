from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from stocktool_dev import doctor
from stocktool_dev.layout import Layout, Misconfigured


@pytest.mark.parametrize(
    ("system", "processor", "glibc", "macos", "ok"),
    [
        ("Linux", "x86_64", "2.31", "", True),
        ("Linux", "x86_64", "2.36", "", True),
        ("Linux", "x86_64", "2.28", "", False),
        ("Linux", "x86_64", "", "", False),  # musl
        ("Linux", "aarch64", "2.36", "", False),
        ("Darwin", "arm64", "", "15.1", True),
        ("Darwin", "arm64", "", "14.7", False),
        ("Darwin", "x86_64", "", "15.1", False),
        ("Windows", "AMD64", "", "", False),
    ],
)
def test_platform_is_what_envoy_is_built_for(system: str, processor: str, glibc: str, macos: str, *, ok: bool) -> None:
    finding = doctor.machine(system, processor, glibc, macos)
    assert finding.ok is ok
    assert bool(finding.cure) is not ok


@pytest.mark.parametrize(("version", "ok"), [((3, 10), False), ((3, 11), True), ((3, 13), True), ((3, 14), False)])
def test_python_range(version: tuple[int, int], *, ok: bool) -> None:
    assert doctor.python_version(version).ok is ok


def test_taken_port_names_its_holder_and_a_free_one(tmp_path: Path) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        finding = doctor.public_port(Layout(tmp_path, tmp_path, port), ours=False)
    assert not finding.ok
    assert f"pid {os.getpid()}" in finding.detail
    assert "STOCKTOOL_PORT=" in finding.cure


def test_own_port_is_no_trouble(tmp_path: Path) -> None:
    assert doctor.public_port(Layout(tmp_path, tmp_path, 8080), ours=True).ok


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_without_permission_names_the_cure(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    finding = doctor.writable("state", tmp_path / "state")
    assert not finding.ok
    assert "STOCKTOOL_STATE_DIR" in finding.cure


def test_file_in_the_way_of_the_state_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    assert not doctor.writable("state", tmp_path / "state").ok


def test_missing_tools_are_each_named(tmp_path: Path) -> None:
    missing = list(doctor.tools(Layout(tmp_path, tmp_path / ".state", 8080)))
    assert {"envoy", "chroma", "emulator", "node", "page"} <= {finding.name for finding in missing if not finding.ok}
    assert all("make up" in finding.cure for finding in missing)


def test_report_counts_what_has_to_be_cured(capsys: pytest.CaptureFixture[str]) -> None:
    findings = [
        doctor.Finding("a", ok=True, detail="fine"),
        doctor.Finding("b", ok=False, detail="bad", cure="mend it"),
    ]
    assert doctor.report(findings) == 1
    assert "cure: mend it" in capsys.readouterr().out


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "80 80"])
def test_port_that_is_none_is_refused_by_name(port: str) -> None:
    with pytest.raises(Misconfigured, match="STOCKTOOL_PORT"):
        Layout.from_environment({"STOCKTOOL_PORT": port})


def test_deep_checkout_keeps_its_control_socket_short(tmp_path: Path) -> None:
    layout = Layout(tmp_path, tmp_path / ("x" * 120), 8080)
    assert len(os.fsencode(layout.socket)) < 104
    assert layout.socket != Layout(tmp_path, tmp_path / ("y" * 120), 8080).socket
