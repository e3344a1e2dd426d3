"""Pack the code that runs on the drill host: this checkout's `ops` without what only the operator's machine needs."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import tarfile
from pathlib import Path

from ops.spec import places

_LEFT_OUT = frozenset({"bundle", "lab", "models", "provider", "resources", "services", "__pycache__"})
"""Rooms of the house that the drill host's entry never enters."""
_SUFFIXES = frozenset({".py", ".j2"})


@dataclasses.dataclass(frozen=True)
class Tree:
    """An archive of code; its release is the digest of what is in it."""

    archive: Path
    release: str


def pack(directory: Path, root: Path = places.PROJECT_ROOT) -> Tree:
    """Return the archive of the drill host's code, made unless it is there; archives of other code go."""
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(_files(root / "ops"))}
    digest = hashlib.sha256()
    for name, content in files.items():
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    release = digest.hexdigest()[:16]
    archive = directory / f"tree-{release}.tar"
    if not archive.exists():
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in directory.iterdir():
            old.unlink()
        draft = archive.with_suffix(".draft")
        _write(draft, release, files)
        draft.rename(archive)
    return Tree(archive, release)


def _files(rooms: Path) -> list[Path]:
    found = (path for path in rooms.rglob("*") if path.suffix in _SUFFIXES and path.is_file())
    return [path for path in found if _LEFT_OUT.isdisjoint(path.relative_to(rooms).parts)]


def _write(draft: Path, release: str, files: dict[str, bytes]) -> None:
    """Write the files below the release's name; the file `complete` comes last."""
    with tarfile.open(draft, "w") as tar:
        for name, content in (*files.items(), ("complete", b"")):
            entry = tarfile.TarInfo(f"{release}/{name}")
            entry.size = len(content)
            entry.mode = 0o644
            tar.addfile(entry, io.BytesIO(content))
