"""What a rule says about a site."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ops.spec.findings import Place
from ops.spec.model import Site


class Fault(NamedTuple):
    """One fault: what was found where, what is allowed there, and how to mend it."""

    place: Place
    found: str
    allowed: str
    mend: str


Rule = Callable[[Site], Iterator[Fault]]
"""A pure function named after the fault; its docstring gives the reason, for docs/reference/rules.md."""
