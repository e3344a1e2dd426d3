"""Recipes for Python wheels of the images: downloaded by hash, unpacked without resolving their dependencies."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from ops.bundle import key, lock, recipe

# What the images run: CPython 3.11 and glibc 2.36 of Debian 12, whatever Python builds them (PEP 600 tags).
_GLIBC = range(36, 4, -1)
_TARGET = (
    "--python-version=3.11",
    "--implementation=cp",
    *(f"--abi={name}" for name in ("cp311", "abi3", "none")),
    *(f"--platform=manylinux_2_{minor}_x86_64" for minor in _GLIBC),
    *(f"--platform={name}_x86_64" for name in ("manylinux2014", "manylinux2010", "manylinux1", "linux")),
    "--only-binary=:all:",
)
_PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input")


def name_of(lock_name: str) -> str:
    """Return the name of the artifact with the wheels of one lock file."""
    return f"wheels-{lock_name}"


def recipes(locked: lock.Lock) -> list[recipe.Recipe]:
    """Return one recipe for each lock file of wheels."""
    return [
        recipe.Recipe(
            name=name_of(name),
            make=functools.partial(_collect, _path(name)),
            code=(Path(__file__),),
            inputs={"lock": key.of_file(_path(name))},
            lane=recipe.Lane.FETCH,
            registry=recipe.Registry.PYPI,
            seconds=expect.seconds,
            size=expect.bytes,
        )
        for name, expect in locked.wheels.items()
    ]


def _path(name: str) -> Path:
    return lock.DIRECTORY / "locks" / f"{name}.txt"


def _collect(requirements: Path, workshop: recipe.Workshop) -> None:
    """Download exactly the wheels of a lock file; pip checks each against its hash."""
    workshop.runner.run(
        [
            *(*_PIP, "download", "--no-deps", "--require-hashes", *_TARGET),
            *("--dest", workshop.output, "--requirement", requirements),
        ],
        environment={"TMPDIR": str(workshop.scratch)},
    )


def install(wheels: Iterable[Path], target: Path, workshop: recipe.Workshop) -> None:
    """Unpack wheels that lie on this machine into a directory, without their command line scripts."""
    _install([str(path) for path in wheels], target, workshop)


def install_from_registry(requirement: str, sha256: str, target: Path, workshop: recipe.Workshop) -> None:
    """Given `name==version` and a hash, fetch that wheel and unpack it into a directory."""
    listing = workshop.scratch / "requirements.txt"
    listing.write_text(f"{requirement} --hash=sha256:{sha256}\n")
    _install(["--require-hashes", "--requirement", str(listing)], target, workshop)


def _install(arguments: Sequence[str], target: Path, workshop: recipe.Workshop) -> None:
    workshop.runner.run(
        [*_PIP, "install", "--no-deps", "--no-compile", *_TARGET, "--target", target, *arguments],
        environment={"TMPDIR": str(workshop.scratch), "PIP_ROOT_USER_ACTION": "ignore"},
    )
