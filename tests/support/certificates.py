"""A throw-away CA and server certificates for tests on loopback."""

from __future__ import annotations

import dataclasses
import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclasses.dataclass(frozen=True)
class Authority:
    """A CA: its certificate's file and its key."""

    certificate: Path
    key: ec.EllipticCurvePrivateKey


def authority(directory: Path) -> Authority:
    """Make a CA whose certificate lies in `directory`/ca.crt."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("test CA")
    certificate = (
        _builder(name, name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(_write(directory / "ca.crt", certificate.public_bytes(serialization.Encoding.PEM)), key)


def server(directory: Path, signer: Authority, address: str) -> tuple[Path, Path]:
    """Make a certificate for an IP address; return the files of certificate and key."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.load_pem_x509_certificate(signer.certificate.read_bytes()).subject
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    certificate = (
        _builder(_name(address), issuer, key.public_key())
        .add_extension(names, critical=False)
        .sign(signer.key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return (
        _write(directory / "server.crt", certificate.public_bytes(serialization.Encoding.PEM)),
        _write(directory / "server.key", private),
    )


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    path.chmod(0o600)
    return path
