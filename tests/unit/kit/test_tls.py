"""Mutual TLS on both ports: the certificate is the identity, and without one there is no way in."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import APIRouter
from stocktool.common.v1 import push_service_pb2 as pb
from stocktool.common.v1 import push_service_pb2_grpc as pb_grpc
from stocktool_kit.config import ServiceSettings, TlsSettings
from stocktool_kit.core.caller import current_caller
from stocktool_kit.core.errors import Unavailable
from stocktool_kit.http.app import create_app
from stocktool_kit.http.auth import public
from stocktool_kit.process import Parts, Process, Runtime, running
from stocktool_kit.rpc.channel import open_channel
from stocktool_kit.rpc.identity import ServiceIdentity
from stocktool_kit.rpc.server import Registration
from stocktool_kit.testing.process import ephemeral


class Authority:
    """A CA of the test's own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test CA")])
        self._certificate = (
            self._builder(name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .issuer_name(name)
            .sign(self._key, hashes.SHA256())
        )

    def issue(self, service: str) -> TlsSettings:
        """Write a certificate whose SAN is the service's identity."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [
            x509.UniformResourceIdentifier(f"spiffe://stocktool/{service}"),
            x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        ]
        certificate = (
            self._builder(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, service)]), key)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .issuer_name(self._certificate.subject)
            .sign(self._key, hashes.SHA256())
        )
        paths = {part: self._folder / f"{service}-{part}.pem" for part in ("certificate", "key", "ca")}
        paths["certificate"].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        paths["ca"].write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))
        paths["key"].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return TlsSettings.model_validate(paths)

    @staticmethod
    def _builder(subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(hours=1))
        )


class Push(pb_grpc.PushServiceServicer):
    """Answers with how long the peer's name is."""

    async def Publish(self, request: pb.PublishRequest, context: object) -> pb.PublishResponse:
        return pb.PublishResponse(delivered=len(current_caller().service))


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
async def process(authority: Authority) -> AsyncIterator[Process[ServiceSettings]]:
    router = APIRouter()

    @router.get("/open", dependencies=[public()])
    async def open_route() -> dict[str, bool]:
        return {"open": True}

    @asynccontextmanager
    async def bootstrap(runtime: Runtime[ServiceSettings]) -> AsyncIterator[Parts]:
        app = create_app(runtime, title="Notes", prefix="/api/notes/v1", routers=[router])
        descriptor = pb.DESCRIPTOR.services_by_name["PushService"]
        yield Parts(app, [Registration(pb_grpc.add_PushServiceServicer_to_server, Push(), descriptor)])

    settings = ServiceSettings.model_validate(
        ephemeral(service="notes", tls=authority.issue("notes"), service_token_secret=None)
    )
    async with running(settings, bootstrap) as started:
        yield started


REQUEST = pb.PublishRequest(events=[pb.PushEvent(subject="usr_1", type="quote")])


async def test_certificate_names_the_calling_service(process: Process[ServiceSettings], authority: Authority) -> None:
    tls = authority.issue("rag-worker")
    async with open_channel(f"127.0.0.1:{process.grpc_port}", ServiceIdentity("x", None), tls) as channel:
        stub: pb_grpc.PushServiceAsyncStub = pb_grpc.PushServiceStub(channel)
        assert (await stub.Publish(REQUEST)).delivered == len("rag-worker")


async def test_peer_of_another_authority_is_refused(process: Process[ServiceSettings], tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    tls = Authority(tmp_path / "other").issue("rag")
    async with open_channel(f"127.0.0.1:{process.grpc_port}", ServiceIdentity("x", None), tls) as channel:
        stub: pb_grpc.PushServiceAsyncStub = pb_grpc.PushServiceStub(channel)
        with pytest.raises(Unavailable):
            await stub.Publish(REQUEST, timeout=3)


async def test_http_port_wants_a_certificate_too(process: Process[ServiceSettings], authority: Authority) -> None:
    mine = authority.issue("edge")
    context = ssl.create_default_context(cafile=str(mine.ca))
    url = f"https://127.0.0.1:{process.http_port}/api/notes/v1/open"
    async with httpx.AsyncClient(verify=context) as nobody:
        with pytest.raises(httpx.TransportError):
            await nobody.get(url)
    context.load_cert_chain(mine.certificate, mine.key)
    async with httpx.AsyncClient(verify=context) as edge:
        assert (await edge.get(url)).json() == {"open": True}


async def test_operations_port_stays_plain(process: Process[ServiceSettings]) -> None:
    async with httpx.AsyncClient() as kubelet:
        assert (await kubelet.get(f"http://127.0.0.1:{process.ops_port}/livez")).status_code == 200
