from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ops.spec import places


@dataclasses.dataclass(frozen=True)
class Ended:
    """A run of the console script."""

    code: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture
def sitewright(tmp_path: Path) -> Command:
    """Return a function that runs the installed console script in the checkout, with state and cache of its own."""

    def run(*words: str, environment: Mapping[str, str] | None = None, stdin: str = "") -> Ended:
        own = {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
        ended = subprocess.run(
            [Path(sys.executable).with_name("sitewright"), *words],
            capture_output=True,
            check=False,
            cwd=places.PROJECT_ROOT,
            encoding="utf-8",
            env={**os.environ, **own, **(environment or {})},
            input=stdin,
            timeout=60,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    return run
