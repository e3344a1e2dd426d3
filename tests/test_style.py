"""House rules that no linter checks: sizes of functions and files, and dependencies that are pinned."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.spec import places

_ROOMS = ("ops", "stacks", "plugins")
_LONGEST_FUNCTION = 40
_LONGEST_FILE = 400
_LONGEST_TASK_FILE = 125


def _sources() -> list[Path]:
    return sorted(path for room in _ROOMS for path in (places.PROJECT_ROOT / room).rglob("*.py"))


def _name(path: Path) -> str:
    return str(path.relative_to(places.PROJECT_ROOT))


def _long_functions(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            lines = node.end_lineno - node.lineno + 1
            if lines > _LONGEST_FUNCTION:
                yield f"{node.name} has {lines} lines"


_LONG_FUNCTIONS = {path: list(_long_functions(path)) for path in _sources()}
"""Read when tests are collected: CPython 3.11 fails to parse while its collector runs finalizers of other tests."""


@pytest.mark.parametrize("path", _sources(), ids=_name)
def test_functions_and_files_are_short(path: Path) -> None:
    assert _LONG_FUNCTIONS[path] == []
    assert len(path.read_text().splitlines()) <= _LONGEST_FILE


def test_task_files_are_short() -> None:
    long = [
        _name(path)
        for path in places.PROJECT_ROOT.glob("roles/*/tasks/*.yml")
        if len(path.read_text().splitlines()) > _LONGEST_TASK_FILE
    ]
    assert long == []


def test_every_dependency_is_pinned_in_the_operators_lock() -> None:
    project = tomllib.loads((places.PROJECT_ROOT / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["check"]
    names = {re.split(r"[^A-Za-z0-9-]", requirement)[0] for requirement in wanted}
    lock = (places.PROJECT_ROOT / "ops" / "bundle" / "locks" / "operator.txt").read_text()
    pinned = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    assert names - pinned == set()
    assert "ops" not in pinned
