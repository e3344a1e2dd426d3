"""The site CA and certificates signed on the operator's machine; written as PEM files, keys 0600."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_DAYS = 3650
CLIENT_DAYS = 397
"""Longest life of a leaf certificate that common clients accept (CA/Browser Forum baseline requirements 2.x)."""


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)


def make_authority(key_path: Path, certificate_path: Path, name: str) -> None:
    """Make the site CA unless key and certificate are there."""
    if key_path.exists() and certificate_path.exists():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} site CA")])
    builder = _builder(subject, subject, key.public_key(), datetime.timedelta(days=CA_DAYS))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    write_private(key_path, _key_text(key))
    certificate_path.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


def make_client(authority_key: Path, authority: Path, name: str, key_path: Path, certificate_path: Path) -> None:
    """Make a client certificate with that common name unless it is there."""
    if key_path.exists() and certificate_path.exists():
        return
    signer = serialization.load_pem_private_key(authority_key.read_bytes(), password=None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{authority_key} is not an elliptic curve key")
    issuer = x509.load_pem_x509_certificate(authority.read_bytes()).subject
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = _builder(subject, issuer, key.public_key(), datetime.timedelta(days=CLIENT_DAYS))
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    write_private(key_path, _key_text(key))
    certificate_path.write_bytes(builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


def make_administrator(authority_key: Path, authority: Path, key_path: Path, certificate_path: Path) -> None:
    """Make an administrator's client certificate for an hour, signed by a cluster's CA (group system:masters).

    Raise ValueError when key and certificate of the CA are not of one pair.
    """
    signer = serialization.load_pem_private_key(authority_key.read_bytes(), password=None)
    issuer = x509.load_pem_x509_certificate(authority.read_bytes())
    if not isinstance(signer, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ValueError(f"{authority_key} is no key of a CA")
    if signer.public_key() != issuer.public_key():
        raise ValueError(f"{authority_key} is not the key of {authority}")
    key = ec.generate_private_key(ec.SECP256R1())
    names = ((NameOID.ORGANIZATION_NAME, "system:masters"), (NameOID.COMMON_NAME, "sitewright-drill"))
    subject = x509.Name([x509.NameAttribute(kind, text) for kind, text in names])
    builder = _builder(subject, issuer.subject, key.public_key(), datetime.timedelta(hours=1))
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    write_private(key_path, _key_text(key))
    certificate_path.write_bytes(builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, life: datetime.timedelta
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + life)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _key_text(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
