from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from ops import errors
from ops.bundle import recipe, registry
from tests.bundle import recipes

_NOBODY = "http://127.0.0.1:9"
"""The discard port: nothing listens there."""


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lead every registry's client to a port where nobody listens."""
    monkeypatch.setenv("PIP_INDEX_URL", f"{_NOBODY}/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("GOPROXY", _NOBODY)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", [recipe.Registry.PYPI, recipe.Registry.GO])
def test_a_registry_that_does_not_answer_is_named(name: recipe.Registry, tmp_path: Path) -> None:
    if name is recipe.Registry.GO and shutil.which("go") is None:
        pytest.skip("this machine has no Go, so the proxy is asked by the bundle's own")
    todo = [dataclasses.replace(recipes.writing("wheels"), registry=name)]
    with pytest.raises(errors.PrerequisiteError, match=f"{name} does not answer"):
        registry.check(todo, tmp_path / "cache", tmp_path)


@pytest.mark.usefixtures("offline")
def test_no_registry_is_asked_that_nothing_fetches_from(tmp_path: Path) -> None:
    registry.check([recipes.writing("text")], tmp_path / "cache", tmp_path)


@pytest.mark.usefixtures("offline")
def test_a_filled_module_cache_needs_no_proxy(tmp_path: Path) -> None:
    (tmp_path / "cache" / "go" / "mod").mkdir(parents=True)
    todo = [dataclasses.replace(recipes.writing("program"), registry=recipe.Registry.GO)]
    registry.check(todo, tmp_path / "cache", tmp_path)
