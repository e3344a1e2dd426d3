"""Recipes for container images: OCI layouts written from layers, without a container engine."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ops.bundle import key, layer, lock, recipe

# The OCI image specification, version 1.1: image-layout.md, manifest.md, config.md.
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def recipes(locked: lock.Lock) -> list[recipe.Recipe]:
    """Return the recipes of all images in the lock."""
    return [make_recipe(name, wanted) for name, wanted in locked.images.items()]


def make_recipe(name: str, wanted: lock.Image) -> recipe.Recipe:
    """Return the recipe of one image."""
    return recipe.Recipe(
        name=name,
        make=functools.partial(_make, wanted),
        code=(Path(__file__),),
        inputs=wanted.model_dump(),
        needs=wanted.layers,
        seconds=1,
    )


def digest(layout: Path) -> str:
    """Given an image's OCI layout, return the digest of its manifest, by which pods name it."""
    return str(_manifest_descriptor(layout)["digest"])


def tag(layout: Path) -> str:
    """Given an image's OCI layout, return its tag."""
    return str(_manifest_descriptor(layout)["annotations"]["org.opencontainers.image.ref.name"])


def _manifest_descriptor(layout: Path) -> dict[str, Any]:
    (descriptor,) = json.loads((layout / "index.json").read_text())["manifests"]
    return dict(descriptor)


def _make(wanted: lock.Image, workshop: recipe.Workshop) -> None:
    layers = [layer.read(workshop.needs[name]) for name in wanted.layers]
    blobs = workshop.output / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    for item in layers:
        target = blobs / item.digest.removeprefix("sha256:")
        if not target.exists():
            target.hardlink_to(item.blob)
    config = _blob(blobs, _CONFIG, _configuration(wanted, layers))
    manifest = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": config,
        "layers": [{"mediaType": layer.MEDIA_TYPE, "digest": item.digest, "size": item.size} for item in layers],
    }
    descriptor = _blob(blobs, _MANIFEST, manifest)
    descriptor["annotations"] = {"org.opencontainers.image.ref.name": wanted.tag}
    index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": [descriptor]}
    (workshop.output / "index.json").write_text(key.canonical(index))
    (workshop.output / "oci-layout").write_text(key.canonical({"imageLayoutVersion": "1.0.0"}))


def _configuration(wanted: lock.Image, layers: Sequence[layer.Layer]) -> dict[str, Any]:
    """Return the image's configuration; keys without a value are left out, as the specification wants it."""
    settings = {
        "Entrypoint": list(wanted.entrypoint),
        "Cmd": list(wanted.command),
        "Env": [_PATH, *(f"{name}={value}" for name, value in wanted.environment.items())],
        "User": wanted.user,
        "WorkingDir": wanted.directory,
    }
    return {
        "architecture": "amd64",
        "os": "linux",
        "config": {name: value for name, value in settings.items() if value},
        "rootfs": {"type": "layers", "diff_ids": [item.diff_id for item in layers]},
    }


def _blob(blobs: Path, media_type: str, content: dict[str, Any]) -> dict[str, Any]:
    """Write a JSON blob under its digest and return its descriptor."""
    text = key.canonical(content)
    sha256 = key.of_text(text)
    (blobs / sha256).write_text(text)
    return {"mediaType": media_type, "digest": f"sha256:{sha256}", "size": len(text.encode())}
