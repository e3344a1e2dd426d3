"""One machine that does everything, from a spec of at most twenty lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.spec import locate
from tests.e2e import conftest
from tests.support import site as support

pytestmark = pytest.mark.e2e


def test_one_machine_does_everything_and_answers(tmp_path: Path) -> None:
    assert len(locate.resolve("lab-single").read_text().splitlines()) <= 20
    single = support.derive(tmp_path, "lab-single", "test-one")
    conftest.destroy(single)
    try:
        assert "Paris" in single.up().stdout
    finally:
        conftest.destroy(single)
