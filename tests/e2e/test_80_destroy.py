"""After `site destroy` nothing of the lab is left, and another lab's things stand."""

from __future__ import annotations

import pytest

from ops.lab import lab
from tests.e2e import conftest
from tests.support import site as support

pytestmark = pytest.mark.e2e


def test_destroy_leaves_nothing_behind(site: support.TestSite) -> None:
    others = {name: lab.status(name).remains for name in lab.list_labs() if name != site.site.name}
    assert lab.status(site.site.name).remains
    conftest.destroy(site)
    assert lab.status(site.site.name).remains == ()
    assert not site.state.exists()
    assert {name: lab.status(name).remains for name in lab.list_labs()} == others


def test_destroying_what_is_not_there_is_no_error(site: support.TestSite) -> None:
    conftest.destroy(site)
