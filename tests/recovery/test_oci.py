"""Models fetched from a registry: each blob checked, what is there kept, what is not of the image removed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from ops import errors
from ops.recovery import oci
from tests.support import tls_server


class Registry:
    """The blobs and manifests of one image, and what was asked for."""

    def __init__(self, *layers: bytes) -> None:
        self.blobs = {digest(layer): layer for layer in (b"{}", *layers)}
        self.asked: list[str] = []
        parts = [{"digest": digest(layer), "size": len(layer)} for layer in layers]
        manifest = json.dumps({"config": {"digest": digest(b"{}")}, "layers": parts}).encode()
        self.digest = digest(manifest)
        self.blobs[self.digest] = manifest

    def answer(self, path: str, _authorization: str) -> tuple[int, bytes]:
        self.asked.append(path)
        found = self.blobs.get(path.rpartition("/")[2])
        return (200, found) if path.startswith("/v2/models/small/") and found is not None else (404, b"")


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def fetch(registry: Registry, server: tls_server.Server, target: Path) -> None:
    host = server.url.removeprefix("https://")
    oci.fetch(host, "models/small", registry.digest, target, trust=server.trust, say=lambda _line: None)


def test_a_model_is_fetched_once_and_then_only_what_is_new(tmp_path: Path) -> None:
    registry, target = Registry(b"one", b"two"), tmp_path / "layout"
    with tls_server.serve(tmp_path, registry.answer) as server:
        fetch(registry, server, target)
        assert len(registry.asked) == 4
        fetch(registry, server, target)
        assert len(registry.asked) == 4
        next_one = Registry(b"one", b"three")
        registry.blobs |= next_one.blobs
        registry.digest = next_one.digest
        fetch(registry, server, target)
    assert len(registry.asked) == 6
    assert [layer.read_bytes() for layer in oci.layers(target)] == [b"one", b"three"]
    assert len(list((target / "blobs" / "sha256").iterdir())) == 4


def test_a_blob_that_was_damaged_here_is_fetched_again(tmp_path: Path) -> None:
    registry, target = Registry(b"one"), tmp_path / "layout"
    with tls_server.serve(tmp_path, registry.answer) as server:
        fetch(registry, server, target)
        oci.layers(target)[0].write_bytes(b"eno")
        fetch(registry, server, target)
    assert oci.layers(target)[0].read_bytes() == b"one"


def test_a_registry_that_sends_other_bytes_is_refused(tmp_path: Path) -> None:
    registry, target = Registry(b"one"), tmp_path / "layout"
    registry.blobs[digest(b"one")] = b"other"
    with (
        tls_server.serve(tmp_path, registry.answer) as server,
        pytest.raises(errors.IntegrityError, match="other bytes"),
    ):
        fetch(registry, server, target)


def test_a_model_that_the_registry_lacks_is_told(tmp_path: Path) -> None:
    registry = Registry(b"one")
    del registry.blobs[digest(b"one")]
    with tls_server.serve(tmp_path, registry.answer) as server, pytest.raises(errors.UnreachableError, match="404"):
        fetch(registry, server, tmp_path / "layout")
