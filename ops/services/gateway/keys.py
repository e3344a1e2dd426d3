"""API keys: clients hold the key, the site holds its SHA-256.

A plain hash is enough because keys are 256 random bits: there is nothing to guess, so nothing to slow down.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from pathlib import Path

from .config import Reader
from .errors import UnauthorizedError

_PREFIX = "sk-sitewright-"


@dataclasses.dataclass(frozen=True)
class Key:
    """One key that opens the API."""

    name: str
    """Who uses it; shown in metrics and logs."""
    sha256: str
    """Hexadecimal SHA-256 of the key."""


def make() -> tuple[str, str]:
    """Return a new key and its hexadecimal SHA-256."""
    key = _PREFIX + secrets.token_urlsafe(32)
    return key, digest(key)


def digest(key: str) -> str:
    """Return what the site stores of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def load(path: Path) -> tuple[Key, ...]:
    """Given a file `{NAME: SHA256, ...}`, return the keys. Raise ConfigError with all faults at once."""
    root = Reader.of_file(path)
    keys = tuple(Key(name, root.text(name, pattern=r"[0-9a-f]{64}")) for name in root.names())
    root.finish()
    return keys


def authenticate(keys: Iterable[Key], authorization: str | None) -> Key:
    """Given the Authorization header, return the key that it holds. Raise UnauthorizedError when it holds none.

    The time taken tells nothing about the keys: every one is compared, in constant time.
    """
    scheme, _, presented = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not presented:
        raise UnauthorizedError("No API key was given. Send it as 'Authorization: Bearer KEY'.")
    presented_sha256 = digest(presented.strip())
    found = [key for key in keys if hmac.compare_digest(key.sha256, presented_sha256)]
    if not found:
        raise UnauthorizedError("The API key is not known here.")
    return found[0]
