"""Measurements for Prometheus, as text files that the node exporter reads. Written whole or not at all."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from ops.adapters import files

_MODE = 0o644


@dataclasses.dataclass(frozen=True)
class Sample:
    """One value of one series; every name starts with `sitewright_`."""

    name: str
    value: float
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)


def write(directory: Path, name: str, samples: Iterable[Sample]) -> Path:
    """Write a file of samples, `sitewright-NAME.prom`, in place of the one before, and return its path."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"sitewright-{name}.prom"
    files.write_whole(path, render(samples).encode())
    path.chmod(_MODE)
    return path


def render(samples: Iterable[Sample]) -> str:
    """Return samples in Prometheus' text format, one type line for each name; all are gauges."""
    lines: list[str] = []
    ordered = sorted(samples, key=lambda sample: (sample.name, sorted(sample.labels.items())))
    for number, sample in enumerate(ordered):
        if number == 0 or ordered[number - 1].name != sample.name:
            lines.append(f"# TYPE {sample.name} gauge")
        lines.append(f"{sample.name}{_labels(sample.labels)} {sample.value!r}")
    return "".join(f"{line}\n" for line in lines)


def _labels(labels: Mapping[str, str]) -> str:
    """Return labels in braces; JSON quotes as Prometheus does: backslash, quote and line end."""
    if not labels:
        return ""
    return (
        "{" + ",".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in sorted(labels.items())) + "}"
    )
