from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from ops import errors
from ops.bundle import preflight, recipe
from tests.bundle import recipes


def test_missing_programs_are_named_by_the_packages_that_bring_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    todo = [dataclasses.replace(recipes.writing("layer"), programs=("zstd", "mmdebstrap"))]
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(errors.PrerequisiteError) as caught:
        preflight.check(todo, tmp_path)
    assert caught.value.mend == "apt-get install mmdebstrap util-linux zstd"


def test_programs_that_nothing_calls_are_not_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setpriv = tmp_path / "setpriv"
    setpriv.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    preflight.check([recipes.writing("text")], tmp_path)


def test_weights_that_are_not_there_are_missed_before_any_work(tmp_path: Path) -> None:
    here, gone = tmp_path / "here.gguf", tmp_path / "gone.gguf"
    here.touch()
    todo = [dataclasses.replace(recipes.writing("layer-model-1"), sources=(here, gone))]
    with pytest.raises(errors.NotFoundError) as caught:
        preflight.check(todo, tmp_path)
    assert str(gone) in caught.value.what
    assert str(here) not in caught.value.what


def test_what_only_root_can_make_is_refused_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    todo = [recipes.writing("text"), dataclasses.replace(recipes.writing("machine"), root=True)]
    with pytest.raises(errors.PrerequisiteError, match="only root") as caught:
        preflight.check(todo, tmp_path)
    assert caught.value.where == "machine"


def test_room_is_needed_for_artifacts_and_for_what_compiling_leaves_in_the_cache() -> None:
    plain = dataclasses.replace(recipes.writing("text"), size=1_000)
    compiled = dataclasses.replace(plain, lane=recipe.Lane.COMPILE, seconds=100)
    assert preflight.bytes_needed([plain, plain]) == 2 * preflight.bytes_needed([plain])
    assert preflight.bytes_needed([compiled]) > preflight.bytes_needed([plain]) > 1_000
