from __future__ import annotations

import configparser
from pathlib import Path

import pytest
from stocktool_dev.layout import Layout
from stocktool_dev.processes import SERVICES, WORKERS, Program, common_environment, port_names, programs
from stocktool_dev.supervision import SupervisorFailed, render
from stocktool_dev.vault import Secrets
from supervisor.datatypes import dict_of_key_value_pairs

SECRETS = Secrets(service_token="s" * 40, demo_password="demo-password", admin_password="admin-password")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path, tmp_path / "state", 8080)


@pytest.fixture
def ports() -> dict[str, int]:
    return {name: 20_000 + number for number, name in enumerate(port_names())}


def parsed(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.read_string(text)
    return parser


def test_every_program_is_supervised_restarted_and_started_on_request_only(
    layout: Layout, ports: dict[str, int]
) -> None:
    table = programs(layout, ports, SECRETS)
    config = parsed(render(layout, table))
    assert {program.name for program in table} >= {"emulator", "edge", "page", "chroma", *SERVICES, *WORKERS}
    for program in table:
        section = config[f"program:{program.name}"]
        assert section["autostart"] == "false"
        assert section["autorestart"] == "true"
        assert section["killasgroup"] == "true"


def test_nothing_is_given_two_ports_or_shares_one(ports: dict[str, int]) -> None:
    assert len(port_names()) == len(set(port_names()))


def test_services_stop_after_their_own_drain(layout: Layout, ports: dict[str, int]) -> None:
    drains = {program.name: program.stop_seconds for program in programs(layout, ports, SECRETS)}
    assert all(drains[name] > 15 for name in (*SERVICES, *WORKERS))


def test_percent_signs_and_spaces_reach_the_program(layout: Layout) -> None:
    program = Program("odd", ("/a path/run", "50%"), (1, ""), 1, {"KEY": "100% of a, b"})
    text = render(layout, [program])
    assert "command='/a path/run' 50%%" in text
    assert 'environment=KEY="100%% of a, b"' in text


def test_value_that_would_break_out_of_its_quotes_is_refused(layout: Layout) -> None:
    with pytest.raises(SupervisorFailed, match="quotes"):
        render(layout, [Program("odd", ("run",), (1, ""), 1, {"KEY": """a'",EVIL="b"""})])


def test_json_reaches_the_program_as_it_is(layout: Layout) -> None:
    value = '{"stock-worker": "http://127.0.0.1:1"}'
    text = render(layout, [Program("odd", ("run",), (1, ""), 1, {"KEY": value, "OTHER": "b"})])
    line = next(line for line in text.splitlines() if line.startswith("environment="))
    assert dict_of_key_value_pairs(line.removeprefix("environment=")) == {"KEY": value, "OTHER": "b"}


def test_callers_accounts_and_bytecode_ban_stay_outside(layout: Layout, ports: dict[str, int]) -> None:
    base = {
        "PATH": "/bin",
        "AWS_PROFILE": "production",
        "AWS_SECRET_ACCESS_KEY": "real",
        "OPENAI_API_KEY": "sk-real",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    environment = common_environment(layout, ports, base)
    assert environment["PATH"] == "/bin"
    assert environment["AWS_SECRET_ACCESS_KEY"] == "test"
    assert environment["AWS_ENDPOINT_URL"] == f"http://127.0.0.1:{ports['emulator']}"
    assert not {"AWS_PROFILE", "OPENAI_API_KEY", "PYTHONDONTWRITEBYTECODE"} & set(environment)


def test_model_is_the_offline_analyst(layout: Layout, ports: dict[str, int]) -> None:
    chat = next(program for program in programs(layout, ports, SECRETS) if program.name == "chat")
    assert chat.environment["OPENAI_BASE_URL"] == f"http://127.0.0.1:{ports['analyst']}/v1"
