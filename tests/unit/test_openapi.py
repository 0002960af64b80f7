"""The committed OpenAPI documents are the ones the code gives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("service", ["auth", "stock", "rag", "chat", "admin"])
def test_document_is_current(service: str) -> None:
    script = Path(sys.executable).parent / f"stocktool-{service}"
    printed = subprocess.run([script, "openapi"], capture_output=True, text=True, check=True, timeout=60).stdout
    committed = (ROOT / "docs" / "openapi" / f"{service}.json").read_text()
    assert printed == committed, f"run: stocktool-{service} openapi > docs/openapi/{service}.json"
