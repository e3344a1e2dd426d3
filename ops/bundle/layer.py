"""Image layers: equal contents give equal bytes, whoever builds them, and each is an artifact of its own.

zstd at level 3 was measured on the largest layer (156 MB): packing takes 1.2 s and unpacking 0.5 s, against 12.6 s
and 1.7 s of gzip; levels 6 and 9 save at most a tenth of the size for four and seven times the time.
"""

from __future__ import annotations

import dataclasses
import io
import json
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from ops.bundle import key, recipe

MEDIA_TYPE = "application/vnd.oci.image.layer.v1.tar+zstd"

_BLOB = "layer.tar.zst"
_RECORD = "layer.json"


@dataclasses.dataclass(frozen=True)
class Layer:
    """A finished layer: its compressed blob and the digests by which images name it."""

    blob: Path
    digest: str
    """sha256 of the compressed blob, as a manifest names it."""
    size: int
    diff_id: str
    """sha256 of the uncompressed tar, as an image's configuration names it."""


@dataclasses.dataclass(frozen=True)
class Member:
    """One file, directory or link of a layer; `content` belongs to regular files."""

    info: tarfile.TarInfo
    content: Path | bytes | None = None


def write(members: Iterable[Member], workshop: recipe.Workshop) -> None:
    """Given members in the order they shall have, write the layer into the workshop's output."""
    archive = workshop.scratch / "layer.tar"
    # No PAX header carries a time or a name of this machine: TarInfo's own fields are all there is.
    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as tar:
        for member in members:
            _add(tar, member)
    blob = workshop.output / _BLOB
    workshop.runner.run(["zstd", "-3", "--single-thread", "--quiet", archive, "-o", blob])
    record = {
        "digest": f"sha256:{key.of_file(blob)}",
        "size": blob.stat().st_size,
        "diff_id": f"sha256:{key.of_file(archive)}",
    }
    (workshop.output / _RECORD).write_text(json.dumps(record, indent=1) + "\n")
    archive.unlink()


def read(artifact: Path) -> Layer:
    """Return the layer that lies in an artifact's directory."""
    record = json.loads((artifact / _RECORD).read_text())
    return Layer(artifact / _BLOB, record["digest"], record["size"], record["diff_id"])


def file(path: str, content: Path | bytes, *, executable: bool = False) -> Member:
    """Return a world-readable file of root's."""
    info = _info(path, tarfile.REGTYPE, 0o755 if executable else 0o644)
    info.size = len(content) if isinstance(content, bytes) else content.stat().st_size
    return Member(info, content)


def directory(path: str, mode: int = 0o755) -> Member:
    """Return a directory of root's."""
    return Member(_info(path, tarfile.DIRTYPE, mode))


def link(path: str, target: str) -> Member:
    """Return a symbolic link."""
    info = _info(path, tarfile.SYMTYPE, 0o777)
    info.linkname = target
    return Member(info)


def tree(root: Path, prefix: str = "") -> Iterator[Member]:
    """Yield everything under a directory in the order of its names; modes keep only the executable bit."""
    for path in sorted(root.rglob("*")):
        name = f"{prefix}{path.relative_to(root).as_posix()}"
        if path.is_symlink():
            yield link(name, str(path.readlink()))
        elif path.is_dir():
            yield directory(name)
        else:
            yield file(name, path, executable=bool(path.stat().st_mode & 0o100))


def _info(path: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(path)
    info.type = kind
    info.mode = mode
    return info


def _add(tar: tarfile.TarFile, member: Member) -> None:
    if isinstance(member.content, Path):
        with member.content.open("rb") as stream:
            tar.addfile(member.info, stream)
    elif member.content is None:
        tar.addfile(member.info)
    else:
        tar.addfile(member.info, io.BytesIO(member.content))
