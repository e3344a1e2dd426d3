"""Where the bundle's programs lie, for tests that run the real ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ops.bundle import build

OVERRIDE = "SITEWRIGHT_TEST_PROGRAMS"
"""Environment variable: a directory with programs to test instead of those of the bundle."""


def directory(artifact: str) -> Path:
    """Return the directory of an artifact such as 'bin-kube'; the first test that needs one builds it."""
    override = os.environ.get(OVERRIDE)
    return Path(override) if override else build.build([artifact]).path(artifact)


def program(artifact: str, name: str) -> Path:
    """Return one program of an artifact. Fail the test when the artifact lacks it."""
    path = directory(artifact) / name
    if not path.exists():
        pytest.fail(f"{artifact} has no program {name}: {path}")
    return path
