"""Certify a drill host's signing key for its purposes, and renew that in time."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from pathlib import Path

import pydantic
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ops import errors
from ops.recovery import canonical, signing
from ops.recovery.signing import Certificate, Purpose

DAYS = 397
RENEW_DAYS = 90
"""A certificate that is good for fewer days than that is made anew."""


def certify(root: Path, key: str, *, site: str, current: str, now: datetime.datetime) -> str:
    """Given the root's private key, a public key as PEM and the certificates that there are, return those it has now.

    The result is JSON, one certificate for each purpose; one that is good for long enough stays as it is. Raise
    CredentialError when a key cannot be read.
    """
    signer = signing.load_key(root)
    public = _public(key)
    known = _read(current)
    granted = {}
    for purpose in Purpose:
        there = known.get(purpose)
        if there is None or not _is_good(there, signer, public, site, purpose, now):
            there = signing.certify(signer, public, site=site, purpose=purpose, now=now, days=DAYS)
        granted[purpose.value] = there.value()
    return canonical.encode(granted).decode()


def _is_good(
    certificate: Certificate,
    root: Ed25519PrivateKey,
    key: Ed25519PublicKey,
    site: str,
    purpose: Purpose,
    now: datetime.datetime,
) -> bool:
    """Tell whether a certificate is this root's of this key and lasts; the same grant always has the same signature."""
    grant = certificate.grant
    if (grant.key, grant.site, grant.purpose) != (key.public_bytes_raw().hex(), site, purpose):
        return False
    if not grant.not_before <= now <= grant.not_after - datetime.timedelta(days=RENEW_DAYS):
        return False
    days = (grant.not_after - grant.not_before).days
    return signing.certify(root, key, site=site, purpose=purpose, now=grant.not_before, days=days) == certificate


def _read(text: str) -> Mapping[Purpose, Certificate]:
    """Return certificates from their JSON text; what is not one is passed over and made anew."""
    try:
        return pydantic.TypeAdapter(dict[Purpose, Certificate]).validate_python(json.loads(text or "{}"))
    except (ValueError, pydantic.ValidationError):
        return {}


def _public(key: str) -> Ed25519PublicKey:
    try:
        loaded = serialization.load_pem_public_key(key.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _unfit(str(error)) from error
    if not isinstance(loaded, Ed25519PublicKey):
        raise _unfit("it is not an Ed25519 key")
    return loaded


def _unfit(reason: str) -> errors.CredentialError:
    return errors.CredentialError(
        f"the drill host's public key cannot be read: {reason}",
        where="/var/lib/sitewright/recovery/keys/signing.pub on the drill host",
        mend="remove the file there; the next run writes it anew",
    )
