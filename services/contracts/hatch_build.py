"""Generates the Python stubs from the workspace's protos when the distribution is built."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class GenerateStubs(BuildHookInterface[Any]):
    """Runs protoc with the message, gRPC and typing plug-ins over every proto of ours."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Write `src/stocktool/**` and `src/buf/**`; an sdist carries them, so a wheel made of one needs no proto."""
        root = Path(self.root)
        proto = root.parents[1] / "proto"
        if not proto.is_dir():
            return
        from grpc_tools import protoc  # noqa: PLC0415 - a build requirement, absent where only the hook is read

        out = root / "src"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        sources = [*sorted(proto.glob("stocktool/**/*.proto")), proto / "vendor/buf/validate/validate.proto"]
        arguments = [
            "protoc",
            f"-I{proto / 'vendor'}",  # first: a path below `proto` must not shadow the vendored name
            f"-I{proto}",
            f"-I{files('grpc_tools') / '_proto'}",
            f"--python_out={out}",
            f"--mypy_out=quiet:{out}",
            f"--grpc_python_out={out}",
            f"--mypy_grpc_out=quiet:{out}",
            *map(str, sources),
        ]
        if protoc.main(arguments) != 0:
            message = "protoc refused the protos; its message stands above"
            raise RuntimeError(message)
        for folder in [path for path in out.rglob("*") if path.is_dir()]:
            (folder / "__init__.py").touch()
        for package in ("stocktool", "buf"):
            (out / package / "py.typed").touch()
