from __future__ import annotations

import dataclasses
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from ops import errors
from ops.bundle import build, manifest, progress, recipe
from ops.spec import places
from tests.bundle import recipes


class _Listener(progress.Silent):
    def __init__(self) -> None:
        self.said: list[str] = []
        self.built: list[str] = []

    def end(self, name: str) -> None:
        self.built.append(name)

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def listener() -> _Listener:
    return _Listener()


def _builder(made: list[recipe.Recipe], cache: Path, listener: _Listener) -> build.Builder:
    return build.Builder(made, cache, listener)


def _chain(text: str = "base ") -> list[recipe.Recipe]:
    return [recipes.writing("base", text), recipes.writing("top", "top", needs=("base",)), recipes.writing("other")]


def test_a_build_makes_what_is_wanted_and_what_that_needs(tmp_path: Path, listener: _Listener) -> None:
    bundle = _builder(_chain(), tmp_path, listener).build(["top"])
    assert (bundle.path("top") / recipes.FILE).read_text() == "base top"
    assert listener.built == ["base", "top"]
    with pytest.raises(errors.NotFoundError, match="without 'base'"):
        bundle.path("base")


def test_a_second_build_is_a_look_up(tmp_path: Path, listener: _Listener) -> None:
    first = _builder(_chain(), tmp_path, listener).build(["top"])
    second = _builder(_chain(), tmp_path, listener).build(["top"])
    assert first == second
    assert listener.built == ["base", "top"]


def test_a_changed_input_makes_a_new_artifact_beside_the_old(tmp_path: Path, listener: _Listener) -> None:
    old = _builder(_chain(), tmp_path, listener).build(["top"]).path("top")
    new = _builder(_chain("new "), tmp_path, listener).build(["top"]).path("top")
    assert (old / recipes.FILE).read_text() == "base top"
    assert (new / recipes.FILE).read_text() == "new top"


def test_a_need_is_not_made_again_for_an_artifact_that_is_there(tmp_path: Path, listener: _Listener) -> None:
    bundle = _builder(_chain(), tmp_path, listener).build(["base", "top"])
    for file in bundle.path("base").iterdir():
        file.unlink()
    bundle.path("base").rmdir()
    _builder(_chain(), tmp_path, listener).build(["top"])
    assert listener.built == ["base", "top"]


def test_a_flipped_byte_is_found_and_the_artifact_made_anew(tmp_path: Path, listener: _Listener) -> None:
    path = _builder(_chain(), tmp_path, listener).build(["top"]).path("top")
    (path / recipes.FILE).write_text("base tip")
    assert _builder(_chain(), tmp_path, listener).damaged(["base", "top"]) == ("top",)
    again = _builder(_chain(), tmp_path, listener).build(["top"]).path("top")
    assert (again / recipes.FILE).read_text() == "base top"
    assert any("top is damaged and will be made anew" in text for text in listener.said)
    assert listener.built == ["base", "top", "top"]


def test_a_damaged_need_is_never_built_upon(tmp_path: Path, listener: _Listener) -> None:
    base = _builder(_chain(), tmp_path, listener).build(["base"]).path("base")
    (base / recipes.FILE).write_text("bade ")
    top = _builder(_chain(), tmp_path, listener).build(["top"]).path("top")
    assert (top / recipes.FILE).read_text() == "base top"


def test_the_record_names_the_inputs(tmp_path: Path, listener: _Listener) -> None:
    path = _builder(_chain(), tmp_path, listener).build(["base"]).path("base")
    assert manifest.read(path)["inputs"] == {"text": "base "}


def test_an_unknown_name_is_refused_before_anything_is_made(tmp_path: Path, listener: _Listener) -> None:
    with pytest.raises(errors.NotFoundError):
        _builder(_chain(), tmp_path, listener).build(["base", "botom"])
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_what_was_finished_and_nothing_half(tmp_path: Path, listener: _Listener) -> None:
    def fail(workshop: recipe.Workshop) -> None:
        (workshop.output / "half").write_text("half")
        raise ZeroDivisionError

    broken = [dataclasses.replace(item, make=fail) if item.name == "top" else item for item in _chain()]
    with pytest.raises(ZeroDivisionError):
        _builder(broken, tmp_path, listener).build(["top"])
    assert [path.name.partition("-")[0] for path in (tmp_path / "artifacts").iterdir()] == ["base"]
    assert list((tmp_path / "scratch").iterdir()) == []
    _builder(_chain(), tmp_path, listener).build(["top"])
    assert listener.built == ["base", "top"]


def test_too_little_space_is_said_before_anything_is_made(tmp_path: Path, listener: _Listener) -> None:
    huge = [dataclasses.replace(recipes.writing("base"), size=10**18)]
    with pytest.raises(errors.DiskFullError, match=r"needs about \d+"):
        _builder(huge, tmp_path, listener).build(["base"])
    assert listener.built == []


_SLOW = """
import functools, pathlib, sys, time
from ops.bundle import build, progress
from tests.bundle import recipes
cache, log, seconds = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), float(sys.argv[3])
def slowly(made, workshop):
    made(workshop)
    time.sleep(seconds)
import dataclasses
chain = [recipes.writing("base", log=log), recipes.writing("top", log=log, needs=("base",))]
chain = [dataclasses.replace(item, make=functools.partial(slowly, item.make)) for item in chain]
build.Builder(chain, cache, progress.Display(sys.stderr)).build(["top"])
"""


def _start(cache: Path, log: Path, seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_SLOW), str(cache), str(log), str(seconds)],
        cwd=places.PROJECT_ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_builds_at_once_make_each_artifact_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    both = [_start(tmp_path / "cache", log, 0.5) for _ in range(2)]
    told = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert log.read_text() == "base\ntop\n"
    assert any("another build holds the cache" in text for text in told)


def test_a_killed_build_is_taken_up_where_it_stood(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with _start(tmp_path / "cache", log, 1.0) as killed:
        while not log.exists() or "top" not in log.read_text():
            time.sleep(0.02)
        killed.send_signal(signal.SIGKILL)
    assert log.read_text() == "base\ntop\n"
    second = _start(tmp_path / "cache", log, 0)
    _, told = second.communicate(timeout=120)
    assert second.returncode == 0, told
    assert log.read_text() == "base\ntop\ntop\n"
    left = [path.name for path in (tmp_path / "cache" / "artifacts").iterdir() if path.name.startswith(".draft-")]
    assert left == []
    assert list((tmp_path / "cache" / "scratch").iterdir()) == []
