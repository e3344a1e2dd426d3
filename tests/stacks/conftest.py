from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from ops.spec import places
from tests.stacks.recorder import Program, declare

DIGEST = "sha256:" + "a" * 64


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], Program]:
    """Run the real program over a spec, without an engine, and return what it declared."""

    def run_program(spec: dict[str, Any]) -> Program:
        path = tmp_path / "site.yml"
        path.write_text(yaml.safe_dump(spec))
        monkeypatch.setenv("SITEWRIGHT_SITE", str(path))
        monkeypatch.chdir(places.PROJECT_ROOT / "stacks")
        write_release(places.state_directory(spec["name"]), [model["name"] for model in spec["models"]])
        exports: dict[str, Any] = {}
        monkeypatch.setattr(pulumi, "export", exports.__setitem__)
        return Program(declare(spec["name"], execute), exports)

    return run_program


def execute() -> None:
    """Run the program as the language host does."""
    runpy.run_path(str(places.PROJECT_ROOT / "stacks"), run_name="__main__")


def write_release(state: Path, models: list[str]) -> None:
    state.mkdir(parents=True, exist_ok=True)
    names = ["triton", "gateway", *(f"models/{name}" for name in models)]
    release = {
        "schema_version": 1,
        "images": {name: f"bundle.site.internal:8443/{name}@{DIGEST}" for name in names},
        "key_hashes": {"lab": "0" * 64},
        "releases": {"infra": "release-1", "control_plane": "release-2", "drill_host": "release-3"},
    }
    (state / "release.json").write_text(json.dumps(release))
