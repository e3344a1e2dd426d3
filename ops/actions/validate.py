"""Check a site's spec."""

from __future__ import annotations

import dataclasses

from ops import spec
from ops.spec import locate, places


@dataclasses.dataclass(frozen=True)
class Verdict:
    """A sound spec, in a few words."""

    site: str
    path: str
    is_lab: bool
    nodes: int
    models: tuple[str, ...]


def validate(argument: str) -> Verdict:
    """Given a site's name or path, return the verdict on its spec. Raise InvalidSpecError with all its faults."""
    path = locate.resolve(argument)
    site = spec.load(path)
    return Verdict(
        site=site.name,
        path=places.shown(path),
        is_lab=site.lab is not None,
        nodes=len(site.nodes),
        models=tuple(model.name for model in site.models),
    )
