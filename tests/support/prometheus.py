"""Debian's Prometheus, promtool and amtool as the bundle has them, for the tests of configuration and rules."""

from __future__ import annotations

import fcntl
import functools
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import jinja2
import yaml

from ops import spec
from ops.adapters import process
from ops.bundle import build, progress
from ops.plan import node_variables
from ops.spec import locate, model, places

ROLE = places.PROJECT_ROOT / "roles" / "monitoring"
RULES = ROLE / "files" / "rules"


@functools.cache
def program(name: str) -> Path:
    """Return the path of `prometheus`, `promtool` or `amtool`, unpacked from the bundle's packages into the cache."""
    package = {"prometheus": "prometheus", "promtool": "promtool", "amtool": "prometheus-alertmanager"}[name]
    pool = build.build(["apt"], progress.Display(sys.stderr)).path("apt") / "pool"
    [archive] = sorted(pool.rglob(f"{package}_*.deb"))
    place = places.cache_directory() / "tests" / archive.stem
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            with tempfile.TemporaryDirectory(dir=place.parent) as work:
                process.run(["dpkg-deb", "--extract", archive, f"{work}/unpacked"], timeout=60)
                Path(work, "unpacked").rename(place)
    return place / "usr/bin" / name


def site(name: str) -> model.Site:
    """Return a site of inventory/."""
    return spec.load(locate.resolve(name))


def render(template: str, variables: Mapping[str, object]) -> str:
    """Return a template of the role as Ansible renders it."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROLE / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - configuration, no page
    )
    environment.filters["to_json"] = lambda value: yaml.safe_dump(value, default_style='"', width=10_000).strip()
    return environment.get_template(template).render(ansible_managed="of the tests", **variables)


def of_site(wanted: model.Site, template: str) -> str:
    """Return a template of the role with the variables of a site's monitoring node."""
    return render(template, node_variables.node_variables(wanted, wanted.nodes_with(model.Role.INFRA)[0]))
