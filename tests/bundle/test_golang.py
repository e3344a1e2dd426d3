from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ops import errors
from ops.bundle import golang, lock, program, recipe
from ops.spec import places

_HAS_GO = shutil.which("go") is not None


@pytest.mark.skipif(not _HAS_GO, reason="this machine has no Go")
def test_a_go_that_is_too_old_is_as_good_as_none() -> None:
    assert golang.host_go("99.0") is None
    found = golang.host_go("1.0")
    assert found is not None
    assert found.version.startswith("go1.")


def test_a_machine_without_go_has_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert golang.host_go("1.0") is None


def test_the_version_of_go_the_sources_and_the_linkers_variables_are_inputs() -> None:
    locked = lock.load()
    old, new = (golang.recipes(locked, golang.HostGo("go", version)) for version in ("go1.26.1", "go1.26.2"))
    pause = recipe.by_name(old, "bin-pause")
    assert pause.inputs["source"]
    assert pause.inputs != recipe.by_name(new, "bin-pause").inputs
    assert "v1.36.3" in str(recipe.by_name(old, "bin-kube").inputs)


def test_a_build_sees_only_the_bundles_caches_and_the_operators_proxy(tmp_path: Path) -> None:
    environment = golang.environment(tmp_path, tmp_path / "scratch")
    assert environment["GOMODCACHE"] == str(tmp_path / "go" / "mod")
    assert environment["GOCACHE"] == str(tmp_path / "go" / "build")
    assert "-mod=readonly" in environment["GOFLAGS"]
    assert not {"GOPROXY", "GOSUMDB", "GONOSUMDB"} & set(environment)


@pytest.fixture
def workshop(tmp_path: Path) -> recipe.Workshop:
    """A workshop over the bundle's real module cache."""
    (tmp_path / "output").mkdir()
    (tmp_path / "scratch").mkdir()
    cache = places.cache_directory()
    return recipe.Workshop(tmp_path / "output", tmp_path / "scratch", cache, program.Runner(), {})


def _recipe(name: str, **changes: object) -> recipe.Recipe:
    locked = lock.load()
    wanted = locked.programs[name].model_copy(update=changes)
    host = golang.host_go(locked.go.minimum)
    assert host is not None
    return recipe.by_name(golang.recipes(locked.model_copy(update={"programs": {name: wanted}}), host), name)


@pytest.mark.bundle
@pytest.mark.skipif(not _HAS_GO, reason="this machine has no Go")
def test_a_module_whose_sum_differs_from_the_lock_is_not_built(workshop: recipe.Workshop) -> None:
    with pytest.raises(errors.IntegrityError, match=r"has the sum h1:.*, the lock says h1:wrong"):
        _recipe("bin-cni", sum="h1:wrong").make(workshop)
    assert list(workshop.output.iterdir()) == []


@pytest.mark.bundle
@pytest.mark.skipif(not _HAS_GO, reason="this machine has no Go")
def test_a_program_is_static_and_the_same_whenever_it_is_built(workshop: recipe.Workshop) -> None:
    pause = _recipe("bin-pause")
    pause.make(workshop)
    first = (workshop.output / "pause").read_bytes()
    (workshop.output / "pause").unlink()
    pause.make(workshop)
    assert (workshop.output / "pause").read_bytes() == first
    linked = subprocess.run(["file", workshop.output / "pause"], check=True, capture_output=True, text=True).stdout
    assert "statically linked" in linked


@pytest.mark.bundle
@pytest.mark.skipif(not _HAS_GO, reason="this machine has no Go")
def test_pause_ends_at_once_when_it_is_told_to(workshop: recipe.Workshop) -> None:
    _recipe("bin-pause").make(workshop)
    with subprocess.Popen([workshop.output / "pause"]) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        process.terminate()
        assert process.wait(30) in {0, -15}
