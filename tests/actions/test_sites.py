from __future__ import annotations

import os
from pathlib import Path

import pytest

from ops import errors
from ops.actions import sites
from ops.spec import places

TEXT = (places.PROJECT_ROOT / "inventory" / "lab" / "site.yml").read_text()


def test_a_recorded_path_is_found_in_this_checkout() -> None:
    assert sites.locate("inventory/lab/site.yml") == places.PROJECT_ROOT / "inventory" / "lab" / "site.yml"
    assert sites.load("inventory/lab/site.yml").name == "lab"


def test_a_spec_outside_the_checkout_is_found_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "site.yml").write_text(TEXT)
    assert sites.load(str(tmp_path / "site.yml")).name == "lab"


def test_a_changed_spec_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "site.yml"
    file.write_text(TEXT)
    os.utime(file, ns=(1, 1))
    assert sites.load(str(file)).name == "lab"
    file.write_text(TEXT.replace("name: lab", "name: other"))
    assert sites.load(str(file)).name == "other"


def test_a_spec_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(errors.NotFoundError):
        sites.load(str(tmp_path / "site.yml"))
