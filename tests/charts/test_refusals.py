"""Mistyped keys and unsafe mixes: refused at render, by the name of the value that cures it."""

from __future__ import annotations

from typing import Any

import pytest
from stocktool_dev import cluster_charts

Json = dict[str, Any]

_AWS = {"identity": "podIdentity", "account": "111122223333"}
_NO_EMULATOR = {"emulator": {"enabled": False}}
_HTTPS = "https://stocktool.example.com"

REFUSED: dict[str, tuple[Json, str]] = {
    "mistyped global": ({"global": {"replcas": 2}}, "replcas"),
    "mistyped workload": ({"auth": {"workloads": {"auth": {"replicsa": 2}}}}, "replicsa"),
    "unknown workload": ({"auth": {"workloads": {"oauth": {}}}}, "oauth"),
    "mistyped setting": ({"stock": {"settings": {"YAHO_BURST": 3}}}, "YAHO_BURST"),
    "unknown chart": ({"stok": {}}, "stok"),
    "wrong type": ({"global": {"replicas": "two"}}, "replicas"),
    "origin with a path": ({"global": {"publicOrigin": "https://a.example/app"}}, "publicOrigin"),
    "latest": ({"global": {"image": {"tag": "latest"}}}, "global.image.tag"),
    "no shared key": ({"global": {"mtls": {"mode": "none"}}}, "global.mtls.serviceTokenSecret"),
    "plaintext": ({"global": {"mtls": {"mode": "none", "serviceTokenSecret": "k"}}}, "global.mtls.allowPlaintext"),
    "no policies": ({"global": {"networkPolicy": {"enabled": False}}}, "global.networkPolicy.allowNone"),
    "untrusted generation": ({"global": {"mtls": {"generation": 2}}}, "global.mtls.trust"),
    "emulator with roles": ({"global": {"aws": {"identity": "irsa"}}}, "global.aws.identity"),
    "static keys on AWS": ({"global": {"mesh": _NO_EMULATOR}}, "global.aws.allowStaticKeys"),
    "no account": ({"global": {"mesh": _NO_EMULATOR, "aws": {**_AWS, "account": ""}}}, "global.aws.account"),
    "plain http on AWS": ({"global": {"mesh": _NO_EMULATOR, "aws": _AWS}}, "global.publicOrigin"),
    "AWS out of reach": (
        {"global": {"mesh": _NO_EMULATOR, "aws": _AWS, "publicOrigin": _HTTPS}},
        "global.egress.awsEndpoints",
    ),
    "no model": ({"global": {"mesh": {"analyst": {"enabled": False}}}}, "OPENAI_API_KEY"),
    "unknown callee": (
        {"global": {"mesh": {"auth": {"calls": ["aws", "billing.grpc"]}}}},
        'global.mesh.auth.calls names "billing"',
    ),
    "no KEDA": ({"global": {"autoscaling": {"enabled": True, "keda": True}}}, "global.autoscaling.keda"),
    "no Gateway API": ({"global": {"exposure": {"type": "gateway"}}}, "gateway.networking.k8s.io/v1"),
    "no cert-manager": ({"global": {"mtls": {"mode": "certManager"}}}, "cert-manager"),
}


@pytest.fixture(scope="session")
def answers() -> dict[str, Json]:
    return cluster_charts.render({name: values for name, (values, _) in REFUSED.items()})


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_cure(name: str, answers: dict[str, Json]) -> None:
    assert REFUSED[name][1] in answers[name].get("error", "it was rendered")


def test_a_digest_wins_over_a_tag() -> None:
    digest = "sha256:" + "b" * 64
    values = {"global": {"image": {"registry": "r.example", "tag": "1.2.3", "digests": {"stocktool/auth": digest}}}}
    objects = cluster_charts.render({"it": values})["it"]["objects"]
    images = {
        item["metadata"]["name"]: item["spec"]["template"]["spec"]["containers"][0]["image"]
        for item in objects
        if item["kind"] == "Deployment"
    }
    assert images["st-auth"] == f"r.example/stocktool/auth@{digest}"
    assert images["st-chat"] == "r.example/stocktool/chat:1.2.3"
