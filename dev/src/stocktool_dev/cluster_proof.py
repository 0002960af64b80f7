"""`make cluster-test`: the chart installed into the cluster of KUBECONFIG and proven there, with a table and a report.

What is proven: the mesh becomes ready in a namespace that enforces *restricted*; every workload has every property;
every declared edge is open and every other pair of workloads closed; services refuse plaintext; `helm test` passes; and
uninstalling leaves what the chart says it keeps. Nothing here knows which kind of cluster it is.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from stocktool_dev import cluster_charts, cluster_properties
from stocktool_dev.emulator import ROOT

Json = dict[str, Any]
Edge = tuple[str, str, int]

NAME = "app.kubernetes.io/name"
_MESH = "app.kubernetes.io/part-of=stocktool"
_READY_SECONDS = 180
_GONE_SECONDS = 120
STEPS = ("sign-in", "quote", "ledger", "question", "upload and search", "queue round trip")
# Runs inside a pod: which of the given addresses take a connection. Any image with Python will do.
_CONNECT = """
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor
def opens(target):
    try:
        socket.create_connection((target[0], target[1]), timeout=3).close()
    except OSError:
        return False
    return True
targets = json.loads(sys.argv[1])
with ThreadPoolExecutor(32) as pool:
    print(json.dumps([target for target, found in zip(targets, pool.map(opens, targets)) if found]))
"""
# The same, for a port that wants a certificate: what it answers to plain HTTP.
_PLAIN = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5) as wire:
    wire.sendall(b"GET /livez HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n")
    try:
        print(wire.recv(64))
    except ConnectionResetError:
        print(b"")
"""


class ProofFailed(Exception):
    """The cluster did not do what the chart promises; the message says what was seen."""


@dataclass(frozen=True, slots=True)
class Release:
    """One release in its namespace, driven by `helm` and `kubectl`."""

    name: str
    namespace: str
    values: Path | None

    def kubectl(self, *arguments: str, check: bool = True) -> str:
        """Run kubectl in the namespace."""
        return _run(["kubectl", "-n", self.namespace, *arguments], check=check)

    def listed(self, *kinds: str) -> list[Json]:
        """Objects of some kinds, those of the release alone."""
        found = json.loads(self.kubectl("get", ",".join(kinds), "-l", _MESH, "-o", "json"))["items"]
        return [item for item in found if not item["metadata"].get("deletionTimestamp")]

    def install(self, chart: Path) -> str:
        """Make the namespace, which refuses every pod that is not restricted, and install."""
        space = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": self.namespace,
                "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
            },
        }
        _run(["kubectl", "apply", "-f", "-"], text=json.dumps(space))
        more = ["-f", str(self.values)] if self.values else []
        _run(["helm", "install", self.name, str(chart), "-n", self.namespace, *more, "--timeout", "5m"])
        return "accepted"


@dataclass(slots=True)
class Report:
    """What was proven, step by step."""

    steps: list[Json] = field(default_factory=list)

    def step(self, name: str, prove: Callable[[], str]) -> bool:
        """Run one proof; its outcome is a line of the table."""
        started = time.monotonic()
        try:
            said, passed = prove(), True
        except ProofFailed as error:
            said, passed = str(error), False
        seconds = round(time.monotonic() - started, 1)
        self.steps.append({"name": name, "passed": passed, "seconds": seconds, "seen": said})
        print(f"  {'ok' if passed else 'FAILED':6} {seconds:6.1f} s  {name}: {said}", flush=True)
        return passed


def _run(command: Sequence[str], *, text: str | None = None, check: bool = True) -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise ProofFailed(f"`{' '.join(command[:6])} ...` ended with {done.returncode}: {done.stderr.strip()[-600:]}")
    return done.stdout


def pods(release: Release) -> dict[str, Json]:
    """A running pod of each workload, by the workload's name; those of Jobs and of the test are left out."""
    found: dict[str, Json] = {}
    for pod in release.listed("pods"):
        owner = (pod["metadata"].get("ownerReferences") or [{}])[0].get("kind")
        if owner in {"ReplicaSet", "StatefulSet"} and pod["status"]["phase"] == "Running":
            found[pod["metadata"]["labels"][NAME]] = pod
    return found


