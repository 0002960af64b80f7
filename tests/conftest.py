"""Fixtures every suite may use: one AWS emulator per test process, with `infra` deployed to it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from stocktool_dev import emulator as ministack
from stocktool_dev import leftovers, vault
from stocktool_dev.layout import Layout
from stocktool_infra.deploy import deploy

# A property holds or it does not: how long an example takes says more of the machine than of the code.
settings.register_profile("stocktool", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("stocktool")

_SDK_VARIABLES = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE")


@dataclass(frozen=True)
class EmulatedAws:
    """An emulator with the `local` stack in it.

    Attributes:
        endpoint_url: Its address; `AWS_ENDPOINT_URL` in this process already says the same.
        outputs: The stack's outputs, such as `NotificationsTopicArn`, `IngestQueueUrl`, `KnowledgeBucket`.
        environment: What another process needs in its environment to use it.
    """

    endpoint_url: str
    outputs: dict[str, str]
    environment: dict[str, str] = field(repr=False)

    @property
    def notifications_topic_arn(self) -> str:
        """Topic of finished jobs and fired alerts."""
        return self.outputs["NotificationsTopicArn"]

    @property
    def document_events_topic_arn(self) -> str:
        """Topic of new objects under `docs/` and `knowledge/`."""
        return self.outputs["DocumentEventsTopicArn"]

    def queue_url(self, name: str) -> str:
        """URL of `analysis-queue`, `ingest-queue`, `notify-queue`, or of one's `-dlq`."""
        return self.outputs["".join(part.capitalize() for part in name.split("-")) + "Url"]


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    """Start an emulator on a free port, deploy `infra` to it, and point this process's AWS SDK at it."""
    ministack.ensure_installed()
    home: Path = tmp_path_factory.mktemp("emulator")
    with ministack.Emulator.start(home) as running, pytest.MonkeyPatch.context() as patch:
        environment = ministack.credentials(running.endpoint_url)
        for name in _SDK_VARIABLES:
            patch.delenv(name, raising=False)
        for name, value in environment.items():
            patch.setenv(name, value)
        deployed = deploy(endpoint_url=running.endpoint_url)
        yield EmulatedAws(running.endpoint_url, deployed.outputs, environment)


@dataclass(frozen=True)
class Mesh:
    """The whole mesh, started for the tests on a port and with a state of its own.

    Attributes:
        origin: Its one address.
        state: Its state folder, with `logs/`, `traces/` and `ports.json`.
        demo_password: Password of `demo@stocktool.local`.
        admin_password: Password of `admin@stocktool.local`.
        environment: What `stocktool-dev` needs in its environment to act on this mesh.
    """

    origin: str
    state: Path
    demo_password: str
    admin_password: str
    environment: dict[str, str] = field(repr=False)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `stocktool-dev` on this mesh."""
        return subprocess.run(
            [sys.executable, "-m", "stocktool_dev.main", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


@pytest.fixture(scope="session")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    """Start everything by the same code as `make up`, seeded; stop it and prove that nothing is left."""
    state = tmp_path_factory.mktemp("mesh")
    port = ministack.free_port()
    environment = dict(os.environ) | {"STOCKTOOL_PORT": str(port), "STOCKTOOL_STATE_DIR": str(state)}
    environment.pop("STOCKTOOL_DEMO_PASSWORD", None)
    secrets = vault.load(state / "secrets.json", environment)
    running = Mesh(f"http://localhost:{port}", state, secrets.demo_password, secrets.admin_password, environment)
    try:
        started = running.command("up")
        assert started.returncode == 0, started.stdout + started.stderr
        yield running
    finally:
        stopped = running.command("down")
    assert stopped.returncode == 0, stopped.stdout + stopped.stderr
    assert leftovers.find(Layout(ministack.ROOT, state, port)) == []


@pytest.fixture(scope="session", autouse=True)
def _no_bytecode_ban() -> None:
    """Child processes start twice as fast when they may keep compiled modules."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
