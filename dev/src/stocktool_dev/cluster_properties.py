"""What every pod of the mesh must have, counted the same way on rendered charts and on a live cluster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

_LONG_RUNNING = ("Deployment", "StatefulSet")


@dataclass(frozen=True, slots=True)
class Workload:
    """A workload with the objects that belong to it."""

    kind: str
    name: str
    pod: Json
    budgets: Sequence[Json]
    policies: Sequence[Json]
    accounts: Mapping[str, Json]

    @property
    def long_running(self) -> bool:
        """Whether it serves or consumes until it is stopped; a Job does neither."""
        return self.kind in _LONG_RUNNING

    @property
    def containers(self) -> list[Json]:
        """The containers that run while the pod does."""
        found: list[Json] = self.pod["spec"]["containers"]
        return found

    @property
    def all_containers(self) -> list[Json]:
        """Those and the ones before them."""
        return [*self.containers, *(self.pod["spec"].get("initContainers") or [])]


def pod_template(item: Json) -> Json | None:
    """The pod template of an object; None for objects without pods."""
    match item["kind"]:
        case "Deployment" | "StatefulSet" | "Job" | "ReplicaSet" | "DaemonSet":
            template: Json = item["spec"]["template"]
            return template
        case "CronJob":
            nested: Json = item["spec"]["jobTemplate"]["spec"]["template"]
            return nested
        case "Pod":
            return {"metadata": item["metadata"], "spec": item["spec"]}
        case _:
            return None


def selects(selector: Json, labels: Mapping[str, str]) -> bool:
    """Whether a selector of `matchLabels` alone matches labels."""
    return all(labels.get(key) == value for key, value in (selector.get("matchLabels") or {}).items())


def workloads(objects: Iterable[Json]) -> list[Workload]:
    """Every workload among objects, with its budgets and policies."""
    items = list(objects)
    budgets = [item for item in items if item["kind"] == "PodDisruptionBudget"]
    policies = [item for item in items if item["kind"] == "NetworkPolicy"]
    accounts = {item["metadata"]["name"]: item for item in items if item["kind"] == "ServiceAccount"}
    found: list[Workload] = []
    for item in items:
        pod = pod_template(item)
        if pod is None:
            continue
        labels = pod["metadata"].get("labels") or {}
        found.append(
            Workload(
                item["kind"],
                item["metadata"]["name"],
                pod,
                [each for each in budgets if selects(each["spec"]["selector"], labels)],
                [each for each in policies if selects(each["spec"]["podSelector"], labels)],
                accounts,
            )
        )
    return found


def _secure(container: Json, pod: Json) -> Json:
    merged: Json = {**(pod["spec"].get("securityContext") or {}), **(container.get("securityContext") or {})}
    return merged


def _each(check: Callable[[Json, Json], bool]) -> Callable[[Workload], bool]:
    return lambda workload: all(check(each, workload.pod) for each in workload.all_containers)


def _serving(check: Callable[[Workload], bool]) -> Callable[[Workload], bool]:
    return lambda workload: not workload.long_running or check(workload)


def _default_denied(workload: Workload) -> bool:
    kinds = {kind for policy in workload.policies for kind in policy["spec"].get("policyTypes") or []}
    return kinds >= {"Ingress", "Egress"}


def _token(workload: Workload) -> bool:
    spec = workload.pod["spec"]
    # The one Job that fills Secrets needs its token.
    return spec.get("automountServiceAccountToken") is False or workload.name.endswith("-setup")


PROPERTIES: Mapping[str, Callable[[Workload], bool]] = {
    "runs as non-root": _each(lambda container, pod: _secure(container, pod).get("runAsNonRoot") is True),
    "read-only root": _each(lambda container, pod: _secure(container, pod).get("readOnlyRootFilesystem") is True),
    "no capabilities": _each(
        lambda container, pod: _secure(container, pod).get("capabilities", {}).get("drop") == ["ALL"]
    ),
    "no escalation": _each(lambda container, pod: _secure(container, pod).get("allowPrivilegeEscalation") is False),
    "seccomp": _each(
        lambda container, pod: _secure(container, pod).get("seccompProfile", {}).get("type") == "RuntimeDefault"
    ),
    "no token": _token,
    "own account": lambda workload: (
        workload.kind == "Pod" or workload.pod["spec"].get("serviceAccountName") == workload.name
    ),
    "requests and limits": _each(
        lambda container, _: (
            {"cpu", "memory"} <= set(container["resources"].get("requests", {}))
            and "memory" in container["resources"].get("limits", {})
        )
    ),
    "startup probe": _serving(lambda workload: all("startupProbe" in each for each in workload.containers)),
    "readiness probe": _serving(lambda workload: all("readinessProbe" in each for each in workload.containers)),
    "liveness probe": _serving(lambda workload: all("livenessProbe" in each for each in workload.containers)),
    "preStop": _serving(lambda workload: all("preStop" in each.get("lifecycle", {}) for each in workload.containers)),
    "grace covers draining": _serving(
        lambda workload: (
            workload.pod["spec"]["terminationGracePeriodSeconds"]
            > max(each["lifecycle"]["preStop"]["sleep"]["seconds"] for each in workload.containers)
        )
    ),
    "disruption budget": _serving(lambda workload: len(workload.budgets) == 1),
    "network policy both ways": _default_denied,
    "no tag latest": _each(lambda container, _: not container["image"].endswith(":latest")),
}


@dataclass(frozen=True, slots=True)
class Count:
    """How many workloads have each property, and which lack which."""

    total: int
    having: Counter[str]
    missing: list[str]


def count(found: Sequence[Workload]) -> Count:
    """Count every property over workloads."""
    having: Counter[str] = Counter()
    missing: list[str] = []
    for workload in found:
        for name, has in PROPERTIES.items():
            if has(workload):
                having[name] += 1
            else:
                missing.append(f"{workload.kind}/{workload.name}: {name}")
    return Count(len(found), having, missing)
