"""An auditor without our code: openssl and a JSON parser verify a record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ops.adapters import process
from ops.recovery import signing
from tests.support import drills


def openssl_verifies(directory: Path, key: bytes, text: bytes, signature: str) -> bool:
    for name, data in {"key.pem": key, "text": text, "signature": bytes.fromhex(signature)}.items():
        (directory / name).write_bytes(data)
    verify = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "text"]
    completed = process.run([*verify, "-sigfile", "signature"], timeout=30, expect=(0, 1), directory=directory)
    return completed.returncode == 0


def signed_text(value: object) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return b"sitewright signed statement 1\n" + text.encode()


@pytest.mark.parametrize("changed", [False, True])
def test_openssl_agrees_on_certificate_and_record(changed: bool, tmp_path: Path) -> None:
    keys = drills.keys()
    (path,) = drills.evidence_directory(tmp_path / "evidence", keys, count=1)
    record = json.loads(path.read_text())
    if changed:
        record["payload"]["sequence"] = 2
    grant = record["certificate"]["grant"]
    root = signing.public_text(keys.root)
    assert openssl_verifies(tmp_path, root, signed_text(grant), record["certificate"]["signature"])
    signer = signing.public_text(Ed25519PublicKey.from_public_bytes(bytes.fromhex(grant["key"])))
    text = signed_text({"payload": record["payload"], "signed": record["signed"]})
    assert openssl_verifies(tmp_path, signer, text, record["signature"]) != changed
