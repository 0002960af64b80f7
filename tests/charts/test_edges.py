"""The declared call graph, and the policies, certificates and addresses that are made of it."""

from __future__ import annotations

from typing import Any

import yaml
from stocktool_dev import cluster_charts, cluster_properties

Json = dict[str, Any]
Edge = tuple[str, str, int]

NAME = "app.kubernetes.io/name"


def declared(case: Json) -> set[Edge]:
    """Edges between workloads that the values of a shape declare, with stand-ins in the place of the outside."""
    mesh: dict[str, Json] = yaml.safe_load((cluster_charts.UMBRELLA / "values.yaml").read_text())["global"]["mesh"]
    for name, node in case.get("global", {}).get("mesh", {}).items():
        mesh[name] = {**mesh[name], **node}
    here = {name for name, node in mesh.items() if node["enabled"]}
    stand_ins = {"aws": ("emulator", "aws"), "model": ("analyst", "http"), "provider": ("market", "http")}
    found: set[Edge] = set()
    for caller in here:
        calls = [*mesh[caller]["calls"], *(["collector.otlp"] if mesh[caller].get("traces") else [])]
        for call in calls:
            target, port = stand_ins.get(call, tuple(call.split(".")) if "." in call else ("", ""))
            if target in here:
                found.add((caller, target, mesh[target]["ports"][port]))
    return found


def _names(peers: list[Json]) -> set[str]:
    return {peer["podSelector"]["matchLabels"][NAME] for peer in peers if "podSelector" in peer and NAME in str(peer)}


def allowed(objects: list[Json], direction: str) -> set[Edge]:
    """Edges that policies open, read from one side."""
    found: set[Edge] = set()
    for item in objects:
        if item["kind"] != "NetworkPolicy" or NAME not in item["spec"]["podSelector"].get("matchLabels", {}):
            continue
        own = item["spec"]["podSelector"]["matchLabels"][NAME]
        for rule in item["spec"].get(direction) or []:
            for peer in _names(rule.get("from" if direction == "ingress" else "to") or []):
                for port in rule["ports"]:
                    found.add((peer, own, port["port"]) if direction == "ingress" else (own, peer, port["port"]))
    return found


def test_policies_open_the_declared_edges_on_both_sides(objects: dict[str, list[Json]]) -> None:
    for case, values in cluster_charts.cases().items():
        wanted = declared(values)
        assert allowed(objects[case], "ingress") == wanted, case
        assert allowed(objects[case], "egress") == wanted, case
        assert ("chat", "stock", 9000) in wanted
        assert not {
            edge for edge in wanted if edge[:2] in {("auth", "chat"), ("frontend", "auth"), ("market", "stock")}
        }


def test_only_the_edge_takes_strangers(objects: dict[str, list[Json]]) -> None:
    for case, found in objects.items():
        open_to_all = {
            item["metadata"]["name"]
            for item in found
            if item["kind"] == "NetworkPolicy" and any("from" not in rule for rule in item["spec"].get("ingress") or [])
        }
        assert open_to_all == {"st-edge"}, case


def test_the_internet_is_for_chat_and_stock_alone(objects: dict[str, list[Json]]) -> None:
    found = {
        item["metadata"]["name"]: block
        for item in objects["eks-pod-identity"]
        if item["kind"] == "NetworkPolicy"
        for rule in item["spec"].get("egress") or []
        for peer in rule.get("to") or []
        if (block := peer.get("ipBlock")) and block["cidr"] == "0.0.0.0/0"
    }
    assert set(found) == {"st-chat", "st-stock", "st-stock-worker-analysis", "st-stock-worker-notify"}
    assert {"10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"} <= set(found["st-chat"]["except"])


def test_certificates_carry_the_names_peers_call(objects: dict[str, list[Json]]) -> None:
    certificates = {
        item["spec"]["commonName"]: item["spec"]
        for item in objects["gateway"]
        if item["kind"] == "Certificate" and not item["spec"].get("isCA")
    }
    assert set(certificates) == {"auth", "stock", "rag", "chat", "admin", "edge"}
    assert certificates["stock"]["uris"] == ["spiffe://stocktool/stock"]
    assert {"st-stock", "st-stock.mesh.svc.cluster.local", "peer.stocktool.internal"} <= set(
        certificates["stock"]["dnsNames"]
    )
    workers = next(
        each for each in cluster_properties.workloads(objects["gateway"]) if each.name == "st-stock-worker-analysis"
    )
    volume = next(each for each in workers.pod["spec"]["volumes"] if each["name"] == "tls")
    assert volume["secret"]["secretName"] == "st-tls-stock"


def test_rotating_rolls_whoever_holds_a_certificate(objects: dict[str, list[Json]]) -> None:
    rotated = cluster_charts.render({"trust": {"global": {"mtls": {"trust": [1, 2]}}}})["trust"]["objects"]

    def sums(items: list[Json]) -> dict[str, str]:
        return {
            each.name: each.pod["metadata"]["annotations"]["checksum/certificates"]
            for each in cluster_properties.workloads(items)
            if "checksum/certificates" in (each.pod["metadata"].get("annotations") or {})
        }

    before, after = sums(objects["default"]), sums(rotated)
    assert set(before) == set(after) >= {"st-auth", "st-edge", "st-rag-worker", "st-stock-updater"}
    assert all(before[name] != after[name] for name in before)
