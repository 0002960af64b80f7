"""What the proof of a cluster reads from objects."""

from __future__ import annotations

from typing import Any

from stocktool_dev.cluster_proof import NAME, ProofFailed, Report, declared_edges, is_ready, steps_in


def a_policy(caller: str, target: str, port: int) -> dict[str, Any]:
    return {
        "spec": {
            "podSelector": {"matchLabels": {NAME: caller}},
            "egress": [
                {
                    "to": [{"podSelector": {"matchLabels": {NAME: target}}}],
                    "ports": [{"protocol": "TCP", "port": port}],
                },
                {"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"protocol": "TCP", "port": 443}]},
            ],
        }
    }


def test_edges_are_read_from_the_callers_policies() -> None:
    default_deny = {"spec": {"podSelector": {"matchLabels": {"app.kubernetes.io/part-of": "stocktool"}}}}
    policies = [a_policy("chat", "stock", 9000), a_policy("edge", "auth", 8000), default_deny]
    assert declared_edges(policies) == {("chat", "stock", 9000), ("edge", "auth", 8000)}


def test_a_pod_is_ready_by_its_condition_alone() -> None:
    assert is_ready({"status": {"conditions": [{"type": "Ready", "status": "True"}]}})
    assert not is_ready({"status": {"conditions": [{"type": "Ready", "status": "False"}], "phase": "Running"}})
    assert not is_ready({"status": {"phase": "Running"}})


def test_a_failed_proof_is_a_line_of_the_report() -> None:
    def fail() -> str:
        raise ProofFailed("open and not declared: [('auth', 'chat', 9000)]")

    report = Report()
    assert report.step("ready", lambda: "14 workloads ready")
    assert not report.step("edges", fail)
    assert [(step["name"], step["passed"]) for step in report.steps] == [("ready", True), ("edges", False)]
    assert "('auth', 'chat', 9000)" in report.steps[1]["seen"]


def test_steps_are_read_from_helms_log_record() -> None:
    said = 'level=INFO msg="   0.2 s  sign-in: a@b.local\\n   2.0 s  question: 8 receipts, none unmatched\\n"'
    assert steps_in(said) == {"sign-in": "a@b.local", "question": "8 receipts, none unmatched"}
    assert steps_in("FAILED upload and search: it is late") == {}
