from __future__ import annotations

import os
import shutil

import pytest

from ops import errors
from ops.lab import prerequisites


def test_without_root_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(errors.PrerequisiteError) as caught:
        prerequisites.check()
    assert str(caught.value).splitlines()[0].endswith("a lab needs root: its machines are system containers")
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(("program", "package"), sorted(prerequisites.PROGRAMS.items()))
def test_a_missing_program_names_its_package(monkeypatch: pytest.MonkeyPatch, program: str, package: str) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: None if name == program else f"/usr/bin/{name}")
    with pytest.raises(errors.PrerequisiteError) as caught:
        prerequisites.check()
    assert caught.value.mend == f"apt-get install {package}"
