"""The site of the end-to-end tests: made under two seeded kills, then left alone; KEEP=1 leaves it standing."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from tests.support import site as support

NAME = "test"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[support.TestSite]:
    """Yield a site that was made while `site up` was killed twice, at moments that the seed chooses."""
    made = support.derive(support.spec_directory(tmp_path_factory, NAME), "lab", NAME)
    moments = random.Random(support.SEED)  # noqa: S311 - moments of kills, nothing secret
    if not os.environ.get("KEEP"):
        made.destroy()
        for latest in (25.0, 90.0):
            made.up_killed_after(moments.uniform(2.0, latest))
    made.up()
    yield made
    if not os.environ.get("KEEP"):
        made.destroy()


@pytest.fixture(scope="session")
def backed_up(site: support.TestSite) -> support.TestSite:
    """Give the site with at least one recovery point."""
    if not site.recovery_points():
        site.back_up()
    return site
