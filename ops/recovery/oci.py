"""Models as OCI layouts on disk: fetched from the site's registry blob by blob, each checked by its digest."""

from __future__ import annotations

import hashlib
import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from ops import errors
from ops.adapters import files

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
_LAYOUT = '{"imageLayoutVersion":"1.0.0"}'
_ALGORITHM = "sha256:"
_BLOCK = 2**20
_SECONDS = 60.0
"""How long the registry may be silent."""


def fetch(registry: str, name: str, digest: str, target: Path, *, trust: Path, say: Callable[[str], None]) -> None:
    """Make a directory the OCI layout of one image of a registry; blobs that are there already stay.

    `registry` is host and port. What is in the directory and not of this image goes. Raise UnreachableError when the
    registry does not answer, IntegrityError when what it sends has another digest.
    """
    blobs = target / "blobs" / "sha256"
    blobs.mkdir(mode=0o700, parents=True, exist_ok=True)
    base = f"https://{registry}/v2/{name}"
    with httpx.Client(
        verify=ssl.create_default_context(cafile=str(trust)), timeout=_SECONDS, trust_env=False
    ) as client:
        _get(client, f"{base}/manifests/{digest}", digest, blobs, say)
        manifest = _document(blobs, digest)
        wanted = [digest, *(str(part["digest"]) for part in _parts(manifest))]
        for blob in wanted[1:]:
            _get(client, f"{base}/blobs/{blob}", blob, blobs, say)
    _write(target / "oci-layout", _LAYOUT)
    entry = {"mediaType": MANIFEST_TYPE, "digest": digest, "size": _path(blobs, digest).stat().st_size}
    _write(target / "index.json", json.dumps({"schemaVersion": 2, "manifests": [entry]}, separators=(",", ":")))
    for path in set(blobs.iterdir()) - {_path(blobs, blob) for blob in wanted}:
        path.unlink()


def layers(layout: Path) -> tuple[Path, ...]:
    """Return the files of an image's layers in the order in which they are applied. Raise IntegrityError."""
    index = _read(layout / "index.json")
    manifest = _document(layout / "blobs" / "sha256", str(index["manifests"][0]["digest"]))
    return tuple(_path(layout / "blobs" / "sha256", str(layer["digest"])) for layer in manifest["layers"])


def _parts(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield manifest["config"]
    yield from manifest["layers"]


def _get(client: httpx.Client, url: str, digest: str, blobs: Path, say: Callable[[str], None]) -> None:
    """Fetch one blob unless it is there whole; it gets its name only when its digest is right."""
    path = _path(blobs, digest)
    if path.exists() and _sha256(path) == digest.removeprefix(_ALGORITHM):
        return
    draft = path.with_name(f".{path.name}.new")
    try:
        with client.stream("GET", url, headers={"accept": MANIFEST_TYPE}) as response, draft.open("wb") as file:
            response.raise_for_status()
            for block in response.iter_raw(_BLOCK):
                file.write(block)
    except httpx.HTTPError as error:
        raise errors.UnreachableError(
            f"the site's registry does not give a model: {str(error).partition(chr(10))[0] or type(error).__name__}",
            where=url,
            mend="look at the bundle server on the infra node (nginx, docker-registry), then run again",
        ) from error
    if _sha256(draft) != digest.removeprefix(_ALGORITHM):
        draft.unlink()
        raise errors.IntegrityError(
            "the site's registry sends other bytes than the model's digest says",
            where=url,
            mend="push the model again: sitewright site up SITE",
        )
    say(f"fetched {draft.stat().st_size} bytes of {url.rpartition('/v2/')[2].partition('/blobs/')[0]}")
    draft.rename(path)


def _document(blobs: Path, digest: str) -> Mapping[str, Any]:
    return _read(_path(blobs, digest))


def _read(path: Path) -> Mapping[str, Any]:
    try:
        document: Mapping[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise errors.IntegrityError(
            f"this is no OCI layout: {error}", where=str(path), mend="restore it from another recovery point"
        ) from error
    return document


def _path(blobs: Path, digest: str) -> Path:
    return blobs / digest.removeprefix(_ALGORITHM)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, text: str) -> None:
    """Write a small file, unless it holds the same already: restic looks again at what has changed."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        files.write_whole(path, text.encode())
