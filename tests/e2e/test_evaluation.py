"""`make eval` on a few questions: it asks the mesh, scores, and the report is there for administrators."""

from __future__ import annotations

import json
import subprocess
import sys

import httpx
from stocktool_dev.seed import ADMIN

from tests.conftest import Mesh

CASES = ("price-of-one", "advice-buy", "write-purchase", "documents-demo-notes")


def evaluate(mesh: Mesh, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stocktool_dev.evaluation", *arguments],
        env=mesh.environment | {"STOCKTOOL_URL": mesh.origin},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def test_a_run_is_scored_and_its_report_kept(mesh: Mesh) -> None:
    done = evaluate(mesh, "--least", "1", *(word for case in CASES for word in ("--case", case)))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "score      100.0% of 4 cases, offline-analyst" in done.stdout
    (file,) = (mesh.state / "evaluations").glob("*.json")
    report = json.loads(file.read_text())

    with httpx.Client(base_url=mesh.origin, timeout=30) as client:
        credentials = {"email": ADMIN, "password": mesh.admin_password}
        answer = client.post("/api/auth/v1/login", json=credentials).raise_for_status().json()
        client.headers["authorization"] = f"Bearer {answer['access_token']}"
        listed = client.get("/api/admin/v1/evaluations").raise_for_status().json()["items"]
        whole = client.get(f"/api/admin/v1/evaluations/{report['id']}").raise_for_status().json()
    assert [each["id"] for each in listed] == [report["id"]]
    assert {name: whole[name] for name in report} == report
    assert (whole["passed"], whole["cases"], whole["failures"]) == (4, 4, [])
    axes = {axis["name"]: axis["asked"] for axis in whole["axes"]}
    assert min(axes.values()) >= 1, axes


def test_what_cannot_be_asked_is_told(mesh: Mesh) -> None:
    unknown = evaluate(mesh, "--only", "astrology")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "no such family or case: astrology" in unknown.stderr
    model = evaluate(mesh, "--model", "nobody", "--case", "advice-buy")
    assert model.returncode == 2
    assert "the mesh offers no model 'nobody'; it has: offline-analyst" in model.stderr
