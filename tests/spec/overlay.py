"""Data cases: a base spec, the values that a case sets or removes, and the paths of the findings it expects."""

from __future__ import annotations

import copy
import dataclasses
import re
from pathlib import Path
from typing import Any

import yaml

_HERE = Path(__file__).parent
CASES = _HERE / "cases"


@dataclasses.dataclass(frozen=True)
class Case:
    """One data case: the spec it stands for, and the paths where it expects findings (none when it passes)."""

    rule: str
    spec: dict[str, Any]
    findings: tuple[str, ...]


def read(path: Path) -> Case:
    """Given the file of a case, return the case."""
    data = yaml.load(path.read_text(), yaml.CSafeLoader)
    spec = base(data["base"])
    for place, value in data.get("set", {}).items():
        put(spec, place, value)
    for place in data.get("remove", []):
        remove(spec, place)
    return Case(path.parent.name, spec, tuple(data.get("findings", [])))


def base(name: str) -> dict[str, Any]:
    """Return a fresh copy of a base spec: 'lab' or 'real'."""
    spec: dict[str, Any] = yaml.load((_HERE / "bases" / f"{name}.yml").read_text(), yaml.CSafeLoader)
    return spec


def put(spec: dict[str, Any], place: str, value: object) -> None:
    """Set the value at a path such as nodes[2].address; an index past the end of a list appends."""
    parent, last = _parent(spec, place)
    if isinstance(last, int) and last == len(parent):
        parent.append(copy.deepcopy(value))
    else:
        parent[last] = copy.deepcopy(value)


def remove(spec: dict[str, Any], place: str) -> None:
    """Remove the key at a path."""
    parent, last = _parent(spec, place)
    del parent[last]


def write(spec: object, directory: Path) -> Path:
    """Write a spec to a `site.yml` and return its path."""
    path = directory / "site.yml"
    path.write_text(yaml.dump(spec, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True))
    return path


def _parent(spec: dict[str, Any], place: str) -> tuple[Any, str | int]:
    """Return what holds the last step of a path, and that step."""
    steps: list[str | int] = [int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", place)]
    value: Any = spec
    for step in steps[:-1]:
        value = value.setdefault(step, {}) if isinstance(value, dict) else value[step]
    return value, steps[-1]
