"""Asks each package registry that a build needs one small question before the build begins."""

from __future__ import annotations

import concurrent.futures
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from ops import errors
from ops.bundle import aptroot, golang, lock, program, recipe


def check(todo: Sequence[recipe.Recipe], cache: Path, scratch: Path) -> None:
    """Return when every registry that these recipes fetch from answers. Raise PrerequisiteError otherwise.

    The Go proxy is not asked once the module cache holds something: a build that finds all in it needs no proxy.
    """
    wanted = {item.registry for item in todo if item.registry is not None}
    if (cache / "go" / "mod").exists():
        wanted.discard(recipe.Registry.GO)
    with concurrent.futures.ThreadPoolExecutor() as executor:
        answers = {name: executor.submit(_QUESTIONS[name], scratch) for name in wanted}
    for name, answer in answers.items():
        failure = answer.exception()
        if isinstance(failure, errors.SitewrightError):
            raise errors.PrerequisiteError(
                f"{name} does not answer: {failure.what}",
                where=failure.where,
                mend="mend the network, proxy or mirror settings of this machine, then build again",
            ) from failure
        answer.result()


def _ask_debian(scratch: Path) -> None:
    runner = program.Runner()
    address = aptroot.mirrors(runner)["main"]
    target = scratch / "InRelease"
    runner.run(["/usr/lib/apt/apt-helper", "download-file", f"{address}/dists/{lock.SUITES[0]}/InRelease", target])


def _ask_go(scratch: Path) -> None:
    """Ask for one module's version, with an empty module cache: a few hundred bytes."""
    module = next(item.module for item in lock.load().programs.values() if item.sum is not None)
    command = shutil.which("go")
    if command is not None:
        settings = {**golang.environment(scratch, scratch), "GOFLAGS": "-mod=mod -modcacherw"}
        program.Runner().run([command, "list", "-m", module], environment=settings, directory=scratch)


def _ask_pypi(scratch: Path) -> None:
    name, _, _ = lock.load().go.wheel.partition("==")
    program.Runner().run([sys.executable, "-m", "pip", "index", "versions", name], directory=scratch)


_QUESTIONS = {
    recipe.Registry.DEBIAN: _ask_debian,
    recipe.Registry.GO: _ask_go,
    recipe.Registry.PYPI: _ask_pypi,
}
