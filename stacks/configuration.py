"""The one reader of Pulumi's configuration: which spec, and which release of images and keys, this stack is."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from pathlib import Path

import pulumi

from ops import errors, spec
from ops.spec import model, places

SITE_VARIABLE = "SITEWRIGHT_SITE"
"""Environment variable with the path of the spec, for a stack that has no configuration file in this checkout."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the components are given."""

    site: model.Site
    path: str
    """Path of the spec as state records it: relative to the checkout where it lies in it, else absolute.

    A second checkout then takes its own copy of the same spec, and sees no difference in the path.
    """
    images: Mapping[str, str]
    """References by digest in the site's registry: `triton`, `gateway`, `models/<name>`."""
    key_hashes: Mapping[str, str]
    """Name of each API key of the gateway, and the SHA-256 of the key."""
    releases: Mapping[str, str]
    """What the operator's machine hands to the nodes of a role or to the drill host, and its digest.

    A new bundle is a change of the nodes that it is for, and of no others.
    """


def load() -> Settings:
    """Read the spec of this stack. Raise SpecError or NotFoundError with what to do."""
    stack = pulumi.get_stack()
    path = places.PROJECT_ROOT / _choose(stack)
    site = spec.load(path)
    if site.name != stack:
        raise errors.SpecError(
            f"stack {stack} would be made from the spec of site {site.name}",
            where=str(path),
            mend=f"run: pulumi stack select {site.name}; or give this stack its spec: pulumi config set site PATH",
        )
    release = _read_release(site)
    return Settings(site, record(path), release["images"], release["key_hashes"], release["releases"])


def _choose(stack: str) -> str:
    """Return the path of the spec: from the stack's configuration, the environment, or the stack's name."""
    configured = pulumi.Config().get("site") or os.environ.get(SITE_VARIABLE)
    return configured or f"inventory/{stack}/site.yml"


def record(path: Path) -> str:
    """Return a path relative to the checkout where it lies in it, else absolute."""
    resolved = path.resolve()
    if resolved.is_relative_to(places.PROJECT_ROOT):
        return str(resolved.relative_to(places.PROJECT_ROOT))
    return str(resolved)


def _read_release(site: model.Site) -> Mapping[str, Mapping[str, str]]:
    """Read the images and key hashes that `sitewright env` and `make site` leave in the state directory."""
    path = places.state_directory(site.name) / "release.json"
    if not path.exists():
        raise errors.NotFoundError(
            f"site {site.name} has no release: which images it runs, and whose keys it takes",
            where=str(path),
            mend=f"run: sitewright site prepare {site.name}, then run Pulumi again",
        )
    release: Mapping[str, Mapping[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    missing = [card.name for card in site.models if f"models/{card.name}" not in release["images"]]
    if missing:
        raise errors.NotFoundError(
            f"the release of site {site.name} has no weights of {', '.join(missing)}",
            where=str(path),
            mend=f"run: sitewright site prepare {site.name}, then run Pulumi again",
        )
    return release
