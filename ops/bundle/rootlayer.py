"""Recipes for the layers that are Debian: a root file system shared by images, and tools unpacked beside it."""

from __future__ import annotations

import functools
import re
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

from ops.bundle import debian, layer, lock, recipe

_CODE = (Path(__file__), Path(layer.__file__))

_LEFT_OUT = re.compile(
    r"^(dev|proc|run|sys|tmp)/.|^var/(cache|log)/.|^var/lib/apt/lists/.|^etc/machine-id$"
    r"|^usr/share/(info|locale|man)/.|^usr/share/doc/.*/(?!copyright$)[^/]+$"
)
"""What a container never reads; licences stay."""


def recipes(locked: lock.Lock) -> list[recipe.Recipe]:
    """Return the recipes of `layer-<suite>`, and of `layer-<suite>-extra` where a suite names further packages."""
    result = []
    for suite, wanted in locked.debian.items():
        result.append(
            recipe.Recipe(
                name=f"layer-{suite}",
                make=functools.partial(_root, f"root-{suite}"),
                code=_CODE,
                needs=(f"root-{suite}",),
                programs=("zstd",),
                seconds=4,
                size=50_000_000,
            )
        )
        if wanted.images_extra:
            result.append(
                recipe.Recipe(
                    name=f"layer-{suite}-extra",
                    make=functools.partial(_extra, suite),
                    code=_CODE,
                    inputs={"packages": list(wanted.images_extra)},
                    needs=(debian.packages_name(suite),),
                    programs=("dpkg-deb", "zstd"),
                    seconds=8,
                    size=80_000_000,
                )
            )
    return result


def _root(root: str, workshop: recipe.Workshop) -> None:
    with tarfile.open(workshop.needs[root] / "root.tar") as archive:
        layer.write(members(archive, workshop.scratch / "content"), workshop)


def members(archive: tarfile.TarFile, content: Path) -> Iterator[layer.Member]:
    """Yield what stays of a root file system: owners and modes as they are, names without `./`, times zero."""
    for info in archive:
        name = info.name.removeprefix("./")
        if name in {"", "."} or _LEFT_OUT.search(name) or info.isdev():
            continue
        clean = tarfile.TarInfo(name)
        clean.type, clean.mode, clean.uid, clean.gid = info.type, info.mode, info.uid, info.gid
        clean.linkname = info.linkname.removeprefix("./") if info.islnk() else info.linkname
        stream = archive.extractfile(info) if info.isreg() else None
        if stream is None:
            yield layer.Member(clean)
            continue
        clean.size = info.size
        content.write_bytes(stream.read())
        yield layer.Member(clean, content)


def merge(tree: Path) -> None:
    """Move what lies in /bin, /lib, /lib64 and /sbin below /usr: a directory there would hide the root layer's link.

    Debian 12's packages still name the old places; its dpkg follows the links, and an unpacked layer does not.
    """
    for old in (tree / "bin", tree / "lib", tree / "lib64", tree / "sbin"):
        if old.is_dir():
            shutil.copytree(old, tree / "usr" / old.name, symlinks=True, dirs_exist_ok=True)
            shutil.rmtree(old)


def _extra(suite: str, workshop: recipe.Workshop) -> None:
    """Unpack packages without running their scripts; what they need must be named or lie in the root layer."""
    tree = workshop.scratch / "tree"
    packages = workshop.needs[debian.packages_name(suite)]
    for entry in debian.group(packages, "images_extra"):
        workshop.runner.run(["dpkg-deb", "--extract", entry.file, tree])
    merge(tree)
    members = [item for item in layer.tree(tree) if not _LEFT_OUT.search(item.info.name)]
    layer.write(members, workshop)
