"""Fills the Secrets of an installation: the mesh's authority, a certificate per service, passwords of the demo.

Runs as a Job before each install and upgrade of the chart, under an account that may read and patch the few Secrets it
is told of. What is there and still good is kept, so that running it again changes nothing.

The order is one JSON document:
    authority: Secret of the authorities, `ca-<generation>.crt` and `.key`.
    generation, trust: the authority that signs, and all that peers are checked against. Rotation takes three upgrades:
        trust both, sign with the new one, trust the new one alone; every step rolls the pods.
    issue: a higher number issues every certificate anew.
    leaves: Secret -> {identity, names}; it gets `tls.crt`, `tls.key` and `ca.crt`.
    passwords: Secret -> keys.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from stocktool_kit.rpc.identity import TRUST_PREFIX

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_AUTHORITY_DAYS, _LEAF_DAYS = 3650, 825
_RENEW_DAYS = 275  # a third of its life: upgrades are rarer than days
_ISSUE = "issue"


class SecretStore(Protocol):
    """Secrets of one namespace; those that are named exist."""

    def read(self, name: str) -> Mapping[str, bytes]:
        """What a Secret holds."""
        ...

    def write(self, name: str, data: Mapping[str, bytes]) -> None:
        """Set some keys; the others stay."""
        ...


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate that signs, and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def make(cls, generation: int, now: datetime) -> Authority:
        """A new authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"stocktool mesh {generation}")])
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        usage = _key_usage(signs_certificates=True)
        certificate = (
            _builder(name, name, key.public_key(), now, _AUTHORITY_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(identifier, critical=False)
            .sign(key, hashes.SHA256())
        )
        return cls(certificate, key)

    @classmethod
    def parse(cls, certificate: bytes, key: bytes) -> Authority:
        """Read one back."""
        loaded = serialization.load_pem_private_key(key, None)
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise TypeError("the authority's key is not an elliptic curve key")
        return cls(x509.load_pem_x509_certificate(certificate), loaded)

    def issue(self, identity: str, names: Sequence[str], now: datetime) -> tuple[bytes, bytes]:
        """Certificate and key of a service: its identity as a URI, its addresses as DNS names."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = [
            x509.UniformResourceIdentifier(TRUST_PREFIX + identity),
            *(x509.DNSName(name) for name in names),
        ]
        both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, identity)])
        own = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        certificate = (
            _builder(subject, self.certificate.subject, key.public_key(), now, _LEAF_DAYS)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(both), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return _pem(certificate), _pem_key(key)


def fill(order: Mapping[str, Any], store: SecretStore, now: datetime) -> list[str]:
    """Fill what is missing or due; one line for each Secret that was changed, and nothing secret in it."""
    changed: list[str] = []
    if order["leaves"]:
        authorities = _authorities(order, store, now, changed)
        bundle = b"".join(_pem(authorities[generation].certificate) for generation in sorted(order["trust"]))
        signer = authorities[order["generation"]]
        issue = str(order[_ISSUE]).encode()
        for name, leaf in sorted(order["leaves"].items()):
            held = store.read(name)
            wanted: dict[str, bytes] = {}
            if not _is_good(held, signer, leaf, issue, now):
                certificate, key = signer.issue(leaf["identity"], leaf["names"], now)
                wanted |= {"tls.crt": certificate, "tls.key": key, _ISSUE: issue}
            if held.get("ca.crt") != bundle:
                wanted["ca.crt"] = bundle
            if wanted:
                store.write(name, wanted)
                changed.append(f"{name}: {', '.join(sorted(wanted))}")
    for name, keys in sorted(order["passwords"].items()):
        held = store.read(name)
        if missing := [key for key in keys if not held.get(key)]:
            store.write(name, {key: secrets.token_urlsafe(15).encode() for key in missing})
            changed.append(f"{name}: {', '.join(missing)}")
    return changed


def _authorities(
    order: Mapping[str, Any], store: SecretStore, now: datetime, changed: list[str]
) -> dict[int, Authority]:
    held = store.read(order["authority"])
    found: dict[int, Authority] = {}
    made: dict[str, bytes] = {}
    for generation in sorted({*order["trust"], order["generation"]}):
        names = (f"ca-{generation}.crt", f"ca-{generation}.key")
        if all(held.get(name) for name in names):
            found[generation] = Authority.parse(held[names[0]], held[names[1]])
            continue
        found[generation] = Authority.make(generation, now)
        made |= dict(zip(names, (_pem(found[generation].certificate), _pem_key(found[generation].key)), strict=True))
    if made:
        store.write(order["authority"], made)
        changed.append(f"{order['authority']}: {', '.join(sorted(made))}")
    return found


def _is_good(
    held: Mapping[str, bytes], signer: Authority, leaf: Mapping[str, Any], issue: bytes, now: datetime
) -> bool:
    """Whether a certificate can stay: signed by the signer, for these names, not renewed on purpose, not old."""
    if not held.get("tls.crt") or not held.get("tls.key") or held.get(_ISSUE) != issue:
        return False
    certificate = x509.load_pem_x509_certificate(held["tls.crt"])
    try:
        certificate.verify_directly_issued_by(signer.certificate)
    except Exception:  # the library raises several kinds for "not signed by this one"
        return False
    named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(named.get_values_for_type(x509.DNSName)) == set(
        leaf["names"]
    ) and certificate.not_valid_after_utc - now > timedelta(days=_RENEW_DAYS)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))  # clocks of nodes differ
        .not_valid_after(now + timedelta(days=days))
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _pem_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


class ApiServer:
    """The API server, as this pod's own account: two verbs on Secrets need no client library."""

    def __init__(self, address: str, account: Path = _ACCOUNT) -> None:
        self._account = account
        self._base = f"{address}/api/v1/namespaces/{(account / 'namespace').read_text().strip()}/secrets"
        self._context = ssl.create_default_context(cafile=str(account / "ca.crt"))

    def read(self, name: str) -> Mapping[str, bytes]:
        """GET one Secret."""
        data = self._ask("GET", name, None).get("data") or {}
        return {key: base64.b64decode(value) for key, value in data.items()}

    def write(self, name: str, data: Mapping[str, bytes]) -> None:
        """Merge keys into one Secret."""
        self._ask("PATCH", name, {"data": {key: base64.b64encode(value).decode() for key, value in data.items()}})

    def _ask(self, method: str, name: str, body: object) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - the address is the cluster's own
            f"{self._base}/{name}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "authorization": f"Bearer {(self._account / 'token').read_text()}",
                "content-type": "application/merge-patch+json",
            },
        )
        with urllib.request.urlopen(request, timeout=10, context=self._context) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
            return found


def main() -> None:
    """Fill the Secrets of the order given as the one argument."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    address = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    try:
        changed = fill(json.loads(sys.argv[1]), ApiServer(address), datetime.now(UTC))
    except urllib.error.HTTPError as error:
        sys.exit(f"cluster-secrets: {error.url} answered {error.code}: {error.read().decode(errors='replace')[:500]}")
    except urllib.error.URLError as error:
        sys.exit(f"cluster-secrets: the API server cannot be reached at {address}: {error.reason}")
    sys.stdout.write("".join(f"filled {line}\n" for line in changed) or "everything is there\n")


if __name__ == "__main__":
    main()
