"""The alerts of the site, read from the rules that Prometheus reads."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import yaml

from tests.support import prometheus


@dataclasses.dataclass(frozen=True)
class Alert:
    """One alert of one file of rules."""

    name: str
    expression: str
    severity: str
    annotations: dict[str, str]
    rule: dict[str, Any]
    """The whole rule, as Prometheus reads it."""


def alerts() -> tuple[Alert, ...]:
    """Return all alerts, in the order of the files."""
    return tuple(_read())


def _read() -> Iterator[Alert]:
    for file in sorted(prometheus.RULES.glob("*.yml")):
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]:
            for rule in group["rules"]:
                yield Alert(rule["alert"], rule["expr"], rule["labels"]["severity"], rule["annotations"], rule)
