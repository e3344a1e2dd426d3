"""Recipes for layers that are files of other artifacts, as the lock lists them."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ops.bundle import layer, lock, recipe


def recipes(locked: lock.Lock) -> list[recipe.Recipe]:
    """Return the recipes of all layers in the lock."""
    return [
        recipe.Recipe(
            name=name,
            make=functools.partial(_make, wanted),
            code=(Path(__file__), Path(layer.__file__)),
            inputs=wanted.model_dump(exclude={"expect"}),
            needs=(wanted.source,),
            programs=("zstd",),
            seconds=wanted.expect.seconds,
            size=wanted.expect.bytes,
        )
        for name, wanted in locked.layers.items()
    ]


def _make(wanted: lock.PlainLayer, workshop: recipe.Workshop) -> None:
    layer.write(_members(wanted, workshop.needs[wanted.source]), workshop)


def _members(wanted: lock.PlainLayer, source: Path) -> Iterator[layer.Member]:
    """Yield the layer's files and links, each directory once and before what lies in it."""
    members: dict[str, layer.Member] = {}
    for relative, destination in wanted.install.items():
        for member in _source_members(source / relative, destination):
            members[member.info.name] = member
    for path, target in wanted.links.items():
        members[path] = layer.link(path, target)
    for path in tuple(members):
        for parent in PurePosixPath(path).parents:
            if parent.name:
                members.setdefault(str(parent), layer.directory(str(parent)))
    for path in sorted(members):
        yield members[path]


def _source_members(source: Path, destination: str) -> Iterator[layer.Member]:
    if source.is_dir():
        yield from layer.tree(source, f"{destination}/")
    else:
        yield layer.file(destination, source, executable=_executable(source))


def _executable(source: Path) -> bool:
    """Return whether a file is a program; Go module archives keep no modes, so that scripts are told by `#!`."""
    with source.open("rb") as stream:
        return bool(source.stat().st_mode & 0o100) or stream.read(2) == b"#!"
