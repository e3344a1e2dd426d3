"""Recipe for `index.json`: the digest of every image, every version, and the packages of the apt repository."""

from __future__ import annotations

import functools
import json
from pathlib import Path

from ops.bundle import apt, image, lock, recipe, repository

NAME = "index"

_FILE = "index.json"
_SCHEMA_VERSION = 1


def make_recipe(locked: lock.Lock) -> recipe.Recipe:
    """Return the recipe; it needs every image and the apt repository."""
    return recipe.Recipe(
        name=NAME,
        make=functools.partial(_make, tuple(locked.images), dict(locked.versions)),
        code=(Path(__file__), Path(image.__file__)),
        inputs={"versions": locked.versions},
        needs=(*locked.images, apt.NAME),
        seconds=1,
        size=30_000,
    )


def _make(images: tuple[str, ...], versions: dict[str, str], workshop: recipe.Workshop) -> None:
    layouts = {name.removeprefix("images/"): workshop.needs[name] for name in images}
    content = {
        "schema_version": _SCHEMA_VERSION,
        "images": {name: image.digest(layout) for name, layout in layouts.items()},
        "tags": {name: image.tag(layout) for name, layout in layouts.items()},
        "versions": versions,
        "packages": _packages(workshop.needs[apt.NAME]),
    }
    (workshop.output / _FILE).write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")


def _packages(root: Path) -> dict[str, dict[str, list[str]]]:
    """Return suite → package → its versions."""
    result: dict[str, dict[str, list[str]]] = {}
    for suite in repository.suites(root):
        versions = result.setdefault(suite, {})
        for stanza in repository.stanzas(repository.index_path(root, suite)):
            versions.setdefault(repository.field(stanza, "Package"), []).append(repository.field(stanza, "Version"))
    return result