def is_ready(pod: Json) -> bool:
    """Whether a pod may be called."""
    conditions = pod["status"].get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def await_ready(release: Release, wanted: int) -> str:
    """Wait until every workload has a ready pod."""
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        found = pods(release)
        late = sorted(name for name, pod in found.items() if not is_ready(pod))
        if len(found) >= wanted and not late:
            return f"{len(found)} workloads ready"
        if time.monotonic() > deadline:
            raise ProofFailed(f"after {_READY_SECONDS} s {len(found)} of {wanted} run; not ready: {', '.join(late)}")
        time.sleep(2)


def count_properties(release: Release) -> str:
    """Every property over every workload that the API server holds."""
    kinds = ("deployments", "statefulsets", "cronjobs", "poddisruptionbudgets", "networkpolicies", "serviceaccounts")
    counted = cluster_properties.count(cluster_properties.workloads(release.listed(*kinds)))
    if counted.missing:
        raise ProofFailed(f"{len(counted.missing)} missing: {'; '.join(counted.missing[:5])}")
    return f"{counted.total} workloads x {len(counted.having)} properties: 100 %"


def declared_edges(policies: Iterable[Json]) -> set[Edge]:
    """Edges between workloads that the policies of the callers open."""
    found: set[Edge] = set()
    for policy in policies:
        caller = (policy["spec"]["podSelector"].get("matchLabels") or {}).get(NAME)
        for rule in policy["spec"].get("egress") or []:
            for peer in rule.get("to") or []:
                target = ((peer.get("podSelector") or {}).get("matchLabels") or {}).get(NAME)
                if caller and target:
                    found |= {(caller, target, port["port"]) for port in rule["ports"]}
    return found


def open_edges(release: Release, found: Mapping[str, Json]) -> set[Edge]:
    """Every pair of workloads that can connect, tried from inside each pod to each port of each other."""
    ports = {
        name: [port["containerPort"] for each in pod["spec"]["containers"] for port in each.get("ports") or []]
        for name, pod in found.items()
    }
    targets = [[pod["status"]["podIP"], port, name] for name, pod in found.items() for port in ports[name]]
    edges: set[Edge] = set()
    for caller, pod in found.items():
        others = [target for target in targets if target[2] != caller]
        said = release.kubectl(
            "exec", pod["metadata"]["name"], "-c", caller, "--", "python3", "-c", _CONNECT, json.dumps(others)
        )
        edges |= {(caller, target[2], target[1]) for target in json.loads(said)}
    return edges


def prove_edges(release: Release) -> str:
    """Declared edges open, all others closed."""
    found = pods(release)
    wanted = {edge for edge in declared_edges(release.listed("networkpolicies")) if {*edge[:2]} <= set(found)}
    wanted = {edge for edge in wanted if edge[0] != edge[1]}
    seen = open_edges(release, found)
    # The edge's own port is the one way in, for everybody.
    public = {edge for edge in seen if edge[1] == "edge"} - wanted
    if shut := wanted - seen:
        raise ProofFailed(f"declared and closed: {sorted(shut)}")
    if loose := seen - wanted - public:
        raise ProofFailed(f"open and not declared: {sorted(loose)}")
    pairs = len(found) * (len(found) - 1)
    return f"{len(wanted)} declared edges open; of {pairs} pairs of workloads nothing else is, but the public port"


def refuse_plaintext(release: Release) -> str:
    """No service answers without a certificate on 8000 and 9000; asked by a pod that may call them."""
    found = pods(release)
    tried = 0
    for service in ("auth", "stock", "rag", "chat", "admin"):
        for port in (8000, 9000):
            said = release.kubectl(
                "exec", found["edge"]["metadata"]["name"], "-c", "edge", "--", "python3", "-c", _PLAIN,
                found[service]["status"]["podIP"], str(port),
            )  # fmt: skip
            if "HTTP/1.1 200" in said:
                raise ProofFailed(f"{service}:{port} answered plain HTTP: {said.strip()}")
            tried += 1
    return f"{tried} ports refused it"


