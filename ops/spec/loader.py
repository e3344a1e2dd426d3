"""From the path of a `site.yml` to the effective site: read, check the shape, fill in, check the rules."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path

import pydantic

from ops import errors
from ops.spec import defaults, document, places, rules, scalars, shape
from ops.spec.findings import Finding, InvalidSpecError, Place
from ops.spec.model import Site

LAB_NAME_VARIABLE = "SITEWRIGHT_LAB"
"""Environment variable that gives a lab another name: a second lab from the same file, beside the first."""


@dataclasses.dataclass(frozen=True)
class LoadedSite:
    """An effective site and where each of its values comes from."""

    site: Site
    path: Path
    origins: Mapping[Place, str]
    """For each value that is no list and no mapping: 'site.yml:12', 'default', or how it was derived."""


def load(path: Path) -> Site:
    """Given the path of a `site.yml`, return the effective site.

    Raise InvalidSpecError with all faults, NotFoundError when there is no such file, SpecError when it is unreadable.
    """
    return load_with_origins(path).site


def load_with_origins(path: Path) -> LoadedSite:
    """Given the path of a `site.yml`, return the effective site and where each value comes from. Raise as `load`."""
    source = document.read(path)
    written, findings = shape.check(source)
    name = places.shown(path)
    origins = {place: f"{name}:{line}" for place, line in source.lines.items()}
    if written is not None:
        written, override = _with_lab_name(written)
        site, derived = defaults.complete(written)
        origins |= override | derived
        findings += _beside(rules.check(site), findings)
    if findings or written is None:
        located = [_with_line(finding, source.lines) for finding in findings]
        raise InvalidSpecError(sorted(located, key=lambda finding: finding.line or 0), name)
    leaves = _leaves(site, ())
    return LoadedSite(site, path, {place: _origin(place, origins) for place in leaves})


def _with_lab_name(site: Site) -> tuple[Site, dict[Place, str]]:
    """Give a lab the name in SITEWRIGHT_LAB. Raise SpecError when that is no name."""
    name = os.environ.get(LAB_NAME_VARIABLE)
    if not name or site.lab is None:
        return site, {}
    try:
        pydantic.TypeAdapter(scalars.Name).validate_python(name)
    except pydantic.ValidationError as error:
        raise errors.SpecError(
            f"'{name}' is no name for a lab; allowed: 2 to 12 {scalars.WORDS[scalars.NAME]}",
            where=f"environment variable {LAB_NAME_VARIABLE}",
            mend=f"unset {LAB_NAME_VARIABLE}, or set it to a name such as 'test'",
        ) from error
    return site.model_copy(update={"name": name}), {("name",): LAB_NAME_VARIABLE}


def _beside(found: tuple[Finding, ...], shape_findings: list[Finding]) -> list[Finding]:
    """Return the rules' findings without those about a value that the shape's findings already name."""
    taken = {finding.place for finding in shape_findings}
    return [finding for finding in found if finding.place not in taken]


def _with_line(finding: Finding, lines: Mapping[Place, int]) -> Finding:
    """Give a finding the line of its place, or of the nearest thing around it that is in the file."""
    if finding.line is not None:
        return finding
    place = finding.place
    while place and place not in lines:
        place = place[:-1]
    return dataclasses.replace(finding, line=lines.get(place))


def _origin(place: Place, origins: Mapping[Place, str]) -> str:
    """Return where a value comes from; a value under a place of the file that the file does not name is a default."""
    return origins.get(place, "default")


def _leaves(value: object, place: Place) -> list[Place]:
    """Return the place of each value that is no list and no mapping; an empty one counts as a value."""
    children: list[tuple[str | int, object]] = []
    if isinstance(value, pydantic.BaseModel):
        children = [(name, getattr(value, name)) for name in type(value).model_fields]
    elif isinstance(value, tuple):
        children = list(enumerate(value))
    if not children:
        return [place]
    leaves: list[Place] = []
    for step, child in children:
        leaves += _leaves(child, (*place, step))
    return leaves
