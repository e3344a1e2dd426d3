"""The site of the end-to-end tests: made under two seeded kills, then left alone; KEEP=1 leaves it standing."""

from __future__ import annotations

import contextlib
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.adapters import process
from tests.support import site as support

NAME = "test"
SEED = int(os.environ.get("SEED", "20261124"))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[support.TestSite]:
    """Yield a site that was made while `site up` was killed twice, at moments that the seed chooses."""
    made = support.derive(_directory(tmp_path_factory), "lab", NAME)
    moments = random.Random(SEED)  # noqa: S311 - moments of kills, nothing secret
    if not os.environ.get("KEEP"):
        destroy(made)
        for latest in (25.0, 90.0):
            made.up_killed_after(moments.uniform(2.0, latest))
    made.up()
    yield made
    if not os.environ.get("KEEP"):
        destroy(made)


@pytest.fixture(scope="session")
def backed_up(site: support.TestSite) -> support.TestSite:
    """Give the site with at least one recovery point."""
    if not site.recovery_points():
        site.back_up()
    return site


def _directory(factory: pytest.TempPathFactory) -> Path:
    """Return where the spec lies: the same place for each run with KEEP=1, so that the site is found again."""
    if not os.environ.get("KEEP"):
        return factory.mktemp("site")
    directory = Path("/var/tmp/sitewright-test")  # noqa: S108 - a fixed place is the point
    directory.mkdir(exist_ok=True)
    return directory


@contextlib.contextmanager
def standing(made: support.TestSite) -> Iterator[support.TestSite]:
    """Make a site where nothing of it is left from before, give it, and remove it wholly."""
    destroy(made)
    try:
        made.up()
        yield made
    finally:
        destroy(made)


def destroy(made: support.TestSite) -> None:
    """Remove a site wholly."""
    process.run([support.SITEWRIGHT, "site", "destroy", made.path, "--yes"], timeout=300)
