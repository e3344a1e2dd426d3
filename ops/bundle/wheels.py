"""Recipes for Python wheels: downloaded by hash, unpacked without installing their dependencies."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from ops.bundle import recipe

_TARGET = (
    "--python-version=3.11",
    "--implementation=cp",
    "--abi=cp311",
    "--abi=abi3",
    "--abi=none",
    "--platform=manylinux_2_28_x86_64",
    "--platform=manylinux_2_17_x86_64",
    "--platform=manylinux2014_x86_64",
    "--platform=manylinux_2_12_x86_64",
    "--platform=manylinux1_x86_64",
    "--platform=any",
    "--only-binary=:all:",
)
"""What the images run: CPython 3.11 of Debian 12, whatever Python builds them."""


def install(requirements: Sequence[str], target: Path, workshop: recipe.Workshop) -> None:
    """Given lines of a requirements file with hashes, unpack exactly those wheels into a directory.

    Raise ProcessError when the registry has no such wheel or its hash differs.
    """
    listing = workshop.scratch / "requirements.txt"
    listing.write_text("\n".join(requirements) + "\n")
    workshop.runner.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"),
            *("--no-deps", "--no-compile", "--require-hashes", "--target", target, *_TARGET, "-r", listing),
        ],
        environment={"PIP_ROOT_USER_ACTION": "ignore", "TMPDIR": str(workshop.scratch)},
    )
