"""The Secrets of an installation: filled once, kept, rotated in steps during which every peer trusts every other."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.verification import PolicyBuilder, Store
from stocktool_kit.cluster_secrets import ApiServer, Authority, fill
from stocktool_kit.rpc.channel import PEER_NAME, _name_of_pod

NOW = datetime(2026, 11, 1, tzinfo=UTC)
NAMES = ["st-stock", "st-stock.mesh.svc.cluster.local", PEER_NAME]


class FakeSecrets:
    """Secrets that exist empty, as the chart makes them."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, bytes]] = defaultdict(dict)

    def read(self, name: str) -> Mapping[str, bytes]:
        return dict(self.held[name])

    def write(self, name: str, data: Mapping[str, bytes]) -> None:
        self.held[name] |= data


def an_order(**changed: Any) -> dict[str, Any]:
    leaves = {
        "st-tls-stock": {"identity": "stock", "names": NAMES},
        "st-tls-chat": {"identity": "chat", "names": NAMES},
    }
    return {
        "authority": "st-mesh-ca", "generation": 1, "trust": [1], "issue": 1, "leaves": leaves,
        "passwords": {"st-demo": ["demo", "admin"]},
    } | changed  # fmt: skip


def trusts(secrets: FakeSecrets, one: str, other: str) -> bool:
    """Whether the holder of one Secret accepts the certificate of the other, for the name of a pod."""
    authorities = x509.load_pem_x509_certificates(secrets.held[one]["ca.crt"])
    peer = x509.load_pem_x509_certificate(secrets.held[other]["tls.crt"])
    verifier = PolicyBuilder().store(Store(authorities)).time(NOW).build_server_verifier(x509.DNSName(PEER_NAME))
    try:
        verifier.verify(peer, [])
    except x509.verification.VerificationError:
        return False
    return True


def test_certificates_verify_and_carry_the_identity() -> None:
    secrets = FakeSecrets()
    changed = fill(an_order(), secrets, NOW)
    assert [line.partition(":")[0] for line in changed] == ["st-mesh-ca", "st-tls-chat", "st-tls-stock", "st-demo"]
    assert trusts(secrets, "st-tls-stock", "st-tls-chat")
    assert trusts(secrets, "st-tls-chat", "st-tls-stock")
    certificate = x509.load_pem_x509_certificate(secrets.held["st-tls-stock"]["tls.crt"])
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["spiffe://stocktool/stock"]
    assert names.get_values_for_type(x509.DNSName) == NAMES
    assert len(secrets.held["st-demo"]["demo"]) >= 12


def test_a_second_run_changes_nothing() -> None:
    secrets = FakeSecrets()
    fill(an_order(), secrets, NOW)
    before = json.dumps({name: sorted(map(str, held.items())) for name, held in secrets.held.items()})
    assert fill(an_order(), secrets, NOW + timedelta(days=500)) == []
    assert before == json.dumps({name: sorted(map(str, held.items())) for name, held in secrets.held.items()})


def test_rotation_never_parts_old_and_new_pods() -> None:
    steps = [
        {"generation": 1, "trust": [1]},
        {"generation": 1, "trust": [1, 2]},
        {"generation": 2, "trust": [1, 2]},
        {"generation": 2, "trust": [2]},
    ]
    secrets = FakeSecrets()
    former: dict[str, bytes] = {}
    for step in steps:
        fill(an_order(**step), secrets, NOW)
        now = dict(secrets.held["st-tls-stock"])
        if former:
            # A pod that was rolled and one that was not yet, both ways.
            secrets.held["old"] = former
            assert trusts(secrets, "old", "st-tls-chat"), step
            assert trusts(secrets, "st-tls-chat", "old"), step
        former = now
    assert not trusts(FakeSecretsOf(secrets, generation=1), "first", "st-tls-chat")


class FakeSecretsOf(FakeSecrets):
    """The same, and a peer that trusts one generation alone."""

    def __init__(self, secrets: FakeSecrets, generation: int) -> None:
        super().__init__()
        self.held |= secrets.held
        self.held["first"] = {"ca.crt": secrets.held["st-mesh-ca"][f"ca-{generation}.crt"]}


def test_issued_anew_when_old_when_asked_and_when_names_change() -> None:
    secrets = FakeSecrets()
    fill(an_order(), secrets, NOW)
    assert len(fill(an_order(), secrets, NOW + timedelta(days=560))) == 2
    assert len(fill(an_order(issue=2), secrets, NOW + timedelta(days=560))) == 2
    renamed = an_order(issue=2)
    renamed["leaves"]["st-tls-chat"]["names"] = [PEER_NAME]
    assert fill(renamed, secrets, NOW + timedelta(days=560)) == ["st-tls-chat: issue, tls.crt, tls.key"]


def test_a_pod_called_by_its_address_is_checked_by_the_name_all_have() -> None:
    wanted = [("grpc.ssl_target_name_override", PEER_NAME)]
    assert list(_name_of_pod("10.244.1.7:9000")) == wanted
    assert list(_name_of_pod("[fd00::7]:9000")) == wanted
    assert list(_name_of_pod("dns:///st-stock:9000")) == []
    assert list(_name_of_pod("127.0.0.1:9000")) == []


def test_secrets_travel_through_the_api_server(tmp_path: Path) -> None:
    held: dict[str, dict[str, str]] = {"st-demo": {}}
    asked: list[tuple[str, str, str | None]] = []

    class Api(BaseHTTPRequestHandler):
        def _answer(self, name: str) -> None:
            body = json.dumps({"data": held[name]}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            asked.append(("GET", self.path, self.headers["authorization"]))
            self._answer(self.path.rpartition("/")[2])

        def do_PATCH(self) -> None:
            asked.append(("PATCH", self.path, self.headers["content-type"]))
            name = self.path.rpartition("/")[2]
            held[name] |= json.loads(self.rfile.read(int(self.headers["content-length"])))["data"]
            self._answer(name)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name of the base
            """Quiet."""

    authority = Authority.make(1, datetime.now(UTC))
    certificate, key = authority.issue("api", ["localhost"], datetime.now(UTC))
    (tmp_path / "server.pem").write_bytes(key + certificate)
    (tmp_path / "namespace").write_text("mesh")
    (tmp_path / "token").write_text("t0ken")
    fill(an_order(), secrets := FakeSecrets(), NOW)
    (tmp_path / "ca.crt").write_bytes(authority.certificate.public_bytes(serialization.Encoding.PEM))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        api = ApiServer(f"https://localhost:{server.server_port}", tmp_path)
        assert len(fill(an_order(leaves={}), api, NOW)) == 1
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    path = "/api/v1/namespaces/mesh/secrets/st-demo"
    assert asked == [("GET", path, "Bearer t0ken"), ("PATCH", path, "application/merge-patch+json")]
    assert len(base64.b64decode(held["st-demo"]["admin"])) == len(secrets.held["st-demo"]["admin"])
