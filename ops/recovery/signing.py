"""Signed statements: Ed25519, by a key that an offline root key has certified for one site and one purpose.

The root's private key stays with the operator; its public key is what a verifier must have and trust. A certificate
is itself a statement that the root signed: key, site, purpose, first and last moment.
"""

from __future__ import annotations

import datetime
import enum
from pathlib import Path
from typing import Literal

import pydantic
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ops import errors
from ops.adapters import certificates
from ops.recovery import canonical

_CONTEXT = b"sitewright signed statement 1\n"
"""Put before every signed text, so that no signature made for something else can pass as one of ours."""

_LINE_END = b"\n"
_HEX_KEY = r"^[0-9a-f]{64}$"
_HEX_SIGNATURE = r"^[0-9a-f]{128}$"


class Purpose(enum.StrEnum):
    """What a certified key may sign."""

    RECOVERY_POINT = "recovery-point"
    EVIDENCE = "evidence"


class Grant(canonical.Statement):
    """What the root says of a key."""

    kind: Literal["certificate"] = "certificate"
    key: str = pydantic.Field(pattern=_HEX_KEY)
    """The public key, 32 bytes in hex."""
    site: str
    purpose: Purpose
    not_before: pydantic.AwareDatetime
    not_after: pydantic.AwareDatetime


class Certificate(canonical.Statement):
    """A grant and the root's signature over it."""

    grant: Grant
    signature: str = pydantic.Field(pattern=_HEX_SIGNATURE)


class Sealed(canonical.Statement):
    """A signed statement as it lies in a file."""

    certificate: Certificate
    payload: pydantic.JsonValue
    signed: pydantic.AwareDatetime
    """When it was signed, by the signer's clock; the certificate must have been good then."""
    signature: str = pydantic.Field(pattern=_HEX_SIGNATURE)


class Signer:
    """A private key with its certificate."""

    def __init__(self, key: Ed25519PrivateKey, certificate: Certificate) -> None:
        self.certificate = certificate
        self._key = key

    def seal(self, payload: canonical.Statement, now: datetime.datetime) -> bytes:
        """Return the signed form of a payload: one line of canonical JSON."""
        value = payload.value()
        moment = now.astimezone(datetime.UTC)
        signature = self._key.sign(_signed_text(value, moment)).hex()
        sealed = Sealed(certificate=self.certificate, payload=value, signed=moment, signature=signature)
        return canonical.encode(sealed.value()) + _LINE_END

    def own(self, data: bytes) -> Sealed | None:
        """Given the bytes of a signed file, return what it says when this very key signed it, None otherwise."""
        try:
            sealed, unchanged = _read(data)
        except ValueError:
            return None
        return sealed if unchanged and sealed.certificate == self.certificate else None


def make_key(path: Path) -> Ed25519PublicKey:
    """Make a private key in a file (PEM, 0600, never over another) and return its public key."""
    if path.exists():
        raise errors.CredentialError("there is a key already", where=str(path), mend="move it away or use it")
    key = Ed25519PrivateKey.generate()
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    certificates.write_private(path, key.private_bytes(encoding, form, serialization.NoEncryption()))
    return key.public_key()


def load_key(path: Path) -> Ed25519PrivateKey:
    """Return the private key in a file. Raise CredentialError when there is none that can be used."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _no_key(path, str(error)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _no_key(path, "it is not an Ed25519 key")
    return key


def load_root(path: Path) -> Ed25519PublicKey:
    """Return the root's public key from a PEM file. Raise CredentialError when there is none that can be used."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise _no_key(path, str(error)) from error
    if not isinstance(key, Ed25519PublicKey):
        raise _no_key(path, "it is not an Ed25519 key")
    return key


def public_text(key: Ed25519PublicKey) -> bytes:
    """Return a public key as PEM."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def certify(
    root: Ed25519PrivateKey,
    key: Ed25519PublicKey,
    *,
    site: str,
    purpose: Purpose,
    now: datetime.datetime,
    days: int,
) -> Certificate:
    """Return the root's certificate of a key for one site and purpose, good from now on for some days."""
    grant = Grant(
        key=key.public_bytes_raw().hex(),
        site=site,
        purpose=purpose,
        not_before=now,
        not_after=now + datetime.timedelta(days=days),
    )
    return Certificate(grant=grant, signature=root.sign(_CONTEXT + canonical.encode(grant.value())).hex())


def unseal(data: bytes, root: Ed25519PublicKey, *, site: str | None, purpose: Purpose, where: str) -> Sealed:
    """Given the bytes of a signed file, return what it says when every byte of it is as signed.

    `site` is whose statement it must be, None for any. Raise IntegrityError otherwise, with the reason.
    """
    try:
        sealed, unchanged = _read(data)
    except ValueError as error:
        raise _refused("it is not a signed statement", where) from error
    grant = sealed.certificate.grant
    if not _verifies(root, sealed.certificate.signature, _CONTEXT + canonical.encode(grant.value())):
        raise _refused("its signing key was not certified by this root key", where)
    if not unchanged:
        raise _refused("it was changed after it was signed", where)
    if grant.purpose is not purpose:
        raise _refused(f"its signing key is for {grant.purpose}, not for {purpose}", where)
    if site is not None and grant.site != site:
        raise _refused(f"it is from site {grant.site}, not from {site}", where)
    if not grant.not_before <= sealed.signed <= grant.not_after:
        raise _refused(f"its signing key was not good on {sealed.signed:%Y-%m-%d}", where)
    return sealed


def _read(data: bytes) -> tuple[Sealed, bool]:
    """Return what a signed file says, and whether every byte is as the key that it names signed it.

    Raise ValueError when it is no signed statement. Whether that key may sign is for the caller to find out.
    """
    sealed = Sealed.model_validate(canonical.decode(data.removesuffix(_LINE_END)))
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(sealed.certificate.grant.key))
    as_written = canonical.encode(sealed.value()) + _LINE_END == data
    return sealed, as_written and _verifies(key, sealed.signature, _signed_text(sealed.payload, sealed.signed))


def _signed_text(payload: pydantic.JsonValue, signed: datetime.datetime) -> bytes:
    """Return the bytes that a signature covers: what is said, and when."""
    moment = pydantic.TypeAdapter(pydantic.AwareDatetime).dump_python(signed, mode="json")
    return _CONTEXT + canonical.encode({"payload": payload, "signed": moment})


def _verifies(key: Ed25519PublicKey, signature: str, text: bytes) -> bool:
    try:
        key.verify(bytes.fromhex(signature), text)
    except InvalidSignature:
        return False
    return True


def _refused(reason: str, where: str) -> errors.IntegrityError:
    return errors.IntegrityError(
        f"the signed statement is refused: {reason}",
        where=where,
        mend="take an unchanged copy, and the root key of the site that it comes from",
    )


def _no_key(path: Path, reason: str) -> errors.CredentialError:
    return errors.CredentialError(
        f"no key can be read: {reason}", where=str(path), mend="put the PEM file of an Ed25519 key there"
    )
