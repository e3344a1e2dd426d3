"""The lab with two workers; PAIR=<name> takes a lab that stands, and leaves it standing."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from ops.adapters import process
from tests.support import site as support


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[support.TestSite]:
    """Yield a site with two workers that answers."""
    standing = os.environ.get("PAIR")
    made = support.derive(tmp_path_factory.mktemp("pair"), "lab-pair", standing or "pair")
    if standing:
        yield made
        return
    made.up()
    yield made
    process.run([support.SITEWRIGHT, "site", "destroy", made.path, "--yes"], timeout=300)