def helm_test(release: Release) -> str:
    """The pod of `helm test`: sign-in, quote, question with receipts, upload and search, queue round trip."""
    command = ["helm", "test", release.name, "-n", release.namespace, "--timeout", "5m"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    seen = steps_in(said)
    if done.returncode or tuple(seen) != STEPS:
        raise ProofFailed(f"{len(seen)} of {len(STEPS)} steps passed: {said[-600:]}")
    return "; ".join(f"{name}: {text}" for name, text in seen.items())


def steps_in(said: str) -> dict[str, str]:
    """The steps that the test pod reports, found in what Helm prints: one log record, its line ends escaped."""
    return dict(re.findall(r"[0-9.]+ s  ([a-z -]+): ([^\n\\\"]*)", said))


def _left(release: Release) -> list[str]:
    found = release.listed(
        "deployments", "statefulsets", "jobs", "cronjobs", "services", "configmaps", "networkpolicies",
        "serviceaccounts", "pods", "roles", "rolebindings", "poddisruptionbudgets", "ingresses",
    )  # fmt: skip
    return [f"{item['kind']}/{item['metadata']['name']}" for item in found]


def uninstall(release: Release) -> str:
    """What is left is what the chart says it keeps."""
    _run(["helm", "uninstall", release.name, "-n", release.namespace, "--wait", "--timeout", "4m"])
    deadline = time.monotonic() + _GONE_SECONDS
    # Pods go after the workloads that own them, each with its own time to drain.
    while names := _left(release):
        if time.monotonic() > deadline:
            raise ProofFailed(f"left behind: {', '.join(names)}")
        time.sleep(1)
    instance = f"app.kubernetes.io/instance={release.name}"
    kept = json.loads(release.kubectl("get", "secrets,persistentvolumeclaims", "-l", instance, "-o", "json"))["items"]
    return f"kept as said: {', '.join(sorted(item['metadata']['name'] for item in kept))}"


def prove(release: Release, *, installed: bool, keep: bool) -> Report:
    """Run every proof in order."""
    report = Report()
    if not installed:
        with cluster_charts.assembled() as chart:
            if not report.step("install, namespace enforces restricted", lambda: release.install(chart)):
                return report
    wanted = len(release.listed("deployments", "statefulsets"))
    if not report.step("ready", lambda: await_ready(release, wanted)):
        return report
    report.step("properties", lambda: count_properties(release))
    report.step("edges", lambda: prove_edges(release))
    report.step("plaintext refused", lambda: refuse_plaintext(release))
    report.step("helm test", lambda: helm_test(release))
    if not keep:
        report.step("uninstall", lambda: uninstall(release))
    return report


def main(environment: Mapping[str, str] = os.environ) -> int:
    """Prove; the report is written to `.state/cluster-test.json`.

    STOCKTOOL_CLUSTER_NAMESPACE and _VALUES name another namespace and a file of values; _INSTALLED=1 proves the release
    that is there, _KEEP=1 leaves it.
    """
    values = environment.get("STOCKTOOL_CLUSTER_VALUES")
    release = Release(
        environment.get("STOCKTOOL_CLUSTER_RELEASE", "stocktool"),
        environment.get("STOCKTOOL_CLUSTER_NAMESPACE", "stocktool-test"),
        Path(values) if values else None,
    )
    if values and not isinstance(yaml.safe_load(Path(values).read_text()), dict):
        print(f"cluster-test: {values} holds no values", file=sys.stderr)
        return 1
    try:
        _run(["kubectl", "version"])
        _run(["helm", "version"])
    except (OSError, ProofFailed) as error:
        print(f"cluster-test: {error}\n  cure: kubectl and helm on the path, KUBECONFIG at a cluster", file=sys.stderr)
        return 1
    report = prove(
        release,
        installed=bool(environment.get("STOCKTOOL_CLUSTER_INSTALLED")),
        keep=bool(environment.get("STOCKTOOL_CLUSTER_KEEP")),
    )
    path = ROOT / ".state" / "cluster-test.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(report.steps, indent=1) + "\n")
    print(f"report: {path}")
    return int(not all(step["passed"] for step in report.steps))


if __name__ == "__main__":
    sys.exit(main())
