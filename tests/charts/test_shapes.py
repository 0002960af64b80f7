"""Each shape in `ci/`: valid objects, every pod with every property, nothing generated left behind."""

from __future__ import annotations

from typing import Any

from stocktool_dev import cluster_charts, cluster_properties

Json = dict[str, Any]

# Kinds of operators; Kubernetes itself has no schema of them.
CUSTOM = {
    "cert-manager.io/v1 Certificate",
    "cert-manager.io/v1 Issuer",
    "external-secrets.io/v1 ExternalSecret",
    "gateway.networking.k8s.io/v1 GRPCRoute",
    "gateway.networking.k8s.io/v1 HTTPRoute",
    "keda.sh/v1alpha1 ScaledObject",
    "keda.sh/v1alpha1 TriggerAuthentication",
}
SHAPES = {
    "default", "kind-ministack", "kind-ingress", "eks-pod-identity", "eks-irsa", "gateway", "ha", "minimal",
}  # fmt: skip


def by_name(objects: list[Json]) -> dict[tuple[str, str], Json]:
    return {(item["kind"], item["metadata"]["name"]): item for item in objects}


def test_generated_files_are_current() -> None:
    assert cluster_charts.stale() == [], "cure: make charts-generate, look at the difference, commit it"


def test_every_shape_is_valid_for_three_minors(rendered: dict[str, Json]) -> None:
    assert set(rendered) == SHAPES
    assert {case: answer["problems"] for case, answer in rendered.items() if answer["problems"]} == {}
    assert {kind for answer in rendered.values() for kind in answer["unknown"]} <= CUSTOM


def test_every_pod_has_every_property(objects: dict[str, list[Json]]) -> None:
    for case, found in objects.items():
        counted = cluster_properties.count(cluster_properties.workloads(found))
        assert counted.missing == [], case
        assert counted.total >= 13, case
        assert set(counted.having.values()) == {counted.total}, case


def test_a_pod_without_a_property_is_found(objects: dict[str, list[Json]]) -> None:
    name = f"{cluster_charts.RELEASE}-auth"
    workload = next(each for each in cluster_properties.workloads(objects["default"]) if each.name == name)
    del workload.pod["spec"]["containers"][0]["lifecycle"]
    workload.pod["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"] = False
    try:
        missing = {name for name in ("preStop", "read-only root") if not cluster_properties.PROPERTIES[name](workload)}
        assert missing == {"preStop", "read-only root"}
    finally:
        workload.pod["spec"]["containers"][0]["lifecycle"] = {"preStop": {"sleep": {"seconds": 8}}}
        workload.pod["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"] = True


def test_no_object_is_rendered_twice(objects: dict[str, list[Json]]) -> None:
    for case, found in objects.items():
        assert len(by_name(found)) == len(found), case


def test_rendering_is_the_same_each_time(objects: dict[str, list[Json]]) -> None:
    again = cluster_charts.render({"default": {}})
    assert again["default"]["objects"] == objects["default"]


def test_ha_doubles_what_may_be_doubled(objects: dict[str, list[Json]]) -> None:
    replicas = {
        item["metadata"]["name"]: item["spec"]["replicas"]
        for item in objects["ha"]
        if item["kind"] in {"Deployment", "StatefulSet"}
    }
    assert {name for name, number in replicas.items() if number == 1} == {"st-chroma", "st-emulator"}
    assert set(replicas.values()) == {1, 2}


def test_scaled_workloads_name_no_replicas(objects: dict[str, list[Json]]) -> None:
    found = by_name(objects["eks-pod-identity"])
    scaled = {name for kind, name in found if kind in {"HorizontalPodAutoscaler", "ScaledObject"}}
    assert {f"st-{name}" for name in ("auth", "stock", "rag", "chat", "admin", "edge", "frontend")} <= scaled
    for name in scaled:
        assert "replicas" not in found["Deployment", name]["spec"], name
    queues = {
        name: item["spec"]["triggers"][0]["metadata"]["queueURL"].rpartition("/")[2]
        for (kind, name), item in found.items()
        if kind == "ScaledObject"
    }
    assert queues == {
        "st-stock-worker-analysis": "analysis-queue",
        "st-stock-worker-notify": "notify-queue",
        "st-rag-worker": "ingest-queue",
    }


def test_kind_and_eks_differ_in_what_is_listed(objects: dict[str, list[Json]]) -> None:
    kind, eks = by_name(objects["kind-ministack"]), by_name(objects["eks-pod-identity"])
    stand_ins = {f"st-{name}" for name in ("emulator", "emulator-key", "analyst", "market", "stock-updater", "demo")}
    gone = {name for _, name in set(kind) - set(eks)}
    assert gone - stand_ins == set()
    added = {which[0] for which in set(eks) - set(kind)}
    assert added == {"HorizontalPodAutoscaler", "ScaledObject", "TriggerAuthentication", "ExternalSecret", "Ingress"}
    # The same services, with the same commands, probes and limits on both.
    for which in set(kind) & set(eks):
        if which[0] != "Deployment":
            continue
        for ours, theirs in zip(_containers(kind[which]), _containers(eks[which]), strict=True):
            for part in ("command", "args", "ports", "resources", "startupProbe", "readinessProbe", "livenessProbe"):
                assert ours.get(part) == theirs.get(part), (which, part)
            assert ours["securityContext"] == theirs["securityContext"]


def _containers(item: Json) -> list[Json]:
    found: list[Json] = item["spec"]["template"]["spec"]["containers"]
    return found


def test_two_releases_share_no_name(objects: dict[str, list[Json]]) -> None:
    cluster_wide = {"PriorityClass", "ClusterRole", "ClusterRoleBinding"}
    for case, found in objects.items():
        for item in found:
            assert item["metadata"]["name"].startswith("st-") or (
                item["kind"] in cluster_wide | {"ExternalSecret"}
                and item["metadata"]["name"] in {"st", "stocktool-model"}
            ), (case, item["kind"], item["metadata"]["name"])


def test_setup_touches_its_own_secrets_alone(objects: dict[str, list[Json]]) -> None:
    found = by_name(objects["default"])
    rules = found["Role", "st-setup"]["rules"]
    made = {name for kind, name in found if kind == "Secret" and name != "st-emulator-key"}
    assert rules == [
        {
            "apiGroups": [""],
            "resources": ["secrets"],
            "resourceNames": rules[0]["resourceNames"],
            "verbs": ["get", "patch"],
        }
    ]
    assert set(rules[0]["resourceNames"]) == made
    assert {f"st-tls-{name}" for name in ("auth", "stock", "rag", "chat", "admin", "edge")} < made


def test_irsa_names_a_role_for_whoever_calls_aws(objects: dict[str, list[Json]]) -> None:
    roles = {
        item["metadata"]["name"]: item["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]
        for item in objects["eks-irsa"]
        if item["kind"] == "ServiceAccount"
        and "annotations" in item["metadata"]
        and "hook" not in str(item["metadata"])
    }
    assert roles["st-chat"] == "arn:aws:iam::111122223333:role/stocktool-chat"
    assert set(roles) == {
        "st-auth", "st-stock", "st-stock-worker-analysis", "st-stock-worker-notify", "st-rag", "st-rag-worker",
        "st-chat", "st-admin", "st-collector",
    }  # fmt: skip
