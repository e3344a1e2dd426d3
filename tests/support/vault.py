"""A repository behind a real rest-server for tests of recovery, made once and copied for each test."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from ops.adapters import process, restic, restic_binary
from ops.adapters.restic_repository import Repository
from tests.support import restic as support
from tests.support import restic_key

MODEL_BYTES = 6_000_000


@dataclasses.dataclass(frozen=True)
class Vault:
    """A repository, the directory where its server keeps it, and a model."""

    repository: Repository
    data: Path
    models: Path

    def biggest_pack(self) -> Path:
        """Return the pack with the weights, writable."""
        packs = [path for path in (self.data / "data").rglob("*") if path.is_file()]
        pack = max(packs, key=lambda path: path.stat().st_size)
        pack.chmod(0o600)
        return pack


def template(directory: Path) -> Path:
    """Make a directory with a model and an empty repository in it, to be opened by `opened`."""
    make_models(directory / "models")
    (directory / "password").write_text("pass-word")
    with opened(directory) as vault:
        restic.initialise(vault.repository)
        restic_key.quicken(vault.data, "pass-word")
    return directory


def make_models(directory: Path) -> Path:
    """Make a small model store."""
    directory.mkdir(parents=True)
    (directory / "weights").write_bytes(os.urandom(MODEL_BYTES))
    (directory / "config.pbtxt").write_text('name: "model"\n')
    return directory


@contextlib.contextmanager
def copied(made: Path, directory: Path) -> Iterator[Vault]:
    """Open a copy of a template."""
    shutil.copytree(made, directory, dirs_exist_ok=True)
    with opened(directory) as vault:
        yield vault


@contextlib.contextmanager
def opened(directory: Path) -> Iterator[Vault]:
    """Serve what lies in a directory and give the door to it."""
    (directory / "password").chmod(0o600)
    with support.rest_server(directory / "server") as server:
        repository = Repository(
            server.location,
            directory / "password",
            restic_binary.find(support.programs().restic),
            credential=server.credential,
            authority=server.authority,
        )
        yield Vault(repository, server.data, directory / "models")


@contextlib.contextmanager
def small_disk(directory: Path, size: str) -> Iterator[Path]:
    """Give a directory on a file system of that size. Needs root."""
    directory.mkdir()
    process.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "small", directory], timeout=10)
    try:
        yield directory
    finally:
        process.run(["umount", directory], timeout=10)
