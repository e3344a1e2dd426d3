"""After `site destroy` nothing of the lab is left, and another lab's things stand."""

from __future__ import annotations

import pytest

from ops.lab import lab
from tests.support import site as support

pytestmark = pytest.mark.e2e


def test_destroy_leaves_nothing_behind(site: support.TestSite) -> None:
    others = remains_of_others()
    assert lab.status(site.site.name).remains
    site.destroy()
    assert lab.status(site.site.name).remains == ()
    assert not site.state.exists()
    assert remains_of_others() == others


def test_destroying_what_is_not_there_is_no_error(site: support.TestSite) -> None:
    site.destroy()


def remains_of_others() -> dict[str, tuple[str, ...]]:
    """Return what there is of each lab that is not of the tests; the tests beside this one make and remove theirs."""
    return {name: lab.status(name).remains for name in lab.list_labs() if not name.startswith("test")}
