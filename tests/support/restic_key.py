"""Gives a test's repository a key that is derived from its password in no time: restic's own takes 0.3 s a command.

The form is that of restic's design document (restic 0.18, doc/design.rst, "Keys, Encryption and MAC").
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.poly1305 import Poly1305

_BLOCK = 16
_QUICK = {"N": 2, "r": 1, "p": 1}
"""The least that scrypt takes."""


def quicken(repository: Path, password: str) -> None:
    """Replace the only key of a repository on this disk by one for the same password that costs nothing to derive."""
    (path,) = (repository / "keys").iterdir()
    document = json.loads(path.read_bytes())
    master = _decrypted(base64.b64decode(document["data"]), _derived(document, password))
    document |= _QUICK
    document["data"] = base64.b64encode(_encrypted(master, _derived(document, password))).decode()
    content = json.dumps(document).encode()
    path.unlink()
    made = path.with_name(hashlib.sha256(content).hexdigest())
    made.write_bytes(content)
    made.chmod(0o400)


def _derived(document: Mapping[str, Any], password: str) -> bytes:
    """Return 64 bytes: the key of AES-256, then k and r of Poly1305-AES."""
    salt = base64.b64decode(document["salt"])
    cost = {name.lower(): document[name] for name in _QUICK}
    return hashlib.scrypt(password.encode(), salt=salt, maxmem=2**28, dklen=64, **cost)


def _decrypted(sealed: bytes, key: bytes) -> bytes:
    start, text, seal = sealed[:_BLOCK], sealed[_BLOCK:-_BLOCK], sealed[-_BLOCK:]
    assert _seal(start, text, key) == seal, "another password, or another form of key"
    return _stream(start, text, key)


def _encrypted(text: bytes, key: bytes) -> bytes:
    start = os.urandom(_BLOCK)
    hidden = _stream(start, text, key)
    return start + hidden + _seal(start, hidden, key)


def _stream(start: bytes, text: bytes, key: bytes) -> bytes:
    return Cipher(algorithms.AES(key[:32]), modes.CTR(start)).encryptor().update(text)


def _seal(start: bytes, text: bytes, key: bytes) -> bytes:
    nonce = Cipher(algorithms.AES(key[32:48]), modes.ECB()).encryptor().update(start)  # noqa: S305 - as restic does
    return Poly1305.generate_tag(key[48:] + nonce, text)
